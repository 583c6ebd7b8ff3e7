"""A cell as a number or as a label, as Spark columns; the rules are :mod:`transforms.values`'."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from schemas.names import quoted
from transforms.values import MICROS, MOST_LABEL_BYTES, TOO_LONG


def number_column(name: str, type_name: str) -> Column:
    """Give a cell as a double; null and NaN are null."""
    cell = F.col(quoted(name))
    if type_name == "date":
        return F.datediff(cell, F.lit("1970-01-01").cast("date")).cast("double")
    if type_name == "timestamp":
        return F.unix_micros(cell).cast("double") / MICROS
    number = cell.cast("double")
    return F.when(~F.isnan(number), number) if type_name in ("float", "double") else number


def label_column(name: str) -> Column:
    """Give a cell as a label: a string, or null."""
    return F.col(quoted(name)).cast("string")


def learned_label(name: str, type_name: str) -> Column:
    """Give a cell as a label to learn; the job fails where a text is too long to be one."""
    label = label_column(name)
    if type_name != "string":
        return label
    fails = F.raise_error(F.lit(f"column '{name}'{TOO_LONG}")).cast("string")
    return F.when(F.octet_length(label) > MOST_LABEL_BYTES, fails).otherwise(label)
