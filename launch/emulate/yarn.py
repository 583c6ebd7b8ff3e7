"""YARN and HDFS on loopback, as the image has them: one NodeManager process per host."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from launch.emulate.cluster import Cluster, spark_env
from launch.emulate.hadoop_conf import (
    HadoopPorts,
    core_site,
    hdfs_site,
    node_site,
    pick_ports,
    scheduler_site,
    write_conf,
    yarn_site,
)
from launch.errors import LaunchError
from launch.jars import YARN, artifact_of, fetch_jars, spark_home
from launch.java import java_home

NAMENODE = "org.apache.hadoop.hdfs.server.namenode.NameNode"
DATANODE = "org.apache.hadoop.hdfs.server.datanode.DataNode"
RESOURCE_MANAGER = "org.apache.hadoop.yarn.server.resourcemanager.ResourceManager"
NODE_MANAGER = "org.apache.hadoop.yarn.server.nodemanager.NodeManager"
# What the daemons take from Spark. Not all its jars: two ways to log would be one too many.
SPARKS = ("hadoop-client-api", "hadoop-client-runtime", "slf4j-api", "commons-logging")
# Small and quick to start; Hadoop 3.3 looks into classes that Java 17 has closed.
JAVA_OPTIONS = (
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+IgnoreUnrecognizedVMOptions",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "-Djava.net.preferIPv4Stack=true",
)


class YarnCluster(Cluster):
    """HDFS and YARN, as the image has them.

    Unlike the image: one DataNode for all hosts, and memory limits are checked each second by
    looking at the processes (on Linux only), which is how YARN does it without root's rights.
    """

    master = "yarn"

    @property
    def submit_conf(self) -> dict[str, str]:
        """Return the settings with which spark-submit finds this cluster."""
        # Else each submit uploads 300 MB of jars that every host has.
        return {**super().submit_conf, "spark.yarn.jars": f"local:{spark_home()}/jars/*"}

    @property
    def submit_env(self) -> dict[str, str]:
        """Return the whole environment for spark-submit."""
        return {**super().submit_env, "HADOOP_CONF_DIR": str(self._conf)}

    @property
    def _conf(self) -> Path:
        return self.work / "hadoop-conf"

    def _start(self) -> None:
        ports = self._prepare()
        self._daemon("resourcemanager", RESOURCE_MANAGER)
        self._start_hdfs()
        self.processes.wait_for("resourcemanager", "Transitioned to active state")
        for host, address in self.addresses.items():
            self._start_node(host, address, ports)
        for host in self.addresses:
            self.processes.wait_for(f"{host}/nodemanager", "Registered with ResourceManager")
        self._wait_for_hdfs()

    def _prepare(self) -> HadoopPorts:
        """Fetch the jars, choose ports, and write what the daemons read; return the ports."""
        check_folder(self.work)
        self._jars = daemon_jars()
        ports = pick_ports()
        write_conf(self._conf, self._sites(ports))
        (self.work / "tmp").mkdir(exist_ok=True)
        (self.work / "hosts").write_text(f"127.0.0.1 localhost {socket.gethostname()}\n")
        return ports

    def _start_hdfs(self) -> None:
        self._daemon("format", NAMENODE, "-format", "-nonInteractive")
        self.processes.wait_for("format", "has been successfully formatted")
        self._daemon("namenode", NAMENODE)
        self.processes.wait_for("namenode", "NameNode RPC up at")
        self._daemon("datanode", DATANODE)

    def _wait_for_hdfs(self) -> None:
        self.processes.wait_for("datanode", "successfully registered with NN")

    def logs_of(self, host: str) -> list[Path]:
        """Return what containers on a host wrote to stdout and stderr, oldest first."""
        return sorted((self.work / host / "logs").glob("application_*/container_*/std*"))

    def _sites(self, ports: HadoopPorts) -> dict[str, dict[str, str]]:
        return {
            "core-site": core_site(ports, self.work),
            "hdfs-site": hdfs_site(self.work),
            "yarn-site": yarn_site(ports, cores=self.cores, memory_mib=self.memory_mib),
            "capacity-scheduler": scheduler_site(),
        }

    def _start_node(self, host: str, address: str, ports: HadoopPorts) -> None:
        """Start a host's NodeManager with a configuration and an environment of its own."""
        home, env, sites = self.work / host, self.host_env.get(host, {}), self._sites(ports)
        sites["core-site"]["hadoop.tmp.dir"] = str(home / "hadoop")
        sites["yarn-site"] |= node_site(address, home, env)
        conf = write_conf(home / "hadoop-conf", sites)
        self._daemon(f"{host}/nodemanager", NODE_MANAGER, conf=conf, env=env)

    def _daemon(
        self,
        name: str,
        main_class: str,
        *arguments: str,
        conf: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        classpath = os.pathsep.join(str(path) for path in [conf or self._conf, *self._jars])
        # Without it the name of 127.0.0.11 depends on the machine's name server.
        hosts = f"-Djdk.net.hosts.file={self.work}/hosts"
        scratch = f"-Djava.io.tmpdir={self.work}/tmp"
        java = str(java_home() / "bin" / "java")
        command = [java, *JAVA_OPTIONS, hosts, scratch, "-cp", classpath, main_class, *arguments]
        self.processes.start(
            name, command, env={**spark_env(self.work), **(env or {})}, cwd=self.work
        )


def check_folder(work: Path) -> None:
    """Raise LaunchError for a folder whose URI has ``%``: a DataNode takes that for a format."""
    if quote(str(work)) != str(work):
        raise LaunchError(
            f"HDFS cannot keep its data in {str(work)!r}: choose a work folder with letters, "
            "digits, '/', '.', '_' and '-' only, or a standalone cluster"
        )


def daemon_jars() -> list[Path]:
    """Return the class path of HDFS' and YARN's daemons: fetched once, the rest is Spark's."""
    sparks = sorted((spark_home() / "jars").glob("*.jar"))
    return [*fetch_jars(YARN), *(jar for jar in sparks if artifact_of(jar) in SPARKS)]
