"""Spark's image: the emulator starts a cluster of the hosts, and spark-submit on the first."""

from __future__ import annotations

import json
import re
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from launch import class_archive
from launch.emulate import entrypoint
from launch.emulate.cluster import Cluster
from launch.emulate.container import (
    Settings,
    parse_entrypoint,
    read_configuration,
    submit_command,
    write_conf_dir,
)
from launch.emulate.opt_ml import Host
from launch.emulate.scale import Scale, cap, scale_to_machine
from launch.emulate.scene import Scene
from launch.errors import LaunchError
from launch.image.instances import instance
from launch.image.sizing import Sizing, executors_that_start, size_cluster
from launch.jars import spark_home
from launch.java import java_home
from launch.processes import Processes

# The image's own choices that can change what a job does.
_IMAGE_SETTINGS = {
    "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
    "spark.rpc.askTimeout": "300s",
}
_COPY_EVENT_LOGS_SECONDS = 5.0


class SparkHosts:
    """One job of Spark's image."""

    def __init__(self, scene: Scene) -> None:
        """Read the request's entrypoint; LaunchError where the image would refuse it."""
        self._scene = scene
        self._submit = parse_entrypoint(scene.request)
        self._first: Host | None = None
        self._copied = 0.0

    @contextmanager
    def started(self, hosts: Sequence[Host], processes: Processes) -> Iterator[Sequence[str]]:
        """Start the cluster and the driver; give the driver's name."""
        scene, first = self._scene, hosts[0]
        settings = read_configuration(first, scene.note)
        scale = self._size(len(hosts))
        environment = self._environment(first, settings)
        arguments: dict[str, Any] = {
            "cores": scale.cores,
            "memory_mib": scale.host_memory_mib,
            "work": scene.work / "cluster",
            "processes": processes,
            "host_env": {host.name: {**environment, **_base_dir(host)} for host in hosts},
            "classpath": scene.store.jars(),
        }
        with self._open_cluster([host.name for host in hosts], arguments) as cluster:
            spark = self._spark_settings(cluster, settings, scale, hosts)
            told = class_archive.environment(java_home(), spark)
            env = {**cluster.submit_env, **told, **environment, **_base_dir(first)}
            conf = write_conf_dir(scene.work / "conf", spark, settings.log4j)
            env["SPARK_CONF_DIR"] = str(conf)
            self._first, self._copied = first, time.monotonic()
            yield [self._start_driver(processes, cluster.master, env, first)]
        self._executor_logs(cluster, hosts)
        self._copy_event_logs(first)

    def look_after(self) -> None:
        """Copy the event logs to where they are uploaded from, every few seconds."""
        if self._first and time.monotonic() - self._copied > _COPY_EVENT_LOGS_SECONDS:
            self._copy_event_logs(self._first)
            self._copied = time.monotonic()

    def _start_driver(
        self, processes: Processes, master: str, env: Mapping[str, str], host: Host
    ) -> str:
        spark_submit = spark_home() / "bin" / "spark-submit"
        command = submit_command(self._submit, host, spark_submit=spark_submit, master=master)
        own = [sys.executable, "-I", entrypoint.__file__, str(host.message)]
        name = f"{host.name}/driver"
        processes.start(name, [*own, *command], env=env, cwd=host.root)
        return name

    def _size(self, hosts: int) -> Scale:
        """Print the image's sizing and this machine's; return the latter."""
        scene = self._scene
        cluster = scene.request["ProcessingResources"]["ClusterConfig"]
        wished = scene.environment.get("AWS_SPARK_CONFIG_MODE", "1")
        if wished not in ("1", "2"):
            raise LaunchError(f"AWS_SPARK_CONFIG_MODE {wished!r} is neither 1 nor 2")
        mode = int(wished)
        nominal: Sizing = size_cluster(instance(cluster["InstanceType"]), hosts, mode=mode)
        scale = scale_to_machine(
            hosts,
            cores=nominal.executor_cores,
            executor_mib=nominal.executor_memory_mib,
            driver_mib=nominal.driver_memory_mib,
        )
        scene.note(
            f"{hosts} x {cluster['InstanceType']} on SageMaker: {_counted(nominal)} of "
            f"{nominal.executor_cores} cores and {nominal.executor_memory_mib:,} MiB, driver "
            f"{nominal.driver_memory_mib:,} MiB"
        )
        scene.note(
            f"here: {hosts} executors of {scale.cores} cores and {scale.executor_memory_mib:,} "
            f"MiB, driver {scale.driver_memory_mib:,} MiB ({scene.cluster} cluster)"
        )
        return scale

    def _environment(self, host: Host, settings: Settings) -> dict[str, str]:
        given = {key: host.rewrite(text) for key, text in self._scene.environment.items()}
        return {**given, **settings.environment, **self._scene.store.environment()}

    def _open_cluster(self, hosts: Sequence[str], arguments: dict[str, Any]) -> Cluster:
        if self._scene.cluster == "yarn":
            from launch.emulate.yarn import YarnCluster

            return YarnCluster(hosts, **arguments)
        from launch.emulate.standalone import StandaloneCluster

        return StandaloneCluster(hosts, **arguments)

    def _spark_settings(
        self, cluster: Cluster, settings: Settings, scale: Scale, hosts: Sequence[Host]
    ) -> dict[str, str]:
        """Put the settings together, the strongest last: the user's, as on the image."""
        spark = {
            **_IMAGE_SETTINGS,
            "spark.driver.memory": f"{scale.driver_memory_mib}m",
            "spark.executor.memory": f"{scale.executor_memory_mib}m",
            "spark.executor.memoryOverhead": f"{scale.executor_overhead_mib}m",
            "spark.executor.cores": str(scale.cores),
            "spark.executor.instances": str(len(hosts)),
            "spark.default.parallelism": str(2 * scale.cores * len(hosts)),
            **self._scene.store.spark_settings(buckets_of(self._scene.request)),
            **cluster.submit_conf,
        }
        if self._submit.event_logs:
            folder = _event_log_folder(hosts[0])
            folder.mkdir(parents=True, exist_ok=True)
            spark |= {"spark.eventLog.enabled": "true", "spark.eventLog.dir": folder.as_uri()}
        own, notes = cap(settings.spark, scale)
        for text in notes:
            self._scene.note(text)
        return {**spark, **own}

    def _executor_logs(self, cluster: Cluster, hosts: Sequence[Host]) -> None:
        """Give each host what its executors wrote, each line with its file, as the image does."""
        for host in hosts:
            for path in cluster.logs_of(host.name):
                label = "/".join(path.parts[-3:])
                for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                    self._scene.log(host.name, f"[{label}] {line}")

    def _copy_event_logs(self, host: Host) -> None:
        folder = _event_log_folder(host)
        if not self._submit.event_logs or not folder.is_dir():
            return
        target = host.path(self._submit.event_logs)
        target.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            # Spark renames it when the application ends, perhaps just now.
            if not path.name.endswith(".crc"):
                with suppress(FileNotFoundError):
                    shutil.copyfile(path, target / path.name.replace(".inprogress", ""))


def buckets_of(request: Mapping[str, Any]) -> list[str]:
    """Name every bucket that a request mentions."""
    return sorted(set(re.findall(r"s3a?://([a-z0-9][a-z0-9.-]*)", json.dumps(request))))


def _counted(sizing: Sizing) -> str:
    """Say how many executors the image asks for, and how many of them find room."""
    start = executors_that_start(sizing)
    fewer = f" ({start} find room)" if start < sizing.executors else ""
    return f"{sizing.executors} executors{fewer}"


def _event_log_folder(host: Host) -> Path:
    return host.root / "tmp" / "spark-events"


def _base_dir(host: Host) -> dict[str, str]:
    """Tell a job where this host's /opt/ml is; on the image it is at its place."""
    return {"SAGEMAKER_BASE_DIR": str(host.opt_ml)}
