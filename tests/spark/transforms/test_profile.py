"""The aggregate behind every fit: training rows alone are learned from, the result is bounded."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from transforms.counts import LABEL, OUTCOME, RESIDUAL, SQUARE, SUM, VALUE, Tally
from transforms.learn import Learned, learn
from transforms.plan import ColumnPlan, FitOptions
from transforms.profile import profile, slots_of
from transforms.tally import tally

NUMBER = ColumnPlan("x", "int", "number", "x", "double", fill="mean", scale=True)
MEDIAN = ColumnPlan("m", "int", "number", "m", "double", fill="median")
TEXT = ColumnPlan("s", "string", "index", "s_indexed", "double")
PLANS = (NUMBER, MEDIAN, TEXT)
ROWS = [
    ("train", 1, 1, "a"),
    ("train", 3, 5, "b"),
    ("train", None, 2, "b"),
    ("test", 1000, 1000, "a"),
    ("test", 1000, 1000, "a"),
    ("validation", None, None, "only here"),
    ("quarantined", 7, 7, "a"),
]


def counted(spark: SparkSession, options: FitOptions) -> tuple[DataFrame, Tally]:
    df = spark.createDataFrame(ROWS, "o string, x int, m int, s string")
    slots = slots_of(PLANS)
    out = profile(
        df,
        slots=slots,
        options=options,
        train=F.col("o") == "train",
        kept=F.col("o") != "quarantined",
        outcome=F.col("o"),
        copies=F.when(F.col("o") == "test", F.lit(3)),
    )
    return out, tally(out.collect(), slots=slots, plans=PLANS)


def learned_from(counts: Tally, options: FitOptions) -> Learned:
    return learn(counts, plans=PLANS, options=options, train_rows=counts.outcomes["train"])


def test_slots_are_ordered_by_kind() -> None:
    kinds = [slot.kind for slot in slots_of(PLANS)]
    assert kinds == [OUTCOME, SUM, SQUARE, RESIDUAL, VALUE, LABEL]


def test_without_plans_only_the_outcome_is_counted() -> None:
    assert [slot.kind for slot in slots_of(())] == [OUTCOME]


def test_only_training_rows_are_learned_from(spark: SparkSession) -> None:
    options = FitOptions()
    _, counts = counted(spark, options)
    x, m, s = learned_from(counts, options).preprocessor.steps
    assert (x.fill, m.fill) == (2.0, 2.0)
    assert (x.center, x.spread) == (2.0, 0.816496580927726)
    assert s.labels is not None
    assert s.labels[:2] == ("b", "a")


def test_nulls_are_counted_in_all_kept_rows_and_in_training_rows(spark: SparkSession) -> None:
    _, counts = counted(spark, FitOptions())
    x, m = counts.columns["x"], counts.columns["m"]
    assert (x.nulls, x.train_nulls, x.train_values) == (2, 1, 2)
    assert (m.nulls, m.train_nulls, m.train_values) == (1, 0, 3)


def test_outcomes_and_copies_count_every_row(spark: SparkSession) -> None:
    _, counts = counted(spark, FitOptions())
    assert counts.outcomes == {"train": 3, "test": 2, "validation": 1, "quarantined": 1}
    assert counts.copies["test"] == 6


def test_rare_labels_and_far_values_come_as_one_row(spark: SparkSession) -> None:
    options = FitOptions(max_labels=1)
    out, counts = counted(spark, options)
    labels = [row for row in out.collect() if row["slot"] == 5]
    assert sorted((row["label"] or "", row["other"], row["rows"]) for row in labels) == [
        ("", True, 4),
        ("b", False, 2),
    ]
    assert (counts.columns["s"].cut_labels, counts.columns["s"].other_rows) == (1, 4)
    notes = learned_from(counts, options).notes
    assert notes == ("'s': 1 labels get no index of their own (max_labels 1, min_frequency 1)",)
