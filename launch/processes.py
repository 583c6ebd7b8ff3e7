"""Processes that end when this one does: normally, by an exception, a signal, or SIGKILL.

Each command runs below a guard of its own (launch.guard), which holds the reading end of
one pipe. This process keeps the writing end, so the system itself tells all guards when it is
gone, and they end at the same time whatever was started: daemons, executors, Python workers.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from launch import guard
from launch.errors import LaunchError

LAST_LINES = 20


class ProcessError(LaunchError):
    """A process that ended, or did not get ready, with the last lines of its log."""

    exit_code = 1


class Processes:
    """Start processes in a ``with`` block; none is left when the block is.

    SIGTERM leaves the block as an exception does (SystemExit), unless the program has a handler of
    its own for it.
    """

    def __init__(self, logs: Path, *, patience: float = 5.0) -> None:
        """Keep logs in a folder; between SIGTERM and SIGKILL lie ``patience`` seconds."""
        self.logs = logs
        self.patience = patience
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        self._pipe: tuple[int, int] | None = None
        self._handler: Any = None

    def __enter__(self) -> Processes:
        self.logs.mkdir(parents=True, exist_ok=True)
        self._pipe = os.pipe()
        if threading.current_thread() is threading.main_thread():
            before = signal.getsignal(signal.SIGTERM)
            if before == signal.SIG_DFL:
                self._handler = before
                signal.signal(signal.SIGTERM, _leave)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a command whose output goes to the log of its name; return its guard.

        The guard ends when the command has ended and everything it left behind, with the same exit
        code (128 + n where signal n ended it, 127 where it could not be started). ``terminate()``
        ends the command; ``kill()`` would orphan it.

        Args:
            name: Unique; also the log's name, in which ``/`` makes folders.
            command: Program and arguments.
            env: The whole environment; this process's own where it is not given.
            cwd: The working folder; this process's own where it is not given.
        """
        if self._pipe is None:
            raise RuntimeError("start processes inside the with block")
        if name in self._started:
            raise ValueError(f"a process named {name!r} was started already")
        log = self.log(name)
        log.parent.mkdir(parents=True, exist_ok=True)
        # Isolated (-I): the PYTHONPATH of a job has no business in the guard.
        own = [sys.executable, "-I", guard.__file__, str(self._pipe[0]), str(self.patience)]
        with log.open("wb") as out:
            self._started[name] = subprocess.Popen(
                [*own, *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=cwd,
                start_new_session=True,
                pass_fds=(self._pipe[0],),
            )
        return self._started[name]

    def log(self, name: str) -> Path:
        """Return the file that holds what a process wrote to stdout and stderr."""
        return self.logs / f"{name}.log"

    def wait_for(self, name: str, pattern: str, timeout: float = 60) -> re.Match[str]:
        """Wait until a pattern shows in a process's log.

        Raises:
            ProcessError: It ended, or the time ran out, before that.
        """
        process = self._started[name]
        deadline = time.monotonic() + timeout
        while True:
            # Asked before the log is read, so that a last word is not missed.
            code = process.poll()
            text = self.log(name).read_text(errors="replace")
            found = re.search(pattern, text, re.MULTILINE)
            if found:
                return found
            if code is not None:
                raise ProcessError(self._report(name, f"ended with exit code {code}", text))
            if time.monotonic() > deadline:
                raise ProcessError(self._report(name, f"was not ready in {timeout:g} s", text))
            time.sleep(0.05)

    def exit_codes(self) -> dict[str, int]:
        """Return the exit codes of those that have ended, by name."""
        codes = {name: process.poll() for name, process in self._started.items()}
        return {name: code for name, code in codes.items() if code is not None}

    def end(self, names: Sequence[str]) -> None:
        """End some of them, as far as they have not ended; return when they have."""
        for name in names:
            self._started[name].terminate()
        for name in names:
            self._started[name].wait(self.patience + 10)

    def pids(self) -> list[int]:
        """Return the process ids of all that runs now: guards, commands, their descendants."""
        import psutil

        running = []
        for guarded in self._started.values():
            with contextlib.suppress(psutil.NoSuchProcess):
                tree = psutil.Process(guarded.pid)
                for one in [tree, *tree.children(recursive=True)] if guarded.poll() is None else []:
                    if one.status() != psutil.STATUS_ZOMBIE:
                        running.append(one.pid)
        return running

    def stop(self) -> None:
        """End everything that was started; return when it is gone. May be called twice."""
        if self._handler is not None:
            signal.signal(signal.SIGTERM, self._handler)
            self._handler = None
        if self._pipe is None:
            return
        # This alone ends them, also when the waiting below is interrupted.
        os.close(self._pipe[1])
        os.close(self._pipe[0])
        self._pipe = None
        for name, process in self._started.items():
            try:
                process.wait(self.patience + 10)
            except subprocess.TimeoutExpired as error:
                text = f"{name} (process {process.pid}) does not end; end it by hand"
                raise ProcessError(text) from error

    def _report(self, name: str, what: str, text: str) -> str:
        lines = text.strip().splitlines()[-LAST_LINES:] or ["(nothing)"]
        return f"{name} {what}; the last lines of {self.log(name)}:\n" + "\n".join(lines)


def _leave(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)
