from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from transforms.exact_sum import (
    bin_column,
    low_of,
    middle_of,
    scaled_column,
    square_error,
    total,
)

FINITE = st.floats(allow_nan=False, allow_infinity=False)
# Where the bins change, where numbers become subnormal, and the ends of the range.
BOUNDS = [2.0**e for e in (-1074, -1022, -48, -25, -24, -23, -1, 0, 1, 23, 24, 25, 48, 1023)]
EDGES = [s * x * (1 + d) for x in BOUNDS for d in (0, 2.0**-52, -(2.0**-53)) for s in (1, -1)]
LARGEST = 1.7976931348623157e308


def parts(df: DataFrame) -> DataFrame:
    """Cut the column x into its parts, step by step as the profile does."""
    return (
        df.select("x", bin_column(F.col("x")).alias("bin"))
        .select("*", scaled_column(F.col("x"), F.col("bin")).alias("scaled"))
        .select("*", F.floor("scaled").alias("high"))
        .select("*", middle_of(F.col("scaled"), F.col("high")).alias("m"))
        .select("x", "bin", "high", F.floor("m").alias("middle"), low_of(F.col("m")).alias("low"))
    )


def check_lossless(spark: SparkSession, values: list[float]) -> None:
    df = spark.createDataFrame([(value,) for value in values], "x double")
    for x, bin_, high, middle, low in parts(df).collect():
        assert total([(bin_, high, middle, low)]) == Fraction(x), x
        assert abs(high) <= 2**26, x
        assert 0 <= middle < 2**28, x
        assert 0 <= low < 2**28, x


def test_numbers_at_the_bounds_are_cut_without_loss(spark: SparkSession) -> None:
    check_lossless(spark, [*EDGES, 0.0, -0.0, 0.1, LARGEST, -LARGEST, 5e-324])


@settings(max_examples=5)
@given(st.lists(FINITE, min_size=100, max_size=300))
def test_every_double_is_cut_without_loss(spark: SparkSession, values: list[float]) -> None:
    check_lossless(spark, values)


def test_the_bins_of_small_and_large_numbers(spark: SparkSession) -> None:
    values = [0.0, 1.0, 2.0**24, 0.5, 2.0**48, float("inf"), float("-inf"), None]
    df = spark.createDataFrame([(value,) for value in values], "x double")
    bins = [row[0] for row in df.select(bin_column(F.col("x"))).collect()]
    assert bins == [0, 0, 1, -1, 2, 99_999, 99_999, None]


@settings(max_examples=5)
@given(st.lists(FINITE, min_size=100, max_size=300))
def test_a_square_and_its_error_are_the_exact_square(
    spark: SparkSession, values: list[float]
) -> None:
    df = spark.createDataFrame([(value,) for value in [*values, 0.1, -1e100, 3.0]], "x double")
    square = F.col("x") * F.col("x")
    for x, squared, error in df.select("x", square, square_error(F.col("x"), square)).collect():
        if 2.0**-480 < abs(x) < 2.0**480:
            assert Fraction(squared) + Fraction(error) == Fraction(x) ** 2, x
        else:
            assert error == 0.0, x


def test_the_square_error_of_null_is_null(spark: SparkSession) -> None:
    df = spark.createDataFrame([(None,)], "x double")
    out = df.select(square_error(F.col("x"), F.col("x") * F.col("x"))).collect()
    assert out[0][0] is None


def test_total_of_nothing_is_zero() -> None:
    assert total([]) == 0


def test_total_adds_parts_of_different_bins() -> None:
    assert total([(0, 3, 2**27, 0), (1, 1, 0, 0)]) == Fraction(5 + 2**24)
    assert total([(-1, 0, 0, 1), (0, -1, 0, 0)]) == Fraction(1, 2**78) - 1
