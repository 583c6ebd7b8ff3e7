"""A standalone Spark cluster on loopback: one master, one worker process per host."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from launch.emulate.processes import Processes
from launch.jars import spark_home
from launch.java import java_home

LOOPBACK = "127.0.0.1"
# What a person has set for Spark and Hadoop of their own must not reach a cluster of ours.
FOREIGN = ("SPARK_", "PYSPARK_", "HADOOP_", "HDFS_", "YARN_", "PYTHONPATH", "CLASSPATH")


class StandaloneCluster:
    """Master and workers in a ``with`` block of a Processes block, which ends them.

    Every host has an address of its own (127.0.0.11, 127.0.0.12, …) where the system has them, so
    that event logs and shuffle fetches tell hosts apart.
    """

    def __init__(
        self,
        hosts: Sequence[str],
        *,
        cores: int,
        memory_mib: int,
        work: Path,
        processes: Processes,
        host_env: Mapping[str, Mapping[str, str]],
        classpath: Sequence[Path] = (),
    ) -> None:
        """Describe a cluster; entering the block starts it.

        Args:
            hosts: Names such as ``algo-1``, each a folder in ``work``.
            cores: Of each host.
            memory_mib: Of each host, for executors; the worker itself comes on top.
            work: A folder for whatever the cluster writes.
            processes: Starts the daemons, and ends them.
            host_env: By host, what executors there see in their environment besides the rest.
            classpath: Jars that driver and executors have from the start, as an image has them.
        """
        self.addresses = host_addresses(hosts)
        self.cores = cores
        self.memory_mib = memory_mib
        self.work = work.absolute()
        self.processes = processes
        self.host_env = host_env
        self.classpath = classpath
        self.master = ""

    def __enter__(self) -> StandaloneCluster:
        self._start("master", ["--host", LOOPBACK, "--port", "0"], "master.Master", {})
        found = self.processes.wait_for("master", r"Starting Spark master at (spark://\S+)")
        self.master = found[1]
        for host, address in self.addresses.items():
            home = self.work / host
            options = ["--host", address, "--cores", str(self.cores)]
            options += ["--memory", f"{self.memory_mib}m", "--work-dir", f"{home}/work"]
            env = {"SPARK_LOCAL_DIRS": f"{home}/local", **self.host_env.get(host, {})}
            self._start(f"{host}/worker", [*options, self.master], "worker.Worker", env)
        for host in self.addresses:
            self.processes.wait_for(f"{host}/worker", "Successfully registered with master")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.processes.stop()

    @property
    def submit_conf(self) -> dict[str, str]:
        """Return the settings with which spark-submit finds this cluster."""
        return {
            **driver_conf(self.addresses, self.classpath),
            # As YARN has it: or the first executor to be there takes most tasks of a short job.
            "spark.scheduler.minRegisteredResourcesRatio": "0.8",
            "spark.cores.max": str(self.cores * len(self.addresses)),
        }

    @property
    def submit_env(self) -> dict[str, str]:
        """Return the whole environment for spark-submit."""
        return spark_env(self.work)

    def logs_of(self, host: str) -> list[Path]:
        """Return what executors on a host wrote to stdout and stderr, oldest application first."""
        return sorted((self.work / host / "work").glob("app-*/*/std*"))

    def _start(self, name: str, options: Sequence[str], role: str, env: Mapping[str, str]) -> None:
        command = [str(spark_home() / "bin" / "spark-class"), f"org.apache.spark.deploy.{role}"]
        self.work.mkdir(parents=True, exist_ok=True)
        self.processes.start(
            name,
            [*command, *options, "--webui-port", "0"],
            env={**spark_env(self.work), "SPARK_DAEMON_MEMORY": "256m", **env},
            cwd=self.work,
        )


def host_addresses(hosts: Sequence[str]) -> dict[str, str]:
    """Return a loopback address for each host: 127.0.0.11, .12, …, or 127.0.0.1 for all.

    macOS knows 127.0.0.1 alone unless an administrator adds others.
    """
    addresses = {host: f"127.0.0.{11 + number}" for number, host in enumerate(hosts)}
    try:
        for address in addresses.values():
            with socket.socket() as probe:
                probe.bind((address, 0))
    except OSError:
        return dict.fromkeys(hosts, LOOPBACK)
    return addresses


def spark_env(work: Path) -> dict[str, str]:
    """Return this process's environment, made fit for the Spark of this installation."""
    conf = work / "spark-conf"
    conf.mkdir(parents=True, exist_ok=True)
    env = {name: text for name, text in os.environ.items() if not name.startswith(FOREIGN)}
    return {
        **env,
        "JAVA_HOME": str(java_home()),
        "SPARK_HOME": str(spark_home()),
        # Empty: a spark-defaults.conf of the machine is not the emulated image's.
        "SPARK_CONF_DIR": str(conf),
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_LOCAL_DIRS": str(work / "local"),
        "PYSPARK_PYTHON": sys.executable,
    }


def driver_conf(addresses: Mapping[str, str], classpath: Sequence[Path]) -> dict[str, str]:
    """Return what a driver on the first host needs, whatever manages the cluster."""
    conf = {
        # A client's driver runs on the first host, as in the image.
        "spark.driver.host": next(iter(addresses.values())),
        "spark.driver.bindAddress": next(iter(addresses.values())),
        "spark.ui.port": "0",
    }
    if classpath:
        jars = os.pathsep.join(str(jar) for jar in classpath)
        conf |= {"spark.driver.extraClassPath": jars, "spark.executor.extraClassPath": jars}
    return conf
