"""fit_fills and fill_nulls; that means and medians are exact: engine_cases, test_sums."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from chispa import assert_df_equality
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.ml.feature import Imputer
from pyspark.sql import SparkSession
from sklearn.impute import SimpleImputer

from transforms.fill import fill_nulls, fit_fills
from transforms.learn import FitError

NAN = float("nan")
NUMBERS = ["tinyint", "smallint", "int", "bigint", "float", "double", "decimal(10,2)"]


def test_every_numeric_type_is_filled_and_becomes_double_keeping_its_fraction(
    spark: SparkSession,
) -> None:
    schema = ", ".join(f"`{name}` {name}" for name in NUMBERS)
    rows = [(v, v, v, v, float(v), float(v), Decimal(v)) for v in (1, 2, 4)]
    df = spark.createDataFrame([*rows, (None,) * 7], schema)
    fills = fit_fills(df, columns=NUMBERS)
    assert fills == dict.fromkeys(NUMBERS, 2.3333333333333335)
    doubles = ", ".join(f"`{name}` double" for name in NUMBERS)
    expected = [(x,) * 7 for x in (1.0, 2.0, 4.0, 2.3333333333333335)]
    assert_df_equality(
        fill_nulls(df, fills=fills), spark.createDataFrame(expected, doubles), ignore_nullable=True
    )


def test_other_columns_stay_and_nan_is_filled(spark: SparkSession) -> None:
    rows = [(1.0, None, None), (None, 1.5, "a"), (NAN, NAN, "b")]
    df = spark.createDataFrame(rows, "x float, `y.z` double, s string").coalesce(1)
    expected = [(1.0, None, None), (-1.0, 1.5, "a"), (-1.0, NAN, "b")]
    assert_df_equality(
        fill_nulls(df, fills={"x": -1.0}),
        spark.createDataFrame(expected, "x double, `y.z` double, s string").coalesce(1),
        ignore_nullable=True,
        allow_nan_equality=True,
    )


def test_a_column_without_values_is_not_filled_and_nothing_but_nulls_raises(
    spark: SparkSession,
) -> None:
    df = spark.createDataFrame([(1, None, NAN), (3, None, None)], "x int, n int, `d.d` double")
    assert fit_fills(df, columns=df.columns) == {"x": 2.0}
    with pytest.raises(FitError, match="every column is null in every training row: n, d.d"):
        fit_fills(df, columns=["n", "d.d"])


@pytest.mark.parametrize("error", [0.3, 0.01, 1e-6])
@settings(max_examples=1)
@given(st.lists(st.lists(st.floats(1e-3, 1e12), min_size=1, max_size=9), min_size=10, max_size=10))
def test_an_approximate_median_keeps_its_error(
    spark: SparkSession, error: float, columns: list[list[float]]
) -> None:
    far = [1000.1 + i for i in range(1001)]
    rows = [(far[i], *(c[i] if i < len(c) else None for c in columns)) for i in range(1001)]
    names = ["far", *(f"c{i}" for i in range(10))]
    df = spark.createDataFrame(rows, ", ".join(f"{n} double" for n in names))
    fills = fit_fills(df, columns=names, method="median", median_error=error)
    for name, values in zip(names, [far, *columns]):
        exact = float(pd.Series(values).median())
        assert abs(fills[name] - exact) <= error * exact
    assert fills["far"] != 1500.1  # so that it is approximate at all


@pytest.mark.spark_only
@pytest.mark.parametrize("method", ["mean", "median"])
def test_the_same_as_imputer_sklearn_and_pandas(spark: SparkSession, method: str) -> None:
    values = [1.25, None, 2.5, NAN, -7.0, 100.0, *([3.0] if method == "median" else [])]
    df = spark.createDataFrame([(value,) for value in values], "x double").coalesce(1)
    filled = fill_nulls(df, fills=fit_fills(df, columns=["x"], method=method))
    imputer = Imputer(inputCols=["x"], outputCols=["x"], strategy=method).fit(df)
    assert_df_equality(filled, imputer.transform(df), ignore_nullable=True)
    numbers = pd.DataFrame({"x": pd.Series(values, dtype="float64")})
    cells = [row["x"] for row in filled.collect()]
    assert cells == SimpleImputer(strategy=method).fit_transform(numbers).ravel().tolist()
    assert cells == numbers["x"].fillna(numbers["x"].agg(method)).tolist()
