"""The bundle and the wheel hold what they should, and always the same bytes."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_wheel_has_the_packages_and_no_tests(tmp_path: Path) -> None:
    source = tmp_path / "source"
    kept = shutil.ignore_patterns(".git", ".venv", "out", "data", "build", "*.egg-info", "*_cache")
    shutil.copytree(ROOT, source, ignore=kept)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "-w", tmp_path, source], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    archive = zipfile.ZipFile(wheel)
    tops = {name.split("/")[0] for name in archive.namelist() if ".dist-info" not in name}
    assert tops == {"jobs", "launch", "schemas", "transforms"}
    assert "schemas/flights.json" in archive.namelist()
    (metadata,) = (name for name in archive.namelist() if name.endswith("METADATA"))
    lines = archive.read(metadata).decode().splitlines()
    required = [line for line in lines if line.startswith("Requires-Dist") and "extra" not in line]
    assert [line.split()[1].split("<")[0] for line in required] == ["pyspark", "delta-spark"]
