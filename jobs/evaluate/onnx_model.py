"""A classifier in ONNX, as skl2onnx and its relatives export it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

import numpy as np

from jobs.evaluate.classes import label_text, label_texts
from jobs.evaluate.optional import library
from schemas.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

_TYPES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(bool)": "bool",
    "tensor(string)": "str",
}
_FLOATS = ("float32", "float64")


class OnnxModel:
    """An ONNX graph with a label and, mostly, probabilities as outputs.

    One input of rows times features takes the columns in order; several inputs of one column each
    take them by name.
    """

    def __init__(self, path: Path, name: str) -> None:
        runtime = library("onnxruntime", package="onnxruntime", purpose=name)
        options = runtime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = 1  # sums in one order: the same bits every time
        self._session = runtime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._name = name
        self._inputs = self._session.get_inputs()
        unknown = sorted({i.type for i in self._inputs} - set(_TYPES))
        if unknown:
            raise InputError(f"{name} takes {', '.join(unknown)}; only plain tensors can be given")
        one = len(self._inputs) == 1
        self.features = None if one else tuple(i.name for i in self._inputs)
        shape = self._inputs[0].shape
        known = one and len(shape) == 2 and isinstance(shape[1], int)
        self.width: Optional[int] = shape[1] if known else None

    def takes_text(self, name: str) -> bool:
        """Tell whether the column goes to an input of texts."""
        return any(
            i.type == "tensor(string)" for i in self._inputs if not self.features or i.name == name
        )

    def classes(self, rows: pd.DataFrame) -> tuple[str, ...]:
        """Ask with the first row: ONNX has no place where the classes stand by themselves."""
        labels, probabilities = self._run(self._feed(rows[:1]))
        if isinstance(probabilities, list) and probabilities:
            return label_texts(probabilities[0])
        shape: tuple[int, ...] = np.shape(probabilities) if probabilities is not None else ()
        number = shape[1] if len(shape) == 2 else 0
        classes = tuple(str(code) for code in range(number))
        if number < 2 or label_text(_flat(labels)[0]) not in classes:
            raise InputError(
                f"{self._name} does not say which classes it knows; export it with labels and "
                "with ZipMap, or train it on labels 0, 1, …"
            )
        return classes

    def predict_proba(self, rows: pd.DataFrame) -> Optional[np.ndarray]:
        """Return a column of probabilities per class, or None."""
        _, probabilities = self._run(self._feed(rows))
        if probabilities is None:
            return None
        if isinstance(probabilities, list):  # a ZipMap: one dictionary a row
            keys = list(probabilities[0]) if probabilities else []
            return np.array([[row[key] for key in keys] for row in probabilities], dtype="float64")
        return np.asarray(probabilities, dtype="float64")

    def predict(self, rows: pd.DataFrame) -> tuple[str, ...]:
        """Return a class per row."""
        return label_texts(_flat(self._run(self._feed(rows))[0]))

    def _run(self, feed: dict[str, np.ndarray]) -> tuple[Any, Any]:
        outputs = self._session.run(None, feed)
        return outputs[0], outputs[1] if len(outputs) > 1 else None

    def _feed(self, rows: pd.DataFrame) -> dict[str, np.ndarray]:
        if self.features is None:
            only = self._inputs[0]
            kind = _TYPES[only.type]
            if kind in _FLOATS:
                return {only.name: rows.to_numpy(dtype=kind)}
            columns = [_exactly(rows[name], kind) for name in rows.columns]
            return {only.name: np.column_stack(columns)}
        return {i.name: _exactly(rows[i.name], _TYPES[i.type]).reshape(-1, 1) for i in self._inputs}


def _exactly(column: pd.Series, kind: str) -> np.ndarray:
    """Give a column the type of an input; InputError where that would change or invent values."""
    if kind in _FLOATS:
        return column.to_numpy(dtype=kind)
    if column.isna().any():
        raise InputError(
            f"column {str(column.name)!r} has nulls; the model takes it as {kind}, which has none: "
            "fill them as in training (prepare does), or leave the rows out"
        )
    given = column.to_numpy()
    if kind == "str":
        return given.astype(kind)
    with np.errstate(invalid="ignore"):  # of what is too large; it is found below
        taken = given.astype(kind)
    changed = np.asarray(taken != given)
    if kind != "bool" and given.dtype.kind in "iuf":
        # A number beyond the type is cut off, and may be equal again as a double.
        limits = np.iinfo(kind)
        changed |= (given < limits.min) | (given > limits.max)
        changed |= (given.dtype.kind == "f") & (given == -float(limits.min))
    if changed.any():
        value = column[changed].tolist()[0]
        raise InputError(
            f"column {str(column.name)!r} holds {value!r}, which is no {kind}, as which the model "
            "takes it; give the column as in training"
        )
    return taken


def _flat(labels: Any) -> Any:
    return np.asarray(labels).reshape(-1)
