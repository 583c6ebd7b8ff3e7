"""``launch pipeline upsert`` and ``start`` against the stand-in for AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import aws_fixture
import pytest
from aws_fixture import FakeAws

from launch.description.load import Description
from launch.main import main
from launch.pipeline import remote
from launch.pipeline.outcome import StepOutcome
from launch.pipeline.render import Rendered

aws = aws_fixture.aws
BEGAN = datetime(2026, 11, 3, tzinfo=timezone.utc)


class Account:
    """A project, and the commands typed there."""

    def __init__(self, description: Description, capsys: pytest.CaptureFixture[str]) -> None:
        self.description = description
        self._capsys = capsys

    def launch(self, *words: str) -> tuple[int, str, str]:
        code = main(["pipeline", words[0], "--file", str(self.description.file), *words[1:]])
        said = self._capsys.readouterr()
        return code, said.out, said.err


@pytest.fixture
def account(
    aws: FakeAws,
    describe: Callable[..., Description],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Account:
    for name, value in aws.env.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    region = aws.env["AWS_DEFAULT_REGION"]
    changes = (("shop-bucket", "etl-bucket"), ("region: us-east-1", f"region: {region}"))
    return Account(describe(*changes, root=tmp_path), capsys)


def test_from_nothing_to_a_start(account: Account, aws: FakeAws) -> None:
    code, _, err = account.launch("start", "--date", "2026-11-03")
    assert code == 2
    assert "there is no pipeline shop-sales here; `launch pipeline upsert` makes it" in err
    code, out, err = account.launch("upsert")
    assert code == 0, err
    assert "shop-sales is new: 4 steps" in err
    arn = out.strip()
    assert arn.endswith(":pipeline/shop-sales")
    sagemaker, s3 = aws.client("sagemaker"), aws.client("s3")
    kept = sagemaker.describe_pipeline(PipelineName="shop-sales")
    definition = json.loads(kept["PipelineDefinition"])
    assert [step["Name"] for step in definition["Steps"]] == [
        "Prepare", "Train", "Evaluate", "GoodEnough",
    ]  # fmt: skip
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "data"}]
    listed = s3.list_objects_v2(Bucket="etl-bucket", Prefix="shop/launch/pipelines/")["Contents"]
    assert any(item["Key"].endswith("/sourcedir.tar.gz") for item in listed)

    # A change is shown; what is uploaded already is not once more.
    text = account.description.file.read_text().replace("at_least: 0.8", "at_least: 0.85")
    account.description.file.write_text(text)
    code, out, err = account.launch("upsert")
    assert code == 0, err
    assert '-      "DefaultValue": 0.8,\n+      "DefaultValue": 0.85,' in out
    assert "uploading" not in err
    start_it(account, aws, arn)


def start_it(account: Account, aws: FakeAws, arn: str) -> None:
    day = ("--date", "2026-11-03")
    code, _, err = account.launch("start", *day)
    assert code == 2
    assert "there is nothing at s3://etl-bucket/raw/" in err
    s3, sagemaker = aws.client("s3"), aws.client("sagemaker")
    s3.put_object(Bucket="etl-bucket", Key="raw/a.csv", Body=b"a\n1\n")
    values = [started(account, *day)]
    assert values[0]["Input"] == "s3://etl-bucket/raw/"
    values.append(started(account, *day, "--param", "AtLeast=0.9"))
    s3.put_object(Bucket="etl-bucket", Key="raw/a.csv", Body=b"a\n2\n")
    values.append(started(account, *day))
    values.append(started(account, "--date", "2026-11-04"))
    found = [each["InputFingerprint"] for each in values]
    assert found[0] == found[1]
    assert len(set(found)) == 3

    code, out, err = account.launch("start", *day, "--wait", "--poll", "0.1")
    assert code == 0, err
    assert "shop-sales: Succeeded" in out
    assert "the steps cannot be listed" in err
    sent = sagemaker.list_pipeline_executions(PipelineName="shop-sales")
    newest = sent["PipelineExecutionSummaries"][0]["PipelineExecutionArn"]
    assert newest.startswith(arn)
    code, _, err = account.launch("start", *day, "--param", "Wrong=1")
    assert code == 2
    assert "the pipeline has Input, InputFingerprint, Date, AtLeast" in err


def started(account: Account, *words: str) -> dict[str, str]:
    code, out, err = account.launch("start", "--json", *words)
    assert code == 0, err
    values: dict[str, str] = json.loads(out)["parameters"]
    return values


def test_no_change_is_no_diff() -> None:
    definition = {"Version": "2020-12-01", "Steps": []}
    rendered = Rendered("p", definition, (), ())
    assert remote.changes(remote.Known("arn", dict(definition)), rendered) == ""
    assert '+  "Steps": [],' in remote.changes(None, rendered)


class Service:
    """Answers as SageMaker does, which the stand-in cannot: step after step."""

    def __init__(self, *looks: tuple[str, list[dict[str, Any]]]) -> None:
        self._looks = list(looks)
        self._now = self._looks[0]

    def describe_pipeline_execution(self, **_: Any) -> dict[str, Any]:
        self._now = self._looks.pop(0)
        return {"PipelineExecutionStatus": self._now[0], "FailureReason": "a step failed"}

    def get_paginator(self, name: str) -> Service:
        assert name == "list_pipeline_execution_steps"
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"PipelineExecutionSteps": self._now[1]}]


def a_step(name: str, status: str, **more: Any) -> dict[str, Any]:
    job = {"ProcessingJob": {"Arn": f"arn:aws:sagemaker:x:1:processing-job/run-of-{name}"}}
    end = {} if status == "Executing" else {"EndTime": BEGAN + timedelta(seconds=65)}
    made = {"StepName": name, "StepStatus": status, "StartTime": BEGAN, "Metadata": job}
    return {**made, **end, **more}


def test_steps_are_followed(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = a_step("Prepare", "Succeeded", CacheHitResult={"SourcePipelineExecutionArn": "x"})
    service = Service(
        ("Executing", [prepared, a_step("Train", "Executing")]),
        ("Executing", [prepared, a_step("Train", "Executing")]),
        ("Failed", [prepared, a_step("Train", "Failed", FailureReason="ClientError: no rows")]),
    )
    monkeypatch.setattr(remote, "client", lambda session, name: None)
    monkeypatch.setattr(remote, "looking_client", lambda session: service)
    told: list[StepOutcome] = []
    pipelines = remote.RemotePipelines(account.description, None)
    found = pipelines.follow("arn", "p", on_step=told.append, note=print, poll_seconds=0)
    assert [(step.name, step.status) for step in told] == [
        ("Prepare", "Cached"), ("Train", "Executing"), ("Train", "Failed"),
    ]  # fmt: skip
    assert found.status == "Failed"
    failed = found.failed_step
    assert failed == StepOutcome(
        "Train", "ProcessingJob", "Failed", 65.0, "run-of-Train", "ClientError: no rows"
    )
