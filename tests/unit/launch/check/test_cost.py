"""What costs more than it has to: plain text, tiny files, idle machines, what is kept for ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from moto import mock_aws

from launch.check.case import Case
from launch.check.cost import in_account, local_inputs
from launch.check.finding import Finding
from launch.description.load import Description

Describe = Callable[..., Description]
MB = 1024**2
EXPIRE = {"Expiration": {"Days": 30}, "Status": "Enabled"}
ALL_RULES = [
    {**EXPIRE, "ID": "uploads", "Filter": {"Prefix": "launch/"}},
    {
        "ID": "parts", "Status": "Enabled", "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    },
]  # fmt: skip


class S3:
    """A client that lists what a test says, by prefix, and has these lifecycle rules."""

    def __init__(
        self, objects: dict[str, int] | None = None, rules: Any = ALL_RULES, page: int = 1000
    ) -> None:
        self.objects, self.rules, self.page = objects or {}, rules, page
        self.asked: list[str] = []

    def __call__(self, service: str) -> S3:
        assert service == "s3"
        return self

    def list_objects_v2(self, **given: Any) -> dict[str, Any]:
        self.asked.append(f"{given['Bucket']}/{given['Prefix']}")
        found = [
            {"Key": key, "Size": size}
            for key, size in self.objects.items()
            if key.startswith(given["Prefix"])
        ]
        first = int(given.get("ContinuationToken", 0))
        more = first + self.page < len(found)
        token = {"NextContinuationToken": str(first + self.page)} if more else {}
        return {"Contents": found[first : first + self.page], **token}

    def get_bucket_lifecycle_configuration(self, **given: Any) -> dict[str, Any]:
        if isinstance(self.rules, Exception):
            raise self.rules
        return {"Rules": self.rules}


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "GetBucketLifecycle")


def checked(describe: Describe, s3: S3, **changes: Any) -> list[Finding]:
    changes.setdefault("target", {})["prefix"] = "launch"
    return list(in_account(Case(describe(**changes), "prepare"), s3))


def test_good_data_are_passed_over(describe: Describe) -> None:
    s3 = S3({"raw/a.parquet": 9000 * MB, "raw/b.csv": 200 * MB, "raw/c.csv.gz": 900 * MB})
    assert checked(describe, s3) == []
    # The contract is a local file; of the addresses, the first is the input.
    assert s3.asked == ["b-dev/raw/"]


def test_much_plain_text(describe: Describe) -> None:
    (only,) = checked(describe, S3({"raw/a.CSV": 200 * MB, "raw/b.jsonl": 100 * MB}))
    assert (only.level, only.place) == ("warning", "jobs.prepare.arguments.1")
    assert only.message == "315 MB of uncompressed text"
    assert "docs/cost.md" in only.hint


def test_tiny_files_on_several_pages(describe: Describe) -> None:
    objects = {f"raw/{n}.parquet": 10_000 for n in range(101)} | {"raw/": 0}
    (only,) = checked(describe, S3(objects, page=40))
    assert only.message.startswith("101 files of 10 kB on average")
    assert checked(describe, S3({f"raw/{n}.parquet": 10_000 for n in range(100)})) == []
    assert checked(describe, S3({f"raw/{n}.parquet": 2 * MB for n in range(101)})) == []


@pytest.mark.parametrize(
    ("instance_type", "megabytes", "idle"),
    [
        ("ml.m5.4xlarge", 100, True),
        ("ml.m5.4xlarge", 700, True),
        ("ml.m5.4xlarge", 800, False),
        ("ml.m5.xlarge", 1, False),
    ],
)
def test_more_cores_than_there_is_work(
    describe: Describe, instance_type: str, megabytes: int, idle: bool
) -> None:
    s3 = S3({"raw/a.parquet": megabytes * MB})
    found = checked(describe, s3, instance_type=instance_type)
    assert [item.place for item in found] == ["jobs.prepare.instance_type"] * idle
    if idle:
        assert "3 × ml.m5.4xlarge have 48 cores" in found[0].message
        assert found[0].hint.endswith("launch cost prepare shows what they cost")


def test_packed_text_counts_as_what_comes_out_of_it(describe: Describe) -> None:
    job = {"instance_type": "ml.m5.4xlarge"}
    assert checked(describe, S3({"raw/a.csv": 200 * MB}), **job) != []
    assert checked(describe, S3({"raw/a.csv.gz": 200 * MB}), **job) == []


SKLEARN: dict[str, Any] = {
    "kind": "sklearn",
    "inputs": [
        {"name": "d", "source": "s3://b-dev/raw/", "destination": "/opt/ml/processing/input/d"}
    ],
}


def test_a_large_machine_for_a_small_table(describe: Describe) -> None:
    s3 = S3({"raw/a.csv": 30 * MB})
    (only,) = checked(describe, s3, **SKLEARN, instance_type="ml.m5.12xlarge")
    assert only.message == "1 × ml.m5.12xlarge has 192 GiB of memory, and the input is 31.5 MB"
    assert checked(describe, s3, **SKLEARN, instance_type="ml.m5.2xlarge") == []
    much = S3({"raw/a.csv": 2000 * MB})
    found = checked(describe, much, **SKLEARN, instance_type="ml.m5.12xlarge")
    assert [item.message for item in found] == ["2.1 GB of uncompressed text"]


def test_a_days_input_is_looked_at_by_yesterday(describe: Describe) -> None:
    s3 = S3()
    checked(describe, s3, arguments=["prepare", "s3://b-dev/raw/${date:%Y}/*.csv", "s3://b-dev/o"])
    (asked,) = s3.asked
    assert asked.startswith("b-dev/raw/20")
    assert asked.endswith("/")


def test_local_files_that_are_uploaded(
    describe: Describe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("launch.check.cost._MUCH_TEXT", 1000)
    here = {"name": "d", "source": "data", "destination": "/opt/ml/processing/input/d"}
    data = [{"source": "data/flights.csv", "destination": "s3://b-dev/raw/flights.csv"}]
    description = describe(inputs=[here], data=data)
    (tmp_path / "project" / "data" / "flights.csv").write_text("x" * 2000)
    found = list(local_inputs(Case(description, "prepare")))
    assert [item.place for item in found] == [
        "jobs.prepare.inputs.0.source",
        "jobs.prepare.data.0.source",
    ]
    assert found[0].message == "2 kB of uncompressed text"


def test_nothing_removes_what_is_left(describe: Describe) -> None:
    s3 = S3(rules=refused("NoSuchLifecycleConfiguration"))
    (only,) = checked(describe, s3, target={"retention": {"event_logs": "14d"}})
    assert (only.level, only.place) == ("note", "targets.dev.bucket")
    assert only.message == (
        "b-dev keeps for ever, as no lifecycle rule removes them: Spark's event logs, what past "
        "runs uploaded, uploads that never ended"
    )
    assert "with create_bucket: true would set rules that remove Spark's event logs after 14 " in (
        only.hint
    )
    (only,) = checked(describe, s3, target={"create_bucket": True})
    assert only.hint.startswith("launch deploy sets rules")


@pytest.mark.parametrize(
    ("rules", "missing"),
    [
        ([{**EXPIRE, "Filter": {"Prefix": ""}}], "uploads that never ended"),
        ([{**EXPIRE, "Prefix": "other/"}, ALL_RULES[1]], "Spark's event logs, what past runs"),
        ([{**EXPIRE, "Filter": {"Prefix": "launch/spark-events/"}}, ALL_RULES[1]], ""),
        (
            [
                {
                    **EXPIRE,
                    "Filter": {"And": {"Prefix": "launch/", "Tags": []}},
                    "Status": "Disabled",
                },
                ALL_RULES[1],
            ],
            "Spark's event logs, what past runs uploaded",
        ),
    ],
)
def test_rules_that_are_there(describe: Describe, rules: Any, missing: str) -> None:
    found = checked(describe, S3(rules=rules))
    assert [missing in item.message for item in found] == [True] * bool(missing)


@pytest.mark.parametrize(
    ("error", "notes"),
    [
        (refused("NoSuchBucket"), 0),
        (refused("AccessDenied"), 1),
        (NoCredentialsError(), 0),
        (EndpointConnectionError(endpoint_url="https://example"), 0),
    ],
)
def test_what_may_not_be_asked(describe: Describe, error: Exception, notes: int) -> None:
    found = checked(describe, S3(rules=error))
    assert [item.level for item in found] == ["note"] * notes


@pytest.fixture
def bucket() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="b-dev")
        yield client


def test_on_a_bucket(describe: Describe, bucket: Any) -> None:
    (before,) = in_account(Case(describe(), "prepare"), lambda service: bucket)
    assert before.message.endswith("Spark's event logs, uploads that never ended")
    bucket.put_bucket_lifecycle_configuration(
        Bucket="b-dev",
        LifecycleConfiguration={"Rules": [{**EXPIRE, "Filter": {"Prefix": ""}}, ALL_RULES[1]]},
    )
    assert list(in_account(Case(describe(), "prepare"), lambda service: bucket)) == []
