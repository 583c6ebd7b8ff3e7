"""A report as plain data, for --json."""

from __future__ import annotations

import dataclasses
from typing import Any

from launch.report.figures import heap_mib
from launch.report.finding import Case
from launch.report.make import Report
from launch.report.record import Stage
from launch.report.tasks import Spread


def report_json(report: Report) -> dict[str, Any]:
    """Return every figure and finding; times in seconds, sizes in bytes."""
    case = report.case
    figures, record, machine = case.figures, case.record, case.machine
    totals = figures.totals
    return {
        "name": case.known.name,
        "outcome": report.outcome,
        "application": record.application,
        "application_name": record.name,
        "spark_version": record.spark_version,
        "seconds": figures.seconds,
        "executors": {
            "count": figures.executors,
            "cores": figures.cores,
            "hosts": figures.hosts,
            "heap_mib": heap_mib(record.settings, driver=case.is_local_mode),
            "first_after_seconds": figures.first_executor,
        },
        "machines": {
            "instance_type": machine.instance.name,
            "instance_count": machine.count,
            "seconds": machine.seconds,
            "usd_per_hour": machine.price.usd_per_hour if machine.price else None,
            "price_as_of": machine.price.as_of if machine.price else None,
            "cost_usd": None if machine.cost is None else round(machine.cost, 4),
        }
        if machine
        else None,
        "input": {"bytes": totals.input_bytes, "rows": totals.input_records},
        "output": {"bytes": totals.output_bytes, "rows": totals.output_records},
        "shuffle": {"bytes": totals.written_bytes, "rows": totals.written_records},
        "spill": {"memory_bytes": totals.spilled_memory, "disk_bytes": totals.spilled_disk},
        "core_seconds": figures.core_seconds,
        "busy_share": round(figures.busy_share, 4),
        "time": {
            part.key: {"seconds": part.seconds, "share": round(part.share, 4)}
            for part in figures.parts
        },
        "memory_recorded": figures.memory_recorded,
        "memory": [dataclasses.asdict(item) for item in figures.memory],
        "stages": [_stage(case, stage) for stage in _in_order(case)],
        "findings": [finding.to_json() for finding in report.findings],
        "notes": list(report.notes),
    }


def _in_order(case: Case) -> list[Stage]:
    return sorted(case.record.stages.values(), key=lambda stage: (stage.number, stage.attempt))


def _stage(case: Case, stage: Stage) -> dict[str, Any]:
    totals = stage.totals
    return {
        "stage": stage.number,
        "attempt": stage.attempt,
        "job": stage.job,
        "operations": list(stage.operations),
        "place": stage.name,
        "seconds": case.seconds(stage),
        "tasks": stage.tasks,
        "done": stage.done,
        "failed": stage.failed,
        "killed": stage.killed,
        "input_bytes": totals.input_bytes,
        "input_rows": totals.input_records,
        "output_bytes": totals.output_bytes,
        "output_rows": totals.output_records,
        "shuffle_read_bytes": totals.read_bytes,
        "shuffle_read_rows": totals.read_records,
        "shuffle_write_bytes": totals.written_bytes,
        "shuffle_write_rows": totals.written_records,
        "spilled_memory_bytes": totals.spilled_memory,
        "spilled_disk_bytes": totals.spilled_disk,
        "task_seconds": totals.task / 1000,
        "gc_share": round(totals.gc_share, 4),
        "scheduler_delay_seconds": totals.delay / 1000,
        "peak_execution_bytes": stage.peak_memory,
        "task_milliseconds": _spread(stage.duration),
        "task_bytes": _spread(stage.read_bytes),
        "task_rows": _spread(stage.read_records),
        "failure": stage.failure[:500],
    }


def _spread(spread: Spread) -> dict[str, Any]:
    ratio = None if spread.ratio is None else round(spread.ratio, 2)
    return {"median": spread.median, "max": spread.most, "ratio": ratio, "task": spread.index}
