"""Cells of JSON as text: what Spark's reader makes of numbers, and where digits are lost by it.

A column read as text passes a number with a point or an exponent through a double (Jackson's
``copyCurrentStructure``): 12345678901234567.01 becomes 1.2345678901234568E16. Whole numbers and
texts arrive as they were written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.names import quoted
from schemas.types import decimal_size

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from schemas.contract import Contract

# Python writes these without quotes, and Spark puts quotes around them.
_QUOTED = ('"NaN"', '"Infinity"', '"-Infinity"')
# Decimal digits that every double keeps (C's DBL_DIG).
_KEPT = 15
INEXACT = " (a JSON number of more than 15 digits; write it as a text)"


def as_written(df: DataFrame, contract: Contract) -> DataFrame:
    """Take the quotes off NaN, and mark numbers of decimal columns that have lost digits.

    A marked cell is not a number any more, so its row breaks the contract instead of being changed.
    """
    from pyspark.sql import functions as F

    types = {column.name: column.type for column in contract.columns}
    cells = []
    for name in df.columns:
        cell = F.col(quoted(name))
        if name in types:
            cell = F.when(cell.isin(*_QUOTED), F.translate(cell, '"', "")).otherwise(cell)
            cell = _exact(cell, types[name])
        cells.append(cell.alias(name))
    return df.select(*cells)


def _exact(cell: Column, type_name: str) -> Column:
    """Mark what came by way of a double that is too small to hold it."""
    from pyspark.sql import functions as F

    size = decimal_size(type_name)
    if size is None or size[0] <= _KEPT:
        return cell
    number = cell.cast("double")
    # A text is not written as Java writes a double, but for one of 16 or 17 digits below 10**7.
    by_double = cell.contains(".") & (number.cast("string") == cell)
    too_large = F.abs(number) >= F.lit(10.0 ** (_KEPT - size[1]))
    return F.when(by_double & too_large, F.concat(cell, F.lit(INEXACT))).otherwise(cell)
