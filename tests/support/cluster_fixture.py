"""A cluster of separate processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from one_spark import Run, one_spark

BIN = Path(sys.executable).parent


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a master and two workers as processes of their own; yield the master's address."""
    home = tmp_path_factory.mktemp("cluster")
    started: list[subprocess.Popen[bytes]] = []

    def daemon(name: str, role: str, *arguments: str) -> Path:
        log = home / f"{name}.log"
        log.touch()
        with log.open("wb") as out:
            command = [BIN / "spark-class", f"org.apache.spark.deploy.{role}", *arguments]
            env = {**os.environ, "SPARK_NO_DAEMONIZE": "1", "SPARK_WORKER_DIR": str(home / name)}
            started.append(
                subprocess.Popen(command, stdout=out, stderr=out, env=env, start_new_session=True)
            )
        return log

    try:
        arguments = ("--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
        log = daemon("master", "master.Master", *arguments)
        address = _wait_for(log, r"Starting Spark master at (spark://\S+)")
        for number in (1, 2):
            arguments = ("--host", f"127.0.0.{10 + number}", "--cores", "1", "--memory", "1g")
            worker = daemon(f"w{number}", "worker.Worker", *arguments, "--webui-port", "0", address)
            _wait_for(worker, "(Successfully registered)")
        yield address
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(timeout=30)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Give what runs command lines of jobs/main.py, all of a module's in one process."""
    with one_spark(tmp_path_factory.mktemp("spark"), [], {}) as run:
        yield run


def _wait_for(log: Path, pattern: str) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = re.search(pattern, log.read_text(errors="replace"))
        if found:
            return found[1]
        time.sleep(0.1)
    raise AssertionError(f"{pattern!r} did not show in {log}:\n{log.read_text()[-2000:]}")
