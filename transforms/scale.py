"""Standard scale: bring a number to mean 0 and standard deviation 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas.names import quoted
from transforms.fit import fit
from transforms.plan import ColumnPlan, FitOptions
from transforms.spark_values import number_column


def fit_scales(df: DataFrame, *, columns: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Learn (mean, standard deviation) of numeric ``columns`` from all rows, in one read.

    Nulls and NaN do not count. A column without values is absent from the result.
    """
    types = dict(df.dtypes)
    plans = [ColumnPlan(n, types[n], "number", n, "double", scale=True) for n in columns]
    steps = fit(df, plans=plans, options=FitOptions(fill="none", scale=True)).steps
    return {
        step.name: (step.center, step.spread)
        for step in steps
        if step.center is not None and step.spread is not None
    }


def standard_scale(df: DataFrame, *, scales: Mapping[str, tuple[float, float]]) -> DataFrame:
    """Scale the columns of ``scales``; these become double, nulls stay null, the rest stays."""
    types = dict(df.dtypes)
    return df.select(
        *(
            scaled(number_column(n, types[n]), center=scales[n][0], spread=scales[n][1]).alias(n)
            if n in scales
            else F.col(quoted(n))
            for n in df.columns
        )
    )


def scaled(number: Column, *, center: float, spread: float) -> Column:
    """Give (x - center) / spread as a double; null stays null.

    As scikit-learn's StandardScaler: population standard deviation, and a constant column, whose
    spread is stored as 1, becomes 0.
    """
    return (number - F.lit(center)) / F.lit(spread)
