"""A good job, and what is found when something in it changes."""

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
Found = Callable[..., list[Finding]]

ROLE = "arn:aws:iam::111122223333:role/spark-etl"
CONTRACT = {
    "name": "contract",
    "source": "schemas/flights.json",
    "destination": "/opt/ml/processing/input/contract",
}
JOB: dict[str, Any] = {
    "kind": "spark",
    "arguments": [
        "prepare",
        "s3://b-dev/raw/",
        "s3://b-dev/out",
        "--contract",
        "file:///opt/ml/processing/input/contract/flights.json",
    ],
    "instance_type": "ml.m5.xlarge",
    "instance_count": 3,
    "inputs": [CONTRACT],
}
TARGET: dict[str, Any] = {"region": "us-east-1", "role": ROLE, "bucket": "b-dev"}


@pytest.fixture
def describe(tmp_path: Path) -> Describe:
    """Make a description of one job, ``prepare``; keywords change the job, or make another kind."""
    for name in (
        "jobs/main.py",
        "src/run.py",
        "schemas/flights.json",
        "data/flights.csv",
        "libs/x.jar",
    ):
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")

    def make(
        target: dict[str, Any] | None = None,
        project: str = "flights",
        name: str = "prepare",
        **job: Any,
    ) -> Description:
        return Description(
            file=tmp_path / "project" / "launch.yaml",
            project=project,
            target_name="dev",
            target=Target.model_validate({**TARGET, **(target or {})}),
            jobs={name: ANY_JOB.validate_python({**(JOB if "kind" not in job else {}), **job})},
        )

    return make


@pytest.fixture
def found(describe: Describe) -> Found:
    """Return the errors and warnings of a job; with ``notes=True`` everything."""

    def find(notes: bool = False, **changes: Any) -> list[Finding]:
        name = changes.get("name", "prepare")
        findings = check_job(describe(**changes), name)
        return [finding for finding in findings if notes or finding.level != "note"]

    return find
