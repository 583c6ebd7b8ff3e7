"""Count what a fit needs from a pandas DataFrame; :func:`transforms.learn.learn` does the rest.

The counts are those of :mod:`transforms.tally`, so a preprocessor learned here is Spark's, byte for
byte: sums are exact, labels are ordered by the same rule, medians come from the same two values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd

from schemas.errors import InputError
from transforms.counts import LABEL, SQUARE, SUM, VALUE, ColumnCounts, Tally
from transforms.plan import ColumnPlan, FitOptions
from transforms.row_hash import SPLITS
from transforms.values import TOO_LONG, is_too_long, label_value, number_value

Doubles = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
_MANTISSA_BITS = 53
_HALF_BITS = 27
# Squares are exact between these sizes, and rounded doubles beyond: as transforms.exact_sum.
_SMALL, _LARGE = 2.0**-480, 2.0**480


def count_pandas(
    pdf: pd.DataFrame,
    *,
    plans: Sequence[ColumnPlan],
    options: FitOptions,
    outcome: npt.NDArray[np.object_],
    copies: Mapping[str, int] | None = None,
    labels: bool = True,
) -> Tally:
    """Count what is to be learned, and what became of the rows.

    ``outcome`` names what becomes of each row: learned from are those of ``train``, published those
    of any split. ``copies`` counts the input rows behind each outcome, duplicates too. Without
    ``labels`` none are counted. An empty table counts nothing.
    """
    train = outcome == SPLITS[0]
    kept = np.isin(outcome, SPLITS)
    columns = {}
    for plan in plans:
        counts = ColumnCounts()
        cells = pdf[plan.name]
        if plan.action == "index" and labels:
            _count_labels(counts, cells, plan.type, train, kept, options)
        elif plan.fill or plan.scale:
            _count_numbers(counts, numbers_of(cells, plan.type), plan, train, kept)
        columns[plan.name] = counts
    outcomes = {str(name): count for name, count in Counter(outcome.tolist()).items()}
    return Tally(outcomes, dict(copies or outcomes), columns)


def numbers_of(cells: pd.Series, type_name: str) -> Doubles:
    """Give cells as doubles by the rule of :func:`transforms.values.number_value`; null is NaN."""
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return cells.to_numpy(dtype="float64", na_value=np.nan)
    codes, uniques = pd.factorize(cells, use_na_sentinel=True)
    numbers = [number_value(value, type_name) for value in uniques]
    return np.array([*numbers, np.nan], dtype="float64")[codes]


def _count_labels(
    counts: ColumnCounts,
    cells: pd.Series,
    type_name: str,
    train: npt.NDArray[np.bool_],
    kept: npt.NDArray[np.bool_],
    options: FitOptions,
) -> None:
    codes, uniques = pd.factorize(cells, use_na_sentinel=True)
    names = [str(label_value(value, type_name)) for value in uniques]
    # The nulls' code is -1; one place further on it is 0.
    in_train = np.bincount(codes[train] + 1, minlength=len(names) + 1)
    in_kept = np.bincount(codes[kept] + 1, minlength=len(names) + 1)
    counts.train_nulls, counts.nulls = int(in_train[0]), int(in_kept[0])
    if any(is_too_long(name) for name, count in zip(names, in_kept[1:].tolist()) if count):
        raise InputError(f"column '{cells.name}'{TOO_LONG}")
    rows = zip(names, in_train[1:].tolist(), in_kept[1:].tolist())
    found = sorted((row for row in rows if row[2]), key=lambda row: (-row[1], row[0]))
    for rank, (name, of_train, of_kept) in enumerate(found):
        if rank < options.max_labels and of_train >= options.min_frequency:
            counts.labels[name] = of_train
        else:
            counts.cut_labels += of_train > 0
            counts.other_rows += of_kept
    counts.values_by_kind[LABEL] = int(in_train[1:].sum())


def _count_numbers(
    counts: ColumnCounts,
    numbers: Doubles,
    plan: ColumnPlan,
    train: npt.NDArray[np.bool_],
    kept: npt.NDArray[np.bool_],
) -> None:
    missing = np.isnan(numbers)
    counts.nulls = int((missing & kept).sum())
    counts.train_nulls = int((missing & train).sum())
    learned = numbers[train & ~missing]
    if plan.fill == "mean" or plan.scale:
        finite = learned[np.isfinite(learned)]
        counts.values_by_kind[SUM] = len(learned)
        counts.sums[SUM] = exact_sum(finite)
        counts.infinite = len(learned) - len(finite)
    if plan.scale:
        counts.sums[SQUARE], counts.infinite = _sum_of_squares(learned)
    if plan.fill == "median":
        counts.values_by_kind[VALUE] = len(learned)
        counts.median = _middle(learned)


def _middle(numbers: Doubles) -> list[float]:
    """Return the value in the middle, or the two around it; a negative zero is a zero."""
    if not len(numbers):
        return []
    ranks = [(len(numbers) - 1) // 2, len(numbers) // 2]
    return [float(value) for value in np.partition(numbers, ranks)[ranks] + 0.0]


def exact_sum(numbers: Doubles) -> Fraction:
    """Add finite doubles without rounding: integers of 53 bits, for each exponent apart."""
    exact = Fraction(0)
    for exponent, mantissas in _by_exponent(numbers):
        exact += _whole_sum(mantissas) * Fraction(2) ** (exponent - _MANTISSA_BITS)
    return exact


def _sum_of_squares(numbers: Doubles) -> tuple[Fraction, int]:
    """Add squares, and count those that are beyond a double.

    A mantissa is cut into halves a and b, so that all three products fit a long:
    (a * 2**27 + b)**2 = a*a * 2**54 + 2*a*b * 2**27 + b*b.
    """
    sizes = np.abs(numbers)
    inside = (sizes > _SMALL) & (sizes < _LARGE)
    exact = Fraction(0)
    for exponent, mantissas in _by_exponent(sizes[inside]):
        high = mantissas >> _HALF_BITS
        low = mantissas & ((1 << _HALF_BITS) - 1)
        whole = _whole_sum(high * high) << (2 * _HALF_BITS)
        whole += (_whole_sum(high * low) << (_HALF_BITS + 1)) + _whole_sum(low * low)
        exact += whole * Fraction(2) ** (2 * (exponent - _MANTISSA_BITS))
    with np.errstate(over="ignore", under="ignore"):
        rounded = sizes[~inside] ** 2
    infinite = np.isinf(rounded)
    return exact + exact_sum(rounded[~infinite]), int(infinite.sum())


def _by_exponent(numbers: Doubles) -> list[tuple[int, Longs]]:
    """Write doubles as whole numbers of at most 53 bits, gathered by their power of two."""
    fractions, exponents = np.frexp(numbers)
    mantissas = np.ldexp(fractions, _MANTISSA_BITS).astype(np.int64)
    return [(int(e), mantissas[exponents == e]) for e in np.unique(exponents)]


def _whole_sum(numbers: Longs) -> int:
    """Add longs beyond 64 bits: the halves of 2**31 rows fit a long each."""
    return (int((numbers >> 32).sum()) << 32) + int((numbers & 0xFFFFFFFF).sum())
