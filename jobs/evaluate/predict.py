"""Ask the model about the test rows, and check what it answers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Optional

import numpy as np

from jobs.evaluate.config import DEFAULT_THRESHOLD
from jobs.evaluate.data import LabelledRows
from jobs.evaluate.labels import Target
from jobs.evaluate.load_model import Model
from schemas.errors import InputError, InputProblemsError

# Single precision sums to 1 within 1e-6; what is further off is no distribution.
_SUM_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Predictions:
    """Codes of the truth and of what is predicted; probabilities per class, or why not."""

    truth: np.ndarray
    predicted: np.ndarray
    probabilities: Optional[np.ndarray]
    why_none: str
    threshold: Optional[float]
    notes: tuple[str, ...]


def predict(
    model: Model, rows: LabelledRows, truth: np.ndarray, target: Target, threshold: float | None
) -> Predictions:
    """Predict every row; InputError where the model cannot, or answers what is no class.

    Of two classes the positive one is predicted where its probability is at least the threshold;
    without probabilities, and for more classes, what the model says counts.
    """
    if threshold is not None and not target.binary:
        raise InputError(f"--threshold is for two classes; the model knows {len(target.classes)}")
    notes: list[str] = []
    with asking(rows), noting_warnings(notes):
        probabilities = model.predict_proba(rows.features)
    why = "" if probabilities is not None else "the model gives no probabilities"
    if probabilities is not None:
        probabilities = _checked(probabilities, rows, target)
    if target.binary and probabilities is not None:
        chosen = DEFAULT_THRESHOLD if threshold is None else threshold
        found = probabilities[:, target.positive] >= chosen
        positive = int(target.positive or 0)
        predicted = np.where(found, positive, 1 - positive)
        return Predictions(truth, predicted, probabilities, why, chosen, tuple(notes))
    if threshold is not None:
        raise InputError("--threshold needs probabilities, and this model gives none")
    with asking(rows), noting_warnings(notes):
        predicted = _codes(model.predict(rows.features), target)
    notes += [f"{why}: what needs them has no value"] if why else []
    return Predictions(truth, predicted, probabilities, why, None, tuple(notes))


@contextmanager
def noting_warnings(notes: list[str]) -> Iterator[None]:
    """Collect what libraries warn of, each once, its first sentence."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        text = f"{warning.category.__name__}: {str(warning.message).strip().splitlines()[0]}"
        if text not in notes:
            notes.append(text)


@contextmanager
def asking(rows: LabelledRows) -> Iterator[None]:
    """Turn a model's refusal of the rows into an InputError that says what may be the matter."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        nulls = _nulls(rows)
        if nulls:
            raise InputProblemsError(
                "the model does not take nulls; fill them as in training (prepare does), or leave "
                "the rows out. There are some in:",
                nulls,
            ) from error
        first = (str(error).splitlines() or [""])[0]
        texts = [str(n) for n, d in rows.features.dtypes.items() if d.kind not in "iufb"]
        hint = f"; columns that are no numbers: {', '.join(texts[:12])}" if texts else ""
        raise InputError(
            f"the model cannot predict these rows: {type(error).__name__}: {first[:300]}{hint}; "
            "leave out what was no feature in training with --ignore COLUMN"
        ) from error


def _nulls(rows: LabelledRows) -> list[str]:
    counts = rows.features.isna().sum()
    return [f"column {str(name)!r}: {int(n):,} rows" for name, n in counts.items() if n]


def _checked(probabilities: np.ndarray, rows: LabelledRows, target: Target) -> np.ndarray:
    values = np.asarray(probabilities, dtype="float64")
    shape = (len(rows.features), len(target.classes))
    if values.shape != shape:
        raise InputError(
            f"the model gives probabilities of shape {values.shape} for {shape[0]} rows and "
            f"{shape[1]} classes"
        )
    bad = ~np.isfinite(values).all(axis=1)
    if bad.any():
        nulls = _nulls(rows) or ["no column has nulls: the model itself is at fault"]
        raise InputProblemsError(
            f"the model gives no finite probability for {int(bad.sum()):,} rows. Nulls are in:",
            nulls,
        )
    sums = values.sum(axis=1)
    if (values < -_SUM_TOLERANCE).any() or (np.abs(sums - 1) > _SUM_TOLERANCE).any():
        raise InputError(
            "what the model gives as probabilities does not sum to 1; they may be raw scores: "
            "export the model with probabilities"
        )
    # Single precision is off by 1e-7, which scikit-learn's log loss warns of.
    values = np.clip(values, 0.0, 1.0)
    off = np.abs(values.sum(axis=1) - 1) > 1e-12
    return np.where(off[:, None], values / values.sum(axis=1, keepdims=True), values)


def _codes(labels: tuple[str, ...], target: Target) -> np.ndarray:
    known = {label: code for code, label in enumerate(target.classes)}
    unknown = sorted({label for label in labels if label not in known})
    if unknown:
        raise InputError(
            f"the model predicts {unknown[0]!r}, which is none of its classes "
            f"{', '.join(target.classes[:12])}: it does not look like a classifier"
        )
    return np.array([known[label] for label in labels])
