"""What is sent is what was planned, and as the SDK alone would make it; planning needs no AWS."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import socket
from pathlib import Path
from typing import Any, NoReturn

import boto3
import pytest

from launch.description.load import Description
from launch.errors import LaunchError
from launch.main import main
from launch.request.plan import job_name, with_arguments
from launch.request.sdk import quiet, record, send
from launch.request.spark_kind import configuration_of

from .conftest import Describe

ROLE = "arn:aws:iam::111122223333:role/etl"
RUN = "s3://b-dev/launch/runs/shop-1"
LAUNCH_YAML = f"""\
project: shop
targets: {{dev: {{region: eu-west-1, role: "{ROLE}", bucket: b-dev}}}}
jobs: {{one: {{kind: sklearn, arguments: [evaluate]}}}}
"""


def answering_session(calls: list[tuple[str, dict[str, Any]]]) -> boto3.Session:
    """Make a session whose calls are noted, and answered before they reach a network."""
    answer = type("Answer", (), {"status_code": 200, "headers": {}})
    session = boto3.Session("k", "s", region_name="eu-west-1")
    for call in ("s3.PutObject", "sagemaker.CreateProcessingJob"):
        session.events.register_last(
            f"provide-client-params.{call}",
            lambda params, model, **_: calls.append((model.name, params)),
        )
        session.events.register(f"before-call.{call}", lambda **_: (answer, {}))
    return session


@pytest.mark.parametrize("kind", ["spark", "sklearn"])
def test_what_is_sent_is_what_was_planned_under_the_targets_key(
    describe: Describe, kind: str
) -> None:
    description = describe(kind, target={"kms_key": "key-1"})
    plan = record(description, description.job("one"), "shop-1")
    calls: list[tuple[str, dict[str, Any]]] = []
    send(description, plan, answering_session(calls))
    assert calls.pop() == ("CreateProcessingJob", plan.request)
    assert {f"s3://{put['Bucket']}/{put['Key']}" for _, put in calls} == {
        upload.s3_uri for upload in plan.uploads
    }
    for _, put in calls:
        assert (put["ServerSideEncryption"], put["SSEKMSKeyId"]) == ("aws:kms", "key-1")


def test_another_request_than_was_planned_is_not_sent(describe: Describe) -> None:
    description = describe("container")
    plan = record(description, description.job("one"), "shop-1")
    calls: list[tuple[str, dict[str, Any]]] = []
    changed = dataclasses.replace(plan, request={**plan.request, "RoleArn": "another"})
    with pytest.raises(LaunchError, match="another request than was planned; nothing was created"):
        send(description, changed, answering_session(calls))
    assert calls == []


def offline_session(calls: list[tuple[str, dict[str, Any]]]) -> Any:
    """Make the SDK's own session, whose uploads go nowhere."""
    from sagemaker.core.helper.session_helper import Session

    class Offline(Session):  # type: ignore[misc]
        def upload_data(self, path: str, bucket: str, key_prefix: str, **_: Any) -> str:
            name = "" if os.path.isdir(path) else f"/{os.path.basename(path)}"
            return f"s3://{bucket}/{key_prefix}{name}"

        def upload_string_as_file_body(self, body: Any, bucket: str, key: str, **_: Any) -> None:
            assert json.loads(body.read())[0]["Classification"] == "spark-defaults"

    telemetry = {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}
    session = Offline(
        boto_session=answering_session(calls), default_bucket="b-dev",
        default_bucket_prefix="launch/runs",
        sagemaker_config={"SchemaVersion": "1.0", "SageMaker": telemetry},
    )  # fmt: skip
    session.default_bucket = lambda: "b-dev"
    return session


def by_the_sdk_alone(description: Description, files: list[str]) -> dict[str, Any]:
    """Make the request of ``one`` as the SDK's documentation has it, without our session."""
    from sagemaker.core import image_uris
    from sagemaker.core.processing import ScriptProcessor
    from sagemaker.core.shapes import ProcessingInput, ProcessingS3Input
    from sagemaker.core.spark.processing import PySparkProcessor

    def an_input(name: str, source: str) -> Any:
        path = f"/opt/ml/processing/input/{name}"
        s3_input = ProcessingS3Input(s3_uri=source, s3_data_type="S3Prefix", local_path=path)
        return ProcessingInput(input_name=name, s3_input=s3_input)

    root, job = description.root, description.job("one")
    calls: list[tuple[str, dict[str, Any]]] = []
    machines = {
        "role": ROLE, "instance_type": "ml.m5.xlarge", "instance_count": job.instance_count,
        "max_runtime_in_seconds": 3600, "tags": [{"Key": "team", "Value": "data"}],
        "sagemaker_session": offline_session(calls),
    }  # fmt: skip
    told = {"arguments": list(job.arguments), "job_name": "shop-1", "wait": False, "logs": False}
    if job.kind == "spark":
        PySparkProcessor(
            framework_version="3.5", py_version="py312", container_version="1.3", **machines
        ).run(
            submit_app=str(root / "jobs" / "main.py"),
            submit_py_files=files,
            inputs=[an_input("contract", str(root / "schemas" / "a.json"))],
            configuration=configuration_of(job, event_logs=True),
            spark_event_logs_s3_uri="s3://b-dev/launch/spark-events/shop-1/",
            **told,
        )
    else:
        image = image_uris.retrieve(
            "sklearn", "eu-west-1", version="1.4-2", instance_type="ml.m5.xlarge"
        )
        path = {"PYTHONPATH": "/opt/ml/processing/input/py-files/bundle.zip"}
        ScriptProcessor(image_uri=image, command=["python3"], env=path, **machines).run(
            code=str(root / "jobs" / "main.py"),
            inputs=[an_input("py-files", f"{RUN}/input/py-files")],
            outputs=[],
            **told,
        )
    return calls[-1][1]


