"""How sure the figures are (bootstrap), and how they differ between parts of the rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jobs.evaluate.labels import Target
from jobs.evaluate.metrics import Measured, measure, metric_names
from jobs.evaluate.predict import Predictions

MOST_SEGMENTS = 50
OTHER = "(other)"
_LOW, _HIGH = 2.5, 97.5


@dataclass(frozen=True)
class Spread:
    """The 95 % interval and the standard deviation of a metric over the draws."""

    low: float
    high: float
    deviation: float


@dataclass(frozen=True)
class Segment:
    """The rows with one value of the segment column, and their figures."""

    value: str
    rows: int
    measured: Measured


def bootstrap(
    predictions: Predictions, target: Target, *, draws: int, seed: int
) -> Mapping[str, Spread | None]:
    """Draw as many rows as there are, with replacement, and measure that, ``draws`` times.

    Percentiles of the draws in which a metric has a value; None where fewer than two have one.
    Empty where no draws are asked for.
    """
    if not draws:
        return {}
    generator = np.random.default_rng(seed)
    rows = len(predictions.truth)
    found: dict[str, list[float]] = {name: [] for name in metric_names(target)}
    for _ in range(draws):
        values = measure(predictions, target, generator.integers(0, rows, rows)).values
        for name, value in values.items():
            if value is not None:
                found[name].append(value)
    return {name: _spread(values) for name, values in found.items()}


def _spread(values: list[float]) -> Spread | None:
    if len(values) < 2:
        return None
    low, high = np.percentile(values, [_LOW, _HIGH])
    return Spread(float(low), float(high), float(np.std(values, ddof=1)))


def segments(
    predictions: Predictions, target: Target, column: pd.Series | None
) -> tuple[Segment, ...]:
    """Measure each value of a column: the largest first, ties by value, the rest together."""
    if column is None:
        return ()
    codes, names = pd.factorize(column)
    sizes = np.bincount(codes, minlength=len(names))
    order = sorted(range(len(names)), key=lambda code: (-sizes[code], str(names[code])))
    parts = [(str(names[code]), codes == code) for code in order[:MOST_SEGMENTS]]
    rest = np.isin(codes, order[MOST_SEGMENTS:])
    if rest.any():
        parts.append((OTHER, rest))
    return tuple(
        Segment(name, int(part.sum()), measure(predictions, target, np.flatnonzero(part)))
        for name, part in parts
    )
