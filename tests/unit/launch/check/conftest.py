"""A good job of each kind, and what is found when something in it changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from launch.check import Finding, check_job
from launch.description.load import Description
from launch.description.model import Job, Target

ANY_JOB: TypeAdapter[Job] = TypeAdapter(Job)
Describe = Callable[..., Description]
JobFindings = Callable[..., list[Finding]]

ROLE = "arn:aws:iam::111122223333:role/spark-etl"
ROOT = "/opt/ml/processing"
TARGET: dict[str, Any] = {"region": "us-east-1", "role": ROLE, "bucket": "b-dev"}
SCRIPT: dict[str, Any] = {
    "arguments": ["run", f"{ROOT}/input/data", f"{ROOT}/output"],
    "inputs": [{"name": "data", "source": "data/flights.csv", "destination": f"{ROOT}/input/data"}],
    "outputs": [
        {"name": "out", "source": f"{ROOT}/output", "destination": "s3://b-dev/out/${run}/"}
    ],
}
JOBS: dict[str, dict[str, Any]] = {
    "spark": {
        "arguments": ["prepare", "s3://b-dev/raw/", "s3://b-dev/out",
                      "--contract", f"file://{ROOT}/input/contract/flights.json"],
        "instance_type": "ml.m5.xlarge",
        "instance_count": 3,
        "inputs": [{"name": "contract", "source": "schemas/flights.json",
                    "destination": f"{ROOT}/input/contract"}],
    },
    "sklearn": SCRIPT,
    "container": {
        **SCRIPT, "image_uri": "111122223333.dkr.ecr.us-east-1.amazonaws.com/mine:1",
        "source_dir": "src", "script": "run.py",
    },
}  # fmt: skip
FILES = (
    "jobs/main.py", "src/run.py", "schemas/flights.json", "data/flights.csv", "libs/x.jar",
    "folder/x", "../main.py",
)  # fmt: skip


@pytest.fixture
def describe(tmp_path: Path) -> Describe:
    """Make a description of one job, ``prepare``, in a folder of its own; keywords change it."""
    root = tmp_path / "project"
    (root / "empty" / "inner").mkdir(parents=True)

    def make(
        kind: str = "spark",
        target: dict[str, Any] | None = None,
        project: str = "flights",
        name: str = "prepare",
        files: dict[str, str] | None = None,
        **job: Any,
    ) -> Description:
        for path, text in {**dict.fromkeys(FILES, "x"), **(files or {})}.items():
            (root / path).parent.mkdir(exist_ok=True)
            (root / path).write_text(text)
        return Description(
            file=root / "launch.yaml",
            project=project,
            target_name="dev",
            target=Target.model_validate({**TARGET, **(target or {})}),
            jobs={name: ANY_JOB.validate_python({"kind": kind, **JOBS[kind], **job})},
        )

    return make


@pytest.fixture
def job_findings(describe: Describe) -> JobFindings:
    """Return the errors and warnings of a job; with ``notes`` everything."""

    def find(kind: str = "spark", notes: bool = False, **changes: Any) -> list[Finding]:
        findings = check_job(describe(kind, **changes), changes.get("name", "prepare"))
        return [finding for finding in findings if notes or finding.level != "note"]

    return find
