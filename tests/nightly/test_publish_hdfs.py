"""Publish to HDFS: the manifest under a lease that ends with its holder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from one_spark import TABLES, Run, one_spark, write_tables

from campaigns.chaos.reader import Seen, look
from launch.emulate.yarn import YarnCluster
from launch.processes import Processes

# Takes the lease of the lock as a run does, says so, and keeps it until it is killed.
HOLDER = """
import sys, time
from pyspark.sql import SparkSession
from jobs.small_files import small_file

spark = SparkSession.builder.getOrCreate()
file = small_file(spark._jvm, spark._jsc.hadoopConfiguration(), sys.argv[1])
with file._lease():
    print("HELD", flush=True)
    time.sleep(600)
"""


class Hdfs(YarnCluster):
    """A NameNode and a DataNode alone."""

    def _start(self) -> None:
        self._prepare()
        self._start_hdfs()
        self._wait_for_hdfs()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tables(tmp_path_factory.mktemp("hdfs"))


@pytest.fixture(scope="module")
def env(folder: Path) -> Iterator[dict[str, str]]:
    """Start HDFS; give the environment in which a path is one of it."""
    with (
        Processes(folder / "logs") as processes,
        Hdfs(
            ["algo-1"], cores=1, memory_mib=1024, work=folder / "cluster", processes=processes,
            host_env={},
        ) as hdfs,
    ):  # fmt: skip
        yield {"HADOOP_CONF_DIR": hdfs.submit_env["HADOOP_CONF_DIR"]}


@pytest.fixture(scope="module")
def run(folder: Path, env: dict[str, str]) -> Iterator[Run]:
    with one_spark(folder, [], env) as run:
        yield run


def prepare(folder: Path, name: str, output: str) -> list[object]:
    source = (folder / f"{name}.csv").as_uri()
    return ["prepare", source, output, "--target", "y", "--key", "id"]


def read(run: Run, output: str, folder: Path) -> Seen:
    """Copy an output here, and read it without any code of the jobs."""
    local = folder / "copies" / f"{len(list(folder.glob('copies/*')))}"
    local.parent.mkdir(exist_ok=True)
    run(["copy", output, local])
    return look(local, TABLES)


def test_publish_again(run: Run, folder: Path) -> None:
    for name in ("one", "two"):
        done = run(prepare(folder, name, "/again"))
        assert done.code == 0, done
        assert read(run, "/again", folder) == Seen(name, strangers=("_publish.lock",))


@pytest.mark.parametrize("earlier", [False, True])
def test_of_two_runs_one_publishes(run: Run, folder: Path, earlier: bool) -> None:
    output = f"/race-{earlier}"
    if earlier:
        assert run(prepare(folder, "one", output)).code == 0
    done = run(prepare(folder, "one", output), prepare(folder, "two", output))
    assert done.code == 1, done
    assert "published to hdfs://" in done.err
    assert read(run, output, folder) == Seen("two", strangers=("_publish.lock",))


def test_the_lease_of_a_holder_that_died_is_taken_over(
    run: Run, folder: Path, env: dict[str, str]
) -> None:
    """HDFS lets others have it after a minute."""
    assert run(prepare(folder, "one", "/lease")).code == 0
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, "/lease/manifest.json"],
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as holder:
        assert holder.stdout is not None
        assert any(line.startswith("HELD") for line in holder.stdout)
        os.killpg(holder.pid, signal.SIGKILL)
    done = run(prepare(folder, "two", "/lease"))
    assert done.code == 0, done
    assert read(run, "/lease", folder) == Seen("two", strangers=("_publish.lock",))
