"""`launch deploy`, `diff` and `destroy` against the stand-in for AWS, and what they have set up."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from aws_fixture import FakeAws, fake_aws_server

from launch.deploy.handler import index
from launch.main import main

ACCOUNT, BUCKET, STACK = "123456789012", "etl-made", "launch-flights-prod"
YAML = f"""\
project: flights
targets:
  prod:
    region: eu-west-1
    account: "{ACCOUNT}"
    role: arn:aws:iam::{ACCOUNT}:role/etl-made
    bucket: {BUCKET}
    prefix: launch
    create_bucket: true
    create_role: true
    alerts: {{email: [team@example.com]}}
  other: {{region: eu-west-1, role: "arn:aws:iam::{ACCOUNT}:role/none", bucket: etl-none}}
  moon: {{region: eu-west-1, role: "arn:aws:iam::999999999999:role/none", bucket: etl-none}}
jobs:
  prepare:
    kind: spark
    arguments: [prepare, "s3://{BUCKET}/raw/${{date}}/", "s3://{BUCKET}/out/"]
    instance_count: 2
  prepare-tabular: {{kind: sklearn}}
schedules:
  nightly: {{job: prepare, cron: "cron(0 2 * * ? *)", alarm_after: 26h}}
  berlin: {{job: prepare-tabular, cron: "cron(0 2 * * ? *)", timezone: Europe/Berlin}}
"""
# Runs called so go on until they are stopped.
PLAYER = """\
def play(request, context):
    if "still" in request["ProcessingJobName"]:
        context.stopping.wait(120)
    return 0, ""
