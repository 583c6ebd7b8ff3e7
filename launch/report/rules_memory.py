"""Rules about memory: spill, garbage collection, machines that are too large or too small."""

from __future__ import annotations

import math
from collections.abc import Iterator

from launch.image.sizing import gib
from launch.report.figures import DRIVER, Memory, heap_mib, size_mib
from launch.report.finding import Case, Finding, listed, title_of
from launch.report.machine import with_memory
from launch.report.numbers import share, size, time
from launch.report.record import Stage
from launch.report.thresholds import (
    FULL_SHARE,
    GC_RUN_SECONDS,
    GC_SHARE,
    HEADROOM,
    MEMORY_FRACTION,
    MIB,
    RESERVED_BYTES,
    SKEW_FACTOR,
    SPILL_BYTES,
    UNUSED_SHARE,
)


def spill(case: Case) -> Iterator[Finding]:
    """Find stages that wrote to disk what did not fit into memory."""
    found = [stage for stage in case.stages if stage.totals.spilled_disk >= SPILL_BYTES]
    if not found:
        return
    found.sort(key=lambda stage: -stage.totals.spilled_disk)
    worst = found[0]
    heap = _heap_for(case, worst)
    yield Finding(
        kind="spill",
        level="problem",
        title=f"Spill: {title_of(worst)} wrote {size(worst.totals.spilled_disk)} to disk, "
        "as it did not fit into memory",
        seen=listed(
            [
                f"{title_of(stage)}: {size(stage.totals.spilled_memory)} of memory became "
                f"{size(stage.totals.spilled_disk)} on disk; a task needed up to "
                f"{size(stage.largest_need)} at once, and has {size(_room(case))}"
                for stage in found
            ]
        ),
        rule=f"From {size(SPILL_BYTES)} on disk: less costs no time. Each task gets its part of "
        f"{share(_fraction(case))} of the heap less {size(RESERVED_BYTES)} "
        "(spark.memory.fraction).",
        do=tuple(_against_spill(case, worst, heap)),
        stages=tuple(stage.number for stage in found),
        figures={
            "spilled_memory_bytes": sum(stage.totals.spilled_memory for stage in found),
            "spilled_disk_bytes": sum(stage.totals.spilled_disk for stage in found),
            "task_needs_bytes": worst.largest_need,
            "task_has_bytes": int(_room(case)),
            "heap_needed_mib": heap,
        },
        lost=sum(stage.totals.spilled_disk for stage in found) / (50 * MIB),
    )


