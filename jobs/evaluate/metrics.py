"""The metrics, by scikit-learn; one without a meaning is None and has a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    confusion_matrix,
    fbeta_score,
    log_loss,
    precision_recall_fscore_support,
    roc_auc_score,
)

from jobs.evaluate.labels import Target
from jobs.evaluate.predict import Predictions

_RANKED = ("auc_roc", "pr_auc", "log_loss", "brier")
BINARY = ("accuracy", "precision", "recall", "f1", "f0_5", "f2", *_RANKED)
_AVERAGED = ("precision", "recall", "f1")
_AVERAGES = ("macro", "weighted")
MULTICLASS = (
    "accuracy",
    *(f"{name}_{average}" for average in _AVERAGES for name in _AVERAGED),
    *_RANKED,
)
# A metric that is better when smaller, for who reads the figures.
SMALLER_IS_BETTER = ("log_loss", "brier")


@dataclass(frozen=True)
class Measured:
    """Values by name, in the order they are shown; reasons for those that are None."""

    values: Mapping[str, float | None]
    reasons: Mapping[str, str]


def metric_names(target: Target) -> tuple[str, ...]:
    """Name the metrics that a model of these classes has."""
    return BINARY if target.binary else MULTICLASS


def measure(predictions: Predictions, target: Target, rows: np.ndarray | None = None) -> Measured:
    """Measure all rows, or those given by number."""
    truth, predicted = predictions.truth, predictions.predicted
    probabilities = predictions.probabilities
    if rows is not None:
        truth, predicted = truth[rows], predicted[rows]
        probabilities = None if probabilities is None else probabilities[rows]
    values: dict[str, float | None] = {"accuracy": float(accuracy_score(truth, predicted))}
    reasons: dict[str, str] = {}
    if target.positive is not None:
        _add_binary(values, reasons, truth == target.positive, predicted == target.positive)
    else:
        _add_averages(values, truth, predicted)
    if probabilities is None:
        values.update(dict.fromkeys(_RANKED))
        reasons.update(dict.fromkeys(_RANKED, predictions.why_none))
    elif target.positive is not None:
        _add_ranked(values, reasons, truth == target.positive, probabilities[:, target.positive])
    else:
        _add_ranked_classes(values, reasons, truth, probabilities)
    return Measured(values, reasons)


def confusion(predictions: Predictions, target: Target) -> np.ndarray:
    """Count rows by true class (down) and predicted class (across)."""
    codes = list(range(len(target.classes)))
    return confusion_matrix(predictions.truth, predictions.predicted, labels=codes)


def _add_binary(
    values: dict[str, float | None],
    reasons: dict[str, str],
    truth: np.ndarray,
    predicted: np.ndarray,
) -> None:
    precision, recall, f1, _ = precision_recall_fscore_support(
        truth, predicted, average="binary", zero_division=0
    )
    values.update(precision=float(precision), recall=float(recall), f1=float(f1))
    for name, beta in (("f0_5", 0.5), ("f2", 2.0)):
        values[name] = float(fbeta_score(truth, predicted, beta=beta, zero_division=0))
    # 0 divided by 0, which scikit-learn counts as 0: a gate must not take that for a figure.
    if not predicted.any():
        values["precision"] = None
        reasons["precision"] = "no row is predicted positive"
    if not truth.any():
        values["recall"] = None
        reasons["recall"] = "no row is positive"
        if not predicted.any():
            for name in ("f1", "f0_5", "f2"):
                values[name] = None
                reasons[name] = "no row is positive, and none is predicted so"


def _add_averages(
    values: dict[str, float | None], truth: np.ndarray, predicted: np.ndarray
) -> None:
    for average in _AVERAGES:
        found = precision_recall_fscore_support(truth, predicted, average=average, zero_division=0)
        values.update({f"{n}_{average}": float(v) for n, v in zip(_AVERAGED, found)})


def _add_ranked(
    values: dict[str, float | None],
    reasons: dict[str, str],
    truth: np.ndarray,
    probability: np.ndarray,
) -> None:
    only = "positive" if truth.all() else "negative" if not truth.any() else None
    if only:
        values["auc_roc"] = None
        reasons["auc_roc"] = f"all rows are {only}: there is nothing to tell apart"
    else:
        values["auc_roc"] = float(roc_auc_score(truth, probability))
    if truth.any():
        values["pr_auc"] = float(average_precision_score(truth, probability))
    else:
        values["pr_auc"] = None
        reasons["pr_auc"] = "no row is positive"
    values["log_loss"] = float(log_loss(truth, probability, labels=[False, True]))
    values["brier"] = float(np.mean((probability - truth) ** 2))


def _add_ranked_classes(
    values: dict[str, float | None],
    reasons: dict[str, str],
    truth: np.ndarray,
    probabilities: np.ndarray,
) -> None:
    """Average each class against the rest; Brier's score is the sum over the classes."""
    codes = np.arange(probabilities.shape[1])
    one_hot = truth[:, None] == codes
    absent = [int(code) for code in codes[~one_hot.any(axis=0)]]
    if absent:
        why = f"{len(absent)} of {len(codes)} classes have no test row"
        values.update(auc_roc=None, pr_auc=None)
        reasons.update(auc_roc=why, pr_auc=why)
    else:
        values["auc_roc"] = float(
            np.mean([roc_auc_score(one_hot[:, c], probabilities[:, c]) for c in codes])
        )
        values["pr_auc"] = float(average_precision_score(one_hot, probabilities, average="macro"))
    values["log_loss"] = float(log_loss(truth, probabilities, labels=codes))
    values["brier"] = float(np.mean(((probabilities - one_hot) ** 2).sum(axis=1)))
