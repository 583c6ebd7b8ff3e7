"""The project's promises about itself: commands, old Pythons, start-up time."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import tomllib

from launch.sample import SIZE

ROOT = Path(__file__).resolve().parents[3]


def test_the_sample_is_the_whole_table(flights_csv: Path) -> None:
    assert flights_csv.stat().st_size == SIZE
    with flights_csv.open() as lines:
        assert next(lines).startswith("year,month,day,dep_time")
        assert sum(1 for _ in lines) == 336_776


def test_make_help_lists_every_target() -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {line.split()[1] for line in done.stdout.splitlines()} == targets
    assert {"run", "test", "test-fast"} <= targets


def test_the_wheel_has_every_package() -> None:
    """Their names are generic, so they are listed by hand in pyproject.toml."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    there = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for room in ("jobs", "launch", "schemas", "transforms")
        for path in (ROOT / room).rglob("__init__.py")
    }
    assert sorted(listed) == sorted(there)


def test_the_readme_shows_two_commands_first() -> None:
    first_block = (ROOT / "README.md").read_text().split("```")[1]
    assert [line.split("#")[0].strip() for line in first_block.strip().splitlines()] == [
        "make run",
        "make test",
    ]


def test_no_file_is_longer_than_300_lines() -> None:
    folders = ("jobs", "launch", "schemas", "transforms", "tests")
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if (lines := path.read_text().count("\n")) > 300
    }
    assert long == {}


def test_help_answers_at_once() -> None:
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "jobs/main.py", "--help"], cwd=ROOT, capture_output=True, text=True
    )
    took = time.monotonic() - start
    assert done.returncode == 0
    assert "prepare" in done.stdout
    # 0.1 s on a quiet machine; pyspark alone takes 0.4 s to import.
    assert took < 1.0
    assert "pyspark" not in _imported_by_help()


def _imported_by_help() -> str:
    code = (
        "import sys, jobs.main\n"
        "try: jobs.main.main(['--help'])\n"
        "except SystemExit: print(*sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    return done.stderr
