"""The files of a request: names that clash, places outside the project, two commands at once."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from launch.description.load import Description, load

ROOT = Path(__file__).resolve().parents[3]
CODE = (
    "from pathlib import Path; from launch.description.load import load;"
    "from launch.request.spark_kind import stage;"
    "d = load(Path('launch.yaml'), environment={}); j = d.job('prepare');"
    "[stage(d, j) for _ in range(20)]"
)


@pytest.fixture
def description(tmp_path: Path) -> Description:
    for name in ("jobs", "schemas", "transforms"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "launch.yaml", tmp_path)
    found = load(tmp_path / "launch.yaml", environment={})
    jobs = {"prepare": found.job("prepare").model_copy(update={"data": (), "inputs": ()})}
    return dataclasses.replace(found, jobs=jobs)


def test_two_commands_at_once_make_whole_bundles(description: Description) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", CODE], cwd=description.root, env=environment,
            stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    for process in started:
        _, error = process.communicate(timeout=120)
        assert process.returncode == 0, error
    (bundle,) = (description.root / "dist" / "launch").rglob("bundle.zip")
    assert zipfile.ZipFile(bundle).testzip() is None
    assert not list((description.root / "dist" / "launch").rglob("tmp*"))
