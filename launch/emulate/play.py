"""Play one CreateProcessingJob request here: hosts, cluster, driver, outputs, outcome."""

from __future__ import annotations

import json
import re
import shutil
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from launch.emulate import entrypoint
from launch.emulate.cluster import Cluster
from launch.emulate.container import (
    Settings,
    Submit,
    parse_entrypoint,
    read_configuration,
    submit_command,
    write_conf_dir,
)
from launch.emulate.line_reader import LineReader
from launch.emulate.opt_ml import Host, download_inputs, make_hosts, read_message, upload_outputs
from launch.emulate.scale import Scale, cap, scale_to_machine
from launch.emulate.store import Store
from launch.errors import LaunchError
from launch.image.instances import instance
from launch.image.sizing import Sizing, executors_that_start, size_cluster
from launch.jars import spark_home
from launch.processes import Processes

ClusterKind = Literal["standalone", "yarn"]
Log = Callable[[str, str], None]
# The image's own choices that can change what a job does.
_IMAGE_SETTINGS = {
    "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
    "spark.rpc.askTimeout": "300s",
}
_COPY_EVENT_LOGS_SECONDS = 5.0
_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Outcome:
    """How a job ended, in DescribeProcessingJob's words."""

    status: Literal["Completed", "Failed", "Stopped"]
    exit_code: int
    exit_message: str = ""
    failure_reason: str | None = None


