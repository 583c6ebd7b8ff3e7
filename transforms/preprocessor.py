"""The preprocessor: what fit learned, applied anywhere to give the same numbers.

This module and ``preprocessor_json`` need neither Spark nor pandas: a service imports them, loads
the JSON and transforms one row at a time. The Spark, pandas and Spark ML adapters are imported when
they are called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schemas.errors import InputError, InputProblemsError
from transforms.plan import FitOptions
from transforms.values import label_value, number_value

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.ml import PipelineModel
    from pyspark.sql import DataFrame, SparkSession


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
