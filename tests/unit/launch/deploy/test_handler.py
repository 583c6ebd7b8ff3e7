"""The function that starts scheduled runs, without AWS."""

from __future__ import annotations

import io
import json
import re
import zipfile
import zoneinfo
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any, NoReturn

import pytest
from botocore.exceptions import ClientError
from deploy_fixtures import Describe

from launch.deploy.handler import index
from launch.deploy.scheduled import Starter, scheduled_runs, starter_of
from launch.description import dates

RULE = "arn:aws:events:eu-west-1:123456789012:rule/launch-flights-prod-nightly"
EVENT = {
    "version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "source": "aws.events",
    "detail-type": "Scheduled Event", "account": "123456789012", "region": "eu-west-1",
    "time": "2026-11-24T02:00:00Z", "resources": [RULE], "detail": {},
}  # fmt: skip
BY_SCHEDULER = {"schedule": "berlin", "time": "2026-11-24T02:00:00Z"}


def refusal(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "AnyCall")


class FakeSageMaker:
    """Keeps requests by name, and answers as the service does."""

    class exceptions:  # noqa: N801 - as botocore calls it
        ClientError = ClientError

        class ResourceInUse(ClientError):  # noqa: N818 - as botocore calls it
            pass

    def __init__(self) -> None:
        self.requests: dict[str, dict[str, Any]] = {}
        self.going: dict[str, str] = {}
        # What a look at a run that is not there is answered with.
        self.no_such_run: ClientError = refusal("ValidationException", "Could not find")
        self.hides = False

    def describe_processing_job(self, ProcessingJobName: str) -> dict[str, Any]:  # noqa: N803
        if ProcessingJobName in self.requests and not self.hides:
            return {}
        raise self.no_such_run

    def create_processing_job(self, **request: Any) -> None:
        if request["ProcessingJobName"] in self.requests:
            error: Any = {"Error": {"Code": "ResourceInUse", "Message": "exists"}}
            raise self.exceptions.ResourceInUse(error, "CreateProcessingJob")
        self.requests[request["ProcessingJobName"]] = request

    def get_paginator(self, name: str) -> FakeSageMaker:
        return self

    def paginate(self, NameContains: str, StatusEquals: str) -> list[dict[str, Any]]:  # noqa: N803
        return [
            {"ProcessingJobSummaries": [{"ProcessingJobName": name}]}
            for name, status in self.going.items()
            if NameContains in name and status == StatusEquals
        ]


@pytest.fixture(scope="module")
def starter(describe: Describe) -> Starter:
    description = describe()
    return starter_of(description, scheduled_runs(description))


@pytest.fixture(scope="module")
def requests(starter: Starter, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What lies beside the function's code."""
    file = tmp_path_factory.mktemp("starter") / "requests.json"
    with zipfile.ZipFile(starter.upload.local_path) as packed:
        file.write_bytes(packed.read("requests.json"))
    return file


@pytest.fixture
def service(requests: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSageMaker:
    made = FakeSageMaker()
    monkeypatch.setattr(index, "FILE", requests)
    monkeypatch.setattr(index, "_client", lambda: made)
    return made


def test_a_rules_event_starts_one_run_also_when_it_comes_twice(service: FakeSageMaker) -> None:
    first, second = index.handler(EVENT, None), index.handler(EVENT, None)
    assert (first["outcome"], second["outcome"]) == ("started", "there already")
    (name,) = service.requests
    assert re.fullmatch(r"flights-prepare-d20261123-20261124-020000-[0-9a-f]{4}", name)
    # The run it has started itself is no overlap.
    service.going = {name: "InProgress"}
    assert index.handler(EVENT, None)["outcome"] == "there already"
    # Both at once: neither sees the other's run when it asks.
    service.hides, service.going = True, {}
    assert index.handler(EVENT, None)["outcome"] == "there already"


def test_the_request_has_the_name_and_the_day(service: FakeSageMaker) -> None:
    name = index.handler(EVENT, None)["run"]
    request = service.requests[name]
    assert request["AppSpecification"]["ContainerArguments"] == [
        "prepare", "s3://etl-bucket/raw/2026/11/23/", "s3://etl-bucket/out", "--day=2026-11-23",
    ]  # fmt: skip
    (output,) = request["ProcessingOutputConfig"]["Outputs"]
    events = f"s3://etl-bucket/flights/launch/spark-events/{name}/"
    assert output["S3Output"]["S3Uri"] == events
    sources = [item["S3Input"]["S3Uri"] for item in request["ProcessingInputs"]]
    assert all(uri.startswith("s3://etl-bucket/flights/launch/deployed/") for uri in sources)
    assert "${" not in json.dumps(request)
    assert "launch-names-the-run" not in json.dumps(request)


def test_schedulers_event_starts_a_run_with_a_prefix_of_its_own(service: FakeSageMaker) -> None:
    name = index.handler(BY_SCHEDULER, None)["run"]
    assert re.fullmatch(r"flights-prepare-tabular-20261124-020000-[0-9a-f]{4}", name)
    (output,) = service.requests[name]["ProcessingOutputConfig"]["Outputs"]
    assert output["S3Output"]["S3Uri"] == f"s3://etl-bucket/tabular/{name}/"


@pytest.mark.parametrize(
    ("zone", "back", "moment", "day"),
    [
        ("UTC", 1, "2026-11-24T00:30:00Z", "20261123"),
        ("UTC", 0, "2026-11-24T00:30:00Z", "20261124"),
        # 00:30 of the 25th in Berlin.
        ("Europe/Berlin", 1, "2026-11-24T23:30:00Z", "20261124"),
        # 22:30 of the 23rd in New York.
        ("America/New_York", 0, "2026-11-24T03:30:00Z", "20261123"),
        # The day that has 23 hours.
        ("Europe/Berlin", 1, "2027-03-28T22:30:00Z", "20270328"),
    ],
)
def test_the_day_is_the_zones(requests: Path, zone: str, back: int, moment: str, day: str) -> None:
    nightly = json.loads(requests.read_text())["schedules"]["nightly"]
    changed = {**nightly, "timezone": zone, "days_back": back}
    name, _ = index.request_for("nightly", changed, index.moment_of({"time": moment}))
    assert f"-d{day}-" in name


def test_zones_are_found_without_the_systems_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_zone(name: str) -> NoReturn:
        raise zoneinfo.ZoneInfoNotFoundError(name)

    monkeypatch.setattr(zoneinfo, "ZoneInfo", no_zone)
    moment = datetime(2026, 11, 24, 23, 30, tzinfo=timezone.utc)
    assert moment.astimezone(index.zone("Europe/Berlin")).hour == 0
    with pytest.raises(zoneinfo.ZoneInfoNotFoundError):
        index.zone("Europe/Nowhere")


@pytest.mark.parametrize("status", ["InProgress", "Stopping"])
def test_a_run_that_has_not_ended_refuses_the_next(
    service: FakeSageMaker, capsys: pytest.CaptureFixture[str], status: str
) -> None:
    service.going = {"flights-prepare-20261123-020000-aaaa": status}
    refused = index.handler(EVENT, None)
    assert refused["outcome"] == "refused"
    assert refused["still_going"] == ["flights-prepare-20261123-020000-aaaa"]
    assert service.requests == {}
    line = json.loads(capsys.readouterr().out)
    assert (line["Refused"], line["Stack"], line["Schedule"]) == (
        1, "launch-flights-prod", "nightly",
    )  # fmt: skip
    (metrics,) = line["_aws"]["CloudWatchMetrics"]
    assert metrics["Metrics"] == [{"Name": "Refused", "Unit": "Count"}]
    # Overlap is allowed to the other schedule.
    service.going = {"flights-prepare-tabular-20261123-020000-aaaa": status}
    assert index.handler(BY_SCHEDULER, None)["outcome"] == "started"


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("flights-prepare-1", "Completed"),
        # Of another job, whose name begins alike, and of another project.
        ("flights-prepare-tabular-1", "InProgress"),
        ("my-flights-prepare-1", "InProgress"),
    ],
)
def test_other_runs_refuse_none(service: FakeSageMaker, name: str, status: str) -> None:
    service.going = {name: status}
    assert index.handler(EVENT, None)["outcome"] == "started"


