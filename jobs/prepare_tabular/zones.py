"""Read the time zone behind a timestamp as an offset from UTC."""

from __future__ import annotations

import re
from datetime import timedelta

from jobs.errors import UnsupportedError

_SINGLE_HOUR = re.compile(r"([+-])(\d):", re.ASCII)
_SINGLE_MINUTE = re.compile(r"([+-])(\d\d):(\d)$", re.ASCII)
_OFFSET = re.compile(
    r"(?P<sign>[+-])((?P<hour>\d)|(?P<hours>\d\d)((?P<mark>:?)(?P<minutes>\d\d)"
    r"((?P=mark)(?P<seconds>\d\d))?)?)",
    re.ASCII,
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9~/._+-]+")
_MOST = timedelta(hours=18)


def offset_of(zone: str) -> timedelta | None:
    """Give the offset that ``Z``, ``UTC``, ``+02:00`` and the like stand for; None for no zone.

    UnsupportedError for names: what they stand for depends on Java's tables.
    """
    if zone in ("Z", "UTC", "GMT", "UT"):
        return timedelta(0)
    # Java's ZoneId wants two digits; Spark adds the one that is missing.
    text = _SINGLE_HOUR.sub(r"\g<1>0\2:", zone, count=1)
    text = _SINGLE_MINUTE.sub(r"\1\2:0\3", text, count=1)
    found = _OFFSET.fullmatch(text)
    if found:
        return _offset(found)
    if _NAME.fullmatch(zone):
        raise UnsupportedError(f"time zone {zone!r}: write it as an offset such as +02:00")
    return None


def _offset(found: re.Match[str]) -> timedelta | None:
    hours, minutes, seconds = (int(found[name] or 0) for name in ("hours", "minutes", "seconds"))
    size = timedelta(hours=int(found["hour"] or hours), minutes=minutes, seconds=seconds)
    if minutes > 59 or seconds > 59 or size > _MOST:
        return None
    return size if found["sign"] == "+" else -size
