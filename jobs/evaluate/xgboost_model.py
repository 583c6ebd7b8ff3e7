"""A classifier that XGBoost saved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Optional

import numpy as np

from jobs.evaluate.classes import label_texts
from jobs.evaluate.optional import library
from schemas.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

# What predict returns is the probability of class 1, one probability per class, or a class.
_PROBABILITY, _PROBABILITIES, _CLASS = "binary:logistic", "multi:softprob", "multi:softmax"
_HINGE = "binary:hinge"


class XGBoostModel:
    """A booster whose objective is a classification; its classes are 0, 1 and so on."""

    def __init__(self, path: Path, name: str) -> None:
        self._xgboost = library("xgboost", package="xgboost-cpu", purpose=name)
        data = path.read_bytes()
        if data[:1] == b"\x80":
            raise InputError(
                f"{name} is a pickle of an older XGBoost; load it there and write it with "
                "save_model('model.json')"
            )
        # From memory XGBoost finds out by itself whether it is JSON or UBJSON.
        self._booster = self._xgboost.Booster(model_file=bytearray(data))
        learner = json.loads(self._booster.save_config())["learner"]
        self._objective = learner["objective"]["name"]
        known = (_PROBABILITY, _PROBABILITIES, _CLASS, _HINGE)
        if self._objective not in known:
            raise InputError(
                f"{name} was trained with objective {self._objective!r}; evaluate measures "
                f"classifiers: {', '.join(known)}"
            )
        classes = max(2, int(learner["learner_model_param"]["num_class"]))
        self._classes = tuple(str(number) for number in range(classes))
        names = self._booster.feature_names
        self.features = tuple(names) if names else None
        self.width: Optional[int] = self._booster.num_features()

    def classes(self, rows: pd.DataFrame) -> tuple[str, ...]:  # noqa: ARG002
        """Return 0, 1 and so on."""
        return self._classes

    def predict_proba(self, rows: pd.DataFrame) -> Optional[np.ndarray]:
        """Return a column of probabilities per class, or None."""
        if self._objective not in (_PROBABILITY, _PROBABILITIES):
            return None
        raw = np.asarray(self._raw(rows), dtype="float64")
        return np.column_stack([1 - raw, raw]) if raw.ndim == 1 else raw

    def predict(self, rows: pd.DataFrame) -> tuple[str, ...]:
        """Return a class per row."""
        probabilities = self.predict_proba(rows)
        if probabilities is None:
            return label_texts(self._raw(rows))
        return tuple(self._classes[code] for code in probabilities.argmax(axis=1))

    def _raw(self, rows: pd.DataFrame) -> np.ndarray:
        data = rows if self.features else rows.to_numpy(dtype="float64")
        return self._booster.predict(self._xgboost.DMatrix(data))
