"""Rules about the run as a whole: failures, lost executors, cores that had nothing to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from launch.report.figures import Figures
from launch.report.finding import Case, Finding
from launch.report.machine import Machine, cost
from launch.report.numbers import dollars, share, time
from launch.report.thresholds import ALONE_SHARE, IDLE_RUN_SECONDS, IDLE_SHARE

_MOST_REASONS = 3
_MOST_TEXT = 160


def starved(case: Case) -> Iterator[Finding]:
    """Find a run to which no executor ever came."""
    record = case.record
    if not record.jobs or case.figures.executors or case.figures.totals.task:
        return
    yield Finding(
        kind="no-executor",
        level="problem",
        title="No executor ever started",
        seen=(f"{len(record.jobs)} job(s) waited for {time(record.seconds)}",),
        rule="Jobs, and no executor in the log.",
        do=("`launch check` compares what an executor asks for with what a host has",),
    )


def failures(case: Case) -> Iterator[Finding]:
    """Find tasks that failed, also where Spark ran them again and went on."""
    if not case.figures.failed_tasks:
        return
    stages = [stage for stage in case.record.stages.values() if stage.failed]
    reasons = Counter(_first_line(item.text) or item.reason for item in case.record.failures)
    wasted = sum(stage.wasted for stage in stages) / 1000
    total = case.figures.failed_tasks
    yield Finding(
        kind="failed-tasks",
        level="problem",
        title=f"{total:,} task{'s' * (total != 1)} failed; {time(wasted)} of work were lost",
        seen=tuple(f"{number} × {text}" for text, number in reasons.most_common(_MOST_REASONS)),
        rule="Any task that fails: Spark repeats it up to 4 times (spark.task.maxFailures).",
        do=(_why(case),),
        stages=tuple(sorted({stage.number for stage in stages})),
        figures={"failed_tasks": total, "wasted_seconds": wasted},
        lost=wasted,
    )


def losses(case: Case) -> Iterator[Finding]:
    """Find executors that ended before their time."""
    lost = case.record.losses
    if not lost:
        return
    yield Finding(
        kind="lost-executors",
        level="problem",
        title=f"{len(lost)} executor{'s were' if len(lost) != 1 else ' was'} lost",
        seen=tuple(
            f"executor {item.executor} on {item.host or 'an unknown host'}: "
            f"{_first_line(item.reason)}"
            for item in lost[:_MOST_REASONS]
        ),
        rule="An executor that ended while work was going on; what it held is computed again.",
        do=(
            _why(case),
            "code 137 or 'exceeding memory limits' is memory: "
            + case.setting("spark.executor.memoryOverhead")
            + " higher, or take a larger machine",
        ),
        figures={"lost_executors": len(lost)},
    )


def idle(case: Case) -> Iterator[Finding]:
    """Find runs in which half of the cores' time was not used, and say what kept them idle."""
    figures = case.figures
    if figures.seconds < IDLE_RUN_SECONDS or figures.busy_share > IDLE_SHARE:
        return
    if not figures.core_seconds:
        return
    alone = figures.alone_share >= ALONE_SHARE
    cause = (
        f"for {time(figures.alone_seconds)} no stage ran: the driver planned, listed files, "
        "collected or committed by itself"
        if alone
        else "stages ran with fewer tasks than cores, or waited for their last tasks"
    )
    unused = figures.core_seconds * (1 - figures.busy_share)
    there = time(figures.core_seconds / max(1, figures.cores))
    yield Finding(
        kind="idle-cores",
        level="advice",
        title=f"The cores were idle for {share(1 - figures.busy_share)} of their time",
        seen=(
            f"{figures.cores} cores were there for {there} on average, and worked "
            f"{share(figures.busy_share)} of it",
            cause,
        ),
        rule=f"Busy at most {share(IDLE_SHARE)}, in runs of {time(IDLE_RUN_SECONDS)} or more: "
        "shorter ones are mostly Spark's start.",
        do=tuple(_against_idle(case, alone=alone)),
        figures={
            "busy_share": round(figures.busy_share, 4),
            "idle_core_seconds": round(unused, 1),
            "driver_alone_seconds": round(figures.alone_seconds, 1),
        },
        lost=unused,
    )


def _against_idle(case: Case, *, alone: bool) -> Iterator[str]:
    machine = case.machine
    if machine and machine.count > 1:
        count = (machine.count + 1) // 2
        seconds = _with_hosts(case.figures, machine, count)
        usd, now = cost(machine.price, count, seconds), machine.cost
        money = ""
        if usd is not None and now is not None and usd < now:
            money = f", {dollars(usd)} instead of {dollars(now)} a run"
        yield f"instance_count: {count} in place of {machine.count}: about {time(seconds)}{money}"
    elif machine:
        yield "a machine with fewer cores, if its memory suffices"
    else:
        what = "executors" if case.figures.executors > 1 else "cores"
        yield f"fewer {what}: the run would take hardly longer"
    if alone:
        yield (
            "let the driver do less alone: fewer and larger input files, no collect() or "
            "toPandas() of large results, fewer output files"
        )
    else:
        yield (
            f"or more work side by side: {case.setting('spark.sql.shuffle.partitions')} to 2 to 3 "
            "tasks for each core, and input in more files"
        )


def _with_hosts(figures: Figures, machine: Machine, count: int) -> float:
    """Estimate a run's time with fewer hosts: tasks take turns, the driver's part stays."""
    stages = max(0.0, figures.seconds - figures.alone_seconds)
    work = figures.core_seconds * figures.busy_share
    cores = max(1.0, figures.cores * count / machine.count)
    return max(0.0, machine.seconds - stages) + max(stages, work / cores)


def _why(case: Case) -> str:
    name = case.known.name if case.known.job else ""
    options = case.known.options or " --local" * case.known.local
    return (
        f"`launch why {name}{options}` names the cause" if name else "`launch why` names the cause"
    )


def _first_line(text: str) -> str:
    return next((line.strip()[:_MOST_TEXT] for line in text.splitlines() if line.strip()), "")
