"""Drop the rows that have nothing to learn from."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from schemas.names import quoted


def target_is_missing(df: DataFrame, target: str) -> Column:
    """Give the condition that a row's target is null, or NaN where it is a float."""
    cell = F.col(quoted(target))
    if isinstance(df.schema[target].dataType, (T.FloatType, T.DoubleType)):
        return cell.isNull() | F.isnan(cell)
    return cell.isNull()


def drop_null_target(df: DataFrame, *, target: str) -> DataFrame:
    """Drop the rows whose ``target`` is null or NaN; the other rows and all types stay.

    An empty table stays empty. Raises KeyError where there is no such column.
    """
    return df.where(~target_is_missing(df, target))
