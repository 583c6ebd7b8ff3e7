"""Days that are sent: the real SDK, moto in this process."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from fake_player import PlayContext
from fake_processing import ProcessingJobs, install
from moto import mock_aws
from moto.core.exceptions import JsonRESTError
from moto.sagemaker.responses import SageMakerResponse

from launch.main import main

LAUNCH = """\
project: shop
targets:
  dev: {region: us-east-1, role: "arn:aws:iam::123456789012:role/etl", bucket: b-shop}
jobs:
  load:
    kind: sklearn
    app: load.py
    inputs:
      - {name: raw, source: "s3://b-shop/raw/${date}/", destination: /opt/ml/processing/input/raw}
    outputs:
      - {name: o, source: /opt/ml/processing/output, destination: "s3://b-shop/out/${date}/"}
"""
DAYS = ["2026-11-01", "2026-11-02", "2026-11-03"]
FULL = "The account-level service limit 'ml.m5.xlarge for processing job usage' is 1 Instances"
# The first run goes on until another was asked for, so that there could be two at once.
_SECOND_ASKED = threading.Event()
_REPLACED = ("create", "describe", "stop", "list")


class Service(ProcessingJobs):
    """An account that has machines for so many jobs at once."""

    room = 99
    most = 0

    def create(self, request: dict[str, Any], *, region: str, arn: Callable[[], str]) -> str:
        states = [job.state["ProcessingJobStatus"] for job in self._jobs.values()]
        going = states.count("InProgress")
        if self._jobs:
            _SECOND_ASKED.set()
        if going >= self.room:
            raise JsonRESTError("ResourceLimitExceeded", FULL)
        self.most = max(self.most, going + 1)
        return super().create(request, region=region, arn=arn)


def play(request: dict[str, Any], context: PlayContext) -> tuple[int, str]:
    _SECOND_ASKED.wait(30)
    day = request["ProcessingInputs"][0]["S3Input"]["S3Uri"].split("/")[-2]
    return (2, f"no column x on {day}") if day == "2026-11-03" else (0, "")


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Make an account with data of all days but the second."""
    (tmp_path / "launch.yaml").write_text(LAUNCH)
    for folder in ("jobs", "transforms", "schemas"):
        (tmp_path / folder).mkdir()
    (tmp_path / "load.py").write_text("print('loaded')\n")
    monkeypatch.chdir(tmp_path)
    _SECOND_ASKED.clear()
    monkeypatch.delenv("LAUNCH_TARGET", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in _REPLACED:
        whole = f"{name}_processing_job{'s' * (name == 'list')}"
        # Set to itself, so that it is put back after install has replaced it.
        monkeypatch.setattr(SageMakerResponse, whole, getattr(SageMakerResponse, whole))
    with mock_aws():
        s3 = boto3.client("s3", "us-east-1")
        s3.create_bucket(Bucket="b-shop")
        for day in DAYS:
            if day != "2026-11-02":
                s3.put_object(Bucket="b-shop", Key=f"raw/{day}/rows.csv", Body=b"x\n1\n")
        trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}}
        boto3.client("iam").create_role(RoleName="etl", AssumeRolePolicyDocument=json.dumps(trust))
        endpoint = "https://logs.us-east-1.amazonaws.com"
        jobs = Service(tmp_path / "played", endpoint=endpoint, play=play)
        install(jobs)
        yield jobs
        jobs.close(10)


def backfill(*words: str) -> int:
    days = ("--from", DAYS[0], "--to", DAYS[-1])
    return main(["backfill", "load", *days, "--poll", "0.1", *words])


def test_days_are_sent_and_each_that_is_not_done_is_named(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    assert backfill("--json") == 1
    shown = capsys.readouterr()
    rows = {row["day"]: row for row in json.loads(shown.out)["days"]}
    assert [row["outcome"] for row in rows.values()] == ["Completed", "Failed", "Failed"]
    # Not sent at all; and sent, in vain.
    assert rows["2026-11-02"]["run"] is None
    assert "there is nothing at s3://b-shop/raw/2026-11-02/" in rows["2026-11-02"]["cause"]
    assert rows["2026-11-03"]["run"].startswith("shop-load-d20261103-")
    assert rows["2026-11-03"]["cause"] == "no column x on 2026-11-03"
    assert "not done: 2026-11-02, 2026-11-03" in shown.err
    outputs = [
        sent["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
        for sent in service.requests()
    ]
    assert outputs == [f"s3://b-shop/out/{day}/" for day in (DAYS[0], DAYS[2])]
    assert service.most == 2

    assert backfill("--dry-run", "--json") == 0
    would = {row["day"]: row["would"] for row in json.loads(capsys.readouterr().out)}
    assert [day for day, what in would.items() if what == "run"] == DAYS[1:]


def test_an_account_with_one_machine_does_one_at_a_time(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    service.room = 1
    assert backfill("--parallel", "3") == 1
    said = capsys.readouterr().err
    assert f"CreateProcessingJob: {FULL}; going on with 1 at once" in said
    assert said.count("going on with") == 1
    assert "1 Completed, 2 Failed" in said
    assert service.most == 1


def test_what_concerns_all_days_is_refused_before_any_is_sent(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    boto3.client("iam").delete_role(RoleName="etl")
    assert backfill() == 2
    said = capsys.readouterr().err
    assert "there is no role arn:aws:iam::123456789012:role/etl" in said
    assert "nothing was sent" in said
    assert service.requests() == []
    # Asked to all the same, it is sent: the second day, too, whose data are not there.
    _SECOND_ASKED.set()
    assert backfill("--from", DAYS[1], "--to", DAYS[1], "--no-check") == 0
    assert len(service.requests()) == 1
