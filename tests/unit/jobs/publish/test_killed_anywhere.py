"""A run may be killed at any moment: what was there stays whole, and the next run tidies up."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

OLD, NEW = "ids 0 to 39", "ids 0 to 59"


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    script = Path(__file__).parent / "kill_points.py"
    line = [sys.executable, str(script), str(tmp_path_factory.mktemp("kills"))]
    done = subprocess.run(line, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return [json.loads(text) for text in done.stdout.splitlines()]


def test_every_change_was_a_kill_point(cases: list[dict[str, Any]]) -> None:
    """So that the tests below cannot pass because nothing was killed."""
    for over in ("an old result", "nothing"):
        for after in (False, True):
            codes = [c["code"] for c in cases if c["over"] == over and c["after"] == after]
            assert codes == [-9] * (len(codes) - 1) + [0]
            assert len(codes) > 20
    assert {case["found"] for case in cases} == {OLD, NEW, "nothing"}


def test_a_reader_of_the_manifest_finds_the_old_result_or_the_new(
    cases: list[dict[str, Any]],
) -> None:
    for case in cases:
        allowed = (OLD, NEW) if case["over"] == "an old result" else ("nothing", NEW)
        assert case["found"] in allowed, case
    # Once the new one stands it stays.
    for over in ("an old result", "nothing"):
        found = [c["found"] for c in cases if c["over"] == over and not c["after"]]
        assert found == sorted(found, key=lambda text: text == NEW)


def test_the_next_run_publishes_and_leaves_nothing_behind(cases: list[dict[str, Any]]) -> None:
    for case in cases:
        # Killed before it could say who it is, a run counts as dead after 15 minutes.
        unknown = [p for p in case["strangers"] if "/._alive." in p]
        strangers = [path for path in case["strangers"] if path not in unknown]
        assert (case["again"], case["then"], strangers) == (0, NEW, []), case
