"""EventBridge's schedule expressions: what is wrong with one, and when it runs next.

``cron(MINUTE HOUR DAY-OF-MONTH MONTH DAY-OF-WEEK YEAR)`` or ``rate(NUMBER UNIT)``. aws-croniter
finds the moments; of what it takes and EventBridge does not document (``LW``, ``*-5``) nothing
passes here, and what it lacks (steps of years, a lone ``L`` as day of the week) is spelled out
for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import islice
from zoneinfo import ZoneInfo

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_RATE = re.compile(r"rate\((\S+) (\S+)\)")
_EXAMPLE = "write cron(0 2 * * ? *) for every day at 02:00, or rate(1 day)"
_UNITS = {"minute": 1, "hour": 60, "day": 1440}
_LAST_YEAR = 2199


class CronError(ValueError):
    """An expression that EventBridge would refuse; the message says which part, and what fits."""


@dataclass(frozen=True)
class _Field:
    """One of the six fields: its name, its numbers, their names, and what else may stand there."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    special: str = ""
    steps: bool = True

    def number(self, text: str) -> int | None:
        """Read a number or a name; None where it is neither, or out of range."""
        if text.upper() in self.names:
            return self.names.index(text.upper()) + 1
        if not re.fullmatch(r"[0-9]{1,4}", text):
            return None
        return int(text) if self.low <= int(text) <= self.high else None

    @property
    def allowed(self) -> str:
        """Say what the field takes."""
        named = f" or {self.names[0]}-{self.names[-1]}" if self.names else ""
        signs = ", ".join([",", "-", "*", *(["/"] if self.steps else []), *self.special])
        return f"{self.low}-{self.high}{named}, with {signs}"


_FIELDS = (
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _Field("day of month", 1, 31, special="?LW"),
    _Field("month", 1, 12, names=_MONTHS),
    _Field("day of week", 1, 7, names=_DAYS, special="?L#", steps=False),
    _Field("year", 1970, _LAST_YEAR),
)


def check_expression(expression: str) -> None:
    """Raise CronError where EventBridge would not take an expression."""
    if expression.startswith("rate("):
        _rate_of(expression)
    else:
        _fields_of(expression)


def next_runs(expression: str, *, after: datetime, count: int, zone: str = "UTC") -> list[datetime]:
    """Return the next moments in UTC; fewer where the years of the expression end.

    As EventBridge Scheduler has it, a time that the clocks skip in spring is no run, and one that
    they show twice in autumn is one run, at its first time. A rate is counted from ``after``.
    """
    if expression.startswith("rate("):
        period = _rate_of(expression)
        return [after.astimezone(timezone.utc) + period * n for n in range(1, count + 1)]
    return list(islice(_moments(_fields_of(expression), after, ZoneInfo(zone)), count))


def _rate_of(expression: str) -> timedelta:
    found = _RATE.fullmatch(expression)
    if not found or not re.fullmatch(r"[1-9]\d{0,5}", found[1]):
        raise CronError(f"{expression!r}: a rate is a number and a unit; write rate(1 day)")
    number, unit = int(found[1]), found[2]
    if unit.rstrip("s") not in _UNITS or unit.endswith("ss"):
        raise CronError(f"{expression!r}: the unit {unit!r} is none of minutes, hours, days")
    if unit.endswith("s") != (number > 1):
        right = unit.rstrip("s") + "s" * (number > 1)
        raise CronError(f"{expression!r}: EventBridge wants rate({number} {right})")
    return timedelta(minutes=number * _UNITS[unit.rstrip("s")])


def _fields_of(expression: str) -> list[str]:
    """Return the six fields in capitals; CronError for the first thing that is wrong."""
    if not (expression.startswith("cron(") and expression.endswith(")")):
        raise CronError(f"{expression!r} is neither cron(…) nor rate(…); {_EXAMPLE}")
    texts = expression[len("cron(") : -1].upper().split()
    if len(texts) != len(_FIELDS):
        names = ", ".join(field.name for field in _FIELDS)
        more = "; the year is the one that crontab does not have" if len(texts) == 5 else ""
        raise CronError(
            f"{expression!r} has {len(texts)} fields, and needs {len(_FIELDS)}: {names}{more}"
        )
    for field, text in zip(_FIELDS, texts):
        if problem := _wrong(field, text):
            raise CronError(
                f"{expression!r}: {field.name} {text!r}: {problem}; it takes {field.allowed}"
            )
    if (texts[2] == "?") == (texts[4] == "?"):
        raise CronError(
            f"{expression!r}: day of month is {texts[2]!r} and day of week {texts[4]!r}; exactly "
            "one of the two is '?', the other says the day"
        )
    return texts


