"""Plays of this machine, a process each, that end when this one does."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

from launch.errors import LaunchError, NoSuchRunError
from launch.processes import Processes
from launch.runs.model import Runs

# A play takes down its own cluster first.
_PATIENCE_SECONDS = 20.0
_POLL_SECONDS = 0.1


class LocalPlays:
    """``launch submit --local`` as processes, in a ``with`` block; none is left when it ends."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._stack = ExitStack()

    def __enter__(self) -> LocalPlays:
        logs = self._stack.enter_context(TemporaryDirectory(ignore_cleanup_errors=True))
        processes = Processes(Path(logs), patience=_PATIENCE_SECONDS)
        self._processes = self._stack.enter_context(processes)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def begin(self, name: str, words: Sequence[str]) -> None:
        """Start ``launch WORDS``; return when the run of this name is there.

        Raises:
            LaunchError: The command ended without a run; the message is its own.
        """
        self._processes.start(name, [sys.executable, "-m", "launch.main", *words])
        while True:
            # Asked before the run is looked for: it may have ended a moment ago.
            code = self._processes.exit_codes().get(name)
            try:
                self._runs.get(name)
            except NoSuchRunError:
                if code is not None:
                    raise LaunchError(self._last_word(name, code)) from None
                time.sleep(_POLL_SECONDS)
            else:
                return

    def _last_word(self, name: str, code: int) -> str:
        text = self._processes.log(name).read_text(encoding="utf-8", errors="replace").strip()
        found = re.search(r"^error: (.*)", text, re.MULTILINE | re.DOTALL)
        last = text.splitlines()[-1] if text else f"it ended with exit code {code}"
        return found[1] if found else last
