"""What a user of spark-submit sees of an error: a paragraph, and nothing of Java's."""

from __future__ import annotations

import gzip
import subprocess
from collections.abc import Callable
from pathlib import Path


def test_no_stack_trace_in_what_spark_submit_prints(
    submit: Callable[..., subprocess.CompletedProcess[str]], clean_csv: str, tmp_path: Path
) -> None:
    """A process of its own: the JVM writes to its own stderr, which no capture in here sees."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text(clean_csv)
    (tmp_path / "in" / "b.csv.gz").write_bytes(gzip.compress(clean_csv.encode())[:-40])
    done = submit("prepare", tmp_path / "in", tmp_path / "out", "--target", "y")
    assert done.returncode == 2
    assert "error: " in done.stderr
    assert "b.csv.gz" in done.stderr
    for trace in ("Exception", "\tat "):
        assert trace not in done.stdout + done.stderr
    assert not (tmp_path / "out").exists()
