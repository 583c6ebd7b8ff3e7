"""A preprocessor as a Spark transform; that its numbers are those of every engine: engine_cases."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from chispa import assert_df_equality
from engine_cases import indexed, label, number
from pyspark.sql import SparkSession

from transforms.fit import fit
from transforms.plan import FitOptions
from transforms.preprocessor import ColumnStep, Preprocessor, PreprocessorError

FITTED = Preprocessor(
    (
        ColumnStep("a.b", "int", "number", "a.b", "double", "mean", 7 / 3),
        indexed("keep", "s", "string", "x"),
        ColumnStep("f", "double", "number", "f", "double", None),
        ColumnStep("y", "int", "keep", "y", "int"),
    ),
    "y",
    3,
    FitOptions(),
)


def test_outputs_come_in_order_with_passthrough_behind(spark: SparkSession) -> None:
    rows = [("t", 1, "x", None, 1), ("u", None, None, math.nan, None)]
    df = spark.createDataFrame(rows, "`id.x` string, y int, s string, f double, `a.b` int")
    expected = spark.createDataFrame(
        [(1.0, 0.0, None, 1, "t"), (7 / 3, 1.0, None, None, "u")],
        "`a.b` double, s_indexed double, f double, y int, `id.x` string",
    )
    out = FITTED.transform(df, passthrough=["id.x"])
    assert_df_equality(out, expected, ignore_nullable=True)
    assert FITTED.transform(df.drop("y")).columns == ["a.b", "s_indexed", "f"]


def test_every_missing_column_and_wrong_type_is_named(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1, "x", "z")], "`a.b` bigint, S string, y string")
    with pytest.raises(PreprocessorError) as caught:
        FITTED.transform(df)
    assert caught.value.problems == (
        "column 'a.b' was int in training, is bigint",
        "column 's' is needed, the DataFrame does not have it",
        "column 'f' is needed, the DataFrame does not have it",
        "column 'y' was int in training, is string",
    )


def test_what_was_fitted_is_applied_to_other_rows(spark: SparkSession) -> None:
    plans = (number("x", "decimal(5,1)", "mean", scale=True), label("s"))
    schema = "x decimal(5,1), s string"
    train = [(Decimal(1), "a"), (Decimal(3), "b"), (None, "b"), (Decimal(2), "b")]
    preprocessor = fit(spark.createDataFrame(train, schema), plans=plans, target="s")
    assert (preprocessor.target, preprocessor.train_rows) == ("s", 4)
    test = spark.createDataFrame([(None, "a"), (Decimal("100.5"), "new")], schema)
    first, second = preprocessor.transform(test).collect()
    assert (tuple(first), second["s_indexed"]) == ((0.0, 1.0), 2.0)
    assert second["x"] == (100.5 - 2.0) / math.sqrt(0.5)
