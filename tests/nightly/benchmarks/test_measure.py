"""What a run took: the whole tree is counted, and nothing of it is left."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psutil
import pytest

from benchmarks.measure import Memory, measure, resident_bytes

MEGABYTES_150 = "x = bytearray(150_000_000); import time; time.sleep(0.5)"
BUSY = "import time; end = time.process_time() + 0.4\nwhile time.process_time() < end: pass"


def child_of(code: str) -> str:
    return f"import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}])"


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_seconds_exit_code_and_output(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "a.log"
    done = measure(["bash", "-c", "echo out; echo err >&2; sleep 0.3; exit 3"], log=log, limit=10)
    assert 0.3 <= done.seconds < 1
    assert (done.exit_code, done.timed_out) == (3, False)
    assert log.read_text() == "out\nerr\n"


def test_memory_of_a_grandchild_counts(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    done = measure([sys.executable, "-c", child_of(child_of(MEGABYTES_150))], log=log, limit=10)
    assert 150e6 < done.peak_bytes < 250e6


def test_a_child_that_is_its_parents_image_counts_once() -> None:
    java, image = Memory(1, 5_000, 1_400), Memory(10, 5_000, 1_400)
    chmod = Memory(10, 30, 2)
    assert resident_bytes({10: java, 11: image}) == 1_400
    assert resident_bytes({10: java, 11: chmod}) == 1_402


def test_processor_seconds_of_a_child_count(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    done = measure([sys.executable, "-c", child_of(BUSY)], log=log, limit=10)
    assert 0.4 <= done.cpu_seconds < 1


def test_processor_seconds_of_a_child_nobody_waits_for_count(tmp_path: Path) -> None:
    orphan = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {BUSY!r}])"
    code = f"{orphan}; time.sleep(1.5)"
    done = measure([sys.executable, "-c", code], log=tmp_path / "a.log", limit=10)
    assert done.cpu_seconds >= 0.3


def test_the_limit_ends_the_whole_tree(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    # One child in the group, one that left it.
    script = "sleep 60 & echo $!; setsid sleep 60 & echo $!; wait"
    started = time.monotonic()
    done = measure(["bash", "-c", script], log=log, limit=0.5)
    assert time.monotonic() - started < 3
    assert done.timed_out
    assert done.exit_code == -9
    pids = [int(line) for line in log.read_text().split()]
    assert len(pids) == 2
    time.sleep(0.1)
    assert [pid for pid in pids if alive(pid)] == []


def test_what_a_command_leaves_behind_is_ended(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    done = measure(["bash", "-c", "sleep 60 & echo $!"], log=log, limit=10)
    assert (done.exit_code, done.timed_out) == (0, False)
    time.sleep(0.1)
    assert not alive(int(log.read_text()))


def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        measure(["/no/such/program"], log=tmp_path / "a.log", limit=1)
