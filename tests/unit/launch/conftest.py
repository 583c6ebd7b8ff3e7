"""A project to stand in, and no AWS around."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Take every setting of AWS and of launch away, the machine's own as well."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "LAUNCH_"))]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "absent"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


@pytest.fixture
def project(no_aws: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Stand in a folder with the repository's launch.yaml, without its schedules."""
    text, schedules, _ = (ROOT / "launch.yaml").read_text().partition("\nschedules:\n")
    assert schedules
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "launch.yaml").write_text(text)
    no_aws.chdir(folder)
    return folder
