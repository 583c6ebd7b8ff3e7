"""A small project with schedules, and its templates."""

from __future__ import annotations

from typing import Any

import deploy_fixtures
import pytest
from deploy_fixtures import KINDS, Describe

from launch.deploy.template import whole_template

Resources = dict[str, Any]
describe = deploy_fixtures.describe


@pytest.fixture(scope="session")
def templates(describe: Describe) -> dict[str, dict[str, Any]]:
    """Make the template of every kind of target, once: the SDK takes a moment for each job."""
    return {kind: whole_template(describe(**changes))[0] for kind, changes in KINDS.items()}


@pytest.fixture
def plain(templates: dict[str, dict[str, Any]]) -> Resources:
    return dict(templates["plain"]["Resources"])


@pytest.fixture
def everything(templates: dict[str, dict[str, Any]]) -> Resources:
    return dict(templates["everything"]["Resources"])


def resources(describe: Describe, **changes: Any) -> Resources:
    return dict(whole_template(describe(**changes))[0]["Resources"])
