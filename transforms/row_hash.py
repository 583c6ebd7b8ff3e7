"""The split of one row in plain Python: the same as :mod:`transforms.split` draws in Spark.

A row's key is brought into a canonical text, the text's CRC-32 is mixed with the seed, and the
32-bit result is compared with the weights' bounds. CRC-32 is what Spark (``crc32``), other engines
and every Python (``zlib.crc32``) have in common; on its own, two seeds would give related splits,
so a 32-bit integer mixer follows (constants: Thomas Mueller's, full avalanche; all products stay
below 2**63, so Spark's signed longs compute the same numbers).
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

from schemas.errors import InputError
from schemas.types import INTEGERS

SPLITS = ("train", "validation", "test")
SEPARATOR = "\x1f"
NULL_TEXT = "\x00"
MULTIPLIER = 0x45D9F3B
MASK = 0xFFFFFFFF
FRACTION_UNITS = 2.0**53
_LONG_MIN, _LONG_MAX = -(2**63), 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def parse_weights(text: str) -> tuple[Fraction, ...]:
    """Parse ``0.7,0.15,0.15``: three positive decimals that sum to exactly 1, else InputError."""
    try:
        if len(text) > 200 or re.search(r"e[+-]?\d{4}", text, re.IGNORECASE):
            raise ValueError("a number of millions of digits")
        weights = tuple(Fraction(part.strip()) for part in text.split(","))
    except (ValueError, ZeroDivisionError):
        raise InputError(f"weights {text!r} are not numbers; write them as 0.7,0.15,0.15") from None
    if len(weights) != len(SPLITS):
        raise InputError(f"weights {text!r}: there must be 3, for train, validation and test")
    if any(weight <= 0 for weight in weights):
        raise InputError(f"weights {text!r}: each must be above 0")
    if sum(weights) != 1:
        raise InputError(f"weights {text!r} sum to {_decimal(sum(weights))}; they must sum to 1")
    return weights


def _decimal(number: Fraction | int) -> str:
    """Write a fraction with up to 20 digits, so that 0.99999999 is not shown as 1."""
    return f"{Decimal(number.numerator) / Decimal(number.denominator):.20g}"


def thresholds(weights: Sequence[Fraction]) -> tuple[int, ...]:
    """Give the upper bounds of the splits but the last, in units of 2**-32 of all rows."""
    return tuple(int(sum(weights[: i + 1]) * 2**32) for i in range(len(weights) - 1))


def seed_mask(seed: int) -> int:
    """Spread a seed over 32 bits."""
    return zlib.crc32(f"seed:{seed}".encode())


def canonical(value: Any, type_name: str) -> str:
    """Give the text that stands for a cell in the hash.

    Null (and NaN, and pandas' missing values): a NUL. Integers: decimal digits. Float, double and
    decimal: floor, then the fraction in units of 2**-53, so that no engine's way of printing a
    double matters. Boolean: true or false. Date: ISO. Timestamp: microseconds since 1970 UTC.
    """
    if value is None or value != value:
        return NULL_TEXT
    if type_name == "string":
        return str(value)
    if type_name in INTEGERS:
        return str(int(value))
    if type_name == "boolean":
        return "true" if value else "false"
    if type_name == "date":
        return (value.date() if isinstance(value, datetime) else value).isoformat()
    if type_name == "timestamp":
        return str(epoch_micros(value))
    number = float(value)
    whole = _saturated(number) if math.isinf(number) else _clamped(math.floor(number))
    return f"{whole}:{_saturated((number - float(whole)) * FRACTION_UNITS)}"


def epoch_micros(value: date) -> int:
    """Count microseconds since 1970-01-01 UTC; a datetime without a zone is UTC."""
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    moment = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def _clamped(number: int) -> int:
    return max(_LONG_MIN, min(_LONG_MAX, number))


def _saturated(number: float) -> int:
    """Cast to a long as the JVM does: towards zero, and to the ends where it does not fit."""
    if math.isinf(number):
        return _LONG_MAX if number > 0 else _LONG_MIN
    return _clamped(int(number))


def row_bucket(row: Mapping[str, Any], *, key: Mapping[str, str], seed: int) -> int:
    """Hash a row's key to 0 … 2**32 - 1. ``key`` maps column names to types, in any order."""
    text = SEPARATOR.join(canonical(row.get(name), key[name]) for name in sorted(key))
    mixed = zlib.crc32(text.encode()) ^ seed_mask(seed)
    for _ in range(2):
        mixed = ((mixed ^ (mixed >> 16)) * MULTIPLIER) & MASK
    return mixed ^ (mixed >> 16)


def split_of_row(
    row: Mapping[str, Any], *, key: Mapping[str, str], seed: int, weights: Sequence[Fraction]
) -> str:
    """Name the split of one row, the same on every engine."""
    bucket = row_bucket(row, key=key, seed=seed)
    for name, bound in zip(SPLITS, thresholds(weights)):
        if bucket < bound:
            return name
    return SPLITS[-1]
