"""What is counted is the same whether it was observed or read once more, and in any order."""

from __future__ import annotations

import random
from fractions import Fraction
from threading import Event
from typing import Any

import pytest
from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from transforms.counts import LABEL, RESIDUAL, SQUARE, SUM, Tally
from transforms.exact_sum import square_error
from transforms.plan import ColumnPlan, FitOptions
from transforms.profile import profile, slots_of
from transforms.tally import count_rows


def number(name: str, type_name: str = "double", **more: Any) -> ColumnPlan:
    return ColumnPlan(name, type_name, "number", name, "double", **{"fill": "mean", **more})


LABELS = ColumnPlan("s", "string", "index", "s_indexed", "double")
WIDE = number("wide", "bigint")
# The last is summed by another read: 1e300 is out of a fixed sum's range.
ALL = (
    number("whole", "int", scale=True),
    WIDE,
    number("middle", fill="median"),
    LABELS,
    number("wild", scale=True),
)
WILD = [1e300, 5e-324, -(2.0**44), 2.0**-70 * 1.1, 1e-200, 0.1, None, 3.0]
SCHEMA = "o string, whole int, wide bigint, middle double, s string, wild double"
OUTCOMES = ["train", "train", "test", "train", "validation", "train", "bad", "the target is null"]


def rows_of(count: int) -> list[tuple[Any, ...]]:
    return [
        (
            OUTCOMES[i % 8],
            None if i % 7 == 0 else (-1) ** i * (2**31 - 1 - i),
            2**53 + i if i % 5 else None,
            float("nan") if i % 31 == 0 else float(i % 13),
            None if i % 11 == 0 else "abcde"[i * i % 5],
            WILD[i // 8 % 8],
        )
        for i in range(count)
    ]


ROWS = rows_of(400)


def counted(df: DataFrame, plans: tuple[ColumnPlan, ...], **more: Any) -> Tally:
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


def trained(column: int) -> list[Fraction]:
    """Give a column's numbers in training rows, as the doubles that they are learned as."""
    xs = [row[column] for row in ROWS if row[0] == "train"]
    return [Fraction(float(x)) for x in xs if x is not None and x == x]


@pytest.fixture(scope="module")
def df(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(ROWS, SCHEMA).repartition(3)


@pytest.fixture(scope="module")
def found(df: DataFrame) -> Tally:
    return counted(df, ALL)


def test_observed_or_read_again_in_whatever_order_the_counts_are_the_same(
    df: DataFrame, found: Tally
) -> None:
    assert counted(df, ALL, observe=False) == found
    shuffled = random.Random(7).sample(ROWS, len(ROWS))
    assert counted(df.sparkSession.createDataFrame(shuffled, SCHEMA).coalesce(1), ALL) == found


def test_sums_and_counts_are_those_of_the_rows(found: Tally) -> None:
    for name, column in (("whole", 1), ("wide", 2), ("wild", 5)):
        xs, counts = trained(column), found.columns[name]
        assert counts.sums[SUM] == sum(xs)
        assert counts.values_by_kind[SUM] == len(xs)
    kept = [row for row in ROWS if row[0] in ("train", "validation", "test")]
    whole = found.columns["whole"]
    assert whole.sums[SQUARE] + whole.sums[RESIDUAL] == sum(x * x for x in trained(1))
    assert whole.train_nulls == sum(row[0] == "train" for row in ROWS) - len(trained(1))
    assert whole.nulls == sum(row[1] is None for row in kept)
    assert found.outcomes == found.copies == {o: OUTCOMES.count(o) * 50 for o in set(OUTCOMES)}


def test_of_squares_out_of_range_what_doubles_hold_of_them_is_summed(
    spark: SparkSession, found: Tally
) -> None:
    floats = [(float(x),) for x in trained(5) if x < 2**500]
    x, wild = F.col("x"), found.columns["wild"]
    parts = spark.createDataFrame(floats, "x double").select(square_error(x, x * x).alias("e"))
    assert wild.sums[RESIDUAL] == sum(Fraction(row["e"]) for row in parts.collect())
    # The square of 1e300 is infinite.
    assert wild.infinite == sum(x > 2**500 for x in trained(5)) > 0


def test_copies_are_summed_and_rows_counted(df: DataFrame) -> None:
    copies = F.when(F.col("o") == "test", F.lit(3)).otherwise(F.lit(1))
    found = counted(df, (WIDE,), copies=copies)
    assert found.columns["wide"].sums[SUM] == sum(trained(2))
    assert (found.outcomes["test"], found.copies["test"]) == (50, 150)


def test_without_labels_none_are_counted(df: DataFrame, found: Tally) -> None:
    without = counted(df, (WIDE, LABELS), labels=False)
    assert without.columns["s"].labels == {}
    assert without.columns["wide"] == found.columns["wide"]


@pytest.mark.parametrize("observe", [True, False])
def test_an_empty_table_and_a_column_without_values(
    spark: SparkSession, df: DataFrame, observe: bool
) -> None:
    found = counted(df.where("o is null"), (WIDE, LABELS), observe=observe)
    assert (found.outcomes, found.copies) == ({}, {})
    assert {counts.train_values for counts in found.columns.values()} == {0}
    empty = spark.createDataFrame([(row[0], *(None,) * 5) for row in ROWS], SCHEMA)
    wide = counted(empty, (WIDE,), observe=observe).columns["wide"]
    assert (wide.sums[SUM], wide.train_nulls) == (0, 200)


def test_rare_labels_come_as_one_row_whatever_their_number(df: DataFrame) -> None:
    slots, true = slots_of([LABELS]), F.lit(True)
    out = profile(df, slots=slots, options=FitOptions(max_labels=1), train=true, kept=true,
                  outcome=F.lit("train")).collect()  # fmt: skip
    labels = [row for row in out if slots[row["slot"]].kind == LABEL]
    assert len(labels) == 3
    (other,) = [row for row in labels if row["other"]]
    assert (other["label"], other["train_distinct"]) == (None, 2)
    assert sum(row["rows"] for row in labels) == 400


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
@pytest.mark.parametrize("times", [1, 2], ids=["used", "a stage that ran twice is noticed"])
def test_what_was_observed_is_used_if_it_is_of_every_row_once(
    df: DataFrame, found: Tally, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    seen = observed_again(monkeypatch, times)
    assert counted(df, (WIDE,)).columns["wide"] == found.columns["wide"]
    assert seen == [400]
    assert counted(df, (LABELS,)).outcomes["train"] == 200
    assert seen == [400]  # nothing is summed, nothing observed


@pytest.mark.spark_only
def test_what_was_observed_is_not_waited_for_without_end(
    df: DataFrame, found: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, never = [], Event()

    def get(_: Observation) -> dict[str, int]:
        asked.append(1)
        never.wait()
        return {}

    monkeypatch.setattr(Observation, "get", property(get))
    monkeypatch.setattr("transforms.tally._PATIENCE", 0.1)
    assert counted(df, (WIDE,)).columns["wide"] == found.columns["wide"]
    assert asked == [1]
    assert counted(df.where("o is null"), (WIDE,)).outcomes == {}
    assert asked == [1]  # of nothing, nothing is observed
    never.set()
