"""The preprocessor: what fit learned, as readable JSON, applied anywhere to give the same numbers.

This module needs neither Spark nor pandas: a service imports it, loads the JSON and transforms one
row at a time. The Spark, pandas and Spark ML adapters are imported when they are called.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from schemas.errors import InputError, InputProblemsError
from schemas.json_text import load_json
from schemas.types import normal_type
from transforms.plan import UNSEEN, FitOptions
from transforms.values import label_value, number_value

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.ml import PipelineModel
    from pyspark.sql import DataFrame, SparkSession

FORMAT = "spark-etl-preprocessor"
FORMAT_VERSION = 1
# What the parts of the JSON must be; Python takes 1 for True, and no for an answer far from here.
_TEXTS = ("name", "type", "action", "output", "output_type")
_OPTION_TYPES: dict[str, tuple[type, ...]] = {
    "fill": (str,), "scale": (bool,), "unseen": (str,), "min_frequency": (int,),
    "max_labels": (int,), "median_error": (int, float),
}  # fmt: skip
_KINDS: dict[type, str] = {
    str: "a text", bool: "true or false", int: "a whole number", float: "a number",
    type(None): "null",
}  # fmt: skip


class PreprocessorError(InputProblemsError):
    """Say why a preprocessor cannot be read, or does not fit a table."""


class UnseenLabelError(InputError):
    """Say which column holds a label, or a null, that the policy ``error`` refuses."""


@dataclass(frozen=True)
class ColumnStep:
    """What is done to one column, with what was learned for it.

    ``keep``: the cell as it is. ``number``: as a double (when ``output_type`` says so), null
    replaced by ``fill``, then (x - center) / spread. ``index``: the label's place in ``labels``.
    """

    name: str
    type: str
    action: str
    output: str
    output_type: str
    fill_method: str | None = None
    fill: float | None = None
    center: float | None = None
    spread: float | None = None
    labels: tuple[str, ...] | None = None
    unseen: str | None = None

    def index_of(self, label: str | None, indexes: Mapping[str, float]) -> float | None:
        """Give a label's index; None asks for the row to be skipped (policy ``skip``)."""
        assert self.labels is not None
        if label is not None and label in indexes:
            return indexes[label]
        if self.unseen == "error":
            what = "a null" if label is None else f"the label {label!r}, unseen in training"
            raise UnseenLabelError(
                f"column {self.name!r} holds {what}; "
                "fit again, or choose --unseen keep, separate or skip"
            )
        if self.unseen == "skip":
            return None
        unseen_index = float(len(self.labels))
        return unseen_index + 1.0 if label is None and self.unseen == "separate" else unseen_index


