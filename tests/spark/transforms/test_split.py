"""A row's split is decided by the row alone; that it is plain Python's: engine_cases."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from engines import WEIGHTS
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from transforms.row_hash import SPLITS, canonical, row_bucket, split_of_row, thresholds
from transforms.split import canonical_column, split_by_hash, split_by_random, split_column

ID = {"id": "bigint"}
SHARES = {"train": 0.7, "validation": 0.15, "test": 0.15}


def splits(df: DataFrame, *, seed: int = 42) -> dict[int, str]:
    out = split_by_hash(df, key=ID, seed=seed, weights=WEIGHTS, output="split").collect()
    assert len({row["id"] for row in out}) == len(out)
    return {row["id"]: row["split"] for row in out}


def test_what_is_hashed_is_the_documented_text(spark: SparkSession) -> None:
    types = {"x": "double", "s": "string", "d": "date"}
    rows = [(1.5, "a", date(2013, 1, 2)), (None, None, None)]
    df = spark.createDataFrame(rows, ", ".join(map(" ".join, types.items())))
    texts = df.select(*(canonical_column(n, t) for n, t in types.items())).collect()
    assert [tuple(row) for row in texts] == [
        ("1:4503599627370496", "a", "2013-01-02"),
        ("\x00", "\x00", "\x00"),
    ]
    for row, seen in zip(rows, texts):
        assert [canonical(cell, t) for cell, t in zip(row, types.values())] == list(seen)


def test_a_bucket_at_a_bound_is_in_the_next_split(spark: SparkSession) -> None:
    first, second = thresholds(WEIGHTS)
    buckets = [0, first - 1, first, second - 1, second, 2**32 - 1]
    df = spark.createDataFrame([(bucket,) for bucket in buckets], "b bigint")
    found = df.select(split_column(F.col("b"), weights=WEIGHTS)).collect()
    assert [row[0] for row in found] == [name for name in SPLITS for _ in range(2)]


def test_no_partitioning_order_or_added_row_moves_a_row(spark: SparkSession) -> None:
    df = spark.range(500)
    expected = {i: split_of_row({"id": i}, key=ID, seed=42, weights=WEIGHTS) for i in range(500)}
    assert set(expected.values()) == set(SPLITS)
    for frame in (df.coalesce(1), df.repartition(7), df.orderBy(F.rand(1))):
        assert splits(frame) == expected
    more = splits(df.union(spark.range(500, 900)))
    assert {i: more[i] for i in range(500)} == expected


def test_rows_with_equal_keys_share_a_split_whatever_the_names(spark: SparkSession) -> None:
    df = spark.createDataFrame(
        [(i % 5, i % 3, i) for i in range(50)], "`a.b` int, `A.B` int, x int"
    )
    key = {"a.b": "int", "A.B": "int"}
    out = split_by_hash(df, key=key, seed=3, weights=WEIGHTS, output="x.split").collect()
    for row in out:
        assert row["x.split"] == split_of_row(row.asDict(), key=key, seed=3, weights=WEIGHTS)
        assert row["x.split_bucket"] == row_bucket(row.asDict(), key=key, seed=3)
    assert len({(row["a.b"], row["A.B"], row["x.split"]) for row in out}) == 15


def test_shares_are_close_and_two_seeds_are_independent(spark: SparkSession) -> None:
    df = spark.range(100_000)
    for seed in (1, 2):
        df = split_by_hash(df, key=ID, seed=seed, weights=WEIGHTS, output=f"s{seed}")
    counts = {(r["s1"], r["s2"]): r["count"] for r in df.groupBy("s1", "s2").count().collect()}
    assert sum(counts.values()) == 100_000
    for one, two in counts:
        assert abs(counts[one, two] / 100_000 - SHARES[one] * SHARES[two]) < 0.006
    for name, share in SHARES.items():
        got = sum(count for (one, _), count in counts.items() if one == name)
        assert abs(got / 100_000 - share) < 0.006


@pytest.mark.spark_only
def test_a_random_split_holds_each_row_once_in_about_its_share_and_follows_its_seed(
    spark: SparkSession,
) -> None:
    def drawn(seed: int) -> dict[int, str]:
        df = spark.range(20_000, numPartitions=2)
        out = split_by_random(df, seed=seed, weights=WEIGHTS, output="split").collect()
        assert len(out) == 20_000
        return {row["id"]: row["split"] for row in out}

    found = drawn(5)
    assert sorted(found) == list(range(20_000))
    counts = Counter(found.values())
    assert all(abs(counts[name] / 20_000 - share) < 0.015 for name, share in SHARES.items())
    assert found == drawn(5) != drawn(6)
    assert split_by_random(spark.range(0), seed=1, weights=WEIGHTS, output="s").isEmpty()
