"""Calculate from what was read: where the time of all cores went, and how much memory was used."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from launch.image.sizing import parse_size
from launch.report.record import Executor, Record, Stage
from launch.report.tasks import Totals

DRIVER = "driver"
# Spark's own defaults.
_HEAP = "1g"
_OVERHEAD_FACTOR = 0.1
_SMALLEST_OVERHEAD_MIB = 384
_MIB = 2**20
# A thousand TiB of memory: what is larger was not meant.
_LARGEST_MIB = 2**30


@dataclass(frozen=True)
class Part:
    """A part of the time of all cores."""

    key: str
    label: str
    seconds: float
    share: float


@dataclass(frozen=True)
class Memory:
    """Peaks of one process, in bytes, against what it was given; 0 where Spark recorded none."""

    name: str
    host: str
    heap: int
    off_heap: int
    execution: int
    process: int
    heap_limit: int
    container: int


@dataclass(frozen=True)
class Figures:
    """What a whole run comes to. ``core_seconds`` is every executor's cores times its life."""

    seconds: float
    first_executor: float | None
    executors: int
    cores: int
    cores_each: tuple[int, ...]
    hosts: int
    core_seconds: float
    busy_share: float
    alone_seconds: float
    alone_share: float
    parts: tuple[Part, ...]
    totals: Totals
    failed_tasks: int
    memory: tuple[Memory, ...]

    @property
    def memory_recorded(self) -> bool:
        """Tell whether Spark kept the processes' memory: it does with three settings only."""
        return any(item.process for item in self.memory)

    @property
    def host_memory(self) -> Mapping[str, int]:
        """Return for each host the sum of its processes' peaks, in bytes."""
        peaks: dict[str, int] = {}
        for item in self.memory:
            peaks[item.host] = peaks.get(item.host, 0) + item.process
        return peaks


def calculate(record: Record) -> Figures:
    """Calculate a run's figures."""
    working = [item for item in record.executors.values() if item.cores]
    totals, wasted = Totals(), 0
    for stage in record.stages.values():
        totals.add(stage.totals)
        wasted += stage.wasted
    quiet = _Quiet(record)
    available = sum(item.cores * (_end(item, record) - item.added) for item in working)
    alone = sum(item.cores * quiet.within(item.added, _end(item, record)) for item in working)
    added = [item.added for item in working]
    used = (totals.task + wasted) * record.task_cores
    return Figures(
        seconds=record.seconds,
        first_executor=max(0, min(added) - record.started) / 1000 if added else None,
        executors=len(working),
        cores=_most_at_once(working, record),
        cores_each=tuple(sorted({item.cores for item in working})),
        hosts=len({item.host for item in working}),
        core_seconds=available / 1000,
        busy_share=min(1.0, used / available) if available else 0.0,
        alone_seconds=quiet.within(min(added), record.end) / 1000 if added else 0.0,
        alone_share=alone / available if available else 0.0,
        parts=_parts(totals, wasted, available, alone, record.task_cores),
        totals=totals,
        failed_tasks=sum(stage.failed for stage in record.stages.values()),
        memory=_memory(record),
    )


def span(stage: Stage, record: Record) -> tuple[int, int]:
    """Return when a stage began and ended; one that did not end goes on to the log's end."""
    begin = record.started if stage.submitted is None else stage.submitted
    return begin, max(begin, record.end if stage.completed is None else stage.completed)


def seconds(stage: Stage, record: Record) -> float:
    """Return how long a stage took."""
    begin, end = span(stage, record)
    return (end - begin) / 1000


def heap_mib(settings: Mapping[str, str], *, driver: bool = False) -> int:
    """Return the heap that Spark was told to give its executors, or the driver."""
    return size_mib(settings, f"spark.{'driver' if driver else 'executor'}.memory", _HEAP)


def container_mib(settings: Mapping[str, str]) -> int:
    """Return an executor's memory with what is set aside beside its heap.

    Only YARN and Kubernetes set something aside by themselves.
    """
    heap = heap_mib(settings)
    given = "spark.executor.memoryOverhead" in settings
    overhead = size_mib(settings, "spark.executor.memoryOverhead", "0") if given else 0
    if not given and settings.get("spark.master", "").startswith(("yarn", "k8s")):
        overhead = max(_SMALLEST_OVERHEAD_MIB, int(heap * _OVERHEAD_FACTOR))
    extra = size_mib(settings, "spark.executor.pyspark.memory", "0")
    if settings.get("spark.memory.offHeap.enabled") == "true":
        extra += size_mib(settings, "spark.memory.offHeap.size", "0", unit="b")
    return heap + overhead + extra


