"""A cell as a number or as a label: one rule for Spark, pandas and plain Python."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from transforms.row_hash import epoch_micros

MICROS = 1_000_000.0
# In UTF-8. Labels are counted in memory and listed in the preprocessor; fifty million bytes of one
# cell took a driver of 1 GB down.
MOST_LABEL_BYTES = 1_000_000
TOO_LONG = (
    f" holds a text of more than {MOST_LABEL_BYTES:,} bytes, too long for a label; "
    "leave the column out by a contract"
)


def number_value(value: Any, type_name: str) -> float | None:
    """Give a cell as a double, or None for null and NaN.

    Boolean: 0 or 1. Date: days since 1970. Timestamp: seconds since 1970 UTC, to the microsecond.
    Integers beyond 2**53 and decimals are rounded to the nearest double.
    """
    if value is None or value != value:
        return None
    if type_name == "date":
        day = value.date() if isinstance(value, datetime) else value
        return float(day.toordinal() - date(1970, 1, 1).toordinal())
    if type_name == "timestamp":
        return epoch_micros(value) / MICROS
    return float(value)


def label_value(value: Any, type_name: str) -> str | None:
    """Give a cell as a label, or None for null: text as it is, true or false, digits, ISO dates."""
    if value is None or value != value:
        return None
    if type_name == "boolean":
        return "true" if value else "false"
    if type_name == "date":
        return (value.date() if isinstance(value, datetime) else value).isoformat()
    return str(value) if type_name == "string" else str(int(value))


def is_too_long(label: str) -> bool:
    """Tell whether a label has more than ``MOST_LABEL_BYTES`` in UTF-8."""
    if len(label) * 4 <= MOST_LABEL_BYTES:  # no letter has more than four bytes
        return False
    return len(label.encode("utf-8", "surrogatepass")) > MOST_LABEL_BYTES
