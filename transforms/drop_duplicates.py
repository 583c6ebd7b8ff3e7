"""Drop rows that are equal in every column."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas.names import RESERVED_PREFIX, quoted


def drop_duplicates(df: DataFrame, *, count: str | None = None) -> DataFrame:
    """Keep one of the rows that are equal in every column; nulls are equal to each other.

    Which one is kept makes no difference, so the result is the same for every partitioning (its
    order is not: this needs a shuffle). ``count`` names a column, a long, to add: how many rows of
    the input a row stands for. A negative zero becomes zero, as in every Spark grouping.
    """
    names = df.columns
    counted = df.groupBy(*(F.col(quoted(name)) for name in names)).agg(
        F.count(F.lit(1)).alias(count or RESERVED_PREFIX + "count")
    )
    return counted.select(*(F.col(quoted(n)) for n in [*names, *([count] if count else [])]))