def _at_once(case: Case) -> int:
    """Return how many tasks share an executor's heap."""
    return max(1, max(case.figures.cores_each, default=1) // case.record.task_cores)


def _heap(case: Case) -> int:
    return heap_mib(case.record.settings, driver=case.is_local_mode)


def _room(case: Case) -> float:
    """Return the memory that one of several tasks gets when all cores are busy."""
    free = max(0, _heap(case) * MIB - RESERVED_BYTES)
    return free * _fraction(case) / _at_once(case)


def _fraction(case: Case) -> float:
    """Return the share of the heap that Spark has for sorting, joining, caching."""
    given = case.record.settings.get("spark.memory.fraction", "")
    try:
        return min(1.0, max(0.01, float(given or MEMORY_FRACTION)))
    except ValueError:
        return MEMORY_FRACTION


def _heap_for(case: Case, stage: Stage) -> int:
    """Return the heap, in MiB, in which a stage's largest task would have fitted on every core."""
    needed = stage.largest_need * _at_once(case) / _fraction(case) + RESERVED_BYTES
    return math.ceil(needed / MIB)


def _against_spill(case: Case, stage: Stage, heap: int) -> Iterator[str]:
    if stage.read_bytes.exceeds(SKEW_FACTOR) and stage.read_bytes.median:
        yield (
            "spread the data first: one task has far more than the others, and more partitions do "
            "not divide the rows of one key"
        )
    else:
        times = max(2, math.ceil(stage.largest_need / max(1.0, _room(case))))
        yield f"{_smaller(case, stage, times)}, so that a task takes in less at once"
    yield (
        f"or give each executor a heap of {gib(heap)} (it has {gib(_heap(case))}): "
        "spark.executor.memory, or a larger machine"
    )
    choice = with_memory(case.machine, heap, more=True) if case.machine else None
    if choice:
        yield f"machines that would hold it: {case.instead(choice)}"


def _smaller(case: Case, stage: Stage, times: int) -> str:
    """Return the change that makes a stage's tasks smaller by so many times."""
    tasks = times * max(stage.tasks, stage.done)
    if not stage.totals.read_bytes and not stage.totals.input_bytes:
        return f"repartition({tasks}) before this step"
    if not stage.totals.read_bytes:
        key = "spark.sql.files.maxPartitionBytes"
        now = size_mib(case.record.settings, key, "128m", unit="b")
        return case.setting(f"{key}: {max(1, now // times)}m")
    if case.joins_partitions(stage):
        most = stage.read_bytes.most // times // MIB
        key = "spark.sql.adaptive.advisoryPartitionSizeInBytes"
        return case.setting(f"{key}: {max(1, most)}m")
    return case.setting(f"spark.sql.shuffle.partitions: {tasks}")


def garbage(case: Case) -> Iterator[Finding]:
    """Find runs, and stages, that spent much of their time collecting garbage."""
    totals = case.figures.totals
    if totals.run < GC_RUN_SECONDS * 1000 or totals.gc_share < GC_SHARE:
        return
    worst = sorted(case.stages, key=lambda stage: -stage.totals.gc_reported)
    yield Finding(
        kind="gc",
        level="problem",
        title=f"Garbage collection took {share(totals.gc_share)} of the tasks' time",
        seen=listed(
            [
                f"{title_of(stage)}: {time(stage.totals.gc_reported / 1000)}, "
                f"{share(stage.totals.gc_share)} of its time"
                for stage in worst
                if stage.totals.gc_share >= GC_SHARE
            ][:3]
        ),
        rule=f"From {share(GC_SHARE)} of the task time on, as Spark's own pages mark it, in runs "
        f"with {time(GC_RUN_SECONDS)} of work or more.",
        do=(
            "give each task more memory: a machine with more memory for each core, or fewer cores "
            f"for each executor ({case.setting('spark.executor.cores')})",
            case.setting("spark.executor.extraJavaOptions: -XX:+UseParallelGC")
            + ", which is the quicker collector where a program need not answer at once",
        ),
        stages=tuple(s.number for s in worst if s.totals.gc_share >= GC_SHARE),
        figures={"gc_share": round(totals.gc_share, 4), "gc_seconds": totals.gc_reported / 1000},
        lost=totals.gc_reported / 1000,
    )


def unused(case: Case) -> Iterator[Finding]:
    """Find machines whose memory is not needed, where there is a cheaper one with as many cores."""
    machine = case.machine
    if machine is None or not case.figures.memory_recorded:
        return
    host, peak = max(case.figures.host_memory.items(), key=lambda item: (item[1], item[0]))
    used = peak / MIB / machine.instance.memory_mib
    if used > UNUSED_SHARE:
        return
    choice = with_memory(machine, peak / MIB * HEADROOM, more=False)
    if choice is None:
        return
    saved = (machine.cost or 0.0) - (choice.cost or 0.0)
    yield Finding(
        kind="unused-memory",
        level="advice",
        title=f"A smaller machine would do: {share(1 - used)} of the memory was never used",
        seen=(
            f"the fullest host, {host}, held {size(peak)} at its peak; {machine.instance.name} "
            f"has {gib(machine.instance.memory_mib)}",
        ),
        rule=f"At most {share(UNUSED_SHARE)} of a host's memory used, and a cheaper type with as "
        f"many cores that holds the peak and {share(HEADROOM - 1)} more.",
        do=(f"instance_type: {choice.name}: {case.instead(choice)} for the same time",),
        figures={
            "host_peak_bytes": peak,
            "instance_mib": machine.instance.memory_mib,
            "instead": choice.name,
            "saved_usd": round(saved, 4),
        },
    )


def full(case: Case) -> Iterator[Finding]:
    """Find executors that came near the memory at which they are ended."""
    near = [
        item
        for item in case.figures.memory
        if item.process >= FULL_SHARE * item.container > 0
        and not item.name.startswith(DRIVER)
        # Without a container nothing ends it, and Java's own memory comes on top of the heap.
        and item.container > item.heap_limit
    ]
    if not near:
        return
    worst = max(near, key=lambda item: item.process / item.container)
    more = math.ceil(worst.process * HEADROOM / MIB - worst.heap_limit / MIB)
    need = worst.heap_limit / MIB * HEADROOM
    choice = with_memory(case.machine, need, more=True) if case.machine else None
    larger = (f"a larger machine: {case.instead(choice)}",) if choice else ()
    yield Finding(
        kind="full-memory",
        level="problem",
        title=f"Memory nearly full: {worst.name} held {size(worst.process)} of "
        f"{size(worst.container)}",
        seen=(
            f"{len(near)} of {case.figures.executors} executors held {share(FULL_SHARE)} of their "
            "container or more: heap, Java's own memory and Python together",
        ),
        rule=f"From {share(FULL_SHARE)} of a container on: above 100 % YARN ends it.",
        do=_against_full(case, worst, more, larger),
        figures={"process_bytes": worst.process, "container_bytes": worst.container},
    )


def _against_full(case: Case, worst: Memory, more: int, larger: tuple[str, ...]) -> tuple[str, ...]:
    """Say how a container gets room beside the heap: from the machine, else from the heap."""
    heap = worst.heap_limit // MIB
    most = case.machine.sizing.largest_container_mib if case.machine else None
    overhead = case.setting(f"spark.executor.memoryOverhead: {more}m")
    if most is None or heap + more <= most:
        return (overhead, *(f"or {text}" for text in larger))
    # YARN gives no container that is larger than its host.
    rest = case.setting(f"spark.executor.memory: {most - more}m")
    return (*larger, f"{'or ' if larger else ''}{rest}, and {overhead}: the host holds {gib(most)}")
