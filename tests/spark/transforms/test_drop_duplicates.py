from __future__ import annotations

import pytest
from chispa import assert_df_equality
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from transforms.drop_duplicates import drop_duplicates

SCHEMA = "a int, s string"


def test_one_of_equal_rows_stays(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1, "x"), (2, "x"), (1, "x"), (1, "y")], SCHEMA)
    expected = spark.createDataFrame([(1, "x"), (2, "x"), (1, "y")], SCHEMA)
    assert_df_equality(drop_duplicates(df), expected, ignore_row_order=True)


def test_nulls_are_equal_to_each_other_and_not_to_empty(spark: SparkSession) -> None:
    df = spark.createDataFrame([(None, None), (None, None), (None, "")], SCHEMA)
    expected = spark.createDataFrame([(None, None), (None, "")], SCHEMA)
    assert_df_equality(drop_duplicates(df), expected, ignore_row_order=True)


def test_nans_are_equal_and_a_negative_zero_becomes_zero(spark: SparkSession) -> None:
    nan = float("nan")
    df = spark.createDataFrame([(nan,), (nan,), (-0.0,), (0.0,)], "x double")
    out = drop_duplicates(df)
    assert sorted(repr(row["x"]) for row in out.collect()) == ["0.0", "nan"]


def test_the_count_says_how_many_rows_a_row_stands_for(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1, "x"), (1, "x"), (None, None), (1, "x")], SCHEMA)
    expected = spark.createDataFrame([(1, "x", 3), (None, None, 1)], SCHEMA + ", n bigint")
    out = drop_duplicates(df, count="n")
    assert_df_equality(out, expected, ignore_row_order=True, ignore_nullable=True)


def test_a_column_named_count_is_a_column_like_any_other(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1,), (1,), (2,)], "count int")
    expected = spark.createDataFrame([(1,), (2,)], "count int")
    assert_df_equality(drop_duplicates(df), expected, ignore_row_order=True)


def test_an_empty_table_stays_empty(spark: SparkSession) -> None:
    df = spark.createDataFrame([], SCHEMA)
    assert_df_equality(drop_duplicates(df), df)


def test_all_null_rows_are_one_row(spark: SparkSession) -> None:
    df = spark.createDataFrame([(None, None)] * 5, SCHEMA)
    assert [tuple(row) for row in drop_duplicates(df).collect()] == [(None, None)]


def test_hostile_names(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1, 2), (1, 2)], "`a.b` int, `A.B` int")
    assert drop_duplicates(df).columns == ["a.b", "A.B"]


@pytest.mark.spark_only
def test_a_map_column_raises(spark: SparkSession) -> None:
    df = spark.createDataFrame([({"a": 1},)], "m map<string,int>")
    with pytest.raises(AnalysisException, match="(?i)map"):
        drop_duplicates(df).collect()
