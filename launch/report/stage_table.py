"""The table of stages: a row each, figures beyond a threshold marked."""

from __future__ import annotations

from typing import Any

from launch.report.finding import Case
from launch.report.numbers import count, share, size, time, times
from launch.report.record import Stage
from launch.report.rules_stages import excess
from launch.report.tasks import Spread
from launch.report.thresholds import GC_SHARE, SKEW_FACTOR, SKEW_SECONDS, SPILL_BYTES

# What tells of trouble stands first: on a narrow screen the rest has to be scrolled to.
TITLES = (
    "Time", "Tasks", "Skew of time", "… of bytes", "… of rows", "Spill", "GC", "Peak memory",
    "Delay", "Input", "Output", "Shuffle read", "Shuffle write",
)  # fmt: skip
CAPTION = (
    "Skew: the largest task over the middle one. Delay: the scheduler's, of the tasks' time. Peak "
    "memory: of one task, for sorting, joining, aggregating. Red: beyond a threshold."
)


def rows(case: Case, stages: list[Stage], most: int) -> list[dict[str, Any]]:
    """Return the longest stages in the order in which they began."""
    longest = sorted(stages, key=lambda stage: (-case.seconds(stage), stage.number))[:most]
    longest.sort(key=lambda stage: (stage.number, stage.attempt))
    return [
        {
            "title": f"{stage.number}  {', '.join(stage.operations) or stage.name}",
            "below": _below(stage),
            "cells": _cells(case, stage),
        }
        for stage in longest
    ]


def _below(stage: Stage) -> str:
    parts = [stage.name] if stage.operations and stage.name else []
    if stage.attempt:
        parts.append(f"attempt {stage.attempt + 1}")
    if stage.failure:
        parts.append(f"failed: {stage.failure.splitlines()[0][:120]}")
    return " · ".join(parts)


def _cells(case: Case, stage: Stage) -> list[dict[str, Any]]:
    totals = stage.totals
    uneven = stage.done > 1 and excess(stage) >= SKEW_SECONDS
    delay = totals.delay / totals.task if totals.task else 0.0
    return [
        _cell(time(case.seconds(stage))),
        _cell(f"{stage.done:,}", _tasks(stage), hot=stage.failed > 0),
        _skew(stage, stage.duration, time(stage.duration.most / 1000), uneven),
        _skew(stage, stage.read_bytes, size(stage.read_bytes.most), uneven),
        _skew(stage, stage.read_records, f"{count(stage.read_records.most)} rows", uneven),
        _cell(
            size(totals.spilled_disk) if totals.spilled_disk else "–",
            f"{size(totals.spilled_memory)} of memory" if totals.spilled_memory else "",
            hot=totals.spilled_disk >= SPILL_BYTES,
        ),
        _cell(share(totals.gc_share), hot=totals.gc_share >= GC_SHARE and totals.run >= 10_000),
        _cell(size(stage.peak_memory) if stage.peak_memory else "–"),
        _cell(share(delay)),
        _amount(totals.input_bytes, totals.input_records),
        _amount(totals.output_bytes, totals.output_records),
        _amount(totals.read_bytes, totals.read_records),
        _amount(totals.written_bytes, totals.written_records),
    ]


def _cell(text: str, below: str = "", *, hot: bool = False) -> dict[str, Any]:
    return {"text": text, "below": below, "hot": hot}


def _tasks(stage: Stage) -> str:
    missing = stage.tasks - stage.done
    parts = [f"{stage.failed:,} failed"] if stage.failed else []
    parts += [f"{stage.killed:,} killed"] if stage.killed else []
    parts += [f"of {stage.tasks:,}"] if missing > 0 else []
    return ", ".join(parts)


def _amount(amount: int, records: int) -> dict[str, Any]:
    if not amount and not records:
        return _cell("–")
    return _cell(size(amount), f"{count(records)} rows")


def _skew(stage: Stage, spread: Spread, most: str, uneven: bool) -> dict[str, Any]:
    if stage.done < 2 or not spread.most:
        return _cell("–")
    return _cell(times(spread.ratio), most, hot=uneven and spread.exceeds(SKEW_FACTOR))
