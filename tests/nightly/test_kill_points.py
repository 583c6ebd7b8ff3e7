"""A run is killed before and after every change it makes to the file system."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import kill_points


def test_readers_find_one_whole_result_whenever_a_run_is_killed(tmp_path: Path) -> None:
    line = [sys.executable, kill_points.__file__, str(tmp_path), "--all"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    points = [int(number) for number in re.findall(r"killed at (\d+) points", done.stdout)]
    assert len(points) == 2
    assert min(points) > 40
