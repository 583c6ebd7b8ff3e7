"""What the page shows, as text: numbers for people, in the order of the page."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from launch.image.sizing import gib, to_text
from launch.report.figures import heap_mib
from launch.report.finding import Case, Finding
from launch.report.make import Report
from launch.report.numbers import count, dollars, share, size, time
from launch.report.stage_table import CAPTION, TITLES, rows
from launch.report.thresholds import FULL_SHARE

_MOST_PROCESSES = 24
_MOST_STAGES = 100
_BAD = ("Failed", "Stopped", "Broken off", "A job failed")


def view(report: Report) -> dict[str, Any]:
    """Return everything that the template puts into its places."""
    case = report.case
    every = [stage for stage in case.record.stages.values() if stage.tasks or stage.done]
    return {
        "name": case.known.name,
        "outcome": report.outcome,
        "tone": "bad" if report.outcome in _BAD else "good",
        "subtitle": _subtitle(case),
        "duration": time(case.figures.seconds),
        "praise": _praise(case),
        "findings": [_finding(finding) for finding in report.findings],
        "cards": _cards(case),
        "parts": _parts(case),
        "time_summary": _time_summary(case),
        "memory": _memory(case),
        "memory_caption": _memory_caption(case),
        "stage_titles": TITLES,
        "stages": rows(case, every, _MOST_STAGES),
        "stage_caption": CAPTION
        + (
            f" The {_MOST_STAGES} longest of {len(every):,} stages; --json prints all."
            if len(every) > _MOST_STAGES
            else ""
        ),
        "notes": report.notes,
        "facts": _facts(case),
    }


def _subtitle(case: Case) -> str:
    record = case.record
    parts = [time(case.figures.seconds)]
    if record.name and record.name != case.known.name:
        parts.append(f"application {record.name}")
    if record.spark_version:
        parts.append(f"Spark {record.spark_version}")
    if record.started:
        parts.append(f"{_utc(record.started)} UTC")
    return " · ".join(parts)


def _utc(moment: int) -> str:
    try:
        return datetime.fromtimestamp(moment / 1000, timezone.utc).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return "at an unknown time"


def _praise(case: Case) -> str:
    checked = "no failed task, and no spill, skew or garbage collection worth a change"
    return f"{checked}." if case.stages else "The application ran no task."


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        **finding.to_json(),
        "word": "Change:" if finding.level == "problem" else "Consider:",
    }


def _card(key: str, label: str, value: str, below: str = "") -> dict[str, str]:
    return {"key": key, "label": label, "value": value, "below": below}


def _cards(case: Case) -> list[dict[str, str]]:
    figures, totals, machine = case.figures, case.figures.totals, case.machine
    cards = [_card("duration", "Duration", time(figures.seconds), _start(case))]
    if machine and machine.cost is not None and machine.price:
        below = f"{time(machine.seconds)} × {machine.count} × ${machine.price.usd_per_hour:g}/h"
        cards.append(_card("cost", "Cost, estimated", dollars(machine.cost), below))
    heap = gib(heap_mib(case.record.settings, driver=case.is_local_mode))
    each = ", ".join(map(str, figures.cores_each))
    below = f"{each} core{'s' * (each != '1')} and {heap} heap each" if each else ""
    rows_in, rows_out = count(totals.input_records), count(totals.output_records)
    cards += [
        _card("executors", "Executors", f"{figures.executors:,}", below),
        _card("busy", "Cores busy", share(figures.busy_share), f"{figures.cores:,} cores"),
        _card("input", "Input", size(totals.input_bytes), f"{rows_in} rows"),
        _card("output", "Output", size(totals.output_bytes), f"{rows_out} rows"),
        _card("shuffle", "Shuffled", size(totals.written_bytes), "between stages"),
        _card("spill", "Spilled to disk", size(totals.spilled_disk),
              f"{size(totals.spilled_memory)} of memory" if totals.spilled_memory else "none"),
        _card("gc", "Garbage collection", share(totals.gc_share), "of the tasks' time"),
    ]  # fmt: skip
    return cards


def _start(case: Case) -> str:
    first = case.figures.first_executor
    return "" if not first else f"first executor after {time(first)}"


def _parts(case: Case) -> list[dict[str, Any]]:
    """Lay the parts of the time side by side over 1000 units; those without time are left out."""
    laid, x = [], 0.0
    for part in case.figures.parts:
        if not part.seconds:
            continue
        width = 1000 * part.share
        laid.append(
            {
                "key": part.key,
                "label": part.label,
                "time": time(part.seconds),
                "share": share(part.share),
                "x": f"{x:.2f}",
                "width": f"{width:.2f}",
            }
        )
        x += width
    return laid


def _time_summary(case: Case) -> str:
    figures = case.figures
    return (
        f"{figures.cores:,} cores were there for {time(figures.core_seconds)} of core time in all, "
        f"and ran tasks for {share(figures.busy_share)} of it. No stage ran for "
        f"{time(figures.alone_seconds)} of the {time(figures.seconds)}."
    )


def _memory(case: Case) -> list[dict[str, Any]]:
    if not any(item.process or item.heap for item in case.figures.memory):
        return []
    shown = []
    for item in case.figures.memory[:_MOST_PROCESSES]:
        # Where nothing is set aside beside the heap, the process is larger than it as a rule.
        inside = item.process > 0 and item.container > item.heap_limit
        held, room = (item.process, item.container) if inside else (item.heap, item.heap_limit)
        part = held / room if room else 0.0
        shown.append(
            {
                "name": item.name,
                "host": item.host,
                "heap": size(item.heap),
                "heap_limit": size(item.heap_limit),
                "off_heap": size(item.off_heap),
                "execution": size(item.execution),
                "process": size(item.process) if item.process else "–",
                "container": size(item.container) if inside else "",
                "share": share(part),
                "width": f"{min(100.0, 100 * part):.1f}",
                "tone": ("full" if part >= FULL_SHARE else "held") if inside else "heap",
            }
        )
    return shown


def _memory_caption(case: Case) -> str:
    more = len(case.figures.memory) - _MOST_PROCESSES
    rest = f" {more} more executors are in --json." if more > 0 else ""
    text = (
        "Java fills its heap before it collects: a high peak of the heap alone is no need. Spark's "
        "share is what sorting, joining and caching held. The whole process, with Python, is what "
        "the host has to give."
    )
    if case.machine:
        peaks = case.figures.host_memory
        fullest = max(peaks.values(), default=0)
        if fullest:
            text += (
                f" The fullest host held {size(fullest)} of the "
                f"{gib(case.machine.instance.memory_mib)} of {case.machine.instance.name}."
            )
    return text + rest


def _facts(case: Case) -> list[tuple[str, str]]:
    record, known, machine = case.record, case.known, case.machine
    settings = record.settings
    facts = [
        ("Application", f"{record.name} ({record.application or 'no id'})"),
        ("Spark", f"{record.spark_version or 'unknown'}, {settings.get('spark.master', '')}"),
    ]
    if known.instance_type:
        played = ", asked for; played on this machine" if known.local else ""
        facts.append(("Instances", f"{known.instance_count} × {known.instance_type}{played}"))
    if machine and machine.price:
        price = machine.price
        facts.append(
            ("Price", f"${price.usd_per_hour:g} an hour in {price.region}, table of {price.as_of}")
        )
    if machine:
        facts += [(f"Image: {label}", value) for label, value in to_text(machine.sizing)]
    for key in (
        "spark.executor.memory", "spark.executor.memoryOverhead", "spark.executor.cores",
        "spark.memory.fraction", "spark.sql.shuffle.partitions", "spark.default.parallelism",
        "spark.sql.adaptive.enabled",
    ):  # fmt: skip
        if key in settings:
            facts.append((key, settings[key]))
    return facts
