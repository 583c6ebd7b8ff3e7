"""What fit learns does not depend on the order of the rows, and is exact."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from transforms.counts import LABEL, ColumnCounts, Tally
from transforms.fill import fit_fills
from transforms.fit import fit
from transforms.learn import FitError, learn, midpoint
from transforms.plan import ColumnPlan, FitOptions
from transforms.preprocessor_json import preprocessor_to_json

FINITE = st.floats(allow_nan=False, allow_infinity=False)
WILD = [1e300, -1e300, 1e-300, 0.1, 5e-324, 0.2, -1e16, 1.0, 1e16, 2.0**53 + 2, 3.0, -0.0, 1e-16]
PLANS = (
    ColumnPlan("wild", "double", "number", "wild", "double", fill="mean"),
    ColumnPlan("mid", "double", "number", "mid", "double", fill="median"),
    ColumnPlan("x", "double", "number", "x", "double", fill="mean", scale=True),
    ColumnPlan("s", "string", "index", "s_indexed", "double"),
)


def rows_of(count: int) -> list[tuple[Any, ...]]:
    return [
        (
            WILD[i % 13] if i % 11 else None,
            float("nan") if i % 7 == 0 else 1.1**i,
            None if i % 5 == 0 else 0.1 * i + 1e-9 / (i + 1),
            None if i % 9 == 0 else chr(97 + i * i % 17),
        )
        for i in range(count)
    ]


def test_every_partitioning_and_order_gives_the_same_preprocessor(spark: SparkSession) -> None:
    rows = rows_of(300)
    shuffled = random.Random(7).sample(rows, len(rows))
    schema = "wild double, mid double, x double, s string"
    df = spark.createDataFrame(rows, schema)
    frames = [df, df.coalesce(1), df.repartition(7), df.repartition(64)]
    frames.append(spark.createDataFrame(shuffled, schema).repartition(3))
    texts = {preprocessor_to_json(fit(frame, plans=PLANS, target=None)) for frame in frames}
    assert len(texts) == 1


@settings(max_examples=8)
@given(st.lists(st.lists(FINITE, min_size=1, max_size=12), min_size=10, max_size=10))
def test_a_mean_is_the_exact_mean_rounded_once(
    spark: SparkSession, columns: list[list[float]]
) -> None:
    rows = [tuple(c[i] if i < len(c) else None for c in columns) for i in range(12)]
    names = [f"c{i}" for i in range(10)]
    df = spark.createDataFrame(rows, ", ".join(f"{n} double" for n in names))
    means = fit_fills(df, columns=names)
    for name, values in zip(names, columns):
        assert means[name] == float(sum(map(Fraction, values)) / len(values)), values


def test_what_a_floating_sum_loses_is_kept(spark: SparkSession) -> None:
    rows = [(1e300, 0.1), (1.0, 0.2), (-1e300, 0.3), (5e-324, 0.4)]
    df = spark.createDataFrame(rows, "big double, tenths double")
    assert fit_fills(df, columns=["big", "tenths"]) == {"big": 0.25, "tenths": 0.25}


def test_counts_labels_and_moments_are_written_down(spark: SparkSession) -> None:
    rows = [(1.0, 1.0, 1.0, "b"), (2.0, 9.0, 3.0, "a"), (6.0, 4.0, None, "b"), (None,) * 4]
    df = spark.createDataFrame(rows, "wild double, mid double, x double, s string")
    preprocessor = fit(df, plans=PLANS, options=FitOptions(unseen="skip"), target="wild")
    wild, mid, x, s = preprocessor.steps
    assert (preprocessor.target, preprocessor.train_rows) == ("wild", 4)
    assert (wild.fill, mid.fill, s.labels, s.unseen) == (3.0, 4.0, ("b", "a"), "skip")
    # After the fill the column is 1, 3, 2, 2: mean 2, variance 1/2.
    assert (x.fill, x.center, x.spread) == (2.0, 2.0, 0.7071067811865476)


def test_labels_are_ordered_however_they_arrive() -> None:
    counts = ColumnCounts(labels={"b": 1, "c": 2, "a": 1}, values_by_kind={LABEL: 4})
    tally = Tally({"train": 4}, {"train": 4}, {"s": counts})
    learned = learn(tally, plans=PLANS[3:], options=FitOptions(), train_rows=4)
    assert learned.preprocessor.steps[0].labels == ("c", "a", "b")


def test_kept_columns_alone_need_no_value(spark: SparkSession) -> None:
    df = spark.createDataFrame([(None,), (None,)], "y int")
    preprocessor = fit(df, plans=[ColumnPlan("y", "int", "keep", "y", "int")], target="y")
    assert preprocessor.train_rows == 2
    assert preprocessor.steps[0].fill is None


def test_an_empty_table_raises(spark: SparkSession) -> None:
    df = spark.createDataFrame([], "wild double, mid double, x double, s string")
    with pytest.raises(FitError, match="in every training row: wild, mid, x, s"):
        fit(df, plans=PLANS)


def test_every_infinite_column_is_named(spark: SparkSession) -> None:
    inf = float("inf")
    df = spark.createDataFrame(
        [(inf, inf, -inf, "a")], "wild double, mid double, x double, s string"
    )
    with pytest.raises(FitError) as caught:
        fit(df, plans=PLANS)
    assert [problem.split()[1] for problem in caught.value.problems] == ["'wild'", "'mid'", "'x'"]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(1.0, 2.0, 1.5), (-1.0, 1.0, 0.0), (1e308, 1.7e308, 1.35e308), (5e-324, 5e-324, 5e-324)],
)
def test_midpoint(low: float, high: float, expected: float) -> None:
    assert midpoint(low, high) == expected
