"""A small project, and its description with one job of any kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from launch.description.load import Description
from launch.description.model import Job, Target

TARGET = {
    "region": "eu-west-1", "role": "arn:aws:iam::111122223333:role/etl", "bucket": "b-dev",
    "prefix": "launch",
}  # fmt: skip
JOBS: dict[str, dict[str, Any]] = {
    "spark": {"arguments": ["prepare"], "instance_type": "ml.m5.xlarge", "instance_count": 3},
    "sklearn": {"arguments": ["evaluate", "--x", "1"]},
    "container": {"image_uri": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/mine:1"},
}
FILES = (
    "jobs/main.py", "jobs/deep/part.py", "schemas/a.json", "transforms/x.py",
    "src/run.py", "src/lib/helper.py", "src/.env", "src/__pycache__/run.pyc",
    "one.sh", "a/lib.jar", "b/lib.jar", "my tables/deep/é.csv", "my tables/configuration.json",
    "../elsewhere/bundle.zip", "../fetched/delta.jar", "../fetched/packages.zip",
)  # fmt: skip
Describe = Callable[..., Description]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Write the project's files."""
    root = tmp_path / "shop"
    root.mkdir()
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root


@pytest.fixture
def describe(root: Path) -> Describe:
    """Return what makes a description of one job, ``one``: of a kind, with changes."""

    def make(kind: str, job: Any = (), target: Any = ()) -> Description:
        parsed: Job = TypeAdapter(Job).validate_python({"kind": kind, **JOBS[kind], **dict(job)})
        whole = Target.model_validate({**TARGET, **dict(target)})
        return Description(root / "launch.yaml", "shop", "dev", whole, {"one": parsed})

    return make
