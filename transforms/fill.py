"""Fill nulls of numeric columns with what the training rows show: their mean or median."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas.names import quoted
from transforms.fit import fit
from transforms.plan import ColumnPlan, FitOptions
from transforms.spark_values import number_column


def fit_fills(
    df: DataFrame, *, columns: Sequence[str], method: str = "mean", median_error: float = 0.0
) -> dict[str, float]:
    """Learn the mean or median of numeric ``columns`` from all rows of ``df``, in one read.

    Nulls and NaN do not count; a column without values is absent from the result. The mean is the
    exact mean rounded once, the median of an even count lies halfway between the middle two;
    ``median_error`` allows the middle values a relative error and spares memory. Raises FitError
    for a mean of infinite values, and where every column is null.
    """
    types = dict(df.dtypes)
    plans = [ColumnPlan(n, types[n], "number", n, "double", fill=method) for n in columns]
    steps = fit(df, plans=plans, options=FitOptions(fill=method, median_error=median_error)).steps
    return {step.name: step.fill for step in steps if step.fill is not None}


def filled(number: Column, fill: float) -> Column:
    """Replace null by ``fill`` in a column of doubles."""
    return F.coalesce(number, F.lit(fill))


def fill_nulls(df: DataFrame, *, fills: Mapping[str, float]) -> DataFrame:
    """Replace nulls and NaN in the columns of ``fills``; these become double, the rest stays.

    | x (int) | fills      | x (double) |
    |---------|------------|------------|
    | 1       | {"x": 2.5} | 1.0        |
    | null    |            | 2.5        |
    """
    types = dict(df.dtypes)
    return df.select(
        *(
            filled(number_column(n, types[n]), fills[n]).alias(n)
            if n in fills
            else F.col(quoted(n))
            for n in df.columns
        )
    )
