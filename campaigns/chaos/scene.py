"""Where a campaign plays: a cluster of processes, tables, and runs into copies of a result."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from campaigns.resident import LOCAL, Resident
from launch.emulate.cluster import Cluster, spark_env
from launch.emulate.standalone import StandaloneCluster
from launch.processes import Processes

DRIVER = Path(__file__).with_name("driver.py")
# Rows of the tables; enough for a Spark job of some seconds.
TABLES = {"old": 20_000, "new": 30_000, "other": 25_000}
_HOSTS = ("algo-1", "algo-2")
_LIMIT = 300.0
_MAIN = {
    "master": "org.apache.spark.deploy.master.Master",
    "worker": "org.apache.spark.deploy.worker.Worker",
    "executor": "CoarseGrainedExecutorBackend",
}


@dataclass
class Running:
    """A run that was started, with the files by which it is stopped and let go."""

    process: subprocess.Popen[bytes]
    at: Path
    go: Path
    log: Path

    def wait_for_point(self) -> bool:
        """Wait until the run stands at its point; False where it ended before that."""
        end = time.monotonic() + _LIMIT
        while not self.at.exists():
            if self.process.poll() is not None:
                return False
            if time.monotonic() > end:
                raise TimeoutError(f"the run did not come to its point; log: {self.log}")
            time.sleep(0.005)
        return True

    def end(self) -> int | None:
        """Let it go on and wait for its end; None where it hangs, and is ended by force."""
        self.go.touch()
        try:
            return self.process.wait(_LIMIT)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def kill(self) -> None:
        """End spark-submit, Java and Python at once, as a lost machine would."""
        _end(self.process)


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(psutil.NoSuchProcess):
        top = psutil.Process(process.pid)
        for one in (top, *top.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                one.kill()
    process.wait()


class Scene:
    """A folder with tables and an old result; a cluster that is made anew when it was hurt."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self._stack: ExitStack | None = None
        self._cluster: Cluster | None = None
        self._run: subprocess.Popen[bytes] | None = None
        # Tasks of the resident are few and small; the cluster's run waits for it meanwhile.
        self._resident = Resident(LOCAL, spark_env(work / "resident"), work / "resident.log")
        for number, (name, rows) in enumerate(TABLES.items()):
            write_table(work / f"{name}.csv", rows, mark=number)

    def __enter__(self) -> Scene:
        return self

    def __exit__(self, *_: object) -> None:
        # A campaign that is stopped must not leave the run it was in.
        if self._run is not None and self._run.poll() is None:
            _end(self._run)
        self.drop_cluster()
        self._resident.close()

    @property
    def cluster(self) -> Cluster:
        """The cluster, started where there is none."""
        if self._cluster is None:
            self._stack = ExitStack()
            folder = self.work / f"cluster-{time.monotonic_ns()}"
            processes = self._stack.enter_context(Processes(folder / "logs"))
            self._cluster = self._stack.enter_context(
                StandaloneCluster(
                    _HOSTS,
                    cores=1,
                    memory_mib=1024,
                    work=folder,
                    processes=processes,
                    host_env={},
                )
            )
        return self._cluster

    def drop_cluster(self) -> None:
        """End the cluster; the next run gets a new one."""
        if self._stack is not None:
            self._stack.close()
        self._stack = self._cluster = None

    def victims(self, kind: str) -> list[psutil.Process]:
        """Find the cluster's processes of a kind, oldest first."""
        found = []
        for one in psutil.Process().children(recursive=True):
            try:
                if any(_MAIN[kind] in part for part in one.cmdline()) and one.name() == "java":
                    found.append(one)
            except psutil.NoSuchProcess:
                continue
        return sorted(found, key=lambda one: one.create_time())

    def start(
        self,
        table: str,
        output: Path,
        point: Mapping[str, Any],
        more: Mapping[str, str] | None = None,
    ) -> Running:
        """Start prepare on the cluster, with ``more`` settings of Spark, to stop at a point."""
        folder = output.parent
        at, go, log = folder / "at", folder / "go", folder / "run.log"
        for path in (at, go):
            path.unlink(missing_ok=True)
        order = {**point, "at": str(at), "go": str(go)}
        conf = {**self.cluster.submit_conf, "spark.executor.memory": "600m", **(more or {})}
        line = ["--master", self.cluster.master]
        for name, value in conf.items():
            line += ["--conf", f"{name}={value}"]
        env = {**self.cluster.submit_env, "CHAOS_POINT": json.dumps(order)}
        return Running(self._submit(line, table, output, env, log), at, go, log)

    def run_again(self, table: str, output: Path) -> int | None:
        """Run prepare in one process, undisturbed; return its exit code (None: it hung)."""
        code, said = self._resident.run(arguments(self.work / f"{table}.csv", str(output)))
        (output.parent / "again.log").write_text(said)
        return code

    def _submit(
        self, options: Sequence[str], table: str, output: Path, env: dict[str, str], log: Path
    ) -> subprocess.Popen[bytes]:
        line = [str(Path(sys.executable).parent / "spark-submit"), *options, str(DRIVER)]
        line += arguments(self.work / f"{table}.csv", str(output))
        with log.open("wb") as stream:
            self._run = subprocess.Popen(line, env=env, stdout=stream, stderr=stream,
                                         start_new_session=True)  # fmt: skip
        return self._run


def arguments(table: Path, output: str) -> list[str]:
    """Give the command line of every run of the campaign."""
    return ["prepare", str(table), output, "--target", "y", "--key", "id"]


def write_table(path: Path, rows: int, *, mark: int = 0) -> None:
    """Write a table whose every row can be told from the others, and from another table's."""
    with path.open("w") as stream:
        stream.write("id,mark,x,s,t,y\n")
        for i in range(rows):
            x = "" if i % 11 == 0 else f"{i % 97}.5"
            t = "" if i % 13 == 0 else i % 301
            stream.write(f"{i},{mark},{x},{'abcde'[i % 5]},{t},{i % 3}\n")


@contextmanager
def undisturbed() -> Iterator[None]:
    """Put off SIGTERM and Ctrl-C while the machine is put right again."""
    met: list[int] = []
    # Not a mask: Python runs handlers in this thread, whichever of its threads got the signal.
    before = {
        number: signal.signal(number, lambda it, _: met.append(it))
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for it in met[:1]:
            signal.raise_signal(it)


@contextmanager
def case_folder(work: Path, name: str, old: Path, *, own_disk: bool = False) -> Iterator[Path]:
    """Make a case's folder with a copy of the old result; keep it where the case raised.

    With ``own_disk`` the output lies on a file system of 4 MB, which is soon full.
    """
    folder = work / "cases" / name
    output = folder / "out"
    shutil.rmtree(folder, ignore_errors=True)
    output.mkdir(parents=True)
    if own_disk:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "chaos", str(output)], check=True)
    try:
        shutil.copytree(old, output, dirs_exist_ok=True)
        yield folder
    finally:
        if own_disk:
            with undisturbed():
                command = ["umount", "--lazy", str(output)]
                subprocess.run(command, check=True, start_new_session=True)
    shutil.rmtree(folder, ignore_errors=True)
