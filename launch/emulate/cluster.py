"""What every cluster of the emulator has: hosts with addresses, a work folder, a way in."""

from __future__ import annotations

import os
import socket
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

from launch import class_archive
from launch.jars import spark_home
from launch.java import java_home
from launch.processes import Processes

LOOPBACK = "127.0.0.1"
# What a person has set for Spark and Hadoop of their own must not reach a cluster of ours.
FOREIGN = ("SPARK_", "PYSPARK_", "HADOOP_", "HDFS_", "YARN_", "PYTHONPATH", "CLASSPATH")


class Cluster(ABC):
    """Daemons in a ``with`` block of a Processes block, which ends them.

    Every host has an address of its own (127.0.0.11, 127.0.0.12, …) where the system has them, so
    that event logs and shuffle fetches tell hosts apart.
    """

    master: str

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
            memory_mib: Of each host, for executors, and on YARN for one application master too.
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

    def __enter__(self) -> Cluster:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self.processes.stop()

    @property
    def submit_conf(self) -> dict[str, str]:
        """Return the settings with which spark-submit finds this cluster."""
        # A client's driver runs on the first host, as in the image.
        first = next(iter(self.addresses.values()))
        conf = {
            "spark.driver.host": first,
            "spark.driver.bindAddress": first,
            "spark.ui.port": "0",
        }
        if self.classpath:
            jars = os.pathsep.join(str(jar) for jar in self.classpath)
            conf |= {"spark.driver.extraClassPath": jars, "spark.executor.extraClassPath": jars}
        return conf

    @property
    def submit_env(self) -> dict[str, str]:
        """Return the whole environment for spark-submit."""
        return spark_env(self.work)

    @abstractmethod
    def logs_of(self, host: str) -> list[Path]:
        """Return what executors on a host wrote to stdout and stderr, oldest first."""

    @abstractmethod
    def _start(self) -> None:
        """Start the daemons and wait until they are ready."""


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
    home = java_home()
    env = {name: text for name, text in os.environ.items() if not name.startswith(FOREIGN)}
    return {
        **env,
        **class_archive.environment(home),
        "JAVA_HOME": str(home),
        "SPARK_HOME": str(spark_home()),
        # Not there: a spark-defaults.conf of the machine is not the emulated image's, and a folder
        # on the class path would shut out the archive of Spark's classes.
        "SPARK_CONF_DIR": str(work / "no-conf"),
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_LOCAL_DIRS": str(work / "local"),
        "PYSPARK_PYTHON": sys.executable,
    }
