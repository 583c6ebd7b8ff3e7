"""Load a classifier from its file, and ask all kinds of them in one way."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Optional, Protocol

from jobs.evaluate.classes import label_texts
from jobs.evaluate.config import ModelOptions
from jobs.evaluate.find_model import ModelFile
from jobs.evaluate.optional import library
from schemas.errors import InputError, InputProblemsError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class Model(Protocol):
    """A classifier of any library.

    ``features`` are the columns it was trained with, where it knows their names; ``width`` is how
    many they are, where it knows that.
    """

    features: Optional[tuple[str, ...]]
    width: Optional[int]

    def takes_text(self, name: str) -> bool:
        """Tell whether the column is known to be taken as text, so that its spelling counts."""

    def classes(self, rows: pd.DataFrame) -> tuple[str, ...]:
        """Return the classes in the order of their probabilities; some tell by answering only."""

    def predict_proba(self, rows: pd.DataFrame) -> Optional[np.ndarray]:
        """Return a column of probabilities per class, or None where the model has none."""

    def predict(self, rows: pd.DataFrame) -> tuple[str, ...]:
        """Return a class per row."""


class SklearnModel:
    """A scikit-learn classifier, or anything that acts like one."""

    def __init__(self, estimator: Any, name: str) -> None:
        self._estimator = estimator
        classes = getattr(estimator, "classes_", None)
        if classes is None or not hasattr(estimator, "predict"):
            raise InputError(
                f"{name} holds a {type(estimator).__name__}, which is no fitted classifier (it has "
                "no classes_); evaluate measures classifiers"
            )
        if hasattr(classes[0], "__len__") and not isinstance(classes[0], (str, bytes)):
            raise InputError(f"{name} predicts several labels a row; evaluate measures one")
        self._classes = label_texts(classes)
        features = getattr(estimator, "feature_names_in_", None)
        self.features = None if features is None else tuple(str(name) for name in features)
        self.width = getattr(estimator, "n_features_in_", None)

    def takes_text(self, name: str) -> bool:  # noqa: ARG002
        """Say no: which columns a pipeline takes as text stands nowhere."""
        return False

    def classes(self, rows: pd.DataFrame) -> tuple[str, ...]:  # noqa: ARG002
        """Return the classes in the order of their probabilities."""
        return self._classes

    def predict_proba(self, rows: pd.DataFrame) -> Optional[np.ndarray]:
        """Return a column of probabilities per class, or None."""
        if not hasattr(self._estimator, "predict_proba"):
            return None
        return self._estimator.predict_proba(self._input(rows))

    def predict(self, rows: pd.DataFrame) -> tuple[str, ...]:
        """Return a class per row."""
        return label_texts(self._estimator.predict(self._input(rows)))

    def _input(self, rows: pd.DataFrame) -> Any:
        # An estimator trained without names warns where it is given some.
        return rows if self.features is not None else rows.to_numpy()


def load_model(file: ModelFile, options: ModelOptions) -> Model:
    """Load the model; InputError where it cannot be, or must not be, loaded."""
    loaders: dict[str, Callable[[ModelFile, ModelOptions], Model]] = {
        "skops": _load_skops,
        "pickle": _load_pickle,
        "xgboost": _load_xgboost,
        "onnx": _load_onnx,
    }
    try:
        return loaders[file.kind](file, options)
    except InputError:
        raise
    except Exception as error:  # each library has its own errors; it is this file
        first = (str(error).splitlines() or [""])[0]
        raise InputError(
            f"cannot load {file.name}: {type(error).__name__}: {first[:300]}; is it a whole "
            f"{file.kind} file, written with the library versions used here?"
        ) from error


def _load_skops(file: ModelFile, options: ModelOptions) -> Model:
    skops = library("skops.io", package="skops", purpose=f"{file.name}")
    if not zipfile.is_zipfile(file.path):
        raise InputError(f"{file.name} is no skops file; write it with skops.io.dump")
    with zipfile.ZipFile(file.path) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > options.max_bytes:
        raise InputError(
            f"{file.name} unpacks to {size:,} bytes, of {options.max_bytes:,} allowed; where that "
            "is meant, raise --max-model-bytes"
        )
    unknown = skops.get_untrusted_types(file=file.path)
    refused = [name for name in unknown if name not in options.trust]
    if refused:
        raise InputProblemsError(
            f"{file.name} holds types that skops does not know as safe; where you trust them:",
            [f"--trust {name}" for name in sorted(refused)],
        )
    return SklearnModel(skops.load(file.path, trusted=unknown), file.name)


def _load_pickle(file: ModelFile, options: ModelOptions) -> Model:
    if not options.trust_pickle:
        raise InputError(
            f"{file.name} is a pickle: loading it executes whatever code is in it. Save the model "
            "with skops.io.dump instead, or add --trust-pickle where you made the file yourself"
        )
    joblib = library("joblib", package="joblib", purpose=f"{file.name}")
    return SklearnModel(joblib.load(file.path), file.name)


def _load_xgboost(file: ModelFile, options: ModelOptions) -> Model:  # noqa: ARG001
    from jobs.evaluate.xgboost_model import XGBoostModel

    return XGBoostModel(file.path, file.name)


def _load_onnx(file: ModelFile, options: ModelOptions) -> Model:  # noqa: ARG001
    from jobs.evaluate.onnx_model import OnnxModel

    return OnnxModel(file.path, file.name)