@pytest.mark.parametrize("kind", ["spark", "sklearn"])
def test_a_request_is_what_the_sdk_alone_makes(describe: Describe, kind: str) -> None:
    contract = {
        "name": "contract", "source": "schemas/a.json",
        "destination": "/opt/ml/processing/input/contract",
    }  # fmt: skip
    inputs = {"inputs": [contract]} if kind == "spark" else {}
    description = describe(kind, inputs, {"tags": {"team": "data"}})
    plan = record(description, description.job("one"), "shop-1")
    files = [str(item.local_path) for item in plan.uploads if "py-files" in item.s3_uri]
    with quiet():
        assert plan.request == by_the_sdk_alone(description, files)


@pytest.fixture
def offline(root: Path, no_aws: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Stand in the project, without a network, settings or keys of AWS."""

    def refuse(*_: object, **__: object) -> NoReturn:
        pytest.fail("a dry run opens a connection")

    for name in ("connect", "connect_ex"):
        no_aws.setattr(socket.socket, name, refuse)
    no_aws.setattr(socket, "getaddrinfo", refuse)
    no_aws.setenv("HOME", str(root))
    (root / "launch.yaml").write_text(LAUNCH_YAML)
    no_aws.chdir(root)
    return no_aws


def test_a_dry_run_needs_no_credentials_and_no_network(
    offline: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["submit", "one", "--dry-run", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert re.fullmatch(r"shop-one-20\d{6}-\d{6}-[0-9a-f]{4}", plan["request"]["ProcessingJobName"])
    assert [sorted(upload) for upload in plan["uploads"]] == [["local_path", "s3_uri"]] * 2


def test_a_dry_run_prints_the_request_and_its_uploads_for_people(
    offline: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["submit", "one", "--dry-run", "--", "--scale"]) == 0
    shown = capsys.readouterr()
    application = json.loads(shown.out)["AppSpecification"]
    assert application["ContainerArguments"] == ["evaluate", "--scale"]
    assert (
        len(re.findall(r"would upload  \S+/(?:main.py|bundle.zip) → s3://b-dev/", shown.err)) == 2
    )
    assert shown.err.endswith("nothing was sent\n")


def test_a_profile_that_does_not_exist_is_named(
    offline: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from launch.check import request

    request._model.cache_clear()
    offline.setenv("AWS_PROFILE", "nobody")
    offline.setenv("AWS_CONFIG_FILE", "/home/me/aws.ini")
    offline.delenv("AWS_SHARED_CREDENTIALS_FILE")
    assert main(["submit", "one", "--dry-run"]) == 2
    assert (
        "error: there is no AWS profile nobody: profiles stand in /home/me/aws.ini and "
        "~/.aws/credentials" in capsys.readouterr().err
    )


def test_a_plan_itself_takes_nothing_from_a_profile(
    describe: Describe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    description = describe("container")
    assert record(description, description.job("one"), "shop-1").name == "shop-1"


def test_names_of_runs_differ(describe: Describe) -> None:
    assert job_name(describe("spark"), "one") != job_name(describe("spark"), "one")
    assert job_name(describe("spark"), "one", name="shop-x") == "shop-x"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("night-1", "start it with shop-"), ("shop-b-", "not allowed"), ("shop-a_b", "not allowed"),
        ("shop-" + "x" * 59, "not allowed"), ("shop-a\n", "not allowed"),
    ],
)  # fmt: skip
def test_a_name_that_no_run_may_have_is_refused(
    describe: Describe, name: str, message: str
) -> None:
    with pytest.raises(LaunchError, match=message):
        job_name(describe("spark"), "one", name=name)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["AKIAABCDEFGHIJKLMNOP"], "argument 2 looks like an AWS access key"),
        (["x" * 257], "at most 256 characters"),
        (["x"] * 100, "at most 100 arguments"),
    ],
)
def test_arguments_of_the_command_line_obey_the_same_rules(
    describe: Describe, more: list[str], message: str
) -> None:
    job = describe("spark").job("one")
    assert with_arguments(job, ["--scale"]).arguments == ("prepare", "--scale")
    with pytest.raises(LaunchError, match=message):
        with_arguments(job, more)
