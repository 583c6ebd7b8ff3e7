"""The days of a range, and the runs they have already, known by their names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any, Literal

from launch.errors import LaunchError
from launch.request.plan import day_mark
from launch.runs.model import Run, Runs

# More runs of one job than a range of days can have; a list that ends sooner would forget some.
_MOST = 10_000
Outcome = Literal[
    "to come", "running", "skipped", "Completed", "Failed", "Stopped", "not started"
]  # fmt: skip
ENDED_BADLY: tuple[Outcome, ...] = ("Failed", "Stopped", "not started")


@dataclass(frozen=True)
class Day:
    """One day: what became of it, by which run, and why not where it went wrong."""

    day: date
    outcome: Outcome = "to come"
    run: Run | None = None
    cause: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data; seconds where the run has ended."""
        run = self.run
        took = run.seconds(run.ended) if run and run.ended else None
        return {
            "day": self.day.isoformat(),
            "outcome": self.outcome,
            "run": run.name if run else None,
            "seconds": round(took, 1) if took is not None else None,
            "cause": self.cause,
        }


def span(first: date, last: date, *, today: date | None = None) -> list[date]:
    """Return all days from the first to the last; LaunchError where there are none, or no data."""
    today = today or datetime.now(timezone.utc).date()
    if first > last:
        raise LaunchError(f"--from {first} is after --to {last}; the earlier day comes first")
    if last > today:
        raise LaunchError(
            f"--to {last} is after today ({today} in UTC), and such a day has no data yet; "
            "write --to yesterday"
        )
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def unbroken(days: Sequence[date]) -> list[list[date]]:
    """Cut days into the ranges in which no day is missing."""
    parts: list[list[date]] = []
    for day in days:
        if parts and day - parts[-1][-1] == timedelta(days=1):
            parts[-1].append(day)
        else:
            parts.append([day])
    return parts


class DayRuns:
    """The runs of one job that work on a day: PROJECT-JOB-dYYYYMMDD-… is how they are called."""

    def __init__(self, runs: Runs, project: str, job: str) -> None:
        self.runs = runs
        self._start = f"{project}-{job}-"
        self._name = re.compile(rf"{re.escape(self._start)}d(\d{{8}})-.+")

    def find(self, days: Iterable[date]) -> dict[date, Run]:
        """Return the run that decides about each day; days without a run are left out.

        That is the one in progress, else the newest: where a day was run again and failed, what
        an older run left is not good any more.
        """
        marks = {day_mark(day): day for day in days}
        # Cut to what all days begin with, one question serves a month or a year.
        common = os.path.commonprefix(list(marks))
        found: dict[date, Run] = {}
        for run in self.runs.newest(limit=_MOST, contains=self._start + common):
            named = self._name.fullmatch(run.name)
            day = marks.get(f"d{named[1]}") if named else None
            if day and _decides(run, found.get(day)):
                found[day] = run
        return found


def _decides(run: Run, other: Run | None) -> bool:
    """Tell whether a run says more about its day than another."""
    if other is None or run.has_ended != other.has_ended:
        return other is None or not run.has_ended
    return run.created > other.created


def is_done(run: Run | None) -> bool:
    """Tell whether a day with this run needs no other."""
    return run is not None and run.status == "Completed"


def in_progress(run: Run | None) -> bool:
    """Tell whether a day's run is still going."""
    return run is not None and not run.has_ended


def those(days: Sequence[Day], *outcomes: Outcome) -> list[Day]:
    """Return the days that have one of some outcomes."""
    return [day for day in days if day.outcome in outcomes]
