"""Packages that go along: fetched once, packed the same, pure Python alone. No network."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from launch.packages import PackageError, fetch_packages


def make_wheel(folder: Path, name: str, *, pure: bool = True) -> None:
    """A wheel with a module, a folder that is no package, and a program."""
    tag = "py3-none-any" if pure else "cp310-cp310-manylinux2014_x86_64"
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}/__init__.py": "from importlib import import_module\n"
        f"old = import_module('{name}.old.part')\n",
        f"{name}/old/part.py": "VALUE = 7\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: {pure}\nTag: {tag}\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name}-run = {name}:old\n",
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(folder / f"{name}-1.0-{tag}.whl", "w") as wheel:
        for member, text in files.items():
            wheel.writestr(member, text)


@pytest.fixture(autouse=True)
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels in the place of the index, and an empty cache."""
    for name in [name for name in os.environ if name.startswith("UV_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def test_a_package_is_imported_from_the_zip(wheels: Path) -> None:
    make_wheel(wheels, "tiny")
    packed = fetch_packages(["tiny==1.0"], python_version="3.10")
    code = "import tiny, importlib.metadata as m; print(tiny.old.VALUE, m.version('tiny'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(packed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["7", "1.0"]
    names = zipfile.ZipFile(packed).namelist()
    assert "tiny-1.0.dist-info/METADATA" in names
    assert not [name for name in names if name.startswith("bin") or name.endswith("RECORD")]


def test_fetched_once_and_always_the_same_bytes(
    wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("tiny", "other"):
        make_wheel(wheels, name)
    first = fetch_packages(["tiny==1.0", "other==1.0"], python_version="3.10")
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("XDG_CACHE_HOME", str(tmp_path / "second"))
        second = fetch_packages(["other==1.0", "tiny==1.0"], python_version="3.10")
    assert first != second
    assert first.read_bytes() == second.read_bytes()
    for wheel in wheels.iterdir():
        wheel.unlink()
    assert fetch_packages(["other==1.0", "tiny==1.0"], python_version="3.10") == first
    assert not list(first.parent.glob(".draft-*"))


def test_compiled_code_is_refused(wheels: Path) -> None:
    make_wheel(wheels, "fast", pure=False)
    with pytest.raises(PackageError, match=r"fast has compiled code.* kind: container"):
        fetch_packages(["fast==1.0"], python_version="3.10")


def test_what_cannot_be_had_is_named(wheels: Path) -> None:
    with pytest.raises(PackageError, match=r"cannot fetch none==2.0 as wheels for Python 3.10"):
        fetch_packages(["none==2.0"], python_version="3.10")


def test_a_wheel_for_another_python_is_none(wheels: Path) -> None:
    make_wheel(wheels, "fast", pure=False)
    with pytest.raises(PackageError, match="for Python 3.12"):
        fetch_packages(["fast==1.0"], python_version="3.12")
