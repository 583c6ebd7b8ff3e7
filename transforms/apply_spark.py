"""Apply a preprocessor to a Spark DataFrame: one select, no action."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas.names import quoted
from transforms.fill import filled
from transforms.preprocessor import ColumnStep, Preprocessor
from transforms.scale import scaled
from transforms.spark_values import label_column, number_column
from transforms.string_index import index_column, join_labels, labels_to_join, unseen_as


def apply_to_spark(
    preprocessor: Preprocessor, df: DataFrame, *, passthrough: Sequence[str] = ()
) -> DataFrame:
    """Return the preprocessor's outputs, in its order, then the ``passthrough`` columns.

    The target may be absent. With policy ``skip``, rows with an unseen or null label are left out.
    Raises PreprocessorError for absent columns and other types.
    """
    types = dict(df.dtypes)
    steps = [s for s in preprocessor.steps if s.name in types or s.name != preprocessor.target]
    absent_target = {s.name: s.type for s in preprocessor.steps if s not in steps}
    preprocessor.check_fits({**absent_target, **types}, source="the DataFrame")
    labels = {step.name: step.labels or () for step in steps if step.action == "index"}
    df, found = join_labels(df, labels=labels_to_join(labels))
    out = df.select(
        *(_output(step, found.get(step.name)).alias(step.output) for step in steps),
        *(F.col(quoted(name)) for name in passthrough),
    )
    skipping = [step.output for step in steps if step.unseen == "skip"]
    for output in skipping:
        out = out.where(F.col(quoted(output)).isNotNull())
    return out


def _output(step: ColumnStep, found: Column | None = None) -> Column:
    if step.action == "index":
        label, labels = label_column(step.name), step.labels or ()
        unseen = step.unseen or "keep"
        if found is None:
            return index_column(label, labels=labels, unseen=unseen, name=step.name)
        return unseen_as(found, label, count=len(labels), unseen=unseen, name=step.name)
    cell = F.col(quoted(step.name))
    if step.action == "keep":
        return cell
    number = number_column(step.name, step.type)
    if step.output_type != "double":
        return F.when(number.isNotNull(), cell)
    if step.fill is not None:
        number = filled(number, step.fill)
    if step.center is None or step.spread is None:
        return number
    return scaled(number, center=step.center, spread=step.spread)
