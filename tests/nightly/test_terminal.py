"""Spark's progress bar: for a person at a terminal, not for a log."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def on_a_terminal(*command: object) -> tuple[int, str]:
    """Run a command whose input and output are a terminal; return its exit code and screen."""
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        [str(c) for c in command], stdin=end, stdout=end, stderr=end, cwd=ROOT
    )
    os.close(end)
    screen = b""
    try:
        while chunk := os.read(terminal, 4096):
            screen += chunk
    except OSError:  # Linux reports the closed end so
        pass
    finally:
        os.close(terminal)
    return process.wait(timeout=60), screen.decode(errors="replace")


def test_progress_shows_on_a_terminal(flights_csv: Path, tmp_path: Path) -> None:
    """That it shows nowhere else is told from the run of test_flights."""
    app = ("prepare", flights_csv, tmp_path / "out", "--target", "arr_delay")
    spark_submit = Path(sys.executable).parent / "spark-submit"
    code, screen = on_a_terminal(spark_submit, "--master", "local[2]", ROOT / "jobs/main.py", *app)
    assert code == 0, screen
    assert "[Stage " in screen
