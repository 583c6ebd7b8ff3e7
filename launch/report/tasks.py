"""What tasks cost: the figures of one, their sums, and how unequal they are."""

from __future__ import annotations

import dataclasses
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_NANOSECONDS = 1_000_000
# No figure of a run is larger, and the sum of a few still fits into 64 bits.
_MOST = 2**60


@dataclass
class Totals:
    """Sums over tasks. Times are in milliseconds of one core, sizes in bytes.

    ``cpu`` to ``other`` divide a task's run; with ``deserialize``, ``serialize`` and ``delay`` they
    are its whole time. Spark measures some of them at once (garbage is collected while others
    wait), so each gets at most what the ones before it left.
    """

    task: int = 0
    run: int = 0
    cpu: int = 0
    gc: int = 0
    fetch_wait: int = 0
    shuffle_write: int = 0
    other: int = 0
    deserialize: int = 0
    serialize: int = 0
    delay: int = 0
    gc_reported: int = 0
    input_bytes: int = 0
    input_records: int = 0
    output_bytes: int = 0
    output_records: int = 0
    read_bytes: int = 0
    read_records: int = 0
    written_bytes: int = 0
    written_records: int = 0
    spilled_memory: int = 0
    spilled_disk: int = 0

    def add(self, more: Totals) -> None:
        """Add other sums to these."""
        for name in _NAMES:
            value = getattr(more, name)
            if value:
                setattr(self, name, getattr(self, name) + value)

    @property
    def gc_share(self) -> float:
        """Return garbage collection's share of the run time, as Spark reports both."""
        return min(1.0, self.gc_reported / self.run) if self.run else 0.0


_NAMES = tuple(item.name for item in dataclasses.fields(Totals))


@dataclass(frozen=True)
class Task:
    """One task that ended: where, when, its figures."""

    index: int
    executor: str
    host: str
    launched: int
    finished: int
    peak_memory: int
    totals: Totals

    @property
    def read_bytes(self) -> int:
        """Return what it took in, from files and from shuffles."""
        return self.totals.input_bytes + self.totals.read_bytes

    @property
    def read_records(self) -> int:
        """Return the rows it took in, from files and from shuffles."""
        return self.totals.input_records + self.totals.read_records


def read_task(event: Mapping[str, Any]) -> Task:
    """Read the figures of a TaskEnd event; those of a task without metrics are zero."""
    info = event["Task Info"]
    metrics = event.get("Task Metrics") or {}
    launched, finished = whole(info["Launch Time"]), whole(info["Finish Time"])
    totals = Totals(task=max(0, finished - launched))
    _times(totals, metrics)
    _sizes(totals, metrics)
    return Task(
        index=whole(info["Index"]),
        executor=str(info.get("Executor ID", "")),
        host=str(info.get("Host", "")),
        launched=launched,
        finished=max(launched, finished),
        peak_memory=_number(metrics, "Peak Execution Memory"),
        totals=totals,
    )


def _times(totals: Totals, metrics: Mapping[str, Any]) -> None:
    left = totals.task

    def take(amount: int) -> int:
        nonlocal left
        taken = min(amount, left)
        left -= taken
        return taken

    totals.run = run = take(_number(metrics, "Executor Run Time"))
    totals.deserialize = take(_number(metrics, "Executor Deserialize Time"))
    totals.serialize = take(_number(metrics, "Result Serialization Time"))
    totals.delay = left
    totals.gc_reported = _number(metrics, "JVM GC Time")
    write = _part(metrics, "Shuffle Write Metrics")
    left = run
    totals.cpu = take(_number(metrics, "Executor CPU Time") // _NANOSECONDS)
    totals.gc = take(totals.gc_reported)
    totals.fetch_wait = take(_number(_part(metrics, "Shuffle Read Metrics"), "Fetch Wait Time"))
    totals.shuffle_write = take(_number(write, "Shuffle Write Time") // _NANOSECONDS)
    totals.other = left


def _sizes(totals: Totals, metrics: Mapping[str, Any]) -> None:
    read, write = _part(metrics, "Shuffle Read Metrics"), _part(metrics, "Shuffle Write Metrics")
    files, out = _part(metrics, "Input Metrics"), _part(metrics, "Output Metrics")
    totals.input_bytes = _number(files, "Bytes Read")
    totals.input_records = _number(files, "Records Read")
    totals.output_bytes = _number(out, "Bytes Written")
    totals.output_records = _number(out, "Records Written")
    totals.read_bytes = _number(read, "Remote Bytes Read") + _number(read, "Local Bytes Read")
    totals.read_records = _number(read, "Total Records Read")
    totals.written_bytes = _number(write, "Shuffle Bytes Written")
    totals.written_records = _number(write, "Shuffle Records Written")
    totals.spilled_memory = _number(metrics, "Memory Bytes Spilled")
    totals.spilled_disk = _number(metrics, "Disk Bytes Spilled")


def _part(metrics: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part: Mapping[str, Any] = metrics.get(name) or {}
    return part


def whole(value: Any) -> int:
    """Read a whole number; ValueError where it is larger than any that Spark counts."""
    number = int(value)
    if abs(number) > _MOST:
        raise ValueError("a number that is too large")
    return number


def _number(part: Mapping[str, Any], name: str) -> int:
    return max(0, whole(part.get(name) or 0))


@dataclass(frozen=True)
class Spread:
    """How a figure is spread over a stage's tasks: the middle one, the largest, and which it is."""

    median: int = 0
    most: int = 0
    index: int = 0

    @property
    def ratio(self) -> float | None:
        """Return how many times the middle task the largest is; None where the middle one is 0."""
        return self.most / self.median if self.median else None

    def exceeds(self, factor: float) -> bool:
        """Tell whether the largest is at least so many times the middle one."""
        return self.most > 0 and self.most >= factor * self.median


@dataclass
class Samples:
    """One figure of each task while its stage goes on; 16 bytes a task."""

    values: array[int] = field(default_factory=lambda: array("q"))
    indexes: array[int] = field(default_factory=lambda: array("q"))

    def add(self, value: int, index: int) -> None:
        """Keep a task's figure."""
        self.values.append(value)
        self.indexes.append(index)

    def spread(self) -> Spread:
        """Sum them up.

        Of an even number of tasks the lower of the two middle ones counts, so that a large one of
        two is seen.
        """
        if not self.values:
            return Spread()
        most = max(range(len(self.values)), key=self.values.__getitem__)
        middle = sorted(self.values)[(len(self.values) - 1) // 2]
        return Spread(middle, self.values[most], self.indexes[most])
