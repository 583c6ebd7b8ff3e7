"""The project's promises about itself: its commands, its packages, what --help loads."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
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


@pytest.mark.parametrize(
    ("module", "left_out"),
    [
        ("jobs.main", {"pyspark", "pandas", "numpy"}),
        ("launch.main", {"boto3", "botocore", "pydantic", "rich", "sagemaker", "yaml"}),
    ],
)
def test_help_loads_no_heavy_package(module: str, left_out: set[str]) -> None:
    """Each takes 0.1 to 2 s, and the rest together 0.1 s."""
    code = (
        f"import sys, {module} as program\n"
        "try: program.main(['--help'])\n"
        "finally: print(*sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert "prepare" in done.stdout
    assert not left_out & set(done.stderr.split())
