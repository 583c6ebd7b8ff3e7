"""Escaped formulas: what a spreadsheet would run is text afterwards, and nothing else changes."""

from __future__ import annotations

import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession

from schemas.errors import InputError
from transforms.escape_formulas import escape_formulas
from transforms.formulas import escape_formula, escaped_names


def test_texts_and_names_are_escaped(spark: SparkSession) -> None:
    schema = "`=name` string, s string, n int"
    rows = [("=1+1", "plain", -1), ("@SUM(A1)", "a=b", 2), ("-5", "", None), (None, "＝1", 0)]
    expected = [
        ("'=1+1", "plain", -1),
        ("'@SUM(A1)", "a=b", 2),
        ("'-5", "", None),
        (None, "'＝1", 0),
    ]
    assert_df_equality(
        escape_formulas(spark.createDataFrame(rows, schema)),
        spark.createDataFrame(expected, "`'=name` string, s string, n int"),
        ignore_nullable=True,
    )


def test_an_empty_frame_stays_empty(spark: SparkSession) -> None:
    assert escape_formulas(spark.createDataFrame([], "s string, n int")).collect() == []


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@A", "\t=1", "\r=1", "\n=1", "＋1", "－1", "＠A"]
)
def test_both_escape_the_same(spark: SparkSession, text: str) -> None:
    escaped = escape_formulas(spark.createDataFrame([(text,)], "s string")).first()
    assert escaped is not None
    assert escaped.s == escape_formula(text) == f"'{text}"


def test_two_names_that_would_be_the_same() -> None:
    assert escaped_names(["=a", "=b", "a"]) == ["'=a", "'=b", "a"]
    with pytest.raises(InputError, match='two columns would be called "\'=a"'):
        escaped_names(["=a", "'=a"])