@dataclass
class Player:
    """Everything one play needs; ``log`` gets the hosts' lines, ``note`` the emulator's own."""

    request: Mapping[str, Any]
    store: Store
    work: Path
    cluster: ClusterKind = "standalone"
    log: Log = lambda host, line: print(line)
    note: Callable[[str], None] = lambda text: None
    stopping: threading.Event | None = None

    def play(self) -> Outcome:
        """Run the request to its end; no process is left then, whatever happens."""
        submit = parse_entrypoint(self.request)
        self.work = self.work.resolve()
        hosts = make_hosts(self.request, self.work)
        download_inputs(self.request, hosts, self.store)
        settings = read_configuration(hosts[0], self.note)
        scale = self._size(len(hosts))
        environment = self._environment(hosts[0], settings)
        jars = self.store.jars()
        with Processes(self.work / "logs") as processes:
            arguments: dict[str, Any] = {
                "cores": scale.cores,
                "memory_mib": scale.host_memory_mib,
                "work": self.work / "cluster",
                "processes": processes,
                "host_env": {host.name: {**environment, **_base_dir(host)} for host in hosts},
                "classpath": jars,
            }
            with self._open_cluster([host.name for host in hosts], arguments) as cluster:
                spark = self._spark_settings(cluster, submit, settings, scale, hosts)
                conf = write_conf_dir(self.work / "conf", spark, settings.log4j)
                command = submit_command(
                    submit, hosts[0], spark_submit=spark_home() / "bin" / "spark-submit",
                    master=cluster.master,
                )  # fmt: skip
                env = {**cluster.submit_env, **environment, **_base_dir(hosts[0])}
                env["SPARK_CONF_DIR"] = str(conf)
                outcome = self._run(processes, command, env, hosts, submit)
            self._executor_logs(cluster, hosts)
        self._copy_event_logs(submit, hosts[0])
        upload_outputs(self.request, hosts, self.store, succeeded=outcome.status == "Completed")
        return outcome

    def _size(self, hosts: int) -> Scale:
        """Print the image's sizing and this machine's; return the latter."""
        cluster = self.request["ProcessingResources"]["ClusterConfig"]
        wished = (self.request.get("Environment") or {}).get("AWS_SPARK_CONFIG_MODE", "1")
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
        self.note(
            f"{hosts} x {cluster['InstanceType']} on SageMaker: {_counted(nominal)} of "
            f"{nominal.executor_cores} cores and {nominal.executor_memory_mib:,} MiB, driver "
            f"{nominal.driver_memory_mib:,} MiB"
        )
        self.note(
            f"here: {hosts} executors of {scale.cores} cores and {scale.executor_memory_mib:,} "
            f"MiB, driver {scale.driver_memory_mib:,} MiB ({self.cluster} cluster)"
        )
        return scale

    def _environment(self, host: Host, settings: Settings) -> dict[str, str]:
        request = self.request.get("Environment") or {}
        given = {key: host.rewrite(str(value)) for key, value in request.items()}
        return {**given, **settings.environment, **self.store.environment()}

    def _open_cluster(self, hosts: Sequence[str], arguments: dict[str, Any]) -> Cluster:
        if self.cluster == "yarn":
            from launch.emulate.yarn import YarnCluster

            return YarnCluster(hosts, **arguments)
        from launch.emulate.standalone import StandaloneCluster

        return StandaloneCluster(hosts, **arguments)

    def _spark_settings(
        self, cluster: Cluster, submit: Submit, settings: Settings, scale: Scale, hosts: list[Host]
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
            **self.store.spark_settings(buckets_of(self.request)),
            **cluster.submit_conf,
        }
        if submit.event_logs:
            folder = _event_log_folder(hosts[0])
            folder.mkdir(parents=True, exist_ok=True)
            spark |= {"spark.eventLog.enabled": "true", "spark.eventLog.dir": folder.as_uri()}
        own, notes = cap(settings.spark, scale)
        for text in notes:
            self.note(text)
        return {**spark, **own}

    def _run(
        self,
        processes: Processes,
        command: Sequence[str],
        env: Mapping[str, str],
        hosts: Sequence[Host],
        submit: Submit,
    ) -> Outcome:
        """Start the driver and follow it to its end, its time limit, or a host's death."""
        started = time.monotonic()
        limit = (self.request.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds", 86_400)
        name = f"{hosts[0].name}/driver"
        own = [sys.executable, "-I", entrypoint.__file__, str(hosts[0].message)]
        driver = processes.start(name, [*own, *command], env=env, cwd=hosts[0].root)
        copied = started
        with processes.log(name).open("rb") as log:
            lines = LineReader(log)
            while True:
                code = driver.poll()
                self._pass_on(hosts[0].name, lines, last=code is not None)
                if code is not None:
                    return self._ended(code, hosts)
                ended = self._cut_short(processes, time.monotonic() - started, limit)
                if ended:
                    driver.terminate()
                    driver.wait(timeout=30)
                    self._pass_on(hosts[0].name, lines, last=True)
                    return ended
                if time.monotonic() - copied > _COPY_EVENT_LOGS_SECONDS:
                    self._copy_event_logs(submit, hosts[0])
                    copied = time.monotonic()
                time.sleep(_POLL_SECONDS)

    def _cut_short(self, processes: Processes, seconds: float, limit: int) -> Outcome | None:
        if self.stopping is not None and self.stopping.is_set():
            return Outcome("Stopped", 143, "")
        if seconds > limit:
            reason = f"MaxRuntimeExceeded: the job ran longer than {limit} seconds"
            return Outcome("Stopped", 143, "", reason)
        codes = processes.exit_codes()
        dead = [name for name, code in codes.items() if code and not name.endswith("/driver")]
        if dead:
            message = f"{dead[0]} ended with exit code {codes[dead[0]]}"
            return Outcome("Failed", codes[dead[0]], message, f"AlgorithmError: {message}")
        return None

    def _ended(self, code: int, hosts: Sequence[Host]) -> Outcome:
        if code == 0:
            return Outcome("Completed", 0, read_message(hosts))
        message = read_message(hosts)
        reason = f"AlgorithmError: {message}, exit code: {code}"[:1024]
        return Outcome("Failed", code, message, reason)

    def _pass_on(self, host: str, lines: LineReader, *, last: bool = False) -> None:
        for line in lines.read(last=last):
            self.log(host, line)

    def _executor_logs(self, cluster: Cluster, hosts: Sequence[Host]) -> None:
        """Give each host what its executors wrote, each line with its file, as the image does."""
        for host in hosts:
            for path in cluster.logs_of(host.name):
                label = "/".join(path.parts[-3:])
                for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                    self.log(host.name, f"[{label}] {line}")

    def _copy_event_logs(self, submit: Submit, host: Host) -> None:
        folder = _event_log_folder(host)
        if not submit.event_logs or not folder.is_dir():
            return
        target = host.path(submit.event_logs)
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
