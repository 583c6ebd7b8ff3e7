"""Read one text as a value of a contract's type: what Spark's cast and schemas.conform accept.

A text that is no value of its type is WRONG, and its row breaks the contract. Where a text would be
a value to Spark that Python cannot hold or does not know (years before 1 and beyond 9999, time
zones by name), UnsupportedError refuses the table: another result is worse than none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from jobs.errors import UnsupportedError
from jobs.prepare_tabular.zones import offset_of
from schemas.types import INTEGERS

# Stands for a text that is no value of its type; None is a null.
WRONG = object()
_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
# What Spark strips off a text before it reads a number, a boolean or a time (Java's decimals and
# doubles: all up to the space).
_CONTROL = "".join(map(chr, range(0x21))) + "\x7f"
_JAVA_BLANK = _CONTROL[:-1]
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE]([+-]?[0-9]+))?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OTHER_DATE = re.compile(r"[+-]?[0-9]{4,7}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"([ T](?P<hour>[0-9]{1,2})(:(?P<minute>[0-9]{1,2})"
    r"(:(?P<second>[0-9]{1,2})(\.(?P<fraction>[0-9]*))?(?P<zone>[^0-9].*)?)?)?)?",
    re.DOTALL,
)
_TRUE, _FALSE = ("t", "true", "y", "yes", "1"), ("f", "false", "n", "no", "0")
# The first number beyond the floats, and the most digits that Spark lets a decimal have.
_BEYOND = 2.0**128
_MOST_DIGITS = 38
_MOST_EXPONENT = 6


def caster(type_name: str) -> Callable[[str], Any]:
    """Return the function that reads a text, which is not null, as a value of the type."""
    if type_name == "string":
        return _string
    if type_name in INTEGERS:
        half = 2 ** (_BITS[type_name] - 1)
        return lambda text: _integer(text, half)
    if type_name.startswith("decimal"):
        digits, scale = (int(part) for part in type_name[8:-1].split(","))
        return lambda text: _decimal(text, digits, scale)
    return {
        "double": _double, "float": _float, "boolean": _boolean, "date": _date,
        "timestamp": _timestamp,
    }[type_name]  # fmt: skip


def _string(text: str) -> Any:
    return WRONG if "\ufffd" in text or "\x00" in text else text


def _integer(text: str, half: int) -> Any:
    stripped = text.strip(_CONTROL)
    if "\x00" in text or not _INTEGER.fullmatch(stripped):
        return WRONG
    # Python reads no integer of thousands of digits; leading zeros say nothing.
    if len(stripped.lstrip("+-0")) > len(str(half)):
        return WRONG
    number = int(stripped[:1].strip("0123456789") + (stripped.lstrip("+-0") or "0"))
    return number if -half <= number < half else WRONG


def _double(text: str) -> Any:
    stripped = text.strip(_JAVA_BLANK)
    if "\x00" in text or not _NUMBER.fullmatch(stripped):
        return WRONG
    number = float(stripped)
    return number if math.isfinite(number) else WRONG


def _float(text: str) -> Any:
    """Round a text to the nearest float at once: by way of a double it may be rounded twice."""
    double = _double(text)
    if double is WRONG:
        return WRONG
    with np.errstate(over="ignore", under="ignore"):
        near = np.float32(double)
    for end in (-np.inf, np.inf):
        with np.errstate(over="ignore"):
            other = np.nextafter(near, np.float32(end))
        # Perhaps halfway between two floats only because it was rounded to a double.
        if (_bounded(near) + _bounded(other)) / 2 == double:
            exact = Fraction(text.strip(_JAVA_BLANK))
            if exact != Fraction(double):
                near = max(near, other) if exact > Fraction(double) else min(near, other)
            break
    return float(near) if np.isfinite(near) else WRONG


def _bounded(number: Any) -> float:
    """Take infinity for the float that would follow the largest."""
    return max(-_BEYOND, min(_BEYOND, float(number)))


def _decimal(text: str, digits: int, scale: int) -> Any:
    stripped = text.strip(_JAVA_BLANK)
    if not stripped.isascii() and any(c.isdigit() for c in stripped):
        raise UnsupportedError(f"{text!r} as a decimal: digits of another script")
    found = None if "\x00" in text else _NUMBER.fullmatch(stripped)
    if not found:
        return WRONG
    if found[3] and len(found[3].lstrip("+-0")) > _MOST_EXPONENT:
        raise UnsupportedError(f"{text!r} as a decimal: its exponent")
    number = Decimal(stripped)
    if number.adjusted() >= _MOST_DIGITS:
        return WRONG
    if number.adjusted() < -scale - 2:
        number = Decimal(0)
    context = Context(prec=len(stripped) + 2 * _MOST_DIGITS, rounding=ROUND_HALF_UP)
    rounded = number.quantize(Decimal(1).scaleb(-scale), context=context)
    # Java's decimals have no negative zero.
    rounded = rounded if rounded else abs(rounded)
    return rounded if abs(rounded) < Decimal(10) ** (digits - scale) else WRONG


def _boolean(text: str) -> Any:
    word = text.strip(_CONTROL).lower()
    if "\x00" in text or word not in _TRUE + _FALSE:
        return WRONG
    return word in _TRUE


def _date(text: str) -> Any:
    stripped = text.strip(" ")
    if _DATE.fullmatch(stripped) and not stripped.startswith("0000"):
        return _day(stripped)
    if _OTHER_DATE.fullmatch(stripped):
        raise UnsupportedError(f"{text!r} as a date: years before 1 and beyond 9999")
    return WRONG


def _day(text: str) -> Any:
    try:
        return date(int(text[:4]), int(text[5:7]), int(text[8:]))
    except ValueError:
        return WRONG


def _timestamp(text: str) -> Any:
    stripped = text.strip(" ")
    found = _TIME.fullmatch(stripped.rstrip(_CONTROL))
    if "\x00" in text or not found:
        return WRONG
    if found["date"].startswith("0000"):
        raise UnsupportedError(f"{text!r} as a timestamp: years before 1")
    day = _day(found["date"])
    offset = offset_of(found["zone"].strip(_JAVA_BLANK)) if found["zone"] else timedelta(0)
    if day is WRONG or offset is None:
        return WRONG
    micros = int(((found["fraction"] or "") + "000000")[:6])
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    try:
        clock = time(hour, minute, second, micros, tzinfo=timezone.utc)
        moment = datetime.combine(day, clock)
    except ValueError:
        return WRONG
    try:
        return moment - offset
    except OverflowError:
        raise UnsupportedError(f"{text!r} as a timestamp: years before 1 or beyond 9999") from None
