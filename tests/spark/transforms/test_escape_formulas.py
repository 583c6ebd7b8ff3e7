"""Escaped formulas: what a spreadsheet would run is text afterwards, and nothing else changes."""

from __future__ import annotations

from chispa import assert_df_equality
from pyspark.sql import SparkSession

from transforms.escape_formulas import escape_formulas
from transforms.formulas import FORMULA_SIGNS, escape_formula


def test_texts_and_names_are_escaped_as_plain_python_escapes_them(spark: SparkSession) -> None:
    cells = [*(sign + "A1" for sign in FORMULA_SIGNS), "plain", "a=b", "", None]
    schema = "`=name` string, n int"
    df = spark.createDataFrame([(cell, -1) for cell in cells], schema)
    expected = [(cell if cell is None else escape_formula(cell), -1) for cell in cells]
    assert_df_equality(
        escape_formulas(df),
        spark.createDataFrame(expected, "`'=name` string, n int"),
        ignore_nullable=True,
    )
    assert escape_formulas(df.limit(0)).collect() == []
