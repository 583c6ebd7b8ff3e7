"""Rules about single stages: skew, slow hosts, tasks too small or too few."""

from __future__ import annotations

import re
from collections.abc import Iterator

from launch.report.finding import Case, Finding, listed, title_of
from launch.report.numbers import count, share, size, time, times
from launch.report.record import Stage
from launch.report.tasks import Spread
from launch.report.thresholds import (
    EVEN_DATA_FACTOR,
    FEW_TASKS_SECONDS,
    FEW_TASKS_SHARE,
    SKEW_FACTOR,
    SKEW_SECONDS,
    SPLIT_BYTES,
    STRAGGLER_FACTOR,
    STRAGGLER_SECONDS,
    TINY_SECONDS,
    TINY_STAGE_SECONDS,
    TINY_TASKS_PER_CORE,
    WORTH_SHARE,
)

_KEYS = re.compile(r"(?:aggregate by|window by|sort by|join.*? on) (.*)")


def excess(stage: Stage) -> float:
    """Return by how many seconds the slowest task is slower than the middle one."""
    return (stage.duration.most - stage.duration.median) / 1000


def _uneven(stage: Stage) -> tuple[str, Spread] | None:
    """Return which of bytes and rows is spread most unequally, where that is skew."""
    found = [
        (name, spread)
        for name, spread in (("bytes", stage.read_bytes), ("rows", stage.read_records))
        if spread.exceeds(SKEW_FACTOR)
    ]
    return max(found, key=lambda item: item[1].most / max(1, item[1].median), default=None)


def skew(case: Case) -> Iterator[Finding]:
    """Find stages in which one task has many times the data of the others, and makes them wait."""
    found = [
        stage
        for stage in case.stages
        if stage.done > 1
        and _uneven(stage)
        and stage.duration.exceeds(SKEW_FACTOR)
        and excess(stage) >= SKEW_SECONDS
        and case.worth(excess(stage))
    ]
    if not found:
        return
    found.sort(key=lambda stage: -excess(stage))
    worst = found[0]
    yield Finding(
        kind="skew",
        level="problem",
        title=f"Skew: one task of {title_of(worst)} took {time(worst.duration.most / 1000)}, "
        f"the middle one {time(worst.duration.median / 1000)}",
        seen=listed([_skew_seen(stage) for stage in found]),
        rule=f"The largest task has {SKEW_FACTOR:g} times the bytes or rows of the middle one, "
        f"takes {SKEW_FACTOR:g} times as long, and {time(SKEW_SECONDS)} and "
        f"{share(WORTH_SHARE)} of the run longer. Spark's rule for joins is 5 times and 256 MiB.",
        do=tuple(_against_skew(case, worst)),
        stages=tuple(stage.number for stage in found),
        figures={
            "longest_seconds": worst.duration.most / 1000,
            "median_seconds": worst.duration.median / 1000,
            "most_bytes": worst.read_bytes.most,
            "median_bytes": worst.read_bytes.median,
            "most_rows": worst.read_records.most,
            "median_rows": worst.read_records.median,
        },
        lost=sum(excess(stage) for stage in found) * max(1, case.figures.cores - 1),
    )


def _skew_seen(stage: Stage) -> str:
    bytes_, rows = stage.read_bytes, stage.read_records
    return (
        f"{title_of(stage)}: task {stage.duration.index} of {stage.tasks} took "
        f"{time(stage.duration.most / 1000)}, {times(stage.duration.ratio)} the middle one; "
        f"the largest task has {size(bytes_.most)} and {count(rows.most)} rows, the middle one "
        f"{size(bytes_.median)} and {count(rows.median)}"
    )


def _against_skew(case: Case, stage: Stage) -> Iterator[str]:
    keys = [found[1] for text in stage.operations if (found := _KEYS.match(text))]
    of = f" of {keys[0]}" if keys else ""
    if stage.totals.input_bytes and not stage.totals.read_bytes:
        yield (
            "cut the input into files of equal size: a gzip file is one task whatever its size; "
            "Parquet, or plain or zstd text in parts of about 128 MB, is not"
        )
        return
    yield (
        f"look for a value{of} that most rows share; if it is null or a placeholder, leave "
        "these rows out or treat them apart"
    )
    if any(text.startswith("join") for text in stage.operations):
        if case.record.settings.get("spark.sql.adaptive.enabled", "true") != "true":
            yield case.setting("spark.sql.adaptive.enabled: true") + "; Spark then splits it itself"
        elif stage.read_bytes.most > SPLIT_BYTES:
            yield (
                case.setting("spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes: 64m")
                + ", so that Spark splits smaller partitions too; or broadcast the smaller table"
            )
        else:
            yield (
                "broadcast the smaller table, or salt the key on both sides: Spark does not split "
                f"a partition of less than {size(SPLIT_BYTES)}"
            )
    else:
        yield (
            "salt the key: aggregate by the key and a random number from 0 to 15 first, then by "
            "the key alone; Spark's own skew handling is for joins only"
        )


