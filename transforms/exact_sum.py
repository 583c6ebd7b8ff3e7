"""Sums of doubles that do not depend on the order of the rows.

A floating sum rounds at every step, so another partitioning gives another mean. Here every double
is cut, without loss, into three integers and an exponent:

    x = (high * 2**54 + middle * 2**28 + low) * 2**exponent

Integers add in any order to the same sum, and the exponent (a multiple of 24, so at most 90 values
occur, mostly two or three) is a grouping key. The driver puts the sums together as a Fraction:
exact, and rounded once, when a mean becomes a double. Each part stays below 2**28, so 2**35 rows
fit into a long. Against ``avg``, which is neither exact nor repeatable, see docs/benchmarks.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from pyspark.sql import Column
from pyspark.sql import functions as F

STEP = 24
LOW_BITS = 28
FRACTION_BITS = 54
# The exponent that stands for an infinite value; its sums mean nothing.
INFINITE = 99_999
# Veltkamp's constant: splits a double into two halves of 26 bits.
_SPLITTER = float(2**27 + 1)


def bin_column(x: Column) -> Column:
    """Give the bin of a double: 24 * bin <= log2 of its size, about; null where x is null.

    The three bins around 1 are found by comparing; a logarithm takes three times as long. That the
    logarithm may be off by one at a bound does no harm: the cut leaves two bits to spare.
    """
    size = F.abs(x)
    elsewhere = F.when(size == 0, 0).when(size == float("inf"), INFINITE)
    elsewhere = elsewhere.otherwise(F.floor(F.log2(size) / STEP).cast("int"))
    large = F.when(size < 2.0**STEP, 0).when(size < 2.0 ** (2 * STEP), 1).otherwise(elsewhere)
    small = F.when(size >= 2.0**-STEP, -1).otherwise(elsewhere)
    return F.when(x.isNotNull(), F.when(size >= 1, large).otherwise(small))


def scaled_column(x: Column, bin_: Column) -> Column:
    """Bring a double near [1, 2**24) by a power of two: exact, also for subnormal numbers."""
    half = F.pow(F.lit(2.0), bin_ * (-STEP // 2))
    return (
        F.when(bin_ == 0, x)
        .when(bin_ == 1, x * 2.0**-STEP)
        .when(bin_ == -1, x * 2.0**STEP)
        .when(bin_ == INFINITE, F.lit(0.0))
        .otherwise(x * half * half)
    )


def middle_of(scaled: Column, high: Column) -> Column:
    """Give the 26 bits below the point, as a double whose floor is the middle part."""
    return (scaled - high.cast("double")) * 2.0 ** (FRACTION_BITS - LOW_BITS)


def low_of(middle: Column) -> Column:
    """Give the bits that the middle part leaves, as a long."""
    return ((middle - F.floor(middle).cast("double")) * 2.0**LOW_BITS).cast("bigint")


def square_error(x: Column, square: Column) -> Column:
    """Give x*x - fl(x*x) exactly (T. J. Dekker 1971), so that sums of squares are exact too.

    Zero beyond 2**480 and below 2**-480, where the halves would leave the range of a double.
    """
    shifted = x * F.lit(_SPLITTER)
    high = shifted - (shifted - x)
    low = x - high
    error = ((high * high - square) + high * low * 2.0) + low * low
    size = F.abs(x)
    in_range = (size < 2.0**480) & (size > 2.0**-480)
    return F.when(in_range, error).when(x.isNotNull(), F.lit(0.0))


def total(parts: Iterable[tuple[int, int, int, int]]) -> Fraction:
    """Add (bin, high, middle, low) sums to the exact total."""
    exact = Fraction(0)
    for bin_, high, middle, low in parts:
        whole = (high << FRACTION_BITS) + (middle << LOW_BITS) + low
        exact += whole * Fraction(2) ** (STEP * bin_ - FRACTION_BITS)
    return exact
