"""Whether a run is at work still: by its process on this machine, by its last sign elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from memory_files import Disk, MemoryFiles

from jobs.publish.presence import ALIVE, DEAD_AFTER, Presence, is_dead, is_running, this_process

STAGING = "mem:/out/_staging-x"
SIGN = f"{STAGING}/{ALIVE}"
OTHERS = {"machine": "algo-1", "pid": 7, "started": 3}
NOW = Disk().now
LONG_AGO = NOW - int(DEAD_AFTER * 1000) - 1


@pytest.mark.parametrize(
    ("process", "running"),
    [
        (this_process(), True),
        ({**this_process(), "started": 1}, False),
        ({**this_process(), "pid": 2**22 + 1}, False),
        ({**this_process(), "machine": "another"}, None),
        ({**this_process(), "machine": None}, None),
        *((nothing, None) for nothing in ({**this_process(), "pid": "7"}, None, [], {}, "x")),
    ],
)
def test_a_process_is_asked_for_on_its_machine(process: Any, running: bool | None) -> None:
    assert is_running(process) is running


def test_a_process_that_proc_hides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another user's, where /proc is mounted with hidepid: nobody can tell whether it runs."""

    def refused(_: int, __: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refused)
    assert is_running({**this_process(), "pid": 2**22 + 1}) is None


def test_a_process_that_ended() -> None:
    code = (
        "import json, sys; from jobs.publish.presence import this_process;"
        "print(json.dumps(this_process()), flush=True); sys.stdin.read()"
    )
    line = [sys.executable, "-c", code]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        described = json.loads(child.stdout.readline())
        assert is_running(described) is True
        child.kill()
        # Until it is waited for, it is a zombie.
        while is_running(described):
            time.sleep(0.01)
        assert is_running(described) is False
    assert is_running(described) is False


@pytest.mark.parametrize(
    ("texts", "dead"),
    [
        ({}, True),  # about to end or to begin, and one that begins makes it again
        ({SIGN: (json.dumps(OTHERS), LONG_AGO)}, True),
        ({SIGN: (json.dumps(OTHERS), LONG_AGO + 2)}, False),
        ({SIGN: ("{half", LONG_AGO)}, True),
        ({SIGN: ("", LONG_AGO + 2)}, False),
        ({f"{STAGING}/splits/part": ("", LONG_AGO)}, True),
        ({SIGN: ("", LONG_AGO), f"{STAGING}/splits/part": ("", NOW)}, False),
        ({SIGN: (json.dumps(this_process()), LONG_AGO)}, False),
        ({SIGN: (json.dumps({**this_process(), "started": 1}), NOW)}, True),
    ],
)
def test_a_run_is_dead(texts: dict[str, tuple[str, int]], dead: bool) -> None:
    disk = Disk(texts, {STAGING: LONG_AGO})
    assert is_dead(MemoryFiles(disk), STAGING, now=NOW) is dead


class Flaky(MemoryFiles):
    """A store of which some writes, by number, fail; says when there have been four."""

    def __init__(self, *failing: int) -> None:
        super().__init__(Disk())
        self.failing, self.calls, self.four = failing, 0, threading.Event()

    def write_text(self, path: str, text: str, *, draft: str | None = None) -> None:
        self.calls += 1
        if self.calls == 4:
            self.four.set()
        if self.calls in self.failing:
            raise OSError(f"cannot write {path}")
        super().write_text(path, text)


@pytest.mark.parametrize("failing", [(), (1,), (2, 3)])
def test_the_sign_is_written_and_renewed_though_a_store_is_away_for_a_while(
    failing: tuple[int, ...],
) -> None:
    files = Flaky(*failing)
    presence = Presence(files, STAGING, every=0.001)
    assert json.loads(files.read_text(SIGN)) == this_process()
    files.remove(STAGING)
    assert files.four.wait(30)
    presence.end()
    assert json.loads(files.read_text(SIGN)) == this_process()


def test_the_end_waits_for_a_sign_that_is_being_written() -> None:
    """It would bring the directory back that the run removes."""
    writing, may_end = threading.Event(), threading.Event()

    class Slow(MemoryFiles):
        def write_text(self, path: str, text: str, *, draft: str | None = None) -> None:
            if threading.current_thread() is not threading.main_thread():
                writing.set()
                may_end.wait(30)
            super().write_text(path, text)

    files = Slow(Disk())
    presence = Presence(files, STAGING, every=0.001)
    files.remove(STAGING)
    assert writing.wait(30)
    threading.Timer(0.05, may_end.set).start()
    presence.end()
    assert files.exists(SIGN)
