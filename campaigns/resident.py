"""A Spark that stays and runs command lines of ``jobs/main.py`` in turn, so that Java starts once.

As a program, it reads lines of JSON (a list of arguments) and answers each by ``ANSWER`` and JSON:
the exit code, what the job printed, and whether Java is gone, and the program with it. Another
program may take its place that is asked and answers in the same way.
"""

from __future__ import annotations

import io
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
ANSWER = "ANSWER"
LOCAL = ("--master", "local[2]", "--conf", "spark.ui.enabled=false")


class Resident:
    """A process that runs command lines; it is started by the first, and again where it died."""

    def __init__(
        self,
        options: Sequence[str],
        env: Mapping[str, str],
        log: Path,
        program: Path = Path(__file__),
    ) -> None:
        """Describe the process: options of spark-submit, environment, where its stderr goes."""
        self._options, self._env, self._log, self._program = options, env, log, program
        self._process: subprocess.Popen[str] | None = None

    def run(self, line: Sequence[str], *, limit: float = 300) -> tuple[int | None, str]:
        """Run one command line; return its exit code and what it printed.

        None for a run that took more than ``limit`` seconds, or took the process down.
        """
        answer = self.ask(list(line), limit=limit)
        if answer is None:
            return None, f"the resident Spark died, or had to after {limit:g} s; log: {self._log}"
        code, said, is_over = answer
        if is_over and self._process is not None:
            self._process.wait()
        return code, said

    def ask(self, question: object, *, limit: float = 300) -> Any:
        """Send what the program reads; return what it answers, None where it did not in time."""
        process = self._process
        if process is None or process.poll() is not None:
            process = self._process = self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Event()

        def end() -> None:
            late.set()
            self.kill()

        timer = threading.Timer(limit, end)
        timer.start()
        try:
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            for text in process.stdout:
                if text.startswith(ANSWER):
                    # Java goes first: Python may tell of that before it goes too.
                    return None if late.is_set() else json.loads(text.removeprefix(ANSWER))
        except BrokenPipeError:
            pass
        finally:
            timer.cancel()
        process.wait()
        return None

    def kill(self) -> None:
        """End it at once, and Java where Python is gone already."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                # It has a session of its own.
                os.killpg(self._process.pid, signal.SIGKILL)

    def processes(self) -> list[psutil.Process]:
        """Give its processes: Python's and Java's."""
        if self._process is None or self._process.poll() is not None:
            return []
        top = psutil.Process(self._process.pid)
        return [top, *top.children(recursive=True)]

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            assert self._process.stdin is not None
            with suppress(BrokenPipeError):
                self._process.stdin.close()
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()
                self._process.wait()
        self._process = None

    def _start(self) -> subprocess.Popen[str]:
        arguments = shlex.join([*self._options, "pyspark-shell"])
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, str(self._program)],
                env={**self._env, "PYSPARK_SUBMIT_ARGS": arguments},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )


def main() -> None:
    """Run what comes on standard input until it ends."""
    sys.path.insert(0, str(ROOT))
    import jobs.main

    for text in sys.stdin:
        said = io.StringIO()
        with redirect_stdout(said), redirect_stderr(said):
            code = jobs.main.main(json.loads(text))
        is_over = _java_is_gone()
        print(ANSWER + json.dumps([code, said.getvalue(), is_over]), flush=True)
        if is_over:
            return


def _java_is_gone() -> bool:
    from pyspark import SparkContext

    java = getattr(SparkContext._gateway, "proc", None)
    return java is not None and java.poll() is not None


if __name__ == "__main__":
    main()
