"""Jobs of the kinds sklearn and container: what would fail, and what would be lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from launch.check import Finding

Found = Callable[..., list[Finding]]
IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/mine:1"
DATA = {
    "name": "data",
    "source": "data/flights.csv",
    "destination": "/opt/ml/processing/input/data",
}
OUT = {
    "name": "out",
    "source": "/opt/ml/processing/output",
    "destination": "s3://b-dev/out/${run}/",
}
SKLEARN: dict[str, Any] = {
    "kind": "sklearn",
    "arguments": ["run", "/opt/ml/processing/input/data", "/opt/ml/processing/output"],
    "inputs": [DATA],
    "outputs": [OUT],
}
CONTAINER: dict[str, Any] = {
    **SKLEARN,
    "kind": "container",
    "image_uri": IMAGE,
    "source_dir": "src",
    "script": "run.py",
}
BOTH = pytest.mark.parametrize("job", [SKLEARN, CONTAINER], ids=["sklearn", "container"])


@BOTH
def test_a_good_job(found: Found, job: dict[str, Any]) -> None:
    assert found(**job) == []


@BOTH
@pytest.mark.parametrize(
    ("changes", "level", "place", "message"),
    [
        (
            {"arguments": ["/opt/ml/processing/input/model", "/opt/ml/processing/output"]},
            "error",
            "arguments.0",
            "no input puts anything at /opt/ml/processing/input/model",
        ),
        (
            {"arguments": ["--to=/opt/ml/processing/elsewhere", "/opt/ml/processing/output"]},
            "warning",
            "arguments.0",
            "nothing from it is kept",
        ),
        (
            {"arguments": ["data/flights.csv", "/opt/ml/processing/output"]},
            "warning",
            "arguments.0",
            "is a file of this machine",
        ),
        (
            {"arguments": ["hdfs:///x", "/opt/ml/processing/output"]},
            "error",
            "arguments.0",
            "there is no HDFS",
        ),
        ({"arguments": ["run"]}, "warning", "outputs.0.source", "names /opt/ml/processing/output"),
        (
            {"network_isolation": True, "arguments": ["s3://b/x", "/opt/ml/processing/output"]},
            "error",
            "arguments.0",
            "an isolated container reaches no S3",
        ),
        ({"instance_type": "ml.m5.huge"}, "error", "instance_type", "no instance type ml.m5.huge"),
        (
            {"inputs": [DATA, {**DATA, "name": "code", "destination": "/opt/ml/processing/x"}]},
            "error",
            "inputs.1.name",
            "the name code is taken",
        ),
        (
            {"environment": {"USE_SPOT": "1"}},
            "error",
            "environment.USE_SPOT",
            "processing jobs have no Spot",
        ),
    ],
)
def test_what_both_kinds_would_stumble_over(
    found: Found, job: dict[str, Any], changes: dict[str, Any], level: str, place: str, message: str
) -> None:
    first = found(**{**job, **changes})[0]
    assert (first.level, first.place) == (level, f"jobs.prepare.{place}")
    assert message in first.message


@BOTH
def test_outputs_of_all_runs_in_one_place(found: Found, job: dict[str, Any]) -> None:
    (only,) = found(**{**job, "outputs": [{**OUT, "destination": "s3://b-dev/out"}]})
    assert (only.level, only.place) == ("warning", "jobs.prepare.outputs.0.destination")
    assert "what an earlier one left stays there" in only.message
    assert only.hint == "s3://b-dev/out/${run}/"


@BOTH
def test_nine_inputs_are_too_many_with_those_that_submitting_adds(
    found: Found, job: dict[str, Any]
) -> None:
    many = [
        {**DATA, "name": f"i{n}", "destination": f"/opt/ml/processing/input/data/{n}"}
        for n in range(10)
    ]
    (only,) = found(**{**job, "inputs": many})
    added = "code, py-files" if job is SKLEARN else "code"
    assert f"submitting adds ({added})" in only.message


@BOTH
def test_an_output_that_the_code_names_is_fine(
    found: Found, describe: Callable[..., Any], job: dict[str, Any]
) -> None:
    root = describe().root
    for name in ("jobs/main.py", "src/run.py"):
        (root / name).write_text('OUT = "/opt/ml/processing/output"')
    assert found(**{**job, "arguments": ["run"]}) == []


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        ({"framework_version": "9.9"}, "framework_version", "no scikit-learn image for sklearn"),
        ({"app": "jobs/none.py"}, "app", "there is no file jobs/none.py"),
        ({"instance_type": "ml.m6g.xlarge"}, "instance_type", "ARM"),
        ({"image_uri": "mine:1"}, "image_uri", "is no address in ECR"),
    ],
)
def test_sklearn_alone(found: Found, changes: dict[str, Any], place: str, message: str) -> None:
    first = found(**{**SKLEARN, **changes})[0]
    assert (first.level, first.place) == ("error", f"jobs.prepare.{place}")
    assert message in first.message


def test_a_gpu_is_no_use_to_sklearn(found: Found) -> None:
    levels = [item.level for item in found(**{**SKLEARN, "instance_type": "ml.g4dn.xlarge"})]
    assert levels == ["warning"]
    assert found(**{**CONTAINER, "instance_type": "ml.g4dn.xlarge"}) == []


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        ({"source_dir": "none"}, "source_dir", "there is no folder none"),
        ({"source_dir": "../.."}, "source_dir", "is outside the project"),
        ({"script": "none.py"}, "script", "there is no file none.py in src"),
        ({"script": f"{'a' * 199}/b"[:200]}, "script", "there is no file"),
        ({"image_uri": "docker.example/x:1"}, "image_uri", "is no address in ECR"),
        ({"command": ["a"] * 100}, "command", "101 words with the script; 100 fit"),
    ],
)
def test_container_alone(found: Found, changes: dict[str, Any], place: str, message: str) -> None:
    first = found(**{**CONTAINER, **changes})[0]
    assert (first.level, first.place) == ("error", f"jobs.prepare.{place}")
    assert message in first.message


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        (IMAGE.replace("us-east-1", "eu-west-1"), "the image is in eu-west-1, the job in us-east"),
        (IMAGE.replace(":1", ":latest"), "the tag latest"),
        (IMAGE.replace(":1", ""), "no tag, which means latest"),
    ],
)
def test_images_that_are_doubtful(found: Found, uri: str, message: str) -> None:
    (only,) = found(**{**CONTAINER, "image_uri": uri})
    assert (only.level, only.place) == ("warning", "jobs.prepare.image_uri")
    assert message in only.message


def test_the_images_own_entrypoint_is_a_note(found: Found) -> None:
    changes = {"source_dir": None, "script": None}
    notes = found(notes=True, **{**CONTAINER, **changes})
    assert "the image's own entrypoint runs" in notes[0].message
