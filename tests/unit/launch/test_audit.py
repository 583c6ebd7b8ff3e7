"""What is installed: pinned by version and hash, and past the advisories that are known here.

``make audit`` asks PyPI's own database, which not every network reaches; this asks a dated list.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[3]
LOCK = (ROOT / "requirements" / "dev.txt").read_text()
ADVISORIES = list(
    csv.DictReader((ROOT / "requirements" / "advisories.csv").read_text().splitlines())
)


def locked() -> dict[str, list[str]]:
    """Give the version and the hashes of each package, by name."""
    blocks = re.findall(
        r"^([a-z0-9][\w.-]*)==(\S+)[^\n]*\n((?:    --hash=\S+[^\n]*\n?)*)", LOCK, re.M
    )
    return {
        name: [version, *re.findall(r"sha256:([0-9a-f]{64})", text)]
        for name, version, text in blocks
    }


def test_every_requirement_has_its_version_and_a_hash() -> None:
    lines = [line for line in LOCK.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(lines) == len(locked()) > 100
    assert [name for name, (_, *hashes) in locked().items() if not hashes] == []


@pytest.mark.parametrize(
    "advisory", ADVISORIES, ids=lambda one: f"{one['package']} {one['advisory']}"
)
def test_no_known_advisory_applies(advisory: dict[str, str]) -> None:
    found = locked().get(advisory["package"])
    if found is None:
        pytest.skip(f"{advisory['package']} is not installed")
    assert Version(found[0]) >= Version(advisory["fixed_in"]), advisory["what"]


def test_an_old_version_would_be_found() -> None:
    """The list is compared as versions, not as texts."""
    assert Version("3.1.10") > Version("3.1.6") > Version("3.1")
    assert {one["package"] for one in ADVISORIES} & set(locked())
