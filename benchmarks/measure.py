"""Run a command and measure it: seconds, processor seconds, peak memory of its whole tree.

Memory is the sum of the resident memory of the command and its descendants, read ten times a
second. Pages that two of them share count twice, some 10 MB of system libraries here (but see
:func:`resident_bytes`); the
proportional share (PSS) would not, but reading it walks every page: 22 ms for 2 GB in small pages,
on the processors that are being measured (resident memory: 0.02 ms).
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import psutil

EVERY_SECONDS = 0.1


@dataclass(frozen=True)
class Measured:
    """What one run of a command took."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    exit_code: int
    timed_out: bool


def measure(
    command: Sequence[str | Path],
    *,
    log: Path,
    limit: float,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Measured:
    """Run a command in a process group of its own; nothing of it is left afterwards.

    Args:
        command: Program and arguments.
        log: Takes what it writes to stdout and stderr.
        limit: Seconds after which the whole tree is killed.
        env: The whole environment; this process's own where it is not given.
        cwd: The working folder; this process's own where it is not given.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        started = time.monotonic()
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            start_new_session=True,
        )
    tree = _Tree(process.pid, limit)
    tree.start()
    try:
        # Unlike the tree's samples this misses nothing of a process that was waited for.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        # Popen would wait for it once more, in vain.
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        tree.stop()
    waited = usage.ru_utime + usage.ru_stime
    # A descendant that nobody waited for is in the samples alone.
    cpu_seconds = max(waited, tree.cpu_seconds)
    return Measured(seconds, cpu_seconds, tree.peak_bytes, process.returncode, tree.timed_out)


class Memory(NamedTuple):
    """One process in one sample: its parent, the bytes it has mapped, those that are resident."""

    parent: int
    mapped: int
    resident: int


def resident_bytes(processes: Mapping[int, Memory]) -> int:
    """Sum resident memory, without children that still are their parent's image.

    Java starts a program by a child that shares all its memory until the program runs. Hadoop does
    so for each chmod: a run that took 1.4 GB showed 2.8 GB for an instant.
    """
    return sum(
        memory.resident
        for memory in processes.values()
        if memory.parent not in processes or processes[memory.parent].mapped != memory.mapped
    )


class _Tree(threading.Thread):
    """Watch a process and its descendants; kill them at the limit, and what is left at the end."""

    def __init__(self, pid: int, limit: float) -> None:
        super().__init__(daemon=True)
        self.peak_bytes = 0
        self.timed_out = False
        self._pid = pid
        self._deadline = time.monotonic() + limit
        self._seen: dict[int, psutil.Process] = {}
        self._cpu: dict[int, float] = {}
        self._over = threading.Event()

    @property
    def cpu_seconds(self) -> float:
        """Processor seconds of all processes, as far as the last sample saw them."""
        return sum(self._cpu.values())

    def run(self) -> None:
        while not self._over.is_set():
            self._sample()
            if time.monotonic() > self._deadline:
                self.timed_out = True
                self._kill()
            self._over.wait(EVERY_SECONDS)

    def stop(self) -> None:
        self._over.set()
        self.join()
        self._kill()

    def _sample(self) -> None:
        with contextlib.suppress(psutil.Error):
            root = self._seen.setdefault(self._pid, psutil.Process(self._pid))
            for child in root.children(recursive=True):
                self._seen.setdefault(child.pid, child)
        resident: dict[int, Memory] = {}
        for pid, process in self._seen.items():
            with contextlib.suppress(psutil.Error), process.oneshot():
                times = process.cpu_times()
                self._cpu[pid] = times.user + times.system
                memory = process.memory_info()
                resident[pid] = Memory(process.ppid(), memory.vms, memory.rss)
        self.peak_bytes = max(self.peak_bytes, resident_bytes(resident))

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)
        # Those that moved to a group of their own. psutil compares start times: no pid is mistaken.
        for process in self._seen.values():
            with contextlib.suppress(psutil.Error):
                process.kill()
