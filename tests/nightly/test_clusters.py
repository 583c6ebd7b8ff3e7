"""Clusters of separate processes: both hosts work, and nothing is left of them."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from launch.emulate.cluster import host_addresses
from launch.emulate.standalone import StandaloneCluster
from launch.emulate.yarn import YarnCluster
from launch.errors import LaunchError
from launch.jars import spark_home
from launch.processes import Processes

ROOT = Path(__file__).resolve().parents[2]
HOSTS = ("algo-1", "algo-2")
HOST_ENV = {host: {"OPT_ML": f"/of/{host}"} for host in HOSTS}
APP = """
import json, os, sys, time
from pyspark import TaskContext
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()

def who(_):
    time.sleep(0.5)
    print("a task ran here", file=sys.stderr)
    yield os.environ["OPT_ML"]

seen = spark.sparkContext.parallelize(range(8), 8).mapPartitions(who).collect()
executors = [one.host() for one in spark.sparkContext._jsc.sc().statusTracker().getExecutorInfos()]
for path in sys.argv[1:]:
    spark.range(1000).repartition(4).write.parquet(path)
    total = spark.read.parquet(path).groupBy().sum("id").first()[0]
report = {"seen": sorted(set(seen)), "executors": sorted(executors), "total": total}
print("REPORT" + json.dumps(report))
"""


GREEDY = """
import time
from pyspark.sql import SparkSession

def greedy(_):
    held = bytearray(1 << 30)
    time.sleep(20)
    yield len(held)

context = SparkSession.builder.getOrCreate().sparkContext
context.parallelize([1], 1).mapPartitions(greedy).collect()
"""


# Starts a cluster of the class named, and a job on it that does not end by itself.
OWNER = """
import sys, time
from pathlib import Path
from launch.processes import Processes
from launch.emulate.standalone import StandaloneCluster
from launch.emulate.yarn import YarnCluster
from launch.jars import spark_home

work = Path(sys.argv[2])
kind = {"standalone": StandaloneCluster, "yarn": YarnCluster}[sys.argv[1]]
with (
    Processes(work / "logs") as processes,
    kind(["algo-1"], cores=1, memory_mib=1800, work=work, processes=processes, host_env={}) as one,
):
    (work / "app.py").write_text(
        "import sys, time; from pyspark.sql import SparkSession;"
        "c = SparkSession.builder.getOrCreate().sparkContext;"
        "f = lambda x: (print('it runs', file=sys.stderr, flush=True), time.sleep(600));"
        "c.parallelize([1], 1).foreach(f)"
    )
    conf = [f"--conf={key}={value}" for key, value in one.submit_conf.items()]
    command = [spark_home() / "bin" / "spark-submit", "--master", one.master, *conf]
    command += ["--num-executors", "1", "--executor-memory", "512m", work / "app.py"]
    processes.start("job", command, env=one.submit_env)
    while not any("it runs" in log.read_text() for log in one.logs_of("algo-1")):
        time.sleep(0.1)
    print(*processes.pids(), flush=True)
    time.sleep(600)