def straggler(case: Case) -> Iterator[Finding]:
    """Find tasks that were slow though they had no more data than others."""
    found = [
        stage
        for stage in case.stages
        if stage.duration.exceeds(STRAGGLER_FACTOR)
        and excess(stage) >= STRAGGLER_SECONDS
        and case.worth(excess(stage))
        and not stage.read_bytes.exceeds(EVEN_DATA_FACTOR)
        and not stage.read_records.exceeds(EVEN_DATA_FACTOR)
    ]
    if not found:
        return
    worst = max(found, key=excess)
    yield Finding(
        kind="straggler",
        level="advice",
        title=f"A slow task without more data: {time(worst.duration.most / 1000)} in "
        f"{title_of(worst)}, the middle one {time(worst.duration.median / 1000)}",
        seen=listed(
            [
                f"{title_of(stage)}: task {stage.duration.index} took "
                f"{times(stage.duration.ratio)} as long, with {times(stage.read_bytes.ratio)} the "
                "bytes"
                for stage in found
            ]
        ),
        rule=f"{STRAGGLER_FACTOR:g} times the middle one and {time(STRAGGLER_SECONDS)} longer, "
        f"with less than {EVEN_DATA_FACTOR:g} times its data.",
        do=(
            "see whether the slow tasks share a host (`launch history`): its disk or network is "
            "slow, or something else runs there",
            case.setting("spark.speculation: true") + ": a twin is started where a task is late",
        ),
        stages=tuple(stage.number for stage in found),
        figures={"longest_seconds": worst.duration.most / 1000},
        lost=sum(excess(stage) for stage in found),
    )


def tiny(case: Case) -> Iterator[Finding]:
    """Find stages cut into so many tasks that starting them is the work."""
    least = TINY_TASKS_PER_CORE * max(1, case.figures.cores)
    found = [
        stage
        for stage in case.stages
        if stage.done >= least
        and stage.duration.median < TINY_SECONDS * 1000
        and case.seconds(stage) >= TINY_STAGE_SECONDS
        and case.worth(case.seconds(stage))
    ]
    if not found:
        return
    worst = max(found, key=case.seconds)
    do = (
        (
            "write fewer, larger input files (about 128 MB each): many small ones are listed, "
            "opened and scheduled one by one",
            case.setting("spark.sql.files.openCostInBytes: 1m")
            + ", so that a task takes more of the small files",
        )
        if worst.totals.input_bytes
        else (
            case.setting(f"spark.sql.shuffle.partitions: {3 * max(1, case.figures.cores)}")
            + f", 3 tasks a core, in place of {worst.tasks:,}; or let Spark join them "
            "(spark.sql.adaptive.enabled)",
        )
    )
    yield Finding(
        kind="tiny-tasks",
        level="advice",
        title=f"Tiny tasks: {title_of(worst)} has {worst.done:,}, and half of them take under "
        f"{time(max(1, worst.duration.median) / 1000)}",
        seen=listed(
            [
                f"{title_of(stage)}: {stage.done:,} tasks in {time(case.seconds(stage))}, "
                f"{size((stage.totals.input_bytes + stage.totals.read_bytes) / stage.done)} each"
                for stage in found
            ]
        ),
        rule=f"{TINY_TASKS_PER_CORE} tasks a core or more, the middle one under "
        f"{time(TINY_SECONDS)} (Spark's tuning guide), in a stage of {time(TINY_STAGE_SECONDS)} "
        "or more.",
        do=do,
        stages=tuple(stage.number for stage in found),
        figures={"tasks": worst.done, "median_seconds": worst.duration.median / 1000},
        lost=sum(stage.totals.delay + stage.totals.deserialize for stage in found) / 1000,
    )


def few(case: Case) -> Iterator[Finding]:
    """Find long stages with fewer tasks than there are cores."""
    cores = case.figures.cores
    least = max(FEW_TASKS_SECONDS, FEW_TASKS_SHARE * case.figures.seconds)
    slots = cores // case.record.task_cores
    found = [s for s in case.stages if s.tasks < slots and case.seconds(s) >= least]
    if not found:
        return
    worst = max(found, key=case.seconds)
    if "window" in worst.operations:
        advice = "give the window a key to divide by (partitionBy): without one it is a single task"
    elif worst.totals.input_bytes and not worst.totals.read_bytes:
        advice = (
            "cut the input into more files, and avoid gzip, which is one task a file; or "
            + case.setting("spark.sql.files.maxPartitionBytes: 32m")
        )
    else:
        key = "spark.sql.adaptive.coalescePartitions.minPartitionSize: 64k"
        if not case.joins_partitions(worst):
            key = f"spark.sql.shuffle.partitions: {3 * cores}"
        advice = f"{case.setting(key)}, or repartition({cores}) before this step"
    idle = sum((cores - s.tasks * case.record.task_cores) * case.seconds(s) for s in found)
    yield Finding(
        kind="few-tasks",
        level="advice",
        title=f"Too few tasks: {title_of(worst)} has {worst.tasks} for {cores} cores",
        seen=listed([f"{title_of(s)}: {s.tasks} tasks for {time(case.seconds(s))}" for s in found]),
        rule=f"Fewer tasks than cores for {time(FEW_TASKS_SECONDS)} and {share(FEW_TASKS_SHARE)} "
        "of the run; Spark's tuning guide asks for 2 to 3 a core.",
        do=(advice,),
        stages=tuple(stage.number for stage in found),
        figures={"tasks": worst.tasks, "cores": cores, "idle_core_seconds": round(idle, 1)},
        lost=idle,
    )
