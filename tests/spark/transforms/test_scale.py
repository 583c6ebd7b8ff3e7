from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from chispa import assert_df_equality
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from sklearn.preprocessing import StandardScaler

from transforms.learn import FitError
from transforms.scale import fit_scales, standard_scale

NAN = float("nan")


def test_mean_and_population_deviation_are_learned(spark: SparkSession) -> None:
    b = [1.0, None, NAN, 3.0, None, None, None, None]
    rows = [(a, x, None) for a, x in zip([2, 4, 4, 4, 5, 5, 7, 9], b)]
    df = spark.createDataFrame(rows, "a int, b double, all_null int")
    learned = fit_scales(df, columns=["a", "b", "all_null"])
    assert learned == {"a": (5.0, 2.0), "b": (2.0, 1.0)}


def test_scaled_columns_become_double_and_others_stay(spark: SparkSession) -> None:
    df = spark.createDataFrame([(9, 1, "s"), (1, 2, None)], "`a.b` int, c int, s string")
    expected = spark.createDataFrame(
        [(2.0, 1, "s"), (-2.0, 2, None)], "`a.b` double, c int, s string"
    )
    assert_df_equality(standard_scale(df, scales={"a.b": (5.0, 2.0)}), expected)


def test_null_and_nan_stay_null(spark: SparkSession) -> None:
    df = spark.createDataFrame([(None,), (NAN,), (3.0,)], "x double")
    expected = spark.createDataFrame([(None,), (None,), (1.0,)], "x double")
    assert_df_equality(standard_scale(df, scales={"x": (2.0, 1.0)}), expected)


def test_a_constant_column_becomes_zero(spark: SparkSession) -> None:
    df = spark.createDataFrame([(0.1, 7), (0.1, 7), (0.1, 7)], "x double, i int")
    scales = fit_scales(df, columns=["x", "i"])
    assert scales == {"x": (0.1, 1.0), "i": (7.0, 1.0)}
    expected = spark.createDataFrame([(0.0, 0.0)] * 3, "x double, i double")
    assert_df_equality(standard_scale(df, scales=scales), expected)


def test_an_empty_table_raises(spark: SparkSession) -> None:
    with pytest.raises(FitError, match="every column is null"):
        fit_scales(spark.createDataFrame([], "x double"), columns=["x"])


def test_values_whose_squares_are_infinite_raise(spark: SparkSession) -> None:
    df = spark.createDataFrame(
        [(float("inf"), 1e155, 1e153), (1.0, 1.0, 1.0)], "a double, b double, c double"
    )
    with pytest.raises(FitError) as caught:
        fit_scales(df, columns=["a", "b", "c"])
    told = "column {!r} holds values too large to sum: infinite, or beyond 1e154 where it is scaled"
    assert caught.value.problems == (told.format("a"), told.format("b"))


# Squares are exact from 2^-480 on (docs/preprocessor.md); smaller numbers are 0 here.
NUMBERS = st.floats(-1e9, 1e9).map(lambda x: x if abs(x) > 2.0**-400 else 0.0)
COLUMN = st.lists(NUMBERS, min_size=2, max_size=8)


@settings(max_examples=3)
@given(st.lists(COLUMN, min_size=8, max_size=8))
def test_the_deviation_is_exact(spark: SparkSession, columns: list[list[float]]) -> None:
    rows = [tuple(c[i] if i < len(c) else None for c in columns) for i in range(8)]
    names = [f"c{i}" for i in range(8)]
    df = spark.createDataFrame(rows, ", ".join(f"{n} double" for n in names))
    scales = fit_scales(df, columns=names)
    for name, values in zip(names, columns):
        spread = statistics.pstdev(values)
        assert math.isclose(scales[name][1], spread or 1.0, rel_tol=1e-15), values


def test_a_small_spread_around_a_large_mean_is_not_lost(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1e9 + d,) for d in (0.25, 0.5, 0.75)], "x double")
    center, spread = fit_scales(df, columns=["x"])["x"]
    assert center == 1000000000.5
    assert spread == pytest.approx(0.2041241452319315, rel=1e-15)


def test_the_same_as_numpy_and_sklearn(spark: SparkSession) -> None:
    values = [1.5, -2.25, 1e3, 7.125, 0.0, 42.0]
    df = spark.createDataFrame([(value,) for value in values], "x double")
    scales = fit_scales(df, columns=["x"])
    assert scales["x"] == pytest.approx((np.mean(values), np.std(values)), rel=1e-14)
    theirs = StandardScaler().fit_transform(np.array(values).reshape(-1, 1)).ravel()
    ours = [row["x"] for row in standard_scale(df, scales=scales).collect()]
    assert ours == pytest.approx(theirs.tolist(), rel=1e-13)
