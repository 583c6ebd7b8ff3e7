"""``${date}`` in a job: the day whose data a run works on, known when it starts.

| written | becomes |
|---|---|
| ``${date}`` | ``2026-11-23`` |
| ``${date:%Y/%m/%d}`` | ``2026/11/23`` |
| ``%y``, ``%j`` | year of two digits, day of the year |
| ``%G``, ``%V``, ``%u`` | ISO year, week, weekday |

``launch submit --date`` gives the day, ``launch backfill`` one after the other, a schedule counts
it back from the moment it starts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any, TypeVar

from launch.description.jobs import BaseJob
from launch.errors import LaunchError

# deploy writes the same pattern into the function that starts scheduled runs.
REFERENCE = r"\$\{date(?::([^{}]*))?\}"
_CODES = "YmdyjGVu"
_FORMAT = re.compile(rf"(?:[^%$]|%[{_CODES}])+")
_ANY_DAY = date(2000, 1, 1)
AnyJob = TypeVar("AnyJob", bound=BaseJob)


def is_date(reference: str) -> bool:
    """Tell whether the inside of ``${…}`` is the day of a run."""
    return reference == "date" or reference.startswith("date:")


def wrong_format(reference: str) -> str:
    """Say what is wrong with the form of ``date:FORM``; empty where nothing is."""
    form = reference.partition(":")[2]
    if reference == "date" or _FORMAT.fullmatch(form):
        return ""
    known = ", ".join(f"%{code}" for code in _CODES)
    return f"${{{reference}}}: write ${{date}}, or ${{date:%Y/%m/%d}}; it takes {known}"


def has_dates(job: BaseJob) -> bool:
    """Tell whether a job has to be told a day."""
    return dated(job, _ANY_DAY) != job


def dated(job: AnyJob, day: date) -> AnyJob:
    """Return the job for one day, checked as it was when it was read."""

    def fill(text: str) -> str:
        return re.sub(REFERENCE, lambda found: day.strftime(found[1] or "%Y-%m-%d"), text)

    return type(job).model_validate(_each_text(job.model_dump(), fill))


def read_day(text: str, *, now: datetime | None = None) -> date:
    """Read ``2026-11-23``, ``today`` or ``yesterday`` (in UTC); LaunchError for anything else."""
    today = (now or datetime.now(timezone.utc)).date()
    words = {"today": today, "yesterday": today - timedelta(days=1)}
    if text in words:
        return words[text]
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text)
    except ValueError as error:
        raise LaunchError(f"{text!r} is no date: {error}") from None
    raise LaunchError(f"{text!r} is no date; write 2026-11-23, today or yesterday")


def _each_text(data: Any, change: Callable[[str], str]) -> Any:
    if isinstance(data, dict):
        return {key: _each_text(value, change) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_each_text(value, change) for value in data]
    return change(data) if isinstance(data, str) else data
