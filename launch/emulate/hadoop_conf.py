"""The settings of a small HDFS and YARN on loopback, and the files that hold them."""

from __future__ import annotations

import socket
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

LOOPBACK = "127.0.0.1"
LOG4J = """\
log4j.rootLogger=INFO, stdout
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=%d{ISO8601} %p %c{1}: %m%n
"""
# Where a container may see what its NodeManager sees in its environment.
WHITELIST = ("JAVA_HOME",)


@dataclass(frozen=True)
class HadoopPorts:
    """The ports that several processes must know; all others are chosen as daemons start."""

    namenode: int
    manager: int
    scheduler: int
    tracker: int
    admin: int
    web: int


def pick_ports() -> HadoopPorts:
    """Return ports that are free now. They are held open together, so no two are the same."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(6)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return HadoopPorts(*(one.getsockname()[1] for one in sockets))


def core_site(ports: HadoopPorts, work: Path) -> dict[str, str]:
    """Return what all need: as in the image, a path without a scheme is a path in HDFS."""
    return {
        "fs.defaultFS": f"hdfs://{LOOPBACK}:{ports.namenode}/",
        "hadoop.tmp.dir": f"{work}/hadoop",
    }


def hdfs_site(work: Path) -> dict[str, str]:
    """Return the settings of one NameNode and one DataNode with their blocks below ``work``."""
    return {
        "dfs.replication": "1",
        "dfs.namenode.name.dir": (work / "hdfs" / "name").as_uri(),
        "dfs.datanode.data.dir": (work / "hdfs" / "data").as_uri(),
        "dfs.namenode.http-address": f"{LOOPBACK}:0",
        "dfs.datanode.address": f"{LOOPBACK}:0",
        "dfs.datanode.http.address": f"{LOOPBACK}:0",
        "dfs.datanode.ipc.address": f"{LOOPBACK}:0",
        # A nearly full disk is no reason to refuse writes: whoever runs this sees the disk.
        "dfs.namenode.resource.du.reserved": "0",
    }


def yarn_site(ports: HadoopPorts, *, cores: int, memory_mib: int) -> dict[str, str]:
    """Return the settings of the ResourceManager, which clients read too."""
    return {
        "yarn.resourcemanager.hostname": LOOPBACK,
        "yarn.resourcemanager.address": f"{LOOPBACK}:{ports.manager}",
        "yarn.resourcemanager.scheduler.address": f"{LOOPBACK}:{ports.scheduler}",
        "yarn.resourcemanager.resource-tracker.address": f"{LOOPBACK}:{ports.tracker}",
        "yarn.resourcemanager.admin.address": f"{LOOPBACK}:{ports.admin}",
        "yarn.resourcemanager.webapp.address": f"{LOOPBACK}:{ports.web}",
        "yarn.resourcemanager.am.max-attempts": "1",
        "yarn.scheduler.minimum-allocation-mb": "1",
        "yarn.scheduler.minimum-allocation-vcores": "1",
        "yarn.scheduler.maximum-allocation-mb": str(memory_mib),
        "yarn.scheduler.maximum-allocation-vcores": str(cores),
        "yarn.nodemanager.resource.memory-mb": str(memory_mib),
        "yarn.nodemanager.resource.cpu-vcores": str(cores),
        # The first is about cgroups, which need root, and would turn the check below off.
        "yarn.nodemanager.resource.memory.enforced": "false",
        "yarn.nodemanager.pmem-check-enabled": "true",
        "yarn.nodemanager.vmem-check-enabled": "false",
        "yarn.nodemanager.container-monitor.interval-ms": "1000",
        "yarn.log-aggregation-enable": "false",
        # Else a disk that is 90 % full makes every host "unhealthy" and the job wait for ever.
        "yarn.nodemanager.disk-health-checker.enable": "false",
    }


def node_site(address: str, home: Path, env_names: Collection[str]) -> dict[str, str]:
    """Return what one host's NodeManager has of its own."""
    return {
        "yarn.nodemanager.hostname": address,
        "yarn.nodemanager.address": f"{address}:0",
        "yarn.nodemanager.localizer.address": f"{address}:0",
        "yarn.nodemanager.collector-service.address": f"{address}:0",
        "yarn.nodemanager.webapp.address": f"{address}:0",
        "yarn.nodemanager.local-dirs": f"{home}/local",
        "yarn.nodemanager.log-dirs": f"{home}/logs",
        "yarn.nodemanager.env-whitelist": ",".join([*WHITELIST, *sorted(env_names)]),
    }


def scheduler_site() -> dict[str, str]:
    """Return one queue that may use everything, application masters included."""
    root = "yarn.scheduler.capacity"
    return {
        f"{root}.root.queues": "default",
        f"{root}.root.default.capacity": "100",
        f"{root}.maximum-am-resource-percent": "1.0",
    }


def write_conf(folder: Path, sites: Mapping[str, Mapping[str, str]]) -> Path:
    """Write a Hadoop configuration folder: ``{"core-site": {…}}`` and how to log; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, settings in sites.items():
        rows = [
            f"  <property><name>{escape(key)}</name><value>{escape(value)}</value></property>"
            for key, value in settings.items()
        ]
        text = "\n".join(['<?xml version="1.0"?>', "<configuration>", *rows, "</configuration>"])
        (folder / f"{name}.xml").write_text(text + "\n")
    (folder / "log4j.properties").write_text(LOG4J)
    return folder
