"""Sums of doubles are exact whatever the order of the rows, or say that they are not."""

from __future__ import annotations

from fractions import Fraction
from math import inf, isfinite, nan

import pytest
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
from transforms.fixed_sum import (
    ERROR_SHIFT,
    PART_BITS,
    PARTS,
    SHIFT,
    FixedSum,
    fixed_sum_columns,
    fixed_sum_of,
    shifted,
    whole_sum_columns,
)

LARGEST = 2.0**44
SMALLEST = 2.0**-28
FULL = 2 - 2.0**-52  # all 53 bits set
# Where parts and bins end, where the ranges end, and where a double's own range does.
BOUNDS = [2.0**e for e in (-1074, -1022, -900, -93, -81, -80, -49, -48, -28, -25, -24, -23, -18,
                           -1, 0, 1, 13, 23, 24, 25, 43, 44, 48, 1023)]  # fmt: skip
FACTORS = (1, 1 + 2.0**-52, 1 - 2.0**-53, FULL)
EDGES = [s * x * d for x in BOUNDS for d in FACTORS for s in (1, -1) if isfinite(x * d)]
WILD = [0.0, -0.0, 0.1, 5e-324, 1e-300, 1e300, 1.7976931348623157e308]
FINITE = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=300, max_size=300)


def frame(spark: SparkSession, values: list[float | None]) -> DataFrame:
    return spark.createDataFrame([*enumerate(values)], "i int, x double")


def parts(df: DataFrame) -> DataFrame:
    """Cut the column x into its parts, step by step as the profile does."""
    return (
        df.select("x", bin_column(F.col("x")).alias("bin"))
        .select("*", scaled_column(F.col("x"), F.col("bin")).alias("scaled"))
        .select("*", F.floor("scaled").alias("high"))
        .select("*", middle_of(F.col("scaled"), F.col("high")).alias("m"))
        .select("x", "bin", "high", F.floor("m").alias("middle"), low_of(F.col("m")).alias("low"))
    )


@settings(max_examples=2)
@given(FINITE)
def test_every_double_is_cut_without_loss(spark: SparkSession, values: list[float]) -> None:
    for x, bin_, high, middle, low in parts(frame(spark, [*EDGES, *WILD, *values])).collect():
        assert total([(bin_, high, middle, low)]) == Fraction(x), x
        assert abs(high) <= 2**26, x
        assert 0 <= middle < 2**28, x
        assert 0 <= low < 2**28, x


def test_the_bins_of_small_and_large_numbers(spark: SparkSession) -> None:
    df = frame(spark, [0.0, 1.0, 2.0**24, 0.5, 2.0**48, inf, -inf, None])
    bins = [row[0] for row in df.orderBy("i").select(bin_column(F.col("x"))).collect()]
    assert bins == [0, 0, 1, -1, 2, 99_999, 99_999, None]


@settings(max_examples=2)
@given(FINITE)
def test_a_square_and_its_error_are_the_exact_square(
    spark: SparkSession, values: list[float]
) -> None:
    df, square = frame(spark, [None, 0.1, -1e100, 3.0, *values]), F.col("x") * F.col("x")
    (missing, _, error), *rows = df.orderBy("i").select(
        "x", square, square_error(F.col("x"), square)
    ).collect()  # fmt: skip
    assert (missing, error) == (None, None)
    for x, squared, error in rows:
        if 2.0**-480 < abs(x) < 2.0**480:
            assert Fraction(squared) + Fraction(error) == Fraction(x) ** 2, x
        else:
            assert error == 0.0, x


def sums(df: DataFrame, shift: int = SHIFT) -> FixedSum:
    near = df.select(shifted(F.col("x"), shift=shift).alias("near"))
    row = near.agg(*fixed_sum_columns(F.col("near"), name="s")).collect()[0]
    return fixed_sum_of(row, name="s", shift=shift)


def fits(x: float, shift: int) -> bool:
    """Tell from the documented range whether four parts hold a double."""
    if not isfinite(x) or abs(x) >= 2.0 ** (PART_BITS - shift):
        return False
    return (Fraction(x) * 2 ** (shift + PART_BITS * (PARTS - 1))).denominator == 1


@pytest.mark.parametrize("shift", [SHIFT, ERROR_SHIFT])
@settings(max_examples=1)
@given(FINITE)
def test_every_double_is_held_or_counted(
    spark: SparkSession, shift: int, drawn: list[float]
) -> None:
    values = [*EDGES, *WILD, *drawn, inf, -inf, nan, SMALLEST / 2 * FULL, -LARGEST]
    documented = [SMALLEST * FULL, LARGEST / 2 * FULL, SMALLEST / 2 * FULL, LARGEST]
    assert [fits(x, SHIFT) for x in documented] == [True, True, False, False]
    near = frame(spark, values).select("i", shifted(F.col("x"), shift=shift).alias("near"))
    rows = near.groupBy("i").agg(*fixed_sum_columns(F.col("near"), name="s")).collect()
    assert len(rows) == len(values)
    for row in rows:
        x, got = values[row["i"]], fixed_sum_of(row, name="s", shift=shift)
        assert got.beyond == (not fits(x, shift)), x
        assert got.beyond or got.sum == Fraction(x), x


@settings(max_examples=2)
@given(st.lists(st.floats(SMALLEST, LARGEST / 2), min_size=100, max_size=100), st.integers(2, 9))
def test_a_sum_is_exact_whatever_the_partitioning(
    spark: SparkSession, values: list[float], partitions: int
) -> None:
    values = [*values, *(-x for x in values[::3]), LARGEST / 2 * FULL, SMALLEST * FULL]
    df = frame(spark, [*values, *values[::3], None, 0.0, -0.0])
    expected = FixedSum(sum(map(Fraction, [*values, *values[::3]])), 0)
    assert sums(df.repartition(partitions, "i")) == expected
    assert sums(df.coalesce(1).orderBy(F.desc("i"))) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], FixedSum(Fraction(0), 0)),
        ([None, None], FixedSum(Fraction(0), 0)),
        ([1.0, 1e300, 2.0, None, inf, 3.0], FixedSum(Fraction(6), 2)),
    ],
    ids=["empty", "null", "beyond"],
)
def test_nothing_adds_nothing_and_what_is_beyond_is_counted(
    spark: SparkSession, values: list[float | None], expected: FixedSum
) -> None:
    found = sums(frame(spark, values))
    assert found.beyond == expected.beyond
    assert found.beyond or found.sum == expected.sum


def test_whole_numbers_are_summed_as_they_are(spark: SparkSession) -> None:
    df = spark.createDataFrame([(2**31 - 1,), (2**31 - 1,), (-5,), (0,)], "x bigint")
    for rows, expected in ((df, 2**32 - 7), (df.where("x > 9e18"), 0)):
        row = rows.agg(*whole_sum_columns(F.col("x"), name="w")).collect()[0]
        assert fixed_sum_of(row, name="w", whole=True) == FixedSum(Fraction(expected), 0)
