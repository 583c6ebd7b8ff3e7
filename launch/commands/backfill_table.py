"""What a backfill shows: a live table of what moves, lines where there is no terminal, the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from launch.backfill.days import ENDED_BADLY, Day, those
from launch.commands.common import console, duration, note

if TYPE_CHECKING:
    from rich.table import Table

_STYLES = {
    "Completed": "green", "skipped": "dim", "running": "cyan", "Failed": "bold red",
    "Stopped": "yellow", "not started": "yellow", "to come": "dim",
}  # fmt: skip
# A cause that is longer is cut in tables; --json and launch why have all of it.
_CAUSE = 160
# Of days that ended well, the live table keeps the last few.
_RECENT = 5


@contextmanager
def shown(days: Callable[[], Sequence[Day]]) -> Iterator[Callable[[Day], None]]:
    """Show how a backfill gets on; give what takes each day that moved."""
    out = console(err=True)
    if not out.is_terminal:
        yield lambda day: note(line(day))
        return
    from rich.live import Live

    with Live(
        get_renderable=lambda: _moving(days()), console=out, refresh_per_second=2, transient=True
    ):
        yield lambda day: None


def line(day: Day) -> str:
    """Say in one line how a day moved."""
    what: str = day.outcome
    if day.outcome == "running":
        what = "runs"
    elif day.outcome == "skipped":
        what = "is done already"
    elif day.run and day.run.ended:
        what = f"{day.outcome} after {duration(day.run.seconds(day.run.ended))}"
    name = f"  {day.run.name}" if day.run and day.outcome in ("running", "skipped") else ""
    return f"{day.day}  {what}{name}{f': {short(day.cause)}' if day.cause else ''}"


def whole(days: Sequence[Day]) -> Table:
    """Return the table of all days."""
    from rich.markup import escape

    table = _table("DAY", "OUTCOME", "TOOK", "RUN", "CAUSE")
    now = datetime.now(timezone.utc)
    for day in days:
        took = duration(day.run.seconds(now)) if day.run and day.run.ended else ""
        name = day.run.name if day.run else ""
        style = _STYLES[day.outcome]
        outcome = f"[{style}]{day.outcome}[/]"
        table.add_row(str(day.day), outcome, took, name, escape(short(day.cause)))
    return table


def counts(days: Sequence[Day]) -> str:
    """Count the days by what became of them."""
    found = {name: len(those(days, name)) for name in _STYLES}  # type: ignore[arg-type]
    return ", ".join(f"{number} {name}" for name, number in found.items() if number)


def short(cause: str) -> str:
    """Return the first line of a cause, cut to what fits a table."""
    first = cause.strip().splitlines()[0] if cause.strip() else ""
    return first if len(first) <= _CAUSE else f"{first[: _CAUSE - 1]}…"


def _moving(days: Sequence[Day]) -> Table:
    """Return the table of what goes on, what went wrong, and the last that went well."""
    from rich.markup import escape

    recent = those(days, "Completed")[-_RECENT:]
    now = datetime.now(timezone.utc)
    table = _table("DAY", "OUTCOME", "TOOK", "RUN")
    for day in sorted([*those(days, "running", *ENDED_BADLY), *recent], key=lambda day: day.day):
        took = duration(day.run.seconds(now)) if day.run else ""
        last = short(day.cause) or (day.run.name if day.run else "")
        table.add_row(str(day.day), f"[{_STYLES[day.outcome]}]{day.outcome}[/]", took, escape(last))
    table.caption = counts(days)
    table.caption_justify = "left"
    return table


def _table(*titles: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title in titles:
        # On a narrow terminal the two long ones give way, whole: a name that is cut is no use.
        table.add_column(
            title, justify="right" if title == "TOOK" else "left", overflow="fold",
            no_wrap=title not in ("RUN", "CAUSE"),
        )  # fmt: skip
    return table
