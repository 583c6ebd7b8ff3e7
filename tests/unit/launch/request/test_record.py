"""The request as plain data: what is recorded is what PySparkProcessor makes."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.validate import ParamValidator

from launch.description.load import Description, load
from launch.errors import LaunchError
from launch.request.plan import Plan, job_name, with_arguments
from launch.request.sdk import record
from launch.request.spark_kind import configuration_of

ROOT = Path(__file__).resolve().parents[4]
BUCKET = "spark-etl-dev-111122223333"
RUN = f"s3://{BUCKET}/flights/launch/runs/run-1"


@pytest.fixture(scope="module")
def description() -> Description:
    return load(ROOT / "launch.yaml", environment={})


@pytest.fixture(scope="module")
def plan(description: Description, flights_csv: Path) -> Plan:
    return record(description, description.job("prepare"), "run-1")


def test_botocore_accepts_the_request(plan: Plan) -> None:
    model = botocore.session.get_session().get_service_model("sagemaker")
    shape = model.operation_model("CreateProcessingJob").input_shape
    assert ParamValidator().validate(plan.request, shape).generate_report() == ""


def test_everything_the_request_reads_is_uploaded(plan: Plan) -> None:
    uploaded = [upload.s3_uri for upload in plan.uploads]
    for item in plan.request["ProcessingInputs"]:
        uri = item["S3Input"]["S3Uri"]
        assert any(u == uri or u.startswith(f"{uri}/") for u in uploaded), uri
    assert sorted(uploaded) == [
        f"{RUN}/input/code/main.py",
        f"{RUN}/input/conf/configuration.json",
        f"{RUN}/input/contract/flights.json",
        f"{RUN}/input/py-files/bundle.zip",
    ]
    assert all(upload.local_path.is_file() for upload in (*plan.uploads, *plan.data))
    assert [upload.s3_uri for upload in plan.data] == [f"s3://{BUCKET}/flights/raw/flights.csv"]


def test_the_bundle_holds_the_three_packages(plan: Plan) -> None:
    (bundle,) = [u.local_path for u in plan.uploads if u.s3_uri.endswith("bundle.zip")]
    roots = {name.split("/")[0] for name in zipfile.ZipFile(bundle).namelist()}
    assert roots == {"jobs", "schemas", "transforms"}


def test_event_logs_go_to_a_folder_of_the_run(plan: Plan) -> None:
    (output,) = plan.request["ProcessingOutputConfig"]["Outputs"]
    assert output["S3Output"] == {
        "S3Uri": f"s3://{BUCKET}/flights/launch/spark-events/run-1/",
        "LocalPath": "/opt/ml/processing/spark-events/",
        "S3UploadMode": "Continuous",
    }


def test_the_same_twice(plan: Plan, description: Description) -> None:
    again = record(description, description.job("prepare"), "run-1")
    assert again == plan


def test_it_is_what_pyspark_processor_makes(plan: Plan, description: Description) -> None:
    """Without our session, our uploads, our staging: the SDK as its documentation has it."""
    assert plan.request == by_the_sdk_alone(description, plan)


def by_the_sdk_alone(description: Description, plan: Plan) -> dict[str, Any]:
    from sagemaker.core.helper.session_helper import Session
    from sagemaker.core.shapes import ProcessingInput, ProcessingS3Input
    from sagemaker.core.spark.processing import PySparkProcessor

    class Offline(Session):  # type: ignore[misc]
        def default_bucket(self) -> str:
            return BUCKET

        def upload_data(self, path: str, bucket: str, key_prefix: str, **_: Any) -> str:
            name = "" if os.path.isdir(path) else f"/{os.path.basename(path)}"
            return f"s3://{bucket}/{key_prefix}{name}"

        def upload_string_as_file_body(self, body: Any, bucket: str, key: str, **_: Any) -> None:
            assert json.loads(body.read())[0]["Classification"] == "spark-defaults"

    class Answer:
        status_code = 200
        headers: dict[str, str] = {}

    sent: list[dict[str, Any]] = []
    boto = boto3.Session("k", "s", region_name="us-east-1")
    event = "sagemaker.CreateProcessingJob"
    boto.events.register(f"provide-client-params.{event}", lambda params, **_: sent.append(params))
    boto.events.register(f"before-call.{event}", lambda **_: (Answer(), {}))
    job = description.job("prepare")
    session = Offline(
        boto_session=boto, default_bucket=BUCKET, default_bucket_prefix="flights/launch/runs",
        sagemaker_config={"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {
            "TelemetryOptOut": True}}}},
    )  # fmt: skip
    PySparkProcessor(
        role="arn:aws:iam::111122223333:role/spark-etl", instance_type="ml.m5.xlarge",
        instance_count=3, framework_version="3.5", py_version="py312", container_version="1.3",
        max_runtime_in_seconds=3600, sagemaker_session=session,
        tags=[{"Key": "project", "Value": "flights"}, {"Key": "stage", "Value": "dev"}],
    ).run(
        submit_app=str(ROOT / "jobs" / "main.py"),
        submit_py_files=[str(u.local_path) for u in plan.uploads if "py-files" in u.s3_uri],
        arguments=list(job.arguments),
        inputs=[ProcessingInput(input_name="contract", s3_input=ProcessingS3Input(
            s3_uri=str(ROOT / "schemas" / "flights.json"), s3_data_type="S3Prefix",
            local_path="/opt/ml/processing/input/contract"))],
        configuration=configuration_of(job, event_logs=True),
        spark_event_logs_s3_uri=f"s3://{BUCKET}/flights/launch/spark-events/run-1/",
        job_name="run-1", wait=False, logs=False,
    )  # fmt: skip
    return sent[0]


def test_dry_run_needs_no_credentials_and_no_network(tmp_path: Path, flights_csv: Path) -> None:
    """In a process that may not open any connection, with an empty home and environment."""
    (tmp_path / "sitecustomize.py").write_text(
        "import socket\n"
        "def refuse(*a, **k): raise SystemExit('network: ' + repr(a[1:]))\n"
        "socket.socket.connect = socket.socket.connect_ex = refuse\n"
        "socket.getaddrinfo = refuse\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "launch.main", "submit", "prepare", "--dry-run", "--json"],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert set(data) == {"request", "uploads"}
    assert {frozenset(upload) for upload in data["uploads"]} == {
        frozenset({"s3_uri", "local_path"})
    }


def test_network_keys_and_tags_reach_the_request(description: Description) -> None:
    target = description.target.model_copy(
        update={
            "subnets": ("subnet-1",), "security_groups": ("sg-1",), "kms_key": "key-1",
            "encrypt_traffic": True,
        }
    )  # fmt: skip
    changed = dataclasses.replace(description, target=target)
    job = changed.job("prepare").model_copy(update={"tags": {"stage": "night"}})
    request = record(changed, job, "run-2").request
    assert request["NetworkConfig"]["VpcConfig"] == {
        "SecurityGroupIds": ["sg-1"],
        "Subnets": ["subnet-1"],
    }
    assert request["NetworkConfig"]["EnableInterContainerTrafficEncryption"] is True
    assert request["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == "key-1"
    assert request["ProcessingOutputConfig"]["KmsKeyId"] == "key-1"
    assert {"Key": "stage", "Value": "night"} in request["Tags"]


def test_delta_brings_its_jars(description: Description, monkeypatch: pytest.MonkeyPatch) -> None:
    jar = ROOT / "data" / "delta-spark_2.12-3.3.3.jar"
    asked: list[list[str]] = []

    def fetch(coordinates: list[str]) -> list[Path]:
        asked.append(coordinates)
        jar.parent.mkdir(exist_ok=True)
        jar.write_bytes(b"jar")
        return [jar]

    monkeypatch.setattr("launch.jars.fetch_jars", fetch)
    job = with_arguments(description.job("prepare"), ["--format", "delta"])
    plan = record(description, job, "run-3")
    jar.unlink()
    assert asked == [["io.delta:delta-spark_2.12:3.3.3"]]
    entrypoint = plan.request["AppSpecification"]["ContainerEntrypoint"]
    assert entrypoint[3:5] == ["--jars", "/opt/ml/processing/input/jars"]
    assert "s3://" + BUCKET + "/flights/launch/runs/run-3/input/jars/" + jar.name in [
        upload.s3_uri for upload in plan.uploads
    ]


def test_needs_delta(description: Description) -> None:
    job = description.job("prepare")
    assert not job.adds_delta
    for words in (["--format=delta"], ["--input-format", "delta"]):
        assert with_arguments(job, words).adds_delta
    assert not with_arguments(job, ["--target", "delta"]).adds_delta


def test_the_users_spark_settings_win_over_ours(description: Description) -> None:
    settings = {"spark.executor.metrics.pollingInterval": "5000", "spark.a": "b"}
    job = description.job("prepare").model_copy(update={"spark": settings})
    (part,) = configuration_of(job, event_logs=True)
    assert part["Properties"]["spark.executor.metrics.pollingInterval"] == "5000"
    assert part["Properties"]["spark.eventLog.logStageExecutorMetrics"] == "true"
    assert configuration_of(description.job("prepare"), event_logs=False) == []


def test_names(description: Description) -> None:
    assert job_name(description, "prepare").startswith("flights-prepare-20")
    assert job_name(description, "prepare") != job_name(description, "prepare")
    for wrong in ("flights-b-", "flights-a_b", "flights-" + "x" * 56, "flights-a\n"):
        with pytest.raises(LaunchError, match="is not allowed"):
            job_name(description, "prepare", name=wrong)


def test_arguments_of_the_command_line_obey_the_same_rules(description: Description) -> None:
    job = description.job("prepare")
    assert with_arguments(job, ["--scale"]).arguments[-1] == "--scale"
    with pytest.raises(LaunchError, match="looks like an AWS access key"):
        with_arguments(job, ["AKIAABCDEFGHIJKLMNOP"])
    with pytest.raises(LaunchError, match="at most 256 characters"):
        with_arguments(job, ["x" * 257])


def test_a_name_starts_with_the_projects(description: Description) -> None:
    assert job_name(description, "prepare", name="flights-x") == "flights-x"
    with pytest.raises(LaunchError, match="start it with flights-"):
        job_name(description, "prepare", name="night-1")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"app": "jobs/none.py"}, "app jobs/none.py is not a file"),
        ({"jars": ("lib/none.jar",)}, "neither Maven coordinates nor a file"),
        ({"py_version": "py39", "container_version": "99"}, None),
        ({"framework_version": "9.9"}, "the image cannot be named"),
    ],
)
def test_what_cannot_be_staged(
    description: Description, change: dict[str, Any], message: str | None
) -> None:
    job = description.job("prepare").model_copy(update=change)
    if message is None:
        image = record(description, job, "run-4").request["AppSpecification"]["ImageUri"]
        assert image.endswith(":3.5-cpu-py39-v99")
        return
    with pytest.raises(LaunchError, match=message):
        record(description, job, "run-4")
