"""Texts, and of which type they are a value: one list for all that reads texts."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

# pyspark gives naive datetimes in the machine's time zone; compare moments.
TEN = datetime(2013, 1, 1, 10, tzinfo=timezone.utc).timestamp()
GOOD: dict[str, dict[str, Any]] = {
    "tinyint": {"-128": -128},
    "smallint": {"32767": 32767},
    "int": {" +5 ": 5, "007": 7},
    "bigint": {"9223372036854775807": 2**63 - 1},
    "float": {"0.1": 0.10000000149011612},
    "double": {
        "1e5": 100000.0, " .5": 0.5, "5.": 5.0, "5e-324": 5e-324,
        "-1.7976931348623157e308": -1.7976931348623157e308,
    },
    "decimal(5,2)": {"999.99": Decimal("999.99"), "-1": Decimal("-1.00")},
    "boolean": {"TRUE": True, "false": False},
    "date": {"2013-01-31": date(2013, 1, 31), " 2013-01-31 ": date(2013, 1, 31)},
    "timestamp": {
        "2013-01-01 10:00": TEN, "2013-01-01T10:00:00Z": TEN, "2013-01-01 12:00:00+02:00": TEN,
        "2013-01-01 10:00:00.123456789": TEN + 0.123456,
    },
    "string": {" x ": " x ", "NULL": "NULL"},
}  # fmt: skip
BAD: dict[str, list[str]] = {
    "tinyint": ["128"],
    "smallint": ["-32769"],
    "int": ["1.9", "1.", "2147483648", "1e2", " ", "5\x00"],
    "bigint": ["9223372036854775808", "1L"],
    "float": ["1e39"],
    "double": [
        "1d", "1D", "1d ", "1f\t", "1f", "1F", "0x1p3", "0X1P3", "1.5\x00", "NaN", "nan", "inf",
        "-Infinity", "1e400", "-1e400", "1,5",
    ],
    "decimal(5,2)": ["1000", "NaN", "1d"],
    "boolean": ["2", "maybe"],
    "date": [
        "2013-01-01 x", "2013-1-1 x", "2013-01-1T", "12013-1-01", "-0001-01-1", "2013-01-01T10:00",
        "2013-02-30", "2013-01", "2013", "01/02/2013",
    ],
    "timestamp": ["10:00", "2013", "2013-01-01 25:00", "2013-01-01 10:00 x"],
    "string": ["a\x00", "a\ufffd"],
}  # fmt: skip


def reason(type_name: str) -> str:
    """Say of a column named after its type what is wrong with a cell."""
    what = "not UTF-8, or has a NUL byte" if type_name == "string" else f"not a {type_name}"
    return f"{type_name}: {what}"
