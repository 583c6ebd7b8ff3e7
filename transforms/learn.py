"""Make a preprocessor from counts; no matter which engine counted, and without one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from schemas.errors import InputProblemsError
from transforms.counts import RESIDUAL, SQUARE, SUM, ColumnCounts, Tally
from transforms.plan import ColumnPlan, FitOptions
from transforms.preprocessor import ColumnStep, Preprocessor


class FitError(InputProblemsError):
    """Say which columns nothing can be learned from."""


@dataclass(frozen=True)
class Learned:
    """The preprocessor, and what a person should know about it."""

    preprocessor: Preprocessor
    notes: tuple[str, ...]


def learn(
    counted: Tally,
    *,
    plans: Sequence[ColumnPlan],
    options: FitOptions,
    train_rows: int,
    target: str | None = None,
) -> Learned:
    """Make the preprocessor from the counts; FitError where nothing can be learned."""
    problems, notes = _judge(plans, counted.columns, options)
    if problems:
        raise FitError("nothing can be learned:", problems)
    steps = tuple(_step(plan, counted.columns[plan.name], options) for plan in plans)
    return Learned(Preprocessor(steps, target, train_rows, options), tuple(notes))


def _judge(
    plans: Sequence[ColumnPlan], counts: dict[str, ColumnCounts], options: FitOptions
) -> tuple[list[str], list[str]]:
    problems, notes = [], []
    learned = [plan for plan in plans if plan.action == "index" or plan.fill or plan.scale]
    empty = [plan.name for plan in learned if counts[plan.name].train_values == 0]
    if learned and len(empty) == len(learned):
        problems.append("every column is null in every training row: " + ", ".join(empty[:10]))
    for plan in learned:
        count = counts[plan.name]
        if count.infinite or any(math.isinf(value) for value in count.median):
            problems.append(
                f"column {plan.name!r} holds values too large to sum: "
                "infinite, or beyond 1e154 where it is scaled"
            )
        if plan.name in empty:
            notes.append(
                f"{plan.name!r} has no value in the training rows, so nothing fills its nulls"
            )
        if count.cut_labels and plan.action == "index":
            notes.append(
                f"{plan.name!r}: {count.cut_labels:,} labels get no index of their own "
                f"(max_labels {options.max_labels:,}, min_frequency {options.min_frequency:,})"
            )
    return problems, notes


def _step(plan: ColumnPlan, count: ColumnCounts, options: FitOptions) -> ColumnStep:
    labels: tuple[str, ...] | None = None
    fill = center = spread = None
    if plan.action == "index":
        ordered = sorted(count.labels.items(), key=lambda item: (-item[1], item[0]))
        labels = tuple(label for label, _ in ordered[: options.max_labels])
    if plan.fill == "mean" and count.train_values:
        fill = float(count.sums[SUM] / count.train_values)
    if plan.fill == "median" and count.median:
        fill = midpoint(min(count.median), max(count.median))
    if plan.scale:
        center, spread = _moments(count, fill)
    return ColumnStep(
        name=plan.name,
        type=plan.type,
        action=plan.action,
        output=plan.output,
        output_type=plan.output_type,
        fill_method=plan.fill,
        fill=fill,
        center=center,
        spread=spread,
        labels=labels,
        unseen=options.unseen if labels is not None else None,
    )


def midpoint(low: float, high: float) -> float:
    """Give the mean of the two middle values, without overflow; as numpy's median does."""
    middle = (low + high) / 2
    return middle if math.isfinite(middle) else low / 2 + high / 2


def _moments(count: ColumnCounts, fill: float | None) -> tuple[float | None, float | None]:
    """Give mean and population standard deviation of the column as it stands after the fill.

    As scikit-learn's StandardScaler behind a SimpleImputer (ddof = 0, a constant column is divided
    by 1). Exact up to the last rounding: the variance is (n*S2 - S1**2) / n**2 as a fraction.
    """
    filled = count.train_nulls if fill is not None else 0
    n = count.train_values + filled
    if n == 0:
        return None, None
    value = Fraction(fill or 0)
    first = count.sums[SUM] + filled * value
    second = count.sums[SQUARE] + count.sums[RESIDUAL] + filled * value * value
    variance = (n * second - first * first) / (n * n)
    spread = math.sqrt(max(variance, Fraction(0)))
    return float(first / n), spread if spread > 0 else 1.0
