"""fit_scales and standard_scale; that deviations are exact: engine_cases, test_sums."""

from __future__ import annotations

import numpy as np
import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession
from sklearn.preprocessing import StandardScaler

from transforms.learn import FitError
from transforms.scale import fit_scales, standard_scale

NAN = float("nan")


def test_columns_with_values_are_learned(spark: SparkSession) -> None:
    b = [1.0, None, NAN, 3.0, None, None, None, None]
    rows = [(a, x, None) for a, x in zip([2, 4, 4, 4, 5, 5, 7, 9], b)]
    df = spark.createDataFrame(rows, "`a.b` int, b double, all_null int")
    assert fit_scales(df, columns=df.columns) == {"a.b": (5.0, 2.0), "b": (2.0, 1.0)}
    with pytest.raises(FitError, match="every column is null"):
        fit_scales(df.limit(0), columns=["b"])


def test_scaled_columns_become_double_null_and_nan_stay_null_and_others_stay(
    spark: SparkSession,
) -> None:
    rows = [(9, 1.0, "s", 0.1), (1, None, None, 0.1), (None, NAN, "", 0.1)]
    df = spark.createDataFrame(rows, "`a.b` int, c float, s string, same double")
    expected = [(2.0, -0.5, "s", 0.0), (-2.0, None, None, 0.0), (None, None, "", 0.0)]
    assert_df_equality(
        standard_scale(df, scales={"a.b": (5.0, 2.0), "c": (2.0, 2.0), "same": (0.1, 1.0)}),
        spark.createDataFrame(expected, "`a.b` double, c double, s string, same double"),
    )


def test_the_same_as_numpy_and_sklearn(spark: SparkSession) -> None:
    values = [1.5, -2.25, 1e3, 7.125, 0.0, 42.0]
    df = spark.createDataFrame([(value,) for value in values], "x double").coalesce(1)
    scales = fit_scales(df, columns=["x"])
    assert scales["x"] == pytest.approx((np.mean(values), np.std(values)), rel=1e-14)
    theirs = StandardScaler().fit_transform(np.array(values).reshape(-1, 1)).ravel()
    ours = [row["x"] for row in standard_scale(df, scales=scales).collect()]
    assert ours == pytest.approx(theirs.tolist(), rel=1e-13)
