"""A standalone Spark cluster on loopback: one master, one worker process per host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from launch.emulate.cluster import LOOPBACK, Cluster, spark_env
from launch.jars import spark_home


class StandaloneCluster(Cluster):
    """Spark's own master and workers. Memory limits are not enforced."""

    @property
    def submit_conf(self) -> dict[str, str]:
        """Return the settings with which spark-submit finds this cluster."""
        return {
            **super().submit_conf,
            # As YARN has it: or the first executor to be there takes most tasks of a short job.
            "spark.scheduler.minRegisteredResourcesRatio": "0.8",
            "spark.cores.max": str(self.cores * len(self.addresses)),
        }

    def logs_of(self, host: str) -> list[Path]:
        """Return what executors on a host wrote to stdout and stderr, oldest first."""
        return sorted((self.work / host / "work").glob("app-*/*/std*"))

    def _start(self) -> None:
        self._daemon("master", ["--host", LOOPBACK, "--port", "0"], "master.Master", {})
        found = self.processes.wait_for("master", r"Starting Spark master at (spark://\S+)")
        self.master = found[1]
        for host, address in self.addresses.items():
            home = self.work / host
            options = ["--host", address, "--cores", str(self.cores)]
            options += ["--memory", f"{self.memory_mib}m", "--work-dir", f"{home}/work"]
            env = {"SPARK_LOCAL_DIRS": f"{home}/local", **self.host_env.get(host, {})}
            self._daemon(f"{host}/worker", [*options, self.master], "worker.Worker", env)
        for host in self.addresses:
            self.processes.wait_for(f"{host}/worker", "Successfully registered with master")

    def _daemon(self, name: str, options: Sequence[str], role: str, env: Mapping[str, str]) -> None:
        command = [str(spark_home() / "bin" / "spark-class"), f"org.apache.spark.deploy.{role}"]
        self.work.mkdir(parents=True, exist_ok=True)
        self.processes.start(
            name,
            [*command, *options, "--webui-port", "0"],
            env={**spark_env(self.work), "SPARK_DAEMON_MEMORY": "256m", **env},
            cwd=self.work,
        )
