"""Show results: a table a shape, the table of goals, and a plot."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.goals import goal_lines
from benchmarks.plot import plot
from benchmarks.shapes import SHAPES
from benchmarks.summary import STARTUP, Result, Summary, load

_HEAD = (
    "contestant", "median s", "min–max", "× prepare", "CPU s", "peak MB", "read ÷ input", "jobs",
    "tasks", "shuffled MB",
)  # fmt: skip
_NONE = "–"


def write_report(folder: Path) -> str:
    """Write RESULTS.md, bench.svg and bench.png from all results of a folder; return the text."""
    results = load(folder, tuple(SHAPES))
    startup_file = folder / STARTUP
    startup = json.loads(startup_file.read_text()) if startup_file.exists() else {}
    text = render(results, startup)
    (folder / "RESULTS.md").write_text(text)
    plot({name: result.summaries() for name, result in results.items()}, folder)
    return text


def render(results: Mapping[str, Result], startup: Mapping[str, float]) -> str:
    """Write all tables as Markdown."""
    summaries = {name: result.summaries() for name, result in results.items()}
    parts = ["# Results", "How to read this: [benchmarks/README.md](../README.md). ![](bench.svg)"]
    for name, result in results.items():
        parts += [f"## {name}", describe(result), shape_table(result)]
    goals, open_goals = goal_lines(summaries, startup)
    parts += ["## Goals", _markdown(("goal", "limit", "measured", "verdict"), goals)]
    parts += ["Not measured here: " + "; ".join(open_goals) + "."] if open_goals else []
    return "\n\n".join(parts) + "\n"


def describe(result: Result) -> str:
    """Say in a paragraph what was measured, where and when."""
    about, size = result.about, result.input
    rounds = max(run.round for run in result.runs)
    options = f" and {about['java_options']}" if about.get("java_options") else ""
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    return (
        f"{size['rows']:,} rows × {size['columns']} columns, {size['bytes'] / 1e6:,.0f} MB in "
        f"{size['files']:,} {'files' if size['files'] != 1 else 'file'}; {rounds} "
        f"{'rounds' if rounds != 1 else 'round'}; Spark with {about['driver_memory']} of heap "
        f"(naive {about['naive_memory']}){options}; {about['date']}, commit {about['commit']}; "
        f"{about['processor']}, {about['cores']} cores, {about['memory_gb']} GB, "
        f"{about['system']}; {versions}."
    )


def shape_table(result: Result) -> str:
    """Write a shape's table as Markdown, and below it why somebody failed."""
    summaries = result.summaries()
    ours = summaries.get("prepare")
    base = ours.seconds if ours and not ours.failed else None
    rows = [_row(one, base, result.input["bytes"]) for one in summaries.values()]
    failures = [f"- {name} {one.failed}" for name, one in summaries.items() if one.failed]
    return "\n".join([_markdown(_HEAD, rows), *[""][: len(failures)], *failures])


def _row(one: Summary, base: float | None, input_bytes: int) -> tuple[str, ...]:
    if one.failed:
        return (one.contestant, one.outcome, *[_NONE] * (len(_HEAD) - 2))
    return (
        one.contestant,
        f"{one.seconds:.1f}",
        f"{one.fastest:.1f}–{one.slowest:.1f}",
        f"{one.seconds / base:.2f}" if base else _NONE,
        f"{one.cpu_seconds:.1f}",
        f"{one.peak_bytes / 1e6:,.0f}",
        _NONE if one.bytes_read is None else f"{one.bytes_read / input_bytes:.2f}",
        _NONE if one.jobs is None else f"{one.jobs:,}",
        _NONE if one.tasks is None else f"{one.tasks:,}",
        _NONE if one.shuffle_bytes is None else f"{one.shuffle_bytes / 1e6:,.1f}",
    )


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    # Padded, so that it reads in a terminal too.
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = [_line(head, widths), "|" + "|".join("-" * (width + 2) for width in widths) + "|"]
    return "\n".join([*lines, *(_line(row, widths) for row in rows)])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (f" {cell:<{width}} " for cell, width in zip(cells, widths))
    return "|" + "|".join(padded) + "|"
