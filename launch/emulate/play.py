"""Play one CreateProcessingJob request here: hosts, inputs, the job, outputs, outcome."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Literal

from launch.emulate.line_reader import LineReader
from launch.emulate.opt_ml import Host, download_inputs, make_hosts, read_message, upload_outputs
from launch.emulate.scene import ClusterKind, Scene, Way
from launch.emulate.script_hosts import ScriptHosts
from launch.emulate.spark_hosts import SparkHosts
from launch.image.kind import runs_spark
from launch.processes import Processes

__all__ = ["ClusterKind", "Outcome", "Player"]

_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Outcome:
    """How a job ended, in DescribeProcessingJob's words."""

    status: Literal["Completed", "Failed", "Stopped"]
    exit_code: int
    exit_message: str = ""
    failure_reason: str | None = None


class Player(Scene):
    """Plays a request: what all kinds of jobs have in common."""

    def play(self) -> Outcome:
        """Run the request to its end; no process is left then, whatever happens."""
        self.work = self.work.resolve()
        way = self._way()
        hosts = make_hosts(self.request, self.work)
        download_inputs(self.request, hosts, self.store)
        with (
            Processes(self.work / "logs") as processes,
            way.started(hosts, processes) as names,
        ):
            outcome = self._follow(processes, names, hosts, way)
        upload_outputs(self.request, hosts, self.store, succeeded=outcome.status == "Completed")
        return outcome

    def _way(self) -> Way:
        """Tell by its entrypoint whether Spark's image runs the job."""
        return SparkHosts(self) if runs_spark(self.request) else ScriptHosts(self)

    def _follow(
        self, processes: Processes, names: Sequence[str], hosts: Sequence[Host], way: Way
    ) -> Outcome:
        """Follow the job to its end, its time limit, or a host's death."""
        started = time.monotonic()
        with ExitStack() as logs:
            readers = {
                name: LineReader(logs.enter_context(processes.log(name).open("rb")))
                for name in names
            }
            while True:
                # Asked before the logs are read, so that a last word is not missed.
                codes = processes.exit_codes()
                self._pass_on(readers, codes)
                outcome = _ended(names, codes, hosts)
                outcome = outcome or self._cut_short(names, codes, time.monotonic() - started)
                if outcome:
                    processes.end(names)
                    self._pass_on(readers, processes.exit_codes())
                    return outcome
                way.look_after()
                time.sleep(_POLL_SECONDS)

    def _cut_short(
        self, names: Sequence[str], codes: Mapping[str, int], seconds: float
    ) -> Outcome | None:
        if self.stopping is not None and self.stopping.is_set():
            return Outcome("Stopped", 143, "")
        limit = (self.request.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds", 86_400)
        if seconds > limit:
            reason = f"MaxRuntimeExceeded: the job ran longer than {limit} seconds"
            return Outcome("Stopped", 143, "", reason)
        dead = [name for name, code in codes.items() if code and name not in names]
        if dead:
            message = f"{dead[0]} ended with exit code {codes[dead[0]]}"
            return Outcome("Failed", codes[dead[0]], message, f"AlgorithmError: {message}")
        return None

    def _pass_on(self, readers: Mapping[str, LineReader], codes: Mapping[str, int]) -> None:
        for name, reader in readers.items():
            for line in reader.read(last=name in codes):
                self.log(name.partition("/")[0], line)


def _ended(names: Sequence[str], codes: Mapping[str, int], hosts: Sequence[Host]) -> Outcome | None:
    """Return the outcome when one host's container failed, or all have ended."""
    failed = [codes[name] for name in names if codes.get(name)]
    if failed:
        message = read_message(hosts)
        reason = f"AlgorithmError: {message}, exit code: {failed[0]}"[:1024]
        return Outcome("Failed", failed[0], message, reason)
    if all(name in codes for name in names):
        return Outcome("Completed", 0, read_message(hosts))
    return None
