"""What is counted is the same whether it was observed or read once more."""

from __future__ import annotations

from fractions import Fraction
from threading import Event
from typing import Any

import pytest
from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from transforms.counts import RESIDUAL, SQUARE, SUM, Tally
from transforms.exact_sum import square_error
from transforms.plan import ColumnPlan, FitOptions
from transforms.tally import count_rows


def number(name: str, type_name: str = "double", **more: Any) -> ColumnPlan:
    return ColumnPlan(name, type_name, "number", name, "double", **{"fill": "mean", **more})


LABELS = ColumnPlan("s", "string", "index", "s_indexed", "double")
PLANS = (
    number("tame", scale=True),
    number("whole", "int", scale=True),
    number("wide", "bigint"),
    number("middle", fill="median"),
    LABELS,
)
WILD = [1e300, 5e-324, -(2.0**44), 2.0**-70 * 1.1, 1e-200, 0.1, None, 3.0]
SCHEMA = "o string, tame double, whole int, wide bigint, middle double, s string, wild double"
OUTCOMES = ["train", "train", "test", "train", "validation", "train", "bad", "the target is null"]


def rows_of(count: int) -> list[tuple[Any, ...]]:
    return [
        (
            OUTCOMES[i % 8],
            None if i % 9 == 0 else float("nan") if i % 31 == 0 else 0.1 * i - 3,
            None if i % 7 == 0 else (-1) ** i * (2**31 - 1 - i),
            2**53 + i if i % 5 else None,
            float(i % 13),
            None if i % 11 == 0 else "abcde"[i * i % 5],
            WILD[i // 8 % 8],
        )
        for i in range(count)
    ]


def counted(df: DataFrame, plans: tuple[ColumnPlan, ...] = PLANS, **more: Any) -> Tally:
    outcome = F.col("o")
    return count_rows(
        df,
        plans=plans,
        options=FitOptions(),
        train=outcome == "train",
        kept=outcome.isin("train", "validation", "test"),
        outcome=outcome,
        **more,
    )


def trained(rows: list[tuple[Any, ...]], column: int) -> list[Fraction]:
    """Give a column's numbers in training rows, as the doubles that they are learned as."""
    xs = [row[column] for row in rows if row[0] == "train"]
    return [Fraction(float(x)) for x in xs if x is not None and x == x]


@pytest.fixture(scope="module")
def rows() -> list[tuple[Any, ...]]:
    return rows_of(400)


@pytest.fixture(scope="module")
def df(spark: SparkSession, rows: list[tuple[Any, ...]]) -> DataFrame:
    return spark.createDataFrame(rows, SCHEMA).repartition(3)


def test_observed_or_read_again_the_counts_are_the_same(df: DataFrame) -> None:
    plans = (*PLANS, number("wild", scale=True))
    observed = counted(df, plans, observe=True)
    assert observed == counted(df, plans, observe=False)
    assert observed == counted(df.coalesce(1), plans)


def test_sums_and_counts_are_those_of_the_rows(df: DataFrame, rows: list[tuple[Any, ...]]) -> None:
    found = counted(df)
    for name, column in (("tame", 1), ("whole", 2), ("wide", 3)):
        xs, counts = trained(rows, column), found.columns[name]
        assert counts.sums[SUM] == sum(xs)
        assert counts.values_by_kind[SUM] == len(xs)
        assert counts.train_nulls == sum(row[0] == "train" for row in rows) - len(xs)
    for name, column in (("tame", 1), ("whole", 2)):
        sums = found.columns[name].sums
        assert sums[SQUARE] + sums[RESIDUAL] == sum(x * x for x in trained(rows, column))
    kept = [row for row in rows if row[0] in ("train", "validation", "test")]
    assert found.columns["whole"].nulls == sum(row[2] is None for row in kept)
    assert found.outcomes == {o: OUTCOMES.count(o) * 50 for o in set(OUTCOMES)}
    assert found.copies == found.outcomes


def test_copies_are_summed_and_rows_counted(df: DataFrame) -> None:
    copies = F.when(F.col("o") == "test", F.lit(3)).otherwise(F.lit(1))
    found = counted(df, copies=copies)
    assert found == counted(df, copies=copies, observe=False)
    assert (found.outcomes["test"], found.copies["test"]) == (50, 150)


def test_a_column_out_of_range_is_summed_by_another_read(
    spark: SparkSession, df: DataFrame, rows: list[tuple[Any, ...]]
) -> None:
    found = counted(df, (number("wild", scale=True), *PLANS))
    xs = trained(rows, 6)
    wild = found.columns["wild"]
    assert wild.sums[SUM] == sum(xs)
    assert wild.values_by_kind[SUM] == len(xs)
    # Of a square, what a double holds of it, and what is left where that is known.
    floats = [(float(x),) for x in xs if x < 2**500]
    x = F.col("x")
    parts = spark.createDataFrame(floats, "x double").select(square_error(x, x * x).alias("e"))
    assert wild.sums[RESIDUAL] == sum(Fraction(row["e"]) for row in parts.collect())
    # The square of 1e300 is infinite.
    assert wild.infinite == sum(x > 2**500 for x in xs) > 0
    assert {name: found.columns[name] for name in ("tame", "whole", "wide", "middle", "s")} == (
        counted(df).columns
    )


def observed_again(monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    """Let each observation give so many times what it saw; return a list of its rows."""
    real, seen = Observation.get.fget, []

    def get(self: Observation) -> dict[str, int]:
        figures = real(self)
        seen.append(figures["rows"])
        return {name: figure * times for name, figure in figures.items()}

    monkeypatch.setattr(Observation, "get", property(get))
    return seen


@pytest.mark.spark_only
def test_rows_observed_twice_are_noticed(df: DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = counted(df)
    seen = observed_again(monkeypatch, 2)
    assert counted(df) == expected
    assert seen == [400]


@pytest.mark.spark_only
def test_what_was_observed_is_what_is_used(df: DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = observed_again(monkeypatch, 1)
    assert counted(df).columns["whole"].sums[SUM] != 0
    assert seen == [400]
    assert counted(df, (LABELS,)).outcomes["train"] == 200
    assert seen == [400]  # nothing is summed, nothing observed


@pytest.mark.parametrize("observe", [True, False])
def test_an_empty_table(df: DataFrame, observe: bool) -> None:
    found = counted(df.where("o is null"), observe=observe)
    assert (found.outcomes, found.copies) == ({}, {})
    assert {name: c.train_values for name, c in found.columns.items()} == {
        plan.name: 0 for plan in PLANS
    }
    assert found.columns["tame"].sums[SUM] == 0


def test_a_column_without_values(spark: SparkSession, rows: list[tuple[Any, ...]]) -> None:
    empty = spark.createDataFrame([(row[0], *(None,) * 6) for row in rows], SCHEMA)
    found = counted(empty)
    assert (found.columns["tame"].sums[SUM], found.columns["tame"].train_nulls) == (0, 200)
    assert found == counted(empty, observe=False)


def test_without_labels_none_are_counted(df: DataFrame) -> None:
    found = counted(df, labels=False)
    assert found.columns["s"].labels == {}
    assert found.columns["tame"] == counted(df).columns["tame"]


@pytest.mark.spark_only
def test_what_was_observed_is_not_waited_for_without_end(
    df: DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = counted(df)
    asked, never = [], Event()

    def get(_: Observation) -> dict[str, int]:
        asked.append(1)
        never.wait()
        return {}

    monkeypatch.setattr(Observation, "get", property(get))
    monkeypatch.setattr("transforms.tally._PATIENCE", 0.1)
    assert counted(df) == expected
    assert asked == [1]
    assert counted(df.where("o is null")).outcomes == {}
    assert asked == [1]  # of nothing, nothing is observed
    never.set()
