"""Fixed-point sums of doubles are exact, or say that they are not."""

from __future__ import annotations

from fractions import Fraction
from math import inf, isfinite, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

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
SIZES = st.floats(min_value=SMALLEST, max_value=LARGEST, exclude_max=True)
IN_RANGE = st.one_of(SIZES, SIZES.map(lambda x: -x), st.just(0.0))
ANY = st.floats(allow_nan=False)
# Where parts end, where the range ends, and where a double's own range does.
BOUNDS = [2.0**e for e in (-1074, -1022, -900, -93, -81, -80, -49, -28, -18, 13, 43, 44, 1023)]
EDGES = [s * x * d for x in BOUNDS for d in (1, 1 + 2.0**-52, 1 - 2.0**-53, FULL) for s in (1, -1)]
WILD = [5e-324, 1e-300, 1e300, inf, -inf, nan, SMALLEST / 2 * FULL, -LARGEST, 0.0, -0.0]


def frame(spark: SparkSession, values: list[float | None]) -> DataFrame:
    return spark.createDataFrame([(i, x) for i, x in enumerate(values)], "i int, x double")


def sums(df: DataFrame, shift: int = SHIFT) -> FixedSum:
    near = df.select(shifted(F.col("x"), shift=shift).alias("near"))
    row = near.agg(*fixed_sum_columns(F.col("near"), name="s")).collect()[0]
    return fixed_sum_of(row, name="s", shift=shift)


def fits(x: float, shift: int) -> bool:
    """Tell from the documented range whether four parts hold a double."""
    if not isfinite(x) or abs(x) >= 2.0 ** (PART_BITS - shift):
        return False
    return (Fraction(x) * 2 ** (shift + PART_BITS * (PARTS - 1))).denominator == 1


@settings(max_examples=6)
@given(st.lists(IN_RANGE, min_size=100, max_size=200), st.integers(1, 9))
def test_a_sum_is_exact_whatever_the_partitioning(
    spark: SparkSession, values: list[float], partitions: int
) -> None:
    df = frame(spark, [*values, *values[::3]])
    expected = FixedSum(sum(map(Fraction, [*values, *values[::3]]), Fraction(0)), 0)
    assert sums(df.repartition(partitions, "i")) == expected
    assert sums(df.coalesce(1).orderBy(F.desc("i"))) == expected


def check_each(spark: SparkSession, values: list[float], shift: int) -> None:
    near = frame(spark, values).select("i", shifted(F.col("x"), shift=shift).alias("near"))
    rows = near.groupBy("i").agg(*fixed_sum_columns(F.col("near"), name="s")).collect()
    assert len(rows) == len(values)
    for row in rows:
        x, got = values[row["i"]], fixed_sum_of(row, name="s", shift=shift)
        assert got.beyond == (not fits(x, shift)), x
        if not got.beyond:
            assert got.sum == Fraction(x), x


@pytest.mark.parametrize("shift", [SHIFT, ERROR_SHIFT])
def test_at_its_bounds_a_number_is_held_or_counted(spark: SparkSession, shift: int) -> None:
    check_each(spark, [*EDGES, *WILD], shift)


@settings(max_examples=4)
@given(st.lists(ANY, min_size=100, max_size=300), st.sampled_from([SHIFT, ERROR_SHIFT]))
def test_every_double_is_held_or_counted(
    spark: SparkSession, values: list[float], shift: int
) -> None:
    check_each(spark, values, shift)


def test_the_range_is_what_it_is_said_to_be() -> None:
    assert fits(SMALLEST, SHIFT)
    assert fits(SMALLEST * FULL, SHIFT)
    assert not fits(SMALLEST / 2 * FULL, SHIFT)
    assert fits(LARGEST / 2 * FULL, SHIFT)
    assert not fits(LARGEST, SHIFT)


def test_one_number_out_of_range_is_counted_among_many(spark: SparkSession) -> None:
    assert sums(frame(spark, [1.0, 1e300, 2.0, None, inf, 3.0])).beyond == 2


def test_null_adds_nothing(spark: SparkSession) -> None:
    assert sums(frame(spark, [None, 0.5, None, -0.25])) == FixedSum(Fraction(1, 4), 0)
    assert sums(frame(spark, [None, None])) == FixedSum(Fraction(0), 0)


def test_zeros_of_both_signs_add_nothing(spark: SparkSession) -> None:
    assert sums(frame(spark, [-0.0, 0.0, -0.0])) == FixedSum(Fraction(0), 0)


def test_large_numbers_of_both_signs_cancel_exactly(spark: SparkSession) -> None:
    tiny = SMALLEST * FULL
    values: list[float | None] = [LARGEST / 2 * FULL, tiny, -LARGEST / 2 * FULL] * 50
    assert sums(frame(spark, values).repartition(5)) == FixedSum(50 * Fraction(tiny), 0)


def test_an_empty_table_sums_to_zero(spark: SparkSession) -> None:
    assert sums(frame(spark, [])) == FixedSum(Fraction(0), 0)


def test_whole_numbers_are_summed_as_they_are(spark: SparkSession) -> None:
    df = spark.createDataFrame([(2**31 - 1,), (2**31 - 1,), (-5,), (0,)], "x bigint")
    for rows, expected in ((df, 2**32 - 7), (df.where("x > 9e18"), 0)):
        row = rows.agg(*whole_sum_columns(F.col("x"), name="w")).collect()[0]
        assert fixed_sum_of(row, name="w", whole=True) == FixedSum(Fraction(expected), 0)