@dataclass(frozen=True)
class Preprocessor:
    """What was learned from the training rows; see docs/preprocessor.md for the JSON."""

    steps: tuple[ColumnStep, ...]
    target: str | None
    train_rows: int
    options: FitOptions

    def transform(self, df: DataFrame, *, passthrough: Sequence[str] = ()) -> DataFrame:
        """Apply to a Spark DataFrame; ``passthrough`` columns are carried behind the outputs."""
        from transforms.apply_spark import apply_to_spark

        return apply_to_spark(self, df, passthrough=passthrough)

    def transform_pandas(self, pdf: pd.DataFrame) -> pd.DataFrame:
        """Apply to a pandas DataFrame; the same numbers as Spark, bit for bit."""
        from transforms.apply_pandas import apply_to_pandas

        return apply_to_pandas(self, pdf)

    def to_spark_ml(self, spark: SparkSession) -> PipelineModel:
        """Export string index and fill as a Spark ML PipelineModel."""
        from transforms.spark_ml import pipeline_model

        return pipeline_model(self, spark)

    def transform_row(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """Apply to one row, as at serving time; None where policy ``skip`` drops the row.

        The target may be absent; any other column that is absent counts as null.
        """
        out: dict[str, Any] = {}
        for step, indexes in zip(self.steps, self._indexes()):
            if step.name == self.target and step.name not in row:
                continue
            cell = row.get(step.name)
            if step.action == "index":
                cell = step.index_of(label_value(cell, step.type), indexes)
                if cell is None:
                    return None
            elif step.action == "number":
                cell = self._number(cell, step)
            out[step.output] = cell
        return out

    def _number(self, cell: Any, step: ColumnStep) -> Any:
        number = number_value(cell, step.type)
        if step.output_type != "double":
            return None if number is None else cell
        if number is None:
            number = step.fill
        if number is None or step.center is None or step.spread is None:
            return number
        return (number - step.center) / step.spread

    def _indexes(self) -> tuple[dict[str, float], ...]:
        """Give each step's label → index, built once for this preprocessor."""
        cached: tuple[dict[str, float], ...] | None = self.__dict__.get("_cached_indexes")
        if cached is None:
            cached = tuple(
                {label: float(i) for i, label in enumerate(step.labels or ())}
                for step in self.steps
            )
            self.__dict__["_cached_indexes"] = cached
        return cached

    def check_fits(self, columns: Mapping[str, str], *, source: str) -> None:
        """Raise PreprocessorError with every column that is missing or of another type."""
        problems = []
        for step in self.steps:
            if step.name not in columns:
                problems.append(f"column {step.name!r} is needed, {source} does not have it")
            elif columns[step.name] != step.type:
                problems.append(
                    f"column {step.name!r} was {step.type} in training, is {columns[step.name]}"
                )
        if problems:
            raise PreprocessorError("the preprocessor was fitted for other columns:", problems)


def preprocessor_to_json(preprocessor: Preprocessor) -> str:
    """Write a preprocessor as JSON: same content, same bytes; doubles read back exactly."""
    data = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "target": preprocessor.target,
        "train_rows": preprocessor.train_rows,
        "options": asdict(preprocessor.options),
        "columns": [
            {key: value for key, value in asdict(step).items() if value is not None}
            for step in preprocessor.steps
        ],
    }
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def preprocessor_from_json(text: str, *, source: str = "preprocessor") -> Preprocessor:
    """Read a preprocessor; PreprocessorError for another format, version or broken content."""
    try:
        data = load_json(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        line = f"line {error.lineno}: " if isinstance(error, json.JSONDecodeError) else ""
        said = getattr(error, "msg", None) or str(error)
        raise PreprocessorError(f"{source} is not a preprocessor:", [f"{line}{said}"]) from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise PreprocessorError(
            f"{source} is not a preprocessor:",
            [f'its "format" must be {FORMAT!r}; give the preprocessor.json that prepare wrote'],
        )
    if data.get("format_version") != FORMAT_VERSION:
        seen = data.get("format_version")
        raise PreprocessorError(
            f"{source} has another version:",
            [f"format_version is {seen!r}, this program reads {FORMAT_VERSION}; fit again"],
        )
    try:
        preprocessor = Preprocessor(
            steps=tuple(_step_from(entry) for entry in data["columns"]),
            target=_of_type(data, "target", (str, type(None))),
            train_rows=_of_type(data, "train_rows", (int,)),
            options=_options_from(data["options"]),
        )
    except KeyError as error:
        raise PreprocessorError(f"{source} is damaged:", [f"{error} is missing"]) from None
    except (TypeError, ValueError) as error:
        raise PreprocessorError(f"{source} is damaged:", [str(error)]) from None
    problems = _problems_together(preprocessor)
    if problems:
        raise PreprocessorError(f"{source} is damaged:", problems)
    return preprocessor


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def _of_type(entry: Mapping[str, Any], name: str, types: tuple[type, ...]) -> Any:
    """Return a value of an object; KeyError where it is missing, ValueError of another type."""
    if type(entry[name]) not in types:
        wanted = " or ".join(_KINDS[kind] for kind in types)
        raise ValueError(f"{name!r} must be {wanted}, not {str(entry[name])[:60]!r}")
    return entry[name]


def _options_from(entry: Any) -> FitOptions:
    if not isinstance(entry, Mapping):
        raise ValueError(f"'options' must be an object, not {str(entry)[:60]!r}")
    for name, types in _OPTION_TYPES.items():
        if name in entry:
            _of_type(entry, name, types)
    return FitOptions(**entry)


def _step_from(entry: Any) -> ColumnStep:
    if not isinstance(entry, Mapping):
        raise ValueError(f"a column must be an object, not {str(entry)[:60]!r}")
    for name in _TEXTS:
        _of_type(entry, name, (str,))
    for name in ("fill_method", "unseen"):
        if entry.get(name) is not None:
            _of_type(entry, name, (str,))
    step = ColumnStep(**{**entry, "labels": _labels_from(entry)})
    _check(step)
    return step


def _labels_from(entry: Mapping[str, Any]) -> tuple[str, ...] | None:
    labels = entry.get("labels")
    if labels is None:
        return None
    if not (isinstance(labels, list) and all(isinstance(label, str) for label in labels)):
        raise ValueError(f"column {entry['name']!r}: labels must be a list of texts")
    return tuple(labels)


def _check(step: ColumnStep) -> None:
    where = f"column {step.name!r}"
    normal_type(step.type)
    allowed = {"keep": (step.type,), "number": ("double", step.type), "index": ("double",)}
    if step.output_type not in allowed.get(step.action, ()):
        raise ValueError(f"{where}: {step.action!r} into {step.output_type!r} is not known")
    if step.action == "index":
        if step.labels is None or step.unseen not in UNSEEN:
            raise ValueError(f"{where}: needs labels, and unseen as one of {', '.join(UNSEEN)}")
        if len(set(step.labels)) != len(step.labels):
            raise ValueError(f"{where}: a label is listed twice")
    for number in (step.fill, step.center, step.spread):
        if number is not None and not _is_finite(number):
            raise ValueError(f"{where}: fill, center and spread must be finite numbers")
    if step.spread == 0:
        raise ValueError(f"{where}: spread must not be 0")


def _is_finite(number: Any) -> bool:
    try:
        return type(number) in (int, float) and math.isfinite(number)
    except OverflowError:  # a whole number beyond every double
        return False


def _problems_together(preprocessor: Preprocessor) -> list[str]:
    outputs = Counter(step.output for step in preprocessor.steps)
    problems = [
        f"two columns have the output {output!r}"
        for output, count in outputs.items()
        for _ in range(count if count > 1 else 0)
    ]
    if not outputs:
        problems.append("it has no columns")
    if preprocessor.target not in (None, *(step.name for step in preprocessor.steps)):
        problems.append(f"the target {preprocessor.target!r} is not among its columns")
    return problems