def test_a_success_is_counted_for_its_jobs_schedules_alone(
    service: FakeSageMaker, capsys: pytest.CaptureFixture[str]
) -> None:
    def ended(name: str) -> dict[str, Any]:
        detail = {"ProcessingJobName": name, "ProcessingJobStatus": "Completed"}
        return {"detail-type": "SageMaker Processing Job State Change", "detail": detail}

    assert index.handler(ended("flights-prepare-by-hand"), None)["schedules"] == ["nightly"]
    assert index.handler(ended("flights-prepare-tabular-1"), None)["schedules"] == ["berlin"]
    assert index.handler(ended("my-flights-prepare-1"), None)["schedules"] == []
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["Schedule"], line["Succeeded"]) for line in lines] == [
        ("nightly", 1), ("berlin", 1),
    ]  # fmt: skip


def test_what_the_service_refuses_is_raised_for_the_retry(
    service: FakeSageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(**request: Any) -> NoReturn:
        raise refusal("ResourceLimitExceeded", "no instances")

    monkeypatch.setattr(service, "create_processing_job", no_room)
    with pytest.raises(ClientError, match="no instances"):
        index.handler(EVENT, None)


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException"])
def test_a_look_that_is_refused_does_not_mean_that_the_run_is_not_there(
    service: FakeSageMaker, code: str
) -> None:
    service.no_such_run = refusal(code)
    with pytest.raises(ClientError, match=code):
        index.handler(EVENT, None)
    assert service.requests == {}


def test_an_event_of_no_schedule_is_an_error(service: FakeSageMaker) -> None:
    with pytest.raises(ValueError, match="names no schedule of launch-flights-prod"):
        index.handler({**EVENT, "resources": [RULE + "x"]}, None)


def test_days_are_put_in_as_launch_does_it() -> None:
    assert index.REFERENCE == dates.REFERENCE
    day = date(2026, 11, 23)
    for text in ("${date}", "a${date:%Y/%m/%d}b", "${date:%G-%V-%u}", "${date:%y%j}", "${run}"):
        by_launch = dates._each_text(
            text, lambda t: re.sub(dates.REFERENCE, lambda f: day.strftime(f[1] or "%Y-%m-%d"), t)
        )
        assert index.fill({"a": [text, 1]}, day, {}) == {"a": [by_launch, 1]}


def test_the_zip_is_the_same_twice_and_holds_just_what_is_needed(
    describe: Describe, starter: Starter
) -> None:
    description = describe()
    assert starter_of(description, scheduled_runs(description)).key == starter.key
    content = starter.upload.local_path.read_bytes()
    assert zipfile.ZipFile(io.BytesIO(content)).namelist() == ["index.py", "requests.json"]
    assert len(content) < 10_000
