from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from transforms.values import label_value, number_value

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "type_name", "expected"),
    [
        (7, "int", 7.0),
        (2**53 + 1, "bigint", 9007199254740992.0),
        (Decimal("0.1"), "decimal(5,2)", 0.1),
        (True, "boolean", 1.0),
        (False, "boolean", 0.0),
        (date(1970, 1, 2), "date", 1.0),
        (date(1969, 12, 31), "date", -1.0),
        (datetime(1970, 1, 3, 5), "date", 2.0),
        (datetime(1970, 1, 1, 0, 0, 1, 500000), "timestamp", 1.5),
        (datetime(1970, 1, 1, tzinfo=timezone(timedelta(hours=1))), "timestamp", -3600.0),
        (float("inf"), "double", float("inf")),
        (None, "int", None),
        (NAN, "double", None),
        (Decimal("NaN"), "decimal(5,2)", None),
    ],
)
def test_number_value(value: Any, type_name: str, expected: float | None) -> None:
    assert number_value(value, type_name) == expected


@pytest.mark.parametrize(
    ("value", "type_name", "expected"),
    [
        ("NaN", "string", "NaN"),
        ("", "string", ""),
        (5, "string", "5"),
        (1.0, "int", "1"),
        (-7, "bigint", "-7"),
        (True, "boolean", "true"),
        (False, "boolean", "false"),
        (date(213, 1, 2), "date", "0213-01-02"),
        (datetime(2013, 1, 2, 3), "date", "2013-01-02"),
        (None, "string", None),
        (NAN, "string", None),
    ],
)
def test_label_value(value: Any, type_name: str, expected: str | None) -> None:
    assert label_value(value, type_name) == expected


def test_what_is_no_number_raises() -> None:
    with pytest.raises(ValueError, match="could not convert"):
        number_value("seven", "int")
