from __future__ import annotations

import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession

from transforms.drop_null_target import drop_null_target


def test_rows_with_a_null_target_go(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1, "a"), (None, "b"), (0, None)], "y int, s string")
    expected = spark.createDataFrame([(1, "a"), (0, None)], "y int, s string")
    assert_df_equality(drop_null_target(df, target="y"), expected)


@pytest.mark.parametrize("type_name", ["float", "double"])
def test_a_nan_target_is_missing_too(spark: SparkSession, type_name: str) -> None:
    rows = [(1.0,), (float("nan"),), (None,), (float("inf"),)]
    df = spark.createDataFrame(rows, f"y {type_name}")
    expected = spark.createDataFrame([(1.0,), (float("inf"),)], f"y {type_name}")
    assert_df_equality(drop_null_target(df, target="y"), expected)


def test_the_text_nan_is_a_value(spark: SparkSession) -> None:
    df = spark.createDataFrame([("NaN",), ("",), (None,)], "y string")
    expected = spark.createDataFrame([("NaN",), ("",)], "y string")
    assert_df_equality(drop_null_target(df, target="y"), expected)


def test_an_empty_table_stays_empty(spark: SparkSession) -> None:
    df = spark.createDataFrame([], "y double, s string")
    assert_df_equality(drop_null_target(df, target="y"), df)


def test_all_null_targets_leave_no_row(spark: SparkSession) -> None:
    df = spark.createDataFrame([(None, "a"), (None, "b")], "y double, s string")
    empty = spark.createDataFrame([], "y double, s string")
    assert_df_equality(drop_null_target(df, target="y"), empty)


def test_hostile_names_and_case_twins(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1, None), (None, 2)], "`y.``x` int, `Y.``x` int")
    expected = spark.createDataFrame([(None, 2)], "`y.``x` int, `Y.``x` int")
    assert_df_equality(drop_null_target(df, target="Y.`x"), expected)


def test_a_target_that_is_not_there_raises(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1,)], "y int")
    with pytest.raises(KeyError, match="Y"):
        drop_null_target(df, target="Y")
