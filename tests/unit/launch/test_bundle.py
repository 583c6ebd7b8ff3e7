"""The bundle and the wheel hold what they should, and always the same bytes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from launch.bundle import make_bundle

ROOT = Path(__file__).resolve().parents[3]


def test_same_content_same_bytes(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for name in ("jobs", "schemas", "transforms"):
        shutil.copytree(ROOT / name, copy / name)
    os.utime(copy / "jobs" / "main.py", (1, 1))
    (copy / "jobs" / "main.py").chmod(0o600)
    first = make_bundle(tmp_path / "a.zip")
    second = make_bundle(tmp_path / "b" / "b.zip", root=copy)
    assert first.read_bytes() == second.read_bytes()


def test_other_content_other_bytes(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for name in ("jobs", "schemas", "transforms"):
        shutil.copytree(ROOT / name, copy / name)
    (copy / "jobs" / "clock.py").write_text("changed = True\n")
    first = make_bundle(tmp_path / "a.zip")
    assert first.read_bytes() != make_bundle(tmp_path / "b.zip", root=copy).read_bytes()


def test_it_holds_the_three_packages_and_nothing_else(tmp_path: Path) -> None:
    names = zipfile.ZipFile(make_bundle(tmp_path / "a.zip")).namelist()
    assert {name.split("/")[0] for name in names} == {"jobs", "schemas", "transforms"}
    assert "schemas/flights.json" in names
    assert all(name.endswith((".py", ".json")) for name in names)


def test_the_packages_work_from_the_zip(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle.zip")
    code = (
        "import transforms.preprocessor, schemas.contract_json, jobs.cli, jobs;"
        "from importlib.resources import files;"
        "text = files('schemas').joinpath('flights.json').read_text();"
        "print(schemas.contract_json.contract_from_json(text).target, jobs.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(bundle)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["arr_delay", f"{bundle}/jobs/__init__.py"]
