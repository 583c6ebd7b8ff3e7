"""Requests of the kinds sklearn and container: what the SDK makes, and what goes along."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.validate import ParamValidator
from pydantic import TypeAdapter

from launch.check import check_request
from launch.description.load import Description
from launch.description.model import Job, Target
from launch.errors import LaunchError
from launch.request.plan import Plan
from launch.request.sdk import record

ROLE = "arn:aws:iam::111122223333:role/etl"
IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/mine:1"
RUN = "s3://b-dev/launch/runs/shop-1"
PY_FILES = "/opt/ml/processing/input/py-files"
SKLEARN: dict[str, Any] = {"kind": "sklearn", "arguments": ["evaluate", "--x", "1"]}
CONTAINER: dict[str, Any] = {"kind": "container", "image_uri": IMAGE}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {
        "jobs/main.py": "print(1)",
        "jobs/deep/part.py": "",
        "schemas/a.json": "{}",
        "src/run.py": "import lib.helper",
        "src/lib/helper.py": "",
        "src/.env": "SECRET",
        "src/__pycache__/run.pyc": "",
        "one.sh": "echo",
        "data/x.csv": "a\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def planned(root: Path, target: dict[str, Any] | None = None, **job: Any) -> Plan:
    made = {"region": "eu-west-1", "role": ROLE, "bucket": "b-dev", "prefix": "launch"}
    parsed: Job = TypeAdapter(Job).validate_python(job)
    described = Description(
        file=root / "launch.yaml",
        project="shop",
        target_name="dev",
        target=Target.model_validate({**made, **(target or {})}),
        jobs={"one": parsed},
    )
    return record(described, parsed, "shop-1")


def image(plan: Plan) -> dict[str, Any]:
    found: dict[str, Any] = plan.request["AppSpecification"]
    return found


def uploaded(plan: Plan) -> dict[str, Path]:
    return {
        upload.s3_uri.removeprefix(f"{RUN}/input/"): upload.local_path for upload in plan.uploads
    }


@pytest.mark.parametrize(
    "job", [SKLEARN, CONTAINER, {**CONTAINER, "source_dir": "src", "script": "run.py"}]
)
def test_the_api_takes_the_request(root: Path, job: dict[str, Any]) -> None:
    request = planned(root, **job).request
    model = botocore.session.get_session().get_service_model("sagemaker")
    shape = model.operation_model("CreateProcessingJob").input_shape
    assert ParamValidator().validate(request, shape).generate_report() == ""
    assert check_request(request) == []


def test_a_sklearn_job(root: Path) -> None:
    plan = planned(root, **SKLEARN)
    assert image(plan) == {
        "ImageUri": "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:"
        "1.4-2-cpu-py3",
        "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/main.py"],
        "ContainerArguments": ["evaluate", "--x", "1"],
    }
    assert plan.request["Environment"] == {"PYTHONPATH": f"{PY_FILES}/bundle.zip"}
    assert plan.request["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600}
    assert list(uploaded(plan)) == ["code/main.py", "py-files/bundle.zip"]
    bundle = zipfile.ZipFile(uploaded(plan)["py-files/bundle.zip"])
    assert bundle.namelist() == ["jobs/deep/part.py", "jobs/main.py", "schemas/a.json"]


def test_it_is_what_script_processor_makes(root: Path) -> None:
    """Without our session, our uploads, our staging: the SDK as its documentation has it."""
    from sagemaker.core import image_uris
    from sagemaker.core.processing import ScriptProcessor
    from sagemaker.core.shapes import ProcessingInput, ProcessingS3Input

    plan = planned(root, **SKLEARN, tags={"a": "b"})
    sent: list[dict[str, Any]] = []
    py_files = ProcessingInput(
        input_name="py-files",
        s3_input=ProcessingS3Input(
            s3_uri=f"{RUN}/input/py-files", s3_data_type="S3Prefix", local_path=PY_FILES
        ),
    )
    ScriptProcessor(
        role=ROLE,
        image_uri=image_uris.retrieve(
            "sklearn", "eu-west-1", version="1.4-2", instance_type="ml.m5.xlarge"
        ),
        command=["python3"],
        instance_count=1,
        instance_type="ml.m5.xlarge",
        max_runtime_in_seconds=3600,
        env={"PYTHONPATH": f"{PY_FILES}/bundle.zip"},
        tags=[{"Key": "a", "Value": "b"}],
        sagemaker_session=offline_session(sent),
    ).run(
        code=str(root / "jobs" / "main.py"),
        arguments=["evaluate", "--x", "1"],
        inputs=[py_files],
        outputs=[],
        job_name="shop-1",
        wait=False,
        logs=False,
    )
    assert plan.request == sent[0]


def offline_session(sent: list[dict[str, Any]]) -> Any:
    """The SDK's own session, but for the network: uploads are not made, the call is answered."""
    from sagemaker.core.helper.session_helper import Session

    class Offline(Session):  # type: ignore[misc]
        def default_bucket(self) -> str:
            return "b-dev"

        def upload_data(self, path: str, bucket: str, key_prefix: str, **_: Any) -> str:
            return f"s3://{bucket}/{key_prefix}/{os.path.basename(path)}"

    class Answer:
        status_code = 200
        headers: dict[str, str] = {}

    boto = boto3.Session("k", "s", region_name="eu-west-1")
    event = "sagemaker.CreateProcessingJob"
    boto.events.register(f"provide-client-params.{event}", lambda params, **_: sent.append(params))
    boto.events.register(f"before-call.{event}", lambda **_: (Answer(), {}))
    telemetry = {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}
    return Offline(
        boto_session=boto, default_bucket="b-dev", default_bucket_prefix="launch/runs",
        sagemaker_config={"SchemaVersion": "1.0", "SageMaker": telemetry},
    )  # fmt: skip


