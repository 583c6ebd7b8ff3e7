"""A small project with schedules, its description, and the kinds of targets it is deployed to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from launch.description.load import Description, load

Describe = Callable[..., Description]
ROLE = "arn:aws:iam::123456789012:role/etl/jobs"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
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
EVERYTHING: dict[str, Any] = {
    "create_bucket": True, "create_role": True, "kms_key": KEY,
    "subnets": ["subnet-0123456789abcdef0"], "security_groups": ["sg-0123456789abcdef0"],
    "alerts": {"email": ["a@example.com", "b@example.com"], "webhook": "https://example.com/x"},
    "retention": {"outputs": {"out/": "90d"}},
}  # fmt: skip
SWITCHED_OFF = {"nightly": {**SCHEDULES["nightly"], "enabled": False}}
KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "everything": {"target": EVERYTHING},
    "by alias": {"target": {**EVERYTHING, "kms_key": "alias/etl", "prefix": ""}},
    "nothing scheduled": {"target": {"create_bucket": True}, "schedules": {}},
    "switched off": {"schedules": SWITCHED_OFF},
    "by rate": {"schedules": {"often": {"job": "prepare", "cron": "rate(6 hours)"}}},
}


@pytest.fixture(scope="session")
def describe(tmp_path_factory: pytest.TempPathFactory) -> Describe:
    """Make a description; ``target`` adds to the target, the rest replaces whole parts."""
    root = tmp_path_factory.mktemp("deploy")
    for name in ("jobs/main.py", "transforms/__init__.py", "schemas/flights.json"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("{}")

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
        file = root / "launch.yaml"
        file.write_text(yaml.safe_dump(data))
        return load(file, target="prod", environment={})

    return make


def lint(template: str) -> list[Any]:
    """Return what cfn-lint finds in a template, warnings too."""
    from cfnlint.api import lint as found_in
    from cfnlint.config import ManualArgs

    config = ManualArgs(regions=["eu-west-1"], include_checks=["W", "E"])
    return list(found_in(template, config=config))
