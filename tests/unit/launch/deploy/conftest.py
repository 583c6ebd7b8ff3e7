"""A small project with schedules, and its description."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from launch.description.load import Description, load

Describe = Callable[..., Description]
ROLE = "arn:aws:iam::123456789012:role/etl/jobs"
TARGET: dict[str, Any] = {
    "region": "eu-west-1", "account": "123456789012", "role": ROLE, "bucket": "etl-bucket",
    "prefix": "flights/launch", "tags": {"team": "data"},
}  # fmt: skip
JOBS: dict[str, Any] = {
    "prepare": {
        "kind": "spark",
        "arguments": ["prepare", "s3://etl-bucket/raw/${date:%Y/%m/%d}/", "s3://etl-bucket/out",
                      "--day=${date}"],
        "inputs": [{"name": "contract", "source": "schemas/flights.json",
                    "destination": "/opt/ml/processing/input/contract"}],
        "instance_count": 2,
    },
    "prepare-tabular": {
        "kind": "sklearn",
        "arguments": ["prepare-tabular"],
        "inputs": [{"name": "data", "source": "s3://etl-raw/flights.csv",
                    "destination": "/opt/ml/processing/input/data"}],
        "outputs": [{"name": "prepared", "source": "/opt/ml/processing/output",
                     "destination": "s3://etl-bucket/tabular/${run}/"}],
    },
}  # fmt: skip
SCHEDULES: dict[str, Any] = {
    "nightly": {"job": "prepare", "cron": "cron(0 2 * * ? *)", "alarm_after": "26h"},
    "berlin": {"job": "prepare-tabular", "cron": "cron(0 3 ? * MON-FRI *)",
               "timezone": "Europe/Berlin", "overlap": "allow"},
}  # fmt: skip


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the few files that the jobs are made of."""
    root = tmp_path_factory.mktemp("deploy")
    for name in ("jobs/main.py", "transforms/__init__.py", "schemas/flights.json"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("{}")
    return root


@pytest.fixture(scope="session")
def describe(project: Path) -> Describe:
    """Make a description; ``target`` adds to the target, the rest replaces whole parts."""

    def make(
        target: dict[str, Any] | None = None,
        jobs: dict[str, Any] | None = None,
        schedules: dict[str, Any] | None = None,
        name: str = "flights",
    ) -> Description:
        data = {
            "project": name,
            "targets": {"prod": {**TARGET, **(target or {})}},
            "jobs": JOBS if jobs is None else jobs,
            "schedules": SCHEDULES if schedules is None else schedules,
        }
        file = project / "launch.yaml"
        file.write_text(yaml.safe_dump(data))
        return load(file, target="prod", environment={})

    return make
