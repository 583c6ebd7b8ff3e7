from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from chispa import assert_df_equality
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.ml.feature import Imputer
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from sklearn.impute import SimpleImputer

from transforms.fill import fill_nulls, fit_fills
from transforms.learn import FitError

NAN, INF = float("nan"), float("inf")
NUMBERS = ["tinyint", "smallint", "int", "bigint", "float", "double", "decimal(10,2)"]
SCHEMA = ", ".join(f"`{name}` {name}" for name in NUMBERS)


def wide(spark: SparkSession, *values: int | None) -> DataFrame:
    """A column of each numeric type, all with the same values."""
    dec = [None if v is None else Decimal(v) for v in values]
    flo = [None if v is None else float(v) for v in values]
    rows = [(v, v, v, v, f, f, d) for v, f, d in zip(values, flo, dec)]
    return spark.createDataFrame(rows, SCHEMA)


def test_means_keep_their_fraction_in_every_type(spark: SparkSession) -> None:
    df = wide(spark, 1, 2, 4, None)
    assert fit_fills(df, columns=NUMBERS) == dict.fromkeys(NUMBERS, 2.3333333333333335)


def test_every_numeric_type_is_filled_and_becomes_double(spark: SparkSession) -> None:
    out = fill_nulls(wide(spark, 1, None), fills=dict.fromkeys(NUMBERS, 2.5))
    schema = ", ".join(f"`{name}` double" for name in NUMBERS)
    expected = spark.createDataFrame([(1.0,) * 7, (2.5,) * 7], schema)
    assert_df_equality(out, expected, ignore_nullable=True)


def test_columns_that_are_not_named_stay(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1, None, None), (None, 1.5, "a")], "x int, `y.z` double, s string")
    expected = spark.createDataFrame(
        [(1.0, None, None), (-1.0, 1.5, "a")], "x double, `y.z` double, s string"
    )
    assert_df_equality(fill_nulls(df, fills={"x": -1.0}), expected, ignore_nullable=True)


def test_nan_counts_as_null(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1.0, 8.0), (NAN, NAN), (2.0, 4.0)], "x double, f float")
    fills = fit_fills(df, columns=["x", "f"])
    assert fills == {"x": 1.5, "f": 6.0}
    filled = fill_nulls(df, fills=fills)
    expected = spark.createDataFrame([(1.0, 8.0), (1.5, 6.0), (2.0, 4.0)], "x double, f double")
    assert_df_equality(filled, expected, ignore_nullable=True)


def test_the_median_is_exact_for_odd_and_even_counts(spark: SparkSession) -> None:
    rows = [(9, 1, 7.0, 3), (1, 8, 7.0, 3), (5, 2, NAN, 3), (None, 4, None, None)]
    df = spark.createDataFrame(rows, "odd int, even int, two double, same tinyint")
    fills = fit_fills(df, columns=df.columns, method="median")
    assert fills == {"odd": 5.0, "even": 3.0, "two": 7.0, "same": 3.0}


def test_the_median_of_huge_values_does_not_overflow(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1.5e308,), (1.7e308,)], "x double")
    assert fit_fills(df, columns=["x"], method="median") == {"x": 1.6e308}


@settings(max_examples=4)
@given(
    st.lists(st.lists(st.floats(1e-3, 1e12), min_size=1, max_size=9), min_size=10, max_size=10),
    st.sampled_from([0.3, 0.01, 1e-6]),
)
def test_an_approximate_median_keeps_its_error(
    spark: SparkSession, columns: list[list[float]], error: float
) -> None:
    rows = [tuple(c[i] if i < len(c) else None for c in columns) for i in range(9)]
    names = [f"c{i}" for i in range(10)]
    df = spark.createDataFrame(rows, ", ".join(f"{n} double" for n in names))
    fills = fit_fills(df, columns=names, method="median", median_error=error)
    for name, values in zip(names, columns):
        exact = float(pd.Series(values).median())
        assert abs(fills[name] - exact) <= error * exact


def test_an_approximate_median_is_approximate(spark: SparkSession) -> None:
    df = spark.range(1001).select((F.col("id") + 1000.1).alias("x"))
    near = fit_fills(df, columns=["x"], method="median", median_error=0.01)["x"]
    assert near != 1500.1
    assert near == pytest.approx(1500.1, rel=0.01)


def test_an_all_null_column_is_not_filled(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1, None, NAN), (3, None, None)], "x int, n int, d double")
    assert fit_fills(df, columns=["x", "n", "d"]) == {"x": 2.0}


def test_nothing_but_nulls_raises(spark: SparkSession) -> None:
    df = spark.createDataFrame([(None, NAN)], "n int, d double")
    with pytest.raises(FitError, match="every column is null in every training row: n, d"):
        fit_fills(df, columns=["n", "d"])


def test_an_empty_table_raises(spark: SparkSession) -> None:
    df = spark.createDataFrame([], "x int")
    with pytest.raises(FitError, match="every column is null"):
        fit_fills(df, columns=["x"])


def test_an_infinite_value_raises_with_its_column(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1.0, 1.0), (2.0, -INF)], "fine double, `not.fine` double")
    with pytest.raises(FitError) as caught:
        fit_fills(df, columns=["fine", "not.fine"])
    (problem,) = caught.value.problems
    assert "column 'not.fine' holds values too large" in problem


def test_an_infinite_median_raises(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1.0,), (INF,), (INF,)], "x double")
    with pytest.raises(FitError, match="column 'x'"):
        fit_fills(df, columns=["x"], method="median")


@pytest.mark.spark_only
def test_the_same_as_imputer_sklearn_and_pandas(spark: SparkSession) -> None:
    values = [1.25, None, 2.5, NAN, -7.0, 100.0]
    df = spark.createDataFrame([(value,) for value in values], "x double")
    ours = fill_nulls(df, fills=fit_fills(df, columns=["x"]))
    imputer = Imputer(inputCols=["x"], outputCols=["x"], strategy="mean").fit(df)
    assert_df_equality(ours, imputer.transform(df), ignore_nullable=True)
    numbers = pd.DataFrame({"x": pd.Series(values, dtype="float64")})
    ours_now = [row["x"] for row in ours.collect()]
    assert ours_now == SimpleImputer().fit_transform(numbers).ravel().tolist()
    assert ours_now == numbers["x"].fillna(numbers["x"].mean()).tolist()


def test_the_median_is_sklearns(spark: SparkSession) -> None:
    values = [1.25, None, 2.5, -7.0, 100.0]
    df = spark.createDataFrame([(value,) for value in values], "x double")
    numbers = pd.DataFrame({"x": pd.Series(values, dtype="float64")})
    theirs = SimpleImputer(strategy="median").fit(numbers).statistics_[0]
    assert fit_fills(df, columns=["x"], method="median") == {"x": theirs}
