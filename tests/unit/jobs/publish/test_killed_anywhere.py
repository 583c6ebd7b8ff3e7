"""A run may be killed at any moment: what was there stays whole, and the next run tidies up."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import kill_points


def test_readers_find_one_whole_result_at_six_moments_of_a_kill(tmp_path: Path) -> None:
    """All other moments are tried by night."""
    line = [sys.executable, kill_points.__file__, str(tmp_path)]
    done = subprocess.run(line, env={}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "killed at 6 points over old\n"
