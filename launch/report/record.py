"""What an event log says, typed: the application, its executors, jobs and stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from launch.diagnose.event_log import Loss, TaskFailure
from launch.report.busy import BusyCores
from launch.report.tasks import Samples, Spread, Task, Totals, whole

_PEAKS = {
    "heap": ("JVMHeapMemory",),
    "off_heap": ("JVMOffHeapMemory",),
    "execution": ("OnHeapUnifiedMemory", "OffHeapUnifiedMemory"),
    "process": (
        "ProcessTreeJVMRSSMemory", "ProcessTreePythonRSSMemory", "ProcessTreeOtherRSSMemory",
    ),
}  # fmt: skip


@dataclass
class Executor:
    """A process that runs tasks (or the driver): its cores, its time, its peaks of memory."""

    name: str
    host: str = ""
    cores: int = 0
    added: int = 0
    removed: int | None = None
    tasks: int = 0
    heap: int = 0
    off_heap: int = 0
    execution: int = 0
    process: int = 0

    def keep_peaks(self, metrics: Mapping[str, Any]) -> None:
        """Take over the figures of Spark's executor metrics that are higher than before."""
        for name, parts in _PEAKS.items():
            value = sum(whole(metrics.get(part) or 0) for part in parts)
            if value > getattr(self, name):
                setattr(self, name, value)


@dataclass
class Job:
    """A job of Spark: one action, made of stages."""

    number: int
    name: str
    started: int
    ended: int | None = None
    failed: bool = False
    stages: frozenset[int] = frozenset()


@dataclass
class Stage:
    """One attempt at a stage: what it does, when, and what its tasks cost."""

    number: int
    attempt: int
    name: str
    tasks: int
    job: int | None = None
    execution: int | None = None
    submitted: int | None = None
    completed: int | None = None
    failure: str = ""
    operations: tuple[str, ...] = ()
    done: int = 0
    failed: int = 0
    killed: int = 0
    wasted: int = 0
    peak_memory: int = 0
    # the most that one task held and spilled: what it would have needed at once
    largest_need: int = 0
    hosts: set[str] = field(default_factory=set)
    totals: Totals = field(default_factory=Totals)
    duration: Spread = field(default_factory=Spread)
    read_bytes: Spread = field(default_factory=Spread)
    read_records: Spread = field(default_factory=Spread)
    _samples: tuple[Samples, Samples, Samples] | None = field(
        default_factory=lambda: (Samples(), Samples(), Samples())
    )

    def add(self, task: Task) -> None:
        """Count a task that went well."""
        self.done += 1
        self.totals.add(task.totals)
        self.hosts.add(task.host)
        self.peak_memory = max(self.peak_memory, task.peak_memory)
        need = task.peak_memory + task.totals.spilled_memory
        self.largest_need = max(self.largest_need, need if task.totals.spilled_memory else 0)
        if self._samples:
            values = (task.totals.task, task.read_bytes, task.read_records)
            for samples, value in zip(self._samples, values):
                samples.add(value, task.index)

    def close(self) -> None:
        """Keep of its tasks' figures only how they are spread."""
        if self._samples:
            self.duration, self.read_bytes, self.read_records = (
                samples.spread() for samples in self._samples
            )
            self._samples = None


@dataclass
class Record:
    """Everything that was kept of one application's log."""

    spark_version: str = ""
    name: str = ""
    application: str = ""
    started: int = 0
    ended: int | None = None
    last: int = 0
    events: int = 0
    unreadable: int = 0
    broken: bool = False
    # spark.task.cpus: a task keeps so many cores busy.
    task_cores: int = 1
    settings: Mapping[str, str] = field(default_factory=dict)
    executors: dict[str, Executor] = field(default_factory=dict)
    jobs: dict[int, Job] = field(default_factory=dict)
    stages: dict[tuple[int, int], Stage] = field(default_factory=dict)
    busy: BusyCores = field(default_factory=BusyCores)
    losses: tuple[Loss, ...] = ()
    failures: tuple[TaskFailure, ...] = ()
    job_failure: str | None = None

    @property
    def end(self) -> int:
        """Return when it ended, or the last moment that the log knows."""
        return max(self.started, self.ended if self.ended is not None else self.last)

    @property
    def seconds(self) -> float:
        """Return how long it took."""
        return (self.end - self.started) / 1000