def _wrong(field: _Field, text: str) -> str:
    """Say what is wrong with a field; empty where nothing is."""
    if text == "?" and "?" in field.special:
        return ""
    if "L" in field.special and "L" in text:
        return _wrong_last(field, text)
    if "W" in field.special and text.endswith("W"):
        fits = field.number(text[:-1]) is not None
        return "" if fits else "W stands behind one day, as in 15W"
    if "#" in text and "#" in field.special:
        day, _, week = text.partition("#")
        fits = field.number(day) is not None and week in tuple("12345")
        return "" if fits else "write 6#3 or FRI#3 for the third Friday"
    return next((problem for item in text.split(",") if (problem := _wrong_item(field, item))), "")


def _wrong_last(field: _Field, text: str) -> str:
    if text == "L":
        return ""
    if field.name == "day of month":
        fits = re.fullmatch(r"L-([1-9]|[12]\d|30)", text)
        return "" if fits else "write L for the last day, L-3 for the third before it"
    fits_day = text.endswith("L") and field.number(text[:-1]) is not None
    return "" if fits_day else "write 6L or FRIL for the month's last Friday"


def _wrong_item(field: _Field, item: str) -> str:
    """Check ``*``, ``5``, ``5-10``, each of them with ``/3`` behind it."""
    base, slash, step = item.partition("/")
    if slash and not field.steps:
        return "there are no steps here; name the days"
    if slash and not (re.fullmatch(r"[1-9]\d{0,3}", step) and int(step) <= field.high):
        return f"the step {step!r} is no number from 1 to {field.high}"
    if base == "*":
        return ""
    wrong = [part for part in base.split("-") if field.number(part) is None]
    if wrong or base.count("-") > 1:
        return f"{(wrong or [base])[0]!r} is not allowed"
    if field.name == "year" and base[:4] > base[-4:]:
        return f"{base!r} ends before it begins"
    return ""


def _moments(texts: list[str], after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Give the moments in order, as the zone's clocks show them."""
    after = after.astimezone(timezone.utc)
    # To aws-croniter the wall clock is UTC.
    shown = after.astimezone(zone).replace(tzinfo=timezone.utc, fold=0)
    for wall in _wall_times(texts, shown):
        moment = wall.replace(tzinfo=zone).astimezone(timezone.utc)
        skipped = moment.astimezone(zone).replace(tzinfo=timezone.utc, fold=0) != wall
        if not skipped and moment > after:
            yield moment


def _wall_times(texts: list[str], shown: datetime) -> Iterator[datetime]:
    from aws_croniter import AwsCroniter

    found, year = AwsCroniter(" ".join(_spelled_out(texts))), shown.year
    while year <= _LAST_YEAR:
        (following,) = found.get_next(shown)
        if following is None:
            # It gives up after ten steps, although a 29 February or a fifth Sunday may come later.
            year += 1
            shown = datetime(year, 1, 1, tzinfo=timezone.utc) - timedelta(minutes=1)
        else:
            yield following
            shown, year = following, following.year


def _spelled_out(texts: list[str]) -> list[str]:
    """Write what aws-croniter does not read as it does."""
    day_of_week, year = texts[4], texts[5]
    return [*texts[:4], "7" if day_of_week == "L" else day_of_week, _years(year)]


def _years(text: str) -> str:
    """Spell steps of years out; the other fields' are read well."""
    if "/" not in text:
        return text
    years: set[int] = set()
    for item in text.split(","):
        base, _, step = item.partition("/")
        first, _, last = ("1970-2199" if base == "*" else base).partition("-")
        end = int(last or (_LAST_YEAR if step else first))
        years.update(range(int(first), end + 1, int(step or 1)))
    return ",".join(str(year) for year in sorted(years))
