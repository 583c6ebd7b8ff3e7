from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timezone
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from transforms.row_hash import canonical, row_bucket, split_of_row
from transforms.split import canonical_column, split_by_hash, split_by_random, with_bucket

WEIGHTS = (Fraction(7, 10), Fraction(3, 20), Fraction(3, 20))
ID = {"id": "bigint"}
UTC = timezone.utc
CELLS: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(max_size=8),
    "tinyint": st.integers(-128, 127),
    "int": st.integers(-(2**31), 2**31 - 1),
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "double": st.floats() | st.sampled_from([-0.0, 1e300, -1e-300, 2.0**63, -(2.0**63), 0.1, -0.1]),
    "float": st.floats(width=32),
    "boolean": st.booleans(),
    "date": st.dates(),
    "timestamp": st.datetimes(
        datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)
    ),
    "decimal(38,6)": st.decimals(-(10**31), 10**31, places=6),
}  # fmt: skip
SCHEMA = ", ".join(f"`{name}` {name}" for name in CELLS)
ROWS = st.tuples(*(st.none() | cells for cells in CELLS.values()))


def splits(df: DataFrame, *, seed: int = 42) -> dict[int, str]:
    out = split_by_hash(df, key=ID, seed=seed, weights=WEIGHTS, output="split").collect()
    assert len({row["id"] for row in out}) == len(out)
    return {row["id"]: row["split"] for row in out}


@settings(max_examples=15)
@given(st.lists(ROWS, min_size=20, max_size=50), st.integers(-(2**40), 2**40))
def test_spark_and_plain_python_agree_on_every_type(
    spark: SparkSession, rows: list[tuple[Any, ...]], seed: int
) -> None:
    df = spark.createDataFrame(rows, SCHEMA)
    key = {name: name for name in CELLS}
    df = df.select("*", *(canonical_column(name, name).alias(f"text {name}") for name in CELLS))
    out = with_bucket(df, key=key, seed=seed, output="b").select("b", *df.columns[len(CELLS) :])
    for cells, (bucket, *seen) in zip(rows, out.collect()):
        assert seen == [canonical(cell, name) for cell, name in zip(cells, CELLS)]
        assert bucket == row_bucket(dict(zip(CELLS, cells)), key=key, seed=seed)


def test_what_is_hashed_is_the_documented_text(spark: SparkSession) -> None:
    df = spark.createDataFrame(
        [(1.5, "a", date(2013, 1, 2)), (None, None, None)], "x double, s string, d date"
    )
    texts = [canonical_column(n, t) for n, t in (("x", "double"), ("s", "string"), ("d", "date"))]
    assert [tuple(row) for row in df.select(*texts).collect()] == [
        ("1:4503599627370496", "a", "2013-01-02"),
        ("\x00", "\x00", "\x00"),
    ]


def test_no_partitioning_order_or_added_row_moves_a_row(spark: SparkSession) -> None:
    df = spark.range(500)
    expected = {i: split_of_row({"id": i}, key=ID, seed=42, weights=WEIGHTS) for i in range(500)}
    assert set(expected.values()) == {"train", "validation", "test"}
    for frame in (df, df.coalesce(1), df.repartition(7), df.repartition(64)):
        assert splits(frame) == expected
    assert splits(df.orderBy(F.rand(1))) == expected
    more = splits(df.union(spark.range(500, 900)))
    assert {i: more[i] for i in range(500)} == expected


def test_rows_with_equal_keys_share_a_split(spark: SparkSession) -> None:
    df = spark.createDataFrame([(i % 5, i) for i in range(50)], "id bigint, x int")
    out = split_by_hash(df, key=ID, seed=1, weights=WEIGHTS, output="split")
    assert out.select("id", "split").distinct().count() == 5


def test_shares_are_close_and_two_seeds_are_independent(spark: SparkSession) -> None:
    df = spark.range(100_000)
    for seed in (1, 2):
        df = split_by_hash(df, key=ID, seed=seed, weights=WEIGHTS, output=f"s{seed}")
    counts = {(r["s1"], r["s2"]): r["count"] for r in df.groupBy("s1", "s2").count().collect()}
    assert sum(counts.values()) == 100_000
    share = {"train": 0.7, "validation": 0.15, "test": 0.15}
    for one, two in counts:
        assert abs(counts[one, two] / 100_000 - share[one] * share[two]) < 0.006
    for name in share:
        got = sum(count for (one, _), count in counts.items() if one == name)
        assert abs(got / 100_000 - share[name]) < 0.006


@pytest.mark.spark_only
def test_the_split_of_an_empty_table_is_empty(spark: SparkSession) -> None:
    df = spark.createDataFrame([], "id bigint")
    assert splits(df) == {}
    assert split_by_random(df, seed=1, weights=WEIGHTS, output="split").isEmpty()


def test_hostile_key_names(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1, 2)], "`a.b` int, `A.B` int")
    key = {"a.b": "int", "A.B": "int"}
    out = split_by_hash(df, key=key, seed=3, weights=WEIGHTS, output="x.split").collect()[0]
    row = {"a.b": 1, "A.B": 2}
    assert out["x.split"] == split_of_row(row, key=key, seed=3, weights=WEIGHTS)
    assert out["x.split_bucket"] == row_bucket(row, key=key, seed=3)


@pytest.mark.spark_only
def test_a_random_split_holds_each_row_once_in_about_its_share(spark: SparkSession) -> None:
    df = spark.range(20_000, numPartitions=2)
    out = split_by_random(df, seed=5, weights=WEIGHTS, output="split").collect()
    assert sorted(row["id"] for row in out) == list(range(20_000))
    counts = Counter(row["split"] for row in out)
    assert abs(counts["train"] / 20_000 - 0.70) < 0.015
    assert abs(counts["validation"] / 20_000 - 0.15) < 0.015
    assert abs(counts["test"] / 20_000 - 0.15) < 0.015


@pytest.mark.spark_only
def test_a_random_split_repeats_itself_and_changes_with_the_seed(spark: SparkSession) -> None:
    df = spark.range(200, numPartitions=2)
    one, again, other = (
        {(row["id"], row["split"]) for row in split.collect()}
        for split in (
            split_by_random(df, seed=s, weights=WEIGHTS, output="split") for s in (5, 5, 6)
        )
    )
    assert one == again
    assert one != other
