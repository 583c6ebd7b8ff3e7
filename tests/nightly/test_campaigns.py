"""The campaigns in short: some kills, faults and hostile inputs, as `make` plays them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Killed while it publishes; overtaken by another run; the answer of the manifest's PUT is lost.
CASES = ("kill-driver-publish-0", "second-run-write-1", "s3-answer-lost-manifest")


def campaign(name: str, *arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-m", f"campaigns.{name}", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_chaos(tmp_path: Path) -> None:
    said = campaign("chaos", "--out", tmp_path, *CASES)
    assert f"{len(CASES)} cases ({len(CASES)} at their point)" in said
    assert "lost = 0" in said
    outcomes = json.loads((tmp_path / "outcomes.json").read_text())
    assert {one["case"]["name"] for one in outcomes} == set(CASES)


def test_fuzz() -> None:
    said = campaign("fuzz", "--cases", 40, "--spark-cases", 7)
    assert "47 cases: 0 crashes, 0 hangs" in said
