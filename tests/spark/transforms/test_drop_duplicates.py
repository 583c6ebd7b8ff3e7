from __future__ import annotations

import pytest
from chispa import assert_df_equality
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from transforms.drop_duplicates import drop_duplicates


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(1, "x"), (2, "x"), (1, "x"), (1, "y")], [(1, "x"), (2, "x"), (1, "y")]),
        ([(None, None)] * 3 + [(None, "")], [(None, None), (None, "")]),
        ([], []),
    ],
    ids=["equal", "nulls are equal, empty is not null", "empty"],
)
def test_one_of_equal_rows_stays(
    spark: SparkSession, rows: list[tuple[object, ...]], expected: list[tuple[object, ...]]
) -> None:
    schema = "count int, `a b` string"  # a column named count is like any other
    out = drop_duplicates(spark.createDataFrame(rows, schema))
    expected_df = spark.createDataFrame(expected, schema)
    assert_df_equality(out, expected_df, ignore_row_order=True)


def test_nans_are_equal_and_a_negative_zero_becomes_zero(spark: SparkSession) -> None:
    nan = float("nan")
    df = spark.createDataFrame([(nan,), (nan,), (-0.0,), (0.0,)], "x double")
    assert sorted(repr(row["x"]) for row in drop_duplicates(df).collect()) == ["0.0", "nan"]


def test_the_count_says_how_many_rows_a_row_stands_for(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1, "x"), (1, "x"), (None, None), (1, "x")], "a int, A string")
    expected = spark.createDataFrame([(1, "x", 3), (None, None, 1)], "a int, A string, n bigint")
    out = drop_duplicates(df, count="n")
    assert_df_equality(out, expected, ignore_row_order=True, ignore_nullable=True)


@pytest.mark.spark_only
def test_a_map_column_raises(spark: SparkSession) -> None:
    df = spark.createDataFrame([({"a": 1},)], "m map<string,int>")
    with pytest.raises(AnalysisException, match="(?i)map"):
        drop_duplicates(df).collect()