def test_packages_go_beside_the_bundle(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = root / "packages.zip"
    packed.write_bytes(b"zip")
    asked: list[tuple[tuple[str, ...], str]] = []

    def fetch(names: tuple[str, ...], *, python_version: str) -> Path:
        asked.append((names, python_version))
        return packed

    monkeypatch.setattr("launch.packages.fetch_packages", fetch)
    plan = planned(root, **SKLEARN, packages=["skops==0.16.0"], environment={"PYTHONPATH": "/x"})
    assert asked == [(("skops==0.16.0",), "3.10")]
    assert uploaded(plan)["py-files/packages.zip"].read_bytes() == b"zip"
    path = f"{PY_FILES}/bundle.zip:{PY_FILES}/packages.zip:/x"
    assert plan.request["Environment"] == {"PYTHONPATH": path}


def test_a_folder_of_scripts_is_sent_whole_without_what_is_hidden(root: Path) -> None:
    plan = planned(root, **CONTAINER, source_dir="src/", script="run.py", instance_count=2)
    assert image(plan)["ContainerEntrypoint"] == [
        "python3",
        "/opt/ml/processing/input/code/run.py",
    ]
    assert list(uploaded(plan)) == ["code/lib/helper.py", "code/run.py"]
    assert "Environment" not in plan.request
    assert plan.request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] == 2


def test_one_script_and_the_bundle(root: Path) -> None:
    plan = planned(root, **CONTAINER, command=["bash", "-e"], script="one.sh", bundle=True)
    assert image(plan)["ContainerEntrypoint"] == [
        "bash",
        "-e",
        "/opt/ml/processing/input/code/one.sh",
    ]
    assert list(uploaded(plan)) == ["code/one.sh", "py-files/bundle.zip"]


def test_a_command_alone_and_the_images_own_entrypoint(root: Path) -> None:
    assert image(planned(root, **CONTAINER, command=["run", "-x"])) == {
        "ImageUri": IMAGE,
        "ContainerEntrypoint": ["run", "-x"],
    }
    plan = planned(root, **CONTAINER, arguments=["a"])
    assert image(plan) == {"ImageUri": IMAGE, "ContainerArguments": ["a"]}
    assert plan.uploads == ()


def test_target_and_limits_reach_the_request(root: Path) -> None:
    target = {"kms_key": "key-1", "subnets": ["subnet-1"], "security_groups": ["sg-1"]}
    request = planned(
        root, target, **SKLEARN, network_isolation=True, max_runtime="90m", volume_size_gb=7,
        inputs=[{"name": "d", "source": "data/x.csv", "destination": "/opt/ml/processing/d"}],
        outputs=[{"name": "o", "source": "/opt/ml/processing/o", "destination": "s3://b-dev/o"}],
    ).request  # fmt: skip
    assert request["NetworkConfig"]["EnableNetworkIsolation"] is True
    assert request["NetworkConfig"]["VpcConfig"]["Subnets"] == ["subnet-1"]
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 5400}
    cluster = request["ProcessingResources"]["ClusterConfig"]
    assert (cluster["VolumeKmsKeyId"], cluster["VolumeSizeInGB"]) == ("key-1", 7)
    names = [item["InputName"] for item in request["ProcessingInputs"]]
    assert names == ["d", "py-files", "code"]
    assert request["ProcessingInputs"][0]["S3Input"]["S3Uri"] == f"{RUN}/input/d/x.csv"


def test_each_run_uploads_to_a_place_of_its_own(root: Path) -> None:
    output = {"name": "o", "source": "/opt/ml/processing/o", "destination": "s3://b-dev/o/${run}/"}
    request = planned(root, **SKLEARN, outputs=[output]).request
    (made,) = request["ProcessingOutputConfig"]["Outputs"]
    assert made["S3Output"]["S3Uri"] == "s3://b-dev/o/shop-1/"


def test_the_same_twice(root: Path) -> None:
    job = {**CONTAINER, "source_dir": "src", "script": "run.py", "bundle": True}
    first = planned(root, **job)
    os.utime(root / "src" / "run.py", (1, 1))
    assert planned(root, **job) == first


@pytest.mark.parametrize(
    ("job", "message"),
    [
        ({**SKLEARN, "app": "none.py"}, "app none.py is not a file"),
        ({**CONTAINER, "script": "none.py"}, "script none.py is not a file"),
        ({**CONTAINER, "source_dir": "src", "script": "x.py"}, "script src/x.py is not a file"),
        ({**SKLEARN, "framework_version": "9"}, "the image cannot be named: Unsupported sklearn"),
    ],
)
def test_what_cannot_be_staged(root: Path, job: dict[str, Any], message: str) -> None:
    with pytest.raises(LaunchError, match=message):
        planned(root, **job)
