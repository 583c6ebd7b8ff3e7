"""Which texts are values of which type: what Spark's cast takes, and what it should not."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from texts_of_types import BAD, GOOD, reason

from schemas.conform import REASON, conform
from schemas.contract import Column, Contract

Cell = tuple[str, str]
INTEGER = re.compile(r"[+-]?[0-9]+")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def judge(spark: SparkSession, cells: list[Cell]) -> dict[Cell, tuple[Any, str | None]]:
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


def test_values_are_read_and_what_is_no_value_is_named(spark: SparkSession) -> None:
    good = {(t, text): (value, None) for t, known in GOOD.items() for text, value in known.items()}
    bad = [(type_name, text) for type_name, texts in BAD.items() for text in texts]
    found = judge(spark, [*good, *bad])
    assert {cell: found[cell] for cell in good} == good
    assert {cell: found[cell][1] for cell in bad} == {cell: reason(cell[0]) for cell in bad}


@settings(max_examples=3)
@given(
    st.sets(st.text("0159+-. e", max_size=6), min_size=80, max_size=80),
    st.sets(st.text("015+-.eEdDfFxXNaIi", max_size=6), min_size=80, max_size=80),
)
def test_numbers_are_what_a_pattern_says(
    spark: SparkSession, integers: set[str], doubles: set[str]
) -> None:
    cells = [*(("int", text) for text in integers), *(("double", text) for text in doubles)]
    for (type_name, text), found in judge(spark, cells).items():
        if type_name == "int" and INTEGER.fullmatch(text.strip()):
            assert found == (int(text), None)
        elif type_name == "double" and NUMBER.fullmatch(text) and abs(float(text)) < float("inf"):
            assert found == (float(text), None)
        else:
            assert found[1] == reason(type_name), text
