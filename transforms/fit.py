"""Learn a preprocessor from training rows, in one aggregate."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas.errors import InputProblemsError
from transforms.exact_sum import INFINITE, total
from transforms.plan import ColumnPlan, FitOptions
from transforms.preprocessor import ColumnStep, Preprocessor
from transforms.profile import (
    LABEL,
    RESIDUAL,
    SQUARE,
    SUM,
    VALUE,
    Slot,
    profile,
    slots_of,
)


class FitError(InputProblemsError):
    """Say which columns nothing can be learned from."""


@dataclass
class ColumnCounts:
    """What was counted in one column: all published rows, and the training rows alone."""

    nulls: int = 0
    train_nulls: int = 0
    values_by_kind: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    labels: dict[str, int] = field(default_factory=dict)
    # Of labels that get no index: how many different ones train had, how many rows hold one.
    cut_labels: int = 0
    other_rows: int = 0
    median: list[float] = field(default_factory=list)
    infinite: int = 0
    sums: dict[int, list[tuple[int, int, int, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    @property
    def train_values(self) -> int:
        """How many training rows hold a value; each kind of statistic counted the same ones."""
        return max(self.values_by_kind.values(), default=0)


@dataclass(frozen=True)
class Learned:
    """The preprocessor, and what a person should know about it."""

    preprocessor: Preprocessor
    notes: tuple[str, ...]


def fit(
    df: DataFrame,
    *,
    plans: Sequence[ColumnPlan],
    options: FitOptions | None = None,
    target: str | None = None,
) -> Preprocessor:
    """Learn from every row of ``df``, which must hold training rows alone.

    The result does not depend on the order or partitioning of the rows: means are the exact mean
    rounded once, medians the exact median (or within ``options.median_error``), labels are most
    frequent first and ties in code point order. A numeric column without values is not filled.
    Raises FitError where every column that something is learned of is null (an empty ``df``), and
    for infinite values, but for a median, where they are the largest and smallest.
    """
    options = options or FitOptions()
    slots = slots_of(plans)
    true = F.lit(True)
    rows = profile(
        df, slots=slots, options=options, train=true, kept=true, outcome=F.lit("train")
    ).collect()
    counted = tally(rows, slots=slots, plans=plans)
    train_rows = counted.outcomes.get("train", 0)
    learned = learn(counted, plans=plans, options=options, train_rows=train_rows, target=target)
    return learned.preprocessor


@dataclass(frozen=True)
class Tally:
    """The counts behind a fit: what became of the rows, and each column's statistics.

    ``copies`` counts the rows of the input, ``outcomes`` those that are left without duplicates.
    """

    outcomes: dict[str, int]
    copies: dict[str, int]
    columns: dict[str, ColumnCounts]


def tally(rows: Iterable[Any], *, slots: Sequence[Slot], plans: Sequence[ColumnPlan]) -> Tally:
    """Put the collected rows of :func:`transforms.profile.profile` together."""
    outcomes: dict[str, int] = defaultdict(int)
    copies: dict[str, int] = defaultdict(int)
    counts: dict[str, ColumnCounts] = {plan.name: ColumnCounts() for plan in plans}
    for row in rows:
        slot = slots[row["slot"]]
        if slot.plan is None:
            outcomes[row["label"]] += row["rows"]
            copies[row["label"]] += _copies(row)
        else:
            _count(counts[slot.plan.name], slot.kind, row)
    return Tally(dict(outcomes), dict(copies), counts)


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


def _copies(row: Any) -> int:
    """Count the input rows behind an outcome: the summed copies, or the rows themselves."""
    if row["bin"] is None:
        return int(row["rows"])
    return int(total([(row["bin"], row["high"], row["middle"], row["low"])]))


def _count(counts: ColumnCounts, kind: int, row: Any) -> None:
    if kind in (SUM, SQUARE, RESIDUAL) and row["bin"] is not None:
        counts.sums[kind].append(
            (row["bin"], row["high"] or 0, row["middle"] or 0, row["low"] or 0)
        )
        counts.values_by_kind[kind] += row["train_rows"]
        counts.infinite += row["train_rows"] if row["bin"] == INFINITE else 0
        return
    if row["other"]:
        counts.cut_labels += row["train_distinct"]
        counts.other_rows += row["rows"]
        counts.values_by_kind[kind] += row["train_rows"]
    elif kind == LABEL and row["label"] is not None:
        counts.labels[row["label"]] = row["train_rows"]
        counts.values_by_kind[kind] += row["train_rows"]
    elif kind == VALUE and row["value"] is not None:
        counts.median.append(row["value"])
        counts.values_by_kind[kind] += row["train_rows"]
    else:
        counts.nulls, counts.train_nulls = row["rows"], row["train_rows"]


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
        fill = float(total(count.sums[SUM]) / count.train_values)
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
    first = total(count.sums[SUM]) + filled * value
    second = total(count.sums[SQUARE]) + total(count.sums[RESIDUAL]) + filled * value * value
    variance = (n * second - first * first) / (n * n)
    spread = math.sqrt(max(variance, Fraction(0)))
    return float(first / n), spread if spread > 0 else 1.0