"""


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeAws]:
    folder = tmp_path_factory.mktemp("aws")
    (folder / "deploy_player.py").write_text(PLAYER)
    with fake_aws_server(folder, play="deploy_player:play", pythonpath=folder) as server:
        yield server


@pytest.fixture
def here(project: Path, aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's folder, with the stand-in as its AWS."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "LAUNCH_"))]:
        monkeypatch.delenv(name)
    for name, value in aws.env.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(project)
    (project / "launch.yaml").write_text(YAML)
    index._client.cache_clear()
    return project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("deploy")
    for name in ("jobs/main.py", "transforms/x.py", "schemas/flights.json"):
        (root / name).parent.mkdir()
        (root / name).write_text("{}")
    return root


def test_deploy_again_diff_and_destroy(
    here: Path, aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["deploy", "--target", "prod", "--yes", "--poll", "0.1"]) == 0
    deployed = aws.client("cloudformation").get_template(StackName=STACK)["TemplateBody"]
    said = capsys.readouterr().err
    assert f"first the bucket {BUCKET}" in said
    assert "UTC" in said
    assert "CREATE_COMPLETE" in said
    assert f"{STACK} is deployed" in said
    assert "team@example.com has to confirm" in said
    keys = [item["Key"] for item in aws.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert all(key.startswith("launch/deployed/") for key in keys)
    assert any(key.endswith("/starter.zip") for key in keys)
    code = deployed["Resources"]["Starter"]["Properties"]["Code"]
    assert code["S3Key"] in keys
    rule = aws.client("events").describe_rule(Name=f"{STACK}-nightly")
    assert rule["ScheduleExpression"] == "cron(0 2 * * ? *)"

    assert main(["deploy", "--target", "prod", "--yes"]) == 0
    assert f"{STACK}: no changes" in capsys.readouterr().err
    assert main(["diff", "--target", "prod"]) == 0
    assert f"{STACK}: no differences" in capsys.readouterr().err

    changed = YAML.replace("cron(0 2 * * ? *)", "cron(30 3 * * ? *)", 1)
    (here / "launch.yaml").write_text(changed)
    assert main(["diff", "--target", "prod", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["differences"]
    assert (found["resource"], found["change"]) == ("NightlyRule", "changed")
    assert {
        "path": "Properties.ScheduleExpression",
        "before": "cron(0 2 * * ? *)",
        "after": "cron(30 3 * * ? *)",
    } in found["settings"]
    # Nobody is asked in a test, so nothing is done.
    assert main(["deploy", "--target", "prod"]) == 2
    assert "give --yes. Nothing was changed" in capsys.readouterr().err
    assert main(["deploy", "--target", "prod", "--yes", "--poll", "0.1"]) == 0
    rule = aws.client("events").describe_rule(Name=f"{STACK}-nightly")
    assert rule["ScheduleExpression"] == "cron(30 3 * * ? *)"

    capsys.readouterr()
    assert main(["destroy", "--target", "prod", "--yes", "--poll", "0.1"]) == 0
    said = capsys.readouterr().err
    assert "goes   NightlyRule" in said
    assert f"stays  the bucket {BUCKET} with everything in it" in said
    assert "goes   Bucket" not in said
    assert [b["Name"] for b in aws.client("s3").list_buckets()["Buckets"]] == [BUCKET]
    assert aws.client("s3").list_objects_v2(Bucket=BUCKET)["KeyCount"] >= len(keys)
    assert main(["destroy", "--target", "prod", "--yes"]) == 0
    assert "is not deployed; there is nothing to take down" in capsys.readouterr().err
    # What it left is nobody's now: it is not taken over without a word.
    assert main(["deploy", "--target", "prod", "--yes"]) == 2
    assert f"the bucket {BUCKET} exists already, and not by this stack" in capsys.readouterr().err
    empty(aws.client("s3"))


def empty(s3: Any) -> None:
    """Remove the bucket, so that each test begins without it."""
    for item in s3.list_object_versions(Bucket=BUCKET).get("Versions", ()):
        s3.delete_object(Bucket=BUCKET, Key=item["Key"], VersionId=item["VersionId"])
    s3.delete_bucket(Bucket=BUCKET)


def test_an_event_starts_one_run_and_an_overlap_none(
    here: Path, aws: FakeAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from launch.deploy.scheduled import scheduled_runs, starter_of
    from launch.description.load import load

    description = load(here / "launch.yaml", target="prod")
    starter = starter_of(description, scheduled_runs(description))
    monkeypatch.setattr(index, "FILE", tmp_path / "requests.json")
    (tmp_path / "requests.json").write_bytes(
        ZipFile(starter.upload.local_path).read("requests.json")
    )
    rule = f"arn:aws:events:eu-west-1:{ACCOUNT}:rule/{STACK}-nightly"
    event = {"time": "2026-11-24T02:00:00Z", "resources": [rule], "detail-type": "Scheduled Event"}
    before = len(aws.requests())
    first, second = index.handler(event, None), index.handler(event, None)
    assert (first["outcome"], second["outcome"]) == ("started", "there already")
    assert len(aws.requests()) == before + 1
    sent = aws.requests()[-1]
    assert sent["ProcessingJobName"] == first["run"]
    assert f"s3://{BUCKET}/raw/2026-11-23/" in sent["AppSpecification"]["ContainerArguments"]
    aws.wait_until_ended(first["run"])

    zoned = {"schedule": "berlin", "time": "2026-11-24T01:00:00Z"}
    assert index.handler(zoned, None)["outcome"] == "started"
    going = {**sent, "ProcessingJobName": "flights-prepare-still"}
    service = aws.client("sagemaker")
    service.create_processing_job(**going)
    refused = index.handler({**event, "time": "2026-11-25T02:00:00Z"}, None)
    assert (refused["outcome"], refused["still_going"]) == ("refused", ["flights-prepare-still"])
    service.stop_processing_job(ProcessingJobName="flights-prepare-still")
    aws.wait_until_ended("flights-prepare-still")
    assert index.handler({**event, "time": "2026-11-25T02:00:00Z"}, None)["outcome"] == "started"


def test_the_alert_pattern_delivers_what_failed(here: Path, aws: FakeAws) -> None:
    from launch.deploy.template import whole_template
    from launch.description.load import load

    template, _, _ = whole_template(load(here / "launch.yaml", target="prod"))
    pattern = template["Resources"]["OnFailed"]["Properties"]["EventPattern"]
    events, sqs = aws.client("events"), aws.client("sqs")
    queue = sqs.create_queue(QueueName="probe")["QueueUrl"]
    arn = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:probe"
    events.put_rule(Name="probe", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="probe", Targets=[{"Id": "1", "Arn": arn}])

    def ended(name: str, status: str) -> dict[str, str]:
        detail = {"ProcessingJobName": name, "ProcessingJobStatus": status}
        kind = "SageMaker Processing Job State Change"
        return {"Source": "aws.sagemaker", "DetailType": kind, "Detail": json.dumps(detail)}

    events.put_events(
        Entries=[
            ended("flights-prepare-1", "Failed"),
            ended("flights-prepare-2", "Completed"),
            ended("flights-prepare-3", "InProgress"),
            ended("flights-prepare-tabular-4", "Stopped"),
            ended("my-flights-prepare-5", "Failed"),
            ended("flights-eu-prepare-6", "Failed"),
        ]
    )
    got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", ())
    names = [json.loads(item["Body"])["detail"]["ProcessingJobName"] for item in got]
    assert sorted(names) == ["flights-prepare-1", "flights-prepare-tabular-4"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["deploy", "--target", "moon", "--yes"], "you are logged in to account 123456789012"),
        (["deploy", "--target", "other", "--yes"], "there is no role arn:aws:iam::123456789012"),
        (["deploy", "--target", "other", "--yes"], "there is no bucket etl-none"),
    ],
)
def test_what_is_missing_in_the_account_is_exit_code_2(
    here: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert main(words) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("cron(0 2 * * ? *)", "cron(0 2 * * * *)", "exactly one of the two is '?'"),
        ("job: prepare,", "job: prepair,", "there is no job 'prepair'"),
        ("cron(0 2 * * ? *)", "cron(0 2 1 1 ? 2020)", "never comes again"),
        ("instance_count: 2", "app: jobs/none.py", "app jobs/none.py is not a file"),
    ],
)
def test_what_is_wrong_in_the_file_is_exit_code_2(
    here: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, message: str
) -> None:
    (here / "launch.yaml").write_text(YAML.replace(old, new, 1))
    assert main(["deploy", "--target", "prod", "--yes"]) == 2
    assert message in capsys.readouterr().err


def test_dry_run_needs_no_aws(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert main(["deploy", "--target", "prod", "--dry-run"]) == 0
    assert "Starter" in json.loads(capsys.readouterr().out)["Resources"]


def test_a_stack_of_somebody_else_is_not_touched(
    here: Path, aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    cloudformation = aws.client("cloudformation")
    body = {"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}
    cloudformation.create_stack(StackName=STACK, TemplateBody=json.dumps(body))
    for command in ("deploy", "destroy"):
        assert main([command, "--target", "prod", "--yes"]) == 2
        assert "it is not of project flights and target prod" in capsys.readouterr().err
    cloudformation.delete_stack(StackName=STACK)
