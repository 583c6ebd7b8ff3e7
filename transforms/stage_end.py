"""Where Spark ends one piece of generated code and begins the next."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.utils import is_remote


def end_stage(df: DataFrame) -> DataFrame:
    """Return the same rows, and let generated code begin anew behind them.

    In one piece, what comes before and what comes behind would be too long for the JVM's compiler
    (see benchmarks/NOTES.md). Spark ends a piece where rows are observed; a remote engine has no
    such code, and gets the frame as it is.
    """
    if is_remote():
        return df
    from pyspark.sql import Observation

    return df.observe(Observation(), F.count(F.lit(1)).alias("rows"))
