"""A classifier that XGBoost saved.

XGBoost believes a model file: a damaged one can end the process, read foreign memory or walk in
circles. So a process of its own tries the file first.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
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
MOST_CLASSES = 100_000
MOST_FEATURES = 10_000_000
SECONDS = 120
# The path of the modules is this process's own. Without scikit-learn and pandas, which XGBoost
# imports where it can, the trial takes 0.7 s of processor time instead of 2 s.
_TRIAL = f"""
import sys
sys.path[:] = sys.argv[2:]
sys.modules["sklearn"] = sys.modules["pandas"] = None
import json
import numpy
import xgboost

with open(sys.argv[1], "rb") as file:
    data = bytearray(file.read())
try:
    import resource
    most = 4 * 1024**3 + 50 * len(data)
    resource.setrlimit(resource.RLIMIT_DATA, (most, resource.getrlimit(resource.RLIMIT_DATA)[1]))
except (ImportError, OSError, ValueError):
    pass
booster = xgboost.Booster({{"nthread": 1}}, model_file=data)
classes = int(json.loads(booster.save_config())["learner"]["learner_model_param"]["num_class"])
if not 0 <= classes <= {MOST_CLASSES}:
    sys.exit(f"it has {{classes:,}} classes, of {MOST_CLASSES:,} allowed")
width = booster.num_features()
if not 0 <= width <= {MOST_FEATURES}:
    sys.exit(f"it has {{width:,}} features, of {MOST_FEATURES:,} allowed")
part = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]
model = part.get("gbtree", part).get("model", {{}})
if not all(0 <= group < max(1, classes) for group in model.get("tree_info", ())):
    sys.exit("a tree in it is for a class that it does not have")
for tree in model.get("trees", ()):
    left, right = numpy.array(tree["left_children"]), numpy.array(tree["right_children"])
    inner = left != -1  # a leaf of several targets keeps something else where right would be
    below = numpy.concatenate([left[inner], right[inner]])
    # Where no node is below two others, and none is above the root, no way leads in a circle.
    if ((below < 1) | (below >= len(left))).any() or len(below) != len(numpy.unique(below)):
        sys.exit("a tree in it is none: nodes are missing, or below two others")
    split = numpy.array(tree["split_indices"])[inner]
    if ((split < 0) | (split >= width)).any():
        sys.exit("a tree in it asks for a feature that it does not have")
row = numpy.full((1, width), numpy.nan, dtype="float32")
booster.predict(xgboost.DMatrix(row, nthread=1), validate_features=False)
"""


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
        if not data:
            raise InputError(f"{name} is empty; copy the model again")
        _try(path, name)
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

    def takes_text(self, name: str) -> bool:  # noqa: ARG002
        """Say no: XGBoost takes numbers."""
        return False

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


def _try(path: Path, name: str) -> None:
    """Load the file and predict one row in another process; InputError where that fails."""
    command = [sys.executable, "-I", "-c", _TRIAL, str(path), *sys.path]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise InputError(
            f"cannot load {name}: XGBoost is not ready with it after {SECONDS} seconds; is it a "
            "whole model of XGBoost?"
        ) from None
    if done.returncode < 0:
        raise InputError(
            f"cannot load {name}: XGBoost dies of it (signal {-done.returncode}); is it a whole "
            "model of XGBoost, written with the version used here?"
        )
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or [""]
        why = next((line for line in lines if re.match(r"[\w.]+Error\b", line)), lines[-1])
        raise InputError(
            f"cannot load {name}: {why[:300]}; is it a whole model of XGBoost, written with the "
            "version used here?"
        )