"""


def submit(cluster: StandaloneCluster | YarnCluster, name: str, app: str, *arguments: str) -> str:
    """Run a program on a cluster, one executor of 512 MB a host; return what it wrote."""
    script = cluster.work / f"{name}.py"
    script.write_text(app)
    settings = {
        **cluster.submit_conf,
        "spark.executor.instances": "2",
        "spark.executor.memory": "512m",
        "spark.sql.shuffle.partitions": "2",
        "spark.task.maxFailures": "1",
    }
    options = [f"--conf={key}={value}" for key, value in settings.items()]
    command = [spark_home() / "bin" / "spark-submit", "--master", cluster.master, *options]
    process = cluster.processes.start(
        name, [*command, script, *arguments], env=cluster.submit_env, cwd=cluster.work
    )
    process.wait(180)
    return cluster.processes.log(name).read_text()


def check_report(log: str) -> None:
    lines = [line for line in log.splitlines() if line.startswith("REPORT")]
    assert lines != [], log[-3000:]
    report = json.loads(lines[0].removeprefix("REPORT"))
    assert report["seen"] == ["/of/algo-1", "/of/algo-2"]
    assert report["total"] == 499_500
    if sys.platform == "linux":
        # The driver is on the first host.
        assert report["executors"] == ["127.0.0.11", "127.0.0.11", "127.0.0.12"]


def assert_logs(cluster: StandaloneCluster | YarnCluster) -> None:
    for host in HOSTS:
        logs = cluster.logs_of(host)
        assert {log.name for log in logs} == {"stderr", "stdout"}
        assert "a task ran here" in "".join(log.read_text() for log in logs)


def assert_gone(pids: list[int]) -> None:
    assert len(pids) >= 6
    assert [pid for pid in pids if psutil.pid_exists(pid)] == []


def test_standalone(tmp_path: Path) -> None:
    with (
        Processes(tmp_path / "logs") as processes,
        StandaloneCluster(
            HOSTS,
            cores=1,
            memory_mib=600,
            work=tmp_path / "cluster",
            processes=processes,
            host_env=HOST_ENV,
        ) as cluster,
    ):
        assert cluster.master.startswith("spark://127.0.0.1:")
        check_report(submit(cluster, "sums", APP, str(tmp_path / "out")))
        pids = processes.pids()
    assert_logs(cluster)
    assert_gone(pids)


def test_yarn_and_hdfs(tmp_path: Path) -> None:
    with (
        Processes(tmp_path / "logs") as processes,
        YarnCluster(
            HOSTS,
            cores=1,
            # An executor and the application master take 896 MiB each.
            memory_mib=1800,
            work=tmp_path / "cluster",
            processes=processes,
            host_env=HOST_ENV,
        ) as cluster,
    ):
        check_report(submit(cluster, "sums", APP, "/opt/ml/out", (tmp_path / "out").as_uri()))
        # The bare path is one in HDFS.
        assert not Path("/opt/ml/out").exists()
        assert (tmp_path / "out").is_dir()
        log = submit(cluster, "greedy", GREEDY)
        pids = processes.pids()
    assert "killed by YARN for exceeding physical memory limits" in log, log[-3000:]
    assert_logs(cluster)
    assert_gone(pids)


@pytest.mark.parametrize("kind", ["standalone", "yarn"])
def test_a_cluster_ends_when_its_owner_is_killed(kind: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", OWNER, kind, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as owner:
        assert owner.stdout is not None
        pids = [int(pid) for pid in owner.stdout.readline().split()]
        running = [" ".join(psutil.Process(pid).cmdline()) for pid in pids]
        owner.kill()
    # The job's driver, its executor, and the Python worker below that.
    for part in ("org.apache.spark.deploy.SparkSubmit", "CoarseGrained", "pyspark.daemon"):
        assert [line for line in running if part in line] != []
    deadline = time.monotonic() + 10
    while any(map(psutil.pid_exists, pids)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert_gone(pids)


def test_hosts_share_an_address_where_there_is_only_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: socket.socket, address: tuple[str, int]) -> None:
        if address[0] != "127.0.0.1":
            raise OSError("Can't assign requested address")

    if sys.platform == "linux":
        assert host_addresses(HOSTS) == {"algo-1": "127.0.0.11", "algo-2": "127.0.0.12"}
    monkeypatch.setattr(socket.socket, "bind", refuse)
    assert host_addresses(HOSTS) == {"algo-1": "127.0.0.1", "algo-2": "127.0.0.1"}


def test_hdfs_refuses_a_folder_at_once_that_would_stop_its_datanode(tmp_path: Path) -> None:
    work = tmp_path / "my work"
    with Processes(tmp_path / "logs") as processes:
        cluster = YarnCluster(
            HOSTS, cores=1, memory_mib=1800, work=work, processes=processes, host_env={}
        )
        with pytest.raises(LaunchError, match="my work': choose a work folder with letters"):
            cluster.__enter__()
        assert processes.pids() == []
