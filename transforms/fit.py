"""Learn a preprocessor from training rows, in one aggregate."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from transforms.learn import learn
from transforms.plan import ColumnPlan, FitOptions
from transforms.preprocessor import Preprocessor
from transforms.tally import count_rows


def fit(
    df: DataFrame,
    *,
    plans: Sequence[ColumnPlan],
    options: FitOptions | None = None,
    target: str | None = None,
) -> Preprocessor:
    """Learn from every row of ``df``, which must hold training rows alone.

    The result does not depend on the order or partitioning of the rows: means are the exact mean
    rounded once, medians the exact median (or within ``options.median_error``), labels are most
    frequent first and ties in code point order. A numeric column without values is not filled.
    Raises FitError where every column that something is learned of is null (an empty ``df``), and
    for infinite values, but for a median, where they are the largest and smallest.
    """
    options = options or FitOptions()
    true = F.lit(True)
    counted = count_rows(
        df, plans=plans, options=options, train=true, kept=true, outcome=F.lit("train")
    )
    train_rows = counted.outcomes.get("train", 0)
    learned = learn(counted, plans=plans, options=options, train_rows=train_rows, target=target)
    return learned.preprocessor
