from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from transforms.counts import SQUARE, SUM
from transforms.fit_pandas import count_pandas, exact_sum
from transforms.learn import FitError, learn
from transforms.plan import ColumnPlan, FitOptions

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def number(fill: str | None = None, *, scale: bool = False) -> ColumnPlan:
    return ColumnPlan("x", "double", "number", "x", "double", fill=fill, scale=scale)


def count(cells: Any, plan: ColumnPlan, outcome: Any = None, **options: Any) -> Any:
    pdf = pd.DataFrame({"x": cells})
    if outcome is None:
        outcome = np.array(["train"] * len(pdf), dtype=object)
    fitted = FitOptions(**options)
    return count_pandas(pdf, plans=[plan], options=fitted, outcome=np.array(outcome, dtype=object))


@given(st.lists(FINITE))
@settings(max_examples=100)
def test_sums_are_exact(numbers: list[float]) -> None:
    assert exact_sum(np.array(numbers, dtype="float64")) == sum(map(Fraction, numbers))


@given(st.lists(st.floats(-(2.0**300), 2.0**300).filter(lambda x: x == 0 or abs(x) > 2.0**-300)))
@settings(max_examples=100)
def test_squares_are_exact(numbers: list[float]) -> None:
    counts = count(np.array(numbers, dtype="float64"), number(scale=True)).columns["x"]
    assert counts.sums[SQUARE] == sum(Fraction(x) ** 2 for x in numbers)
    assert counts.sums[SUM] == sum(map(Fraction, numbers))


def test_values_too_large_to_square_are_refused() -> None:
    plan = number(scale=True)
    counted = count([1.0, 1e200], plan)
    with pytest.raises(FitError, match="too large to sum"):
        learn(counted, plans=[plan], options=FitOptions(), train_rows=2)


@pytest.mark.parametrize("fill", ["mean", "median"])
@pytest.mark.parametrize("rows", [7, 8])
def test_fill_and_scale_are_scikit_learns(fill: str, rows: int) -> None:
    draw = np.random.default_rng(3)
    cells = np.concatenate((draw.normal(1e3, 7.5, size=rows), [np.nan, np.nan]))
    plan = number(fill, scale=True)
    step = learn(
        count(cells, plan), plans=[plan], options=FitOptions(), train_rows=rows + 2
    ).preprocessor.steps[0]
    imputer = SimpleImputer(strategy=fill)
    scaler = StandardScaler().fit(imputer.fit_transform(cells.reshape(-1, 1)))
    assert step.fill == pytest.approx(imputer.statistics_[0], rel=1e-12)
    assert step.center == pytest.approx(scaler.mean_[0], rel=1e-12)
    assert step.spread == pytest.approx(scaler.scale_[0], rel=1e-12)


def test_only_training_rows_are_learned_from_and_published_nulls_counted() -> None:
    outcome = ["train", "train", "test", "validation", "the target is null"]
    cells = pd.array([4, None, 9, None, None], dtype="Int64")
    plan = ColumnPlan("x", "bigint", "number", "x", "double", fill="median")
    counts = count(cells, plan, outcome).columns["x"]
    assert (counts.median, counts.nulls, counts.train_nulls) == ([4.0, 4.0], 2, 1)


def test_labels_are_cut_by_rank_and_frequency() -> None:
    cells = ["b", "b", "a", "a", "c", None, "z", "c"]
    outcome = ["train"] * 6 + ["test"] * 2
    plan = ColumnPlan("x", "string", "index", "x_indexed", "double")
    counts = count(cells, plan, outcome, min_frequency=2).columns["x"]
    assert list(counts.labels.items()) == [("a", 2), ("b", 2)]
    assert (counts.cut_labels, counts.other_rows, counts.nulls) == (1, 3, 1)
    few = count(cells, plan, outcome, max_labels=1).columns["x"]
    assert list(few.labels) == ["a"]


def test_an_empty_table_and_a_column_of_nulls() -> None:
    assert count(np.zeros(0), number("mean", scale=True)).outcomes == {}
    counts = count([np.nan, np.nan], number("median", scale=True)).columns["x"]
    assert (counts.train_values, counts.median, counts.nulls) == (0, [], 2)


def test_a_negative_zero_in_the_middle_is_a_zero() -> None:
    (low, high) = count([-0.0, -0.0], number("median")).columns["x"].median
    assert str(low) == str(high) == "0.0"


def test_pandas_own_timestamps_are_seconds() -> None:
    moments = pd.Series(pd.to_datetime(["1970-01-01 00:00:01.5", None], utc=True))
    plan = ColumnPlan("x", "timestamp", "number", "x", "double", fill="mean")
    assert count(moments, plan).columns["x"].sums[SUM] == Fraction(3, 2)
