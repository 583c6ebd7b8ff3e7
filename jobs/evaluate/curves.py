"""The curves of the report: ROC, precision and recall, calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np
from sklearn.metrics import precision_recall_curve, roc_curve

from jobs.evaluate.labels import Target
from jobs.evaluate.predict import Predictions

MOST_POINTS = 200
MOST_CLASSES = 6
_BINS = 10


@dataclass(frozen=True)
class Curve:
    """Points of one class, at most 200, first and last among them."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True)
class Bin:
    """The rows whose probability lies in one tenth: what was said, what was so."""

    said: Optional[float]
    was: Optional[float]
    rows: int


@dataclass(frozen=True)
class Curves:
    """Of two classes one curve each; of more, one per class against the rest."""

    roc: tuple[Curve, ...] = ()
    precision_recall: tuple[Curve, ...] = ()
    calibration: tuple[Bin, ...] = ()


def curves(predictions: Predictions, target: Target) -> Curves:
    """Compute the curves; none without probabilities, none for a class that has one side only."""
    probabilities = predictions.probabilities
    if probabilities is None:
        return Curves()
    truth = predictions.truth
    if target.positive is not None:
        codes = [target.positive]
        said = probabilities[:, target.positive]
        right = truth == target.positive
    else:
        sizes = np.bincount(truth, minlength=len(target.classes))
        codes = [int(c) for c in np.argsort(-sizes, kind="stable")[:MOST_CLASSES]]
        said = probabilities.max(axis=1)
        right = truth == probabilities.argmax(axis=1)
    roc, ranked = [], []
    for code in codes:
        of_class, score = truth == code, probabilities[:, code]
        if of_class.all() or not of_class.any():
            continue
        false_rate, true_rate, _ = roc_curve(of_class, score)
        roc.append(_curve(target.classes[code], false_rate, true_rate))
        precision, recall, _ = precision_recall_curve(of_class, score)
        ranked.append(_curve(target.classes[code], recall[::-1], precision[::-1]))
    return Curves(tuple(roc), tuple(ranked), _bins(said, right))


def _curve(label: str, x: np.ndarray, y: np.ndarray) -> Curve:
    """Keep points at equal steps along the way of the curve, so that its bends stay."""
    if len(x) > MOST_POINTS:
        way = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
        kept = np.searchsorted(way, np.linspace(0.0, way[-1], MOST_POINTS - 1))
        kept = np.unique(np.concatenate([[0], kept, [len(x) - 1]]))
        x, y = x[kept], y[kept]
    return Curve(label, tuple(float(v) for v in x), tuple(float(v) for v in y))


def _bins(said: np.ndarray, right: np.ndarray) -> tuple[Bin, ...]:
    numbers = np.minimum((said * _BINS).astype(int), _BINS - 1)
    bins = []
    for number in range(_BINS):
        here = numbers == number
        rows = int(here.sum())
        if rows:
            bins.append(Bin(float(said[here].mean()), float(right[here].mean()), rows))
        else:
            bins.append(Bin(None, None, 0))
    return tuple(bins)
