"""Which texts are values of which type: what Spark's cast takes, and what it should not."""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from schemas.conform import REASON, conform
from schemas.contract import Column, Contract

# pyspark gives naive datetimes in the machine's time zone; compare moments.
TEN = datetime(2013, 1, 1, 10, tzinfo=timezone.utc).timestamp()
GOOD: list[tuple[str, str, Any]] = [
    ("tinyint", "-128", -128),
    ("smallint", "32767", 32767),
    ("int", " +5 ", 5),
    ("int", "007", 7),
    ("bigint", "9223372036854775807", 2**63 - 1),
    ("float", "0.1", 0.10000000149011612),
    ("double", "1e5", 100000.0),
    ("double", " .5", 0.5),
    ("double", "5.", 5.0),
    ("double", "-1.7976931348623157e308", -1.7976931348623157e308),
    ("double", "5e-324", 5e-324),
    ("decimal(5,2)", "999.99", Decimal("999.99")),
    ("decimal(5,2)", "-1", Decimal("-1.00")),
    ("boolean", "TRUE", True),
    ("boolean", "false", False),
    ("date", "2013-01-31", date(2013, 1, 31)),
    ("date", " 2013-01-31 ", date(2013, 1, 31)),
    ("timestamp", "2013-01-01 10:00", TEN),
    ("timestamp", "2013-01-01T10:00:00Z", TEN),
    ("timestamp", "2013-01-01 12:00:00+02:00", TEN),
    ("timestamp", "2013-01-01 10:00:00.123456789", TEN + 0.123456),
    ("string", " x ", " x "),
    ("string", "NULL", "NULL"),
]
BAD: list[tuple[str, str]] = [
    ("tinyint", "128"),
    ("smallint", "-32769"),
    ("int", "1.9"),
    ("int", "1."),
    ("int", "2147483648"),
    ("int", "1e2"),
    ("int", " "),
    ("bigint", "9223372036854775808"),
    ("bigint", "1L"),
    ("float", "1e39"),
    ("double", "1d"),
    ("double", "1D"),
    ("double", "1d "),
    ("double", "1f\t"),
    ("double", "1.5\x00"),
    ("int", "5\x00"),
    ("double", "1f"),
    ("double", "1F"),
    ("double", "0x1p3"),
    ("double", "0X1P3"),
    ("double", "NaN"),
    ("double", "nan"),
    ("double", "inf"),
    ("double", "-Infinity"),
    ("double", "1e400"),
    ("double", "-1e400"),
    ("double", "1,5"),
    ("decimal(5,2)", "1000"),
    ("decimal(5,2)", "NaN"),
    ("decimal(5,2)", "1d"),
    ("boolean", "2"),
    ("boolean", "maybe"),
    ("date", "2013-01-01 x"),
    ("date", "2013-1-1 x"),
    ("date", "2013-01-1T"),
    ("date", "12013-1-01"),
    ("date", "-0001-01-1"),
    ("date", "2013-01-01T10:00"),
    ("date", "2013-02-30"),
    ("date", "2013-01"),
    ("date", "2013"),
    ("date", "01/02/2013"),
    ("timestamp", "10:00"),
    ("timestamp", "2013"),
    ("timestamp", "2013-01-01 25:00"),
    ("timestamp", "2013-01-01 10:00 x"),
    ("string", "a\x00"),
    ("string", "a\ufffd"),
]
Seen = dict[tuple[str, str], tuple[Any, "str | None"]]


def judge(spark: SparkSession, cells: list[tuple[str, str]]) -> Seen:
    """Conform all texts in one job: a column for each type, a row for each text."""
    types = list(dict.fromkeys(type_name for type_name, _ in cells))
    contract = Contract(tuple(Column(t, t, null_tokens=()) for t in types))
    rows = [tuple(text if t == type_name else None for t in types) for type_name, text in cells]
    df = spark.createDataFrame(rows, ", ".join(f"`{t}` string" for t in types))
    out = conform(df, contract=contract, text=True)
    if "date" in types:  # Python has no year 12013
        out = out.withColumn("date", F.when(F.col(REASON).isNull(), F.col("date")))
    if "timestamp" in types:
        out = out.withColumn("timestamp", F.unix_micros("timestamp") / 1e6)
    return {cell: (row[cell[0]], row[REASON]) for cell, row in zip(cells, out.collect())}


@pytest.fixture(scope="module")
def seen(spark: SparkSession) -> Seen:
    return judge(spark, [(t, text) for t, text, _ in GOOD] + BAD)


@pytest.mark.parametrize(("type_name", "text", "value"), GOOD)
def test_a_value_is_read(seen: Seen, type_name: str, text: str, value: Any) -> None:
    assert seen[type_name, text] == (value, None)


@pytest.mark.parametrize(("type_name", "text"), BAD)
def test_what_is_no_value_is_named(seen: Seen, type_name: str, text: str) -> None:
    what = "not UTF-8, or has a NUL byte" if type_name == "string" else f"not a {type_name}"
    assert seen[type_name, text][1] == f"{type_name}: {what}"


@settings(max_examples=10)
@given(st.lists(st.text("0159+-. e", max_size=6), min_size=40, max_size=80, unique=True))
def test_integers_are_what_a_pattern_says(spark: SparkSession, texts: list[str]) -> None:
    for (_, text), (value, reason) in judge(spark, [("int", text) for text in texts]).items():
        if re.fullmatch(r"[+-]?[0-9]+", text.strip()):
            assert (value, reason) == (int(text), None)
        else:
            assert reason == "int: not a int", text


@settings(max_examples=10)
@given(st.lists(st.text("015+-.eEdDfFxXNaIi", max_size=6), min_size=40, max_size=80, unique=True))
def test_doubles_are_what_a_pattern_says(spark: SparkSession, texts: list[str]) -> None:
    number = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
    for (_, text), (value, reason) in judge(spark, [("double", t) for t in texts]).items():
        if number.fullmatch(text) and abs(float(text)) != float("inf"):
            assert (value, reason) == (float(text), None)
        else:
            assert reason == "double: not a double", text
