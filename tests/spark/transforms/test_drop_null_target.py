from __future__ import annotations

from typing import Any

import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession

from transforms.drop_null_target import drop_null_target

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("type_name", "cells", "kept"),
    [
        ("int", [1, None, 0], [1, 0]),
        ("float", [1.0, NAN, None, INF], [1.0, INF]),
        ("double", [1.0, NAN, None, INF], [1.0, INF]),
        ("string", ["NaN", "", None], ["NaN", ""]),
        ("double", [None, None], []),
        ("double", [], []),
    ],
)
def test_rows_whose_target_is_null_or_nan_go(
    spark: SparkSession, type_name: str, cells: list[Any], kept: list[Any]
) -> None:
    """The other column is its twin in upper case, and null in every row."""
    schema = f"`y.``x` {type_name}, `Y.``x` int"
    df = spark.createDataFrame([(cell, None) for cell in cells], schema)
    expected = spark.createDataFrame([(cell, None) for cell in kept], schema)
    assert_df_equality(drop_null_target(df, target="y.`x"), expected)


def test_a_target_that_is_not_there_raises(spark: SparkSession) -> None:
    with pytest.raises(KeyError, match="Y"):
        drop_null_target(spark.createDataFrame([(1,)], "y int"), target="Y")
