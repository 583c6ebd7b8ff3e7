"""What ``evaluate`` prints: the figures, the gates, where the files are."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.evaluate.result import Result

_MOST_SEGMENTS = 10


def report_text(result: Result, places: Sequence[str]) -> str:
    """Sum up an evaluation for the terminal."""
    parts = [[_heading(result)], _figures(result)]
    if result.segments:
        parts.append(_segments(result))
    if result.outcomes:
        lines = [
            f"  {'passed' if outcome.passed else 'MISSED'}  {outcome.gate}  ({outcome.why})"
            for outcome in result.outcomes
        ]
        parts.append(["Gates", *lines])
    if result.all_notes:
        parts.append(["Notes", *(f"  - {note}" for note in result.all_notes)])
    parts.append(["Results", *(f"  {place}" for place in places)])
    return "\n\n".join("\n".join(_printable(line) for line in lines) for lines in parts)


def _printable(text: str) -> str:
    """Spell out what is no visible character: a value must not steer the terminal."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def figure(value: float | None) -> str:
    """Write a metric with four digits, or a dash where it has no value."""
    return "–" if value is None else f"{value:.4f}"


def threshold_text(result: Result) -> str:
    """Say from which probability on the positive class is predicted."""
    return "–" if result.threshold is None else f"{result.threshold:g}"


def _heading(result: Result) -> str:
    target = result.target
    what = f"{len(target.classes)} classes"
    if target.positive is not None:
        what = f"positive {target.classes[target.positive]}"
        if target.positive_above is not None:
            what += f" where {target.column} > {target.positive_above:g}"
        what += f", threshold {threshold_text(result)}"
    return f"{result.model.name} on {result.rows:,} test rows; label {target.column}, {what}"


def _figures(result: Result) -> list[str]:
    lines = ["Metrics" + ("" if not result.draws else f" (95 % interval of {result.draws} draws)")]
    width = max(len(name) for name in result.measured.values)
    for name, value in result.measured.values.items():
        spread = result.spread.get(name)
        interval = "" if spread is None else f"  {spread.low:.4f} to {spread.high:.4f}"
        lines.append(f"  {name:<{width}}  {figure(value):>8}{interval}")
    return lines


def _segments(result: Result) -> list[str]:
    metrics = ["accuracy", "auc_roc", "log_loss"]
    shown = result.segments[:_MOST_SEGMENTS]
    names = [_printable(segment.value) for segment in shown]
    width = max(len(name) for name in names)
    lines = [f"By {result.segment_column}", f"  {'':<{width}}  {'rows':>10}"
             + "".join(f"  {name:>8}" for name in metrics)]  # fmt: skip
    for name, segment in zip(names, shown):
        values = "".join(f"  {figure(segment.measured.values[metric]):>8}" for metric in metrics)
        lines.append(f"  {name:<{width}}  {segment.rows:>10,}{values}")
    more = len(result.segments) - len(shown)
    if more:
        lines.append(f"  … and {more} more in the files")
    return lines
