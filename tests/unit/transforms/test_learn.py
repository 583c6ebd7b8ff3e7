"""A preprocessor from counts, whoever counted; and what there is to count."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from refusals import refused

from transforms.counts import (
    LABEL,
    OUTCOME,
    RESIDUAL,
    SQUARE,
    SUM,
    VALUE,
    ColumnCounts,
    Tally,
)
from transforms.exact_sum import total
from transforms.formulas import escape_formula, escaped_names
from transforms.learn import Learned, learn, midpoint
from transforms.plan import ColumnPlan, FitOptions
from transforms.profile import slots_of

MEAN = ColumnPlan("x", "int", "number", "x", "double", fill="mean", scale=True)
MEDIAN = ColumnPlan("m", "int", "number", "m", "double", fill="median")
TEXT = ColumnPlan("s", "string", "index", "s_indexed", "double")
KEPT = ColumnPlan("y", "int", "keep", "y", "int")


def learned(plan: ColumnPlan, counts: ColumnCounts, **options: str) -> Learned:
    tally = Tally({"train": 4}, {"train": 4}, {plan.name: counts})
    chosen = FitOptions(**options)
    return learn(tally, plans=[plan], options=chosen, train_rows=4, target="t")


def test_labels_are_ordered_however_they_arrive() -> None:
    counts = ColumnCounts(labels={"b": 1, "c": 2, "a": 1}, values_by_kind={LABEL: 4})
    preprocessor = learned(TEXT, counts, unseen="skip").preprocessor
    assert (preprocessor.target, preprocessor.train_rows) == ("t", 4)
    assert (preprocessor.steps[0].labels, preprocessor.steps[0].unseen) == (("c", "a", "b"), "skip")


def test_a_scale_is_of_the_column_as_it_stands_after_the_fill() -> None:
    """Of 1, 3 and two nulls filled with 2: mean 2, variance 1/2, whatever a square lost."""
    sums = {SUM: Fraction(4), SQUARE: Fraction(9), RESIDUAL: Fraction(1)}
    counts = ColumnCounts(train_nulls=2, nulls=7, values_by_kind={SUM: 2}, sums=sums)
    (step,) = learned(MEAN, counts).preprocessor.steps
    assert (step.fill, step.center, step.spread) == (2.0, 2.0, math.sqrt(0.5))


def test_kept_columns_alone_need_no_value() -> None:
    assert learned(KEPT, ColumnCounts()).preprocessor.steps[0].fill is None


def test_a_column_without_values_is_noted_and_not_filled() -> None:
    counts = {"x": ColumnCounts(), "s": ColumnCounts(labels={"a": 1}, values_by_kind={LABEL: 1})}
    found = learn(Tally({}, {}, counts), plans=[MEAN, TEXT], options=FitOptions(), train_rows=1)
    assert found.notes == ("'x' has no value in the training rows, so nothing fills its nulls",)
    assert found.preprocessor.steps[0].fill is None


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(1.0, 2.0, 1.5), (-1.0, 1.0, 0.0), (1e308, 1.7e308, 1.35e308), (5e-324, 5e-324, 5e-324)],
)
def test_the_middle_of_two_doubles_never_overflows(
    low: float, high: float, expected: float
) -> None:
    assert midpoint(low, high) == expected


def test_what_is_counted_is_ordered_by_kind() -> None:
    kinds = [slot.kind for slot in slots_of([TEXT, MEDIAN, MEAN, KEPT])]
    assert kinds == [OUTCOME, SUM, SQUARE, RESIDUAL, VALUE, LABEL]
    assert [slot.kind for slot in slots_of(())] == [OUTCOME]


def test_parts_of_different_bins_are_added_exactly() -> None:
    assert total([]) == 0
    assert total([(0, 3, 2**27, 0), (1, 1, 0, 0)]) == Fraction(5 + 2**24)
    assert total([(-1, 0, 0, 1), (0, -1, 0, 0)]) == Fraction(1, 2**78) - 1


@pytest.mark.parametrize("sign", [*"=+-@\t\r\n＝＋－＠"])
def test_a_text_that_begins_as_a_formula_is_escaped(sign: str) -> None:
    assert escape_formula(f"{sign}A1") == f"'{sign}A1"
    assert escape_formula(f"A{sign}1") == f"A{sign}1"
    assert escape_formula("") == ""


def test_two_names_that_escaped_would_be_the_same_are_refused() -> None:
    assert escaped_names(["=a", "=b", "a"]) == ["'=a", "'=b", "a"]
    refused(escaped_names, 'two columns would be called "\'=a"', ["=a", "'=a"])
