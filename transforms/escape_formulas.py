"""Escape formulas: make texts that a spreadsheet would run into texts that it shows."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas.names import quoted
from transforms.formulas import ESCAPE, FORMULA_SIGNS, escaped_names


def escape_formulas(df: DataFrame) -> DataFrame:
    """Put an apostrophe before texts, and before column names, that begin as a formula does.

    Nulls and empty texts stay, and so does every column that is no string: a number cannot be a
    formula. Not for data that a model reads: ``-5`` as a text becomes another text.

    Raises:
        InputError: Two columns would have the same name.
    """
    columns = []
    for (name, kind), new in zip(df.dtypes, escaped_names(df.columns)):
        column = F.col(quoted(name))
        if kind == "string":
            formula = F.substring(column, 1, 1).isin(*FORMULA_SIGNS)
            column = F.when(formula, F.concat(F.lit(ESCAPE), column)).otherwise(column)
        columns.append(column.alias(new))
    return df.select(*columns)