def size_mib(settings: Mapping[str, str], key: str, default: str, *, unit: str = "m") -> int:
    """Return one of Spark's sizes, or its default where it cannot be read."""
    try:
        given = parse_size(settings.get(key, default), unit=unit)
    except ValueError:
        given = _LARGEST_MIB + 1
    return given if given <= _LARGEST_MIB else parse_size(default, unit=unit)


def _end(executor: Executor, record: Record) -> int:
    end = record.end if executor.removed is None else min(executor.removed, record.end)
    return max(executor.added, end)


def _most_at_once(working: Sequence[Executor], record: Record) -> int:
    return max((cores for _, cores in available_cores(working, record)), default=0)


def available_cores(working: Sequence[Executor], record: Record) -> list[tuple[int, int]]:
    """Return the moments at which the number of cores changed, and the number from then on."""
    changes = sorted(
        change
        for item in working
        for change in ((item.added, item.cores), (_end(item, record), -item.cores))
    )
    steps, cores = [], 0
    for moment, same in itertools.groupby(changes, key=lambda change: change[0]):
        cores += sum(change for _, change in same)
        steps.append((moment, cores))
    return steps


class _Quiet:
    """The time in which no stage ran: what the driver did alone."""

    def __init__(self, record: Record) -> None:
        self._starts: list[int] = []
        self._before: list[int] = []
        self._stretches: list[tuple[int, int]] = []
        total, reached = 0, record.started
        spans = sorted(span(stage, record) for stage in record.stages.values())
        for begin, end in [*spans, (record.end, record.end)]:
            if begin > reached:
                self._starts.append(reached)
                self._before.append(total)
                self._stretches.append((reached, begin))
                total += begin - reached
            reached = max(reached, end)

    def within(self, begin: int, end: int) -> int:
        """Return how much of a time was quiet."""
        return max(0, self._until(end) - self._until(begin))

    def _until(self, moment: int) -> int:
        number = bisect_right(self._starts, moment) - 1
        if number < 0:
            return 0
        start, stop = self._stretches[number]
        return self._before[number] + min(moment, stop) - start


def _parts(
    totals: Totals, wasted: int, available: int, alone: int, task_cores: int
) -> tuple[Part, ...]:
    used = (totals.task + wasted) * task_cores
    idle = max(0, available - alone - used)
    whole = max(1, used + alone + idle)
    of_tasks = (
        ("cpu", "Computing", totals.cpu),
        ("gc", "Garbage collection", totals.gc),
        ("fetch", "Waiting for shuffle data", totals.fetch_wait),
        ("write", "Writing shuffle data", totals.shuffle_write),
        ("other", "Other waiting in tasks: storage, disk, Python", totals.other),
        ("pack", "Unpacking tasks, packing results", totals.deserialize + totals.serialize),
        ("delay", "Scheduler delay", totals.delay),
        ("failed", "Failed and killed tasks", wasted),
    )
    times = (
        *((key, label, time * task_cores) for key, label, time in of_tasks),
        ("idle", "Idle cores while stages ran", idle),
        ("alone", "Idle cores while the driver worked alone", alone),
    )
    return tuple(Part(key, label, time / 1000, time / whole) for key, label, time in times)


def _memory(record: Record) -> tuple[Memory, ...]:
    """List the executors that ran something, the fullest first, and the driver last."""
    local = bool(record.executors.get(DRIVER, Executor("")).cores)
    found = []
    for item in record.executors.values():
        driver = item.name == DRIVER
        heap = heap_mib(record.settings, driver=driver)
        container = heap if driver else container_mib(record.settings)
        if item.cores or driver:
            name = DRIVER if driver else f"executor {item.name}"
            found.append(
                Memory(
                    name=f"{name} (and its tasks)" if driver and local else name,
                    host=item.host,
                    heap=item.heap,
                    off_heap=item.off_heap,
                    execution=item.execution,
                    process=item.process,
                    heap_limit=heap * _MIB,
                    container=container * _MIB,
                )
            )
    return tuple(sorted(found, key=lambda m: (m.name.startswith(DRIVER), -m.process, m.name)))
