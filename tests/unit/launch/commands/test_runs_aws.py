"""``launch runs``, ``cost``, ``watch`` and ``check`` over an account: moto, in this process."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from fake_player import LOG_GROUP, PlayContext
from fake_processing import ProcessingJobs, install
from moto import mock_aws
from moto.sagemaker.responses import SageMakerResponse

from launch.main import main

ROOT = Path(__file__).resolve().parents[4]
BUCKET = "spark-etl-dev-111122223333"
OUTPUT = f"s3://{BUCKET}/flights/prepared/"
_REPLACED = ("create", "describe", "stop", "list")


def play(request: dict[str, Any], context: PlayContext) -> tuple[int, str]:
    """Publish as many rows as the name ends with; the run -0 fails."""
    name = request["ProcessingJobName"]
    rows = int(name.rpartition("-")[2])
    context.log("algo-1", "26/11/24 INFO TaskSetManager: Finished task 1.0 in stage 2.0 x (1/8)")
    context.log("algo-1", f"reading {rows} rows")
    time.sleep(0.2)
    if not rows:
        return 1, "column 'x' is not there\n(InputError in jobs/read.py:66)"
    counts = {"published": {"train": rows}, "read": rows, "dropped": {}, "quarantined": {}}
    body = json.dumps({"processing_job": name, "rows": counts}).encode()
    key = f"{OUTPUT.partition(BUCKET)[2].lstrip('/')}manifest.json"
    boto3.client("s3", "us-east-1").put_object(Bucket=BUCKET, Key=key, Body=body)
    return 0, ""


Submit = Callable[..., None]


@pytest.fixture
def submit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Submit]:
    """Make the account, and give what starts runs of flights-prepare by their last number."""
    (tmp_path / "launch.yaml").write_text((ROOT / "launch.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in _REPLACED:
        whole = f"{name}_processing_job{'s' * (name == 'list')}"
        # Set to itself, so that it is put back after install has replaced it.
        monkeypatch.setattr(SageMakerResponse, whole, getattr(SageMakerResponse, whole))
    with mock_aws():
        s3 = boto3.client("s3", "us-east-1")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        endpoint = "https://logs.us-east-1.amazonaws.com"
        jobs = ProcessingJobs(tmp_path / "jobs", endpoint=endpoint, play=play)
        install(jobs)
        yield _start
        jobs.close(10)


def _start(*numbers: int, wait: bool = True) -> None:
    sagemaker = boto3.client("sagemaker", "us-east-1")
    for number in numbers:
        cluster = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 3, "VolumeSizeInGB": 30}
        sagemaker.create_processing_job(
            ProcessingJobName=f"flights-prepare-{number}",
            ProcessingResources={"ClusterConfig": cluster},
            AppSpecification={
                "ImageUri": "i",
                "ContainerEntrypoint": ["smspark-submit", "main.py"],
                "ContainerArguments": ["prepare", f"s3://{BUCKET}/raw/", OUTPUT],
            },
            RoleArn="arn:aws:iam::111122223333:role/spark-etl",
        )
    while (
        wait and sagemaker.list_processing_jobs(StatusEquals="InProgress")["ProcessingJobSummaries"]
    ):
        time.sleep(0.05)


def data(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_runs_and_their_cost(submit: Submit, capsys: pytest.CaptureFixture[str]) -> None:
    submit(11, 0, 22)
    found = data(capsys, "runs", "prepare")
    lines = {line["name"]: line for line in found["runs"]}
    assert list(lines) == ["flights-prepare-22", "flights-prepare-0", "flights-prepare-11"]
    # The second manifest took the first one's place; the bucket keeps versions.
    rows = [line["rows"] and line["rows"]["train"] for line in lines.values()]
    assert rows == [22, None, 11]
    assert lines["flights-prepare-0"]["cause"] == "column 'x' is not there"
    assert lines["flights-prepare-0"]["status"] == "Failed"
    assert found["total"]["succeeded"] == 2
    assert 0 < found["total"]["usd"] < 0.01

    cost = data(capsys, "cost", "prepare")["prepare"]
    assert cost["basis"] == "median of 2 runs"
    assert 0 < cost["seconds"] < 10


def test_watch_to_the_end(submit: Submit, capsys: pytest.CaptureFixture[str]) -> None:
    submit(33)
    submit(0, wait=False)
    assert main(["watch", "--poll", "0.1"]) == 1
    shown = capsys.readouterr()
    assert shown.out.startswith("flights-prepare-0: ")
    assert re.search(r"Failed, \d s of usually \d s \(median of 1 run\)", shown.out)
    assert "column 'x' is not there" in shown.out
    assert re.search(r"flights-prepare-0: Failed after \d s", shown.err)
    assert main(["watch", "flights-prepare-33", "--poll", "0.1"]) == 0
    groups = boto3.client("logs", "us-east-1").describe_log_groups()["logGroups"]
    assert [group["logGroupName"] for group in groups] == [LOG_GROUP]


def test_check_names_what_is_kept_for_ever(
    submit: Submit, capsys: pytest.CaptureFixture[str]
) -> None:
    # That the project's files are not here is an error; the account is asked all the same.
    assert main(["check", "prepare", "--json"]) == 2
    found = json.loads(capsys.readouterr().out)["prepare"]
    kept = [item for item in found if "keeps for ever" in item["message"]]
    assert [item["level"] for item in kept] == ["note"]
    assert "launch deploy with create_bucket: true would set rules" in kept[0]["hint"]


def test_without_the_right_to_list_runs_cost_goes_by_the_limit(
    submit: Submit, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr("botocore.session.Session.get_credentials", lambda self: None)
    assert main(["cost", "prepare"]) == 0
    shown = capsys.readouterr()
    assert "past runs could not be read: no AWS credentials" in shown.err
    assert "at most: max_runtime" in shown.out
