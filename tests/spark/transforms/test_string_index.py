from __future__ import annotations

from collections.abc import Sequence

import pytest
from chispa import assert_df_equality
from pyspark.ml.feature import StringIndexer
from pyspark.sql import DataFrame, SparkSession

from transforms import string_index
from transforms.learn import FitError
from transforms.string_index import fit_labels, index_strings

LABELS = {"s": ("b", "a")}


def texts(spark: SparkSession, *cells: str | None) -> DataFrame:
    return spark.createDataFrame(list(enumerate(cells)), "n int, s string")


def indexes(df: DataFrame, labels: dict[str, Sequence[str]], unseen: str) -> list[float]:
    out = index_strings(df, labels=labels, unseen=unseen)
    return [row["s_indexed"] for row in sorted(out.collect(), key=lambda row: row["n"])]


def test_labels_are_most_frequent_first_and_ties_by_code_point(spark: SparkSession) -> None:
    df = texts(
        spark, "z", "z", "a", "B", "é", "", " ", "Z", "\U0001f600", "\uffff", "zz", None, None
    )
    assert fit_labels(df, columns=["s"]) == {
        "s": ("z", "", " ", "B", "Z", "a", "zz", "é", "\uffff", "\U0001f600")
    }


def test_rare_labels_and_those_beyond_the_most_are_left_out(spark: SparkSession) -> None:
    df = texts(spark, *"aaabbbccd")
    assert fit_labels(df, columns=["s"], min_frequency=2) == {"s": ("a", "b", "c")}
    assert fit_labels(df, columns=["s"], min_frequency=4) == {"s": ()}
    assert fit_labels(df, columns=["s"], max_labels=1) == {"s": ("a",)}
    assert fit_labels(df, columns=["s"], max_labels=3, min_frequency=3) == {"s": ("a", "b")}


def test_other_types_are_labelled_by_their_text(spark: SparkSession) -> None:
    df = spark.createDataFrame(
        [(1, True), (-1, False), (1, None), (10, True)], "i int, `b.c` boolean"
    )
    labels = fit_labels(df, columns=["i", "b.c"])
    assert labels == {"i": ("1", "-1", "10"), "b.c": ("true", "false")}
    expected = spark.createDataFrame(
        [(0.0, 0.0), (1.0, 1.0), (0.0, 2.0), (2.0, 0.0)], "i_indexed double, `b.c_indexed` double"
    )
    out = index_strings(df, labels=labels)
    assert out.dtypes == expected.dtypes
    assert sorted(out.collect()) == sorted(expected.collect())


def test_columns_stay_in_place_and_others_stay_as_they_are(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1, "a", "a")], "x int, s string, `t.u` string")
    expected = spark.createDataFrame([(1, 1.0, "a")], "x int, s_indexed double, `t.u` string")
    assert_df_equality(index_strings(df, labels=LABELS), expected, ignore_nullable=True)


@pytest.mark.parametrize(
    ("unseen", "expected"),
    [
        ("keep", [0.0, 1.0, 2.0, 2.0, 2.0]),
        ("separate", [0.0, 1.0, 2.0, 3.0, 2.0]),
        ("skip", [0.0, 1.0]),
    ],
)
def test_policies(spark: SparkSession, unseen: str, expected: list[float]) -> None:
    assert indexes(texts(spark, "b", "a", "new", None, ""), LABELS, unseen) == expected


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("new", "column 's' holds the label 'new', unseen in training"),
        (None, "column 's' holds a null"),
    ],
)
def test_policy_error_raises(spark: SparkSession, cell: str | None, message: str) -> None:
    with pytest.raises(Exception, match=message):
        indexes(texts(spark, "a", cell), LABELS, "error")


def test_policy_error_lets_known_labels_pass(spark: SparkSession) -> None:
    assert indexes(texts(spark, "a", "b", "a"), LABELS, "error") == [1.0, 0.0, 1.0]


def test_without_labels_everything_is_unseen(spark: SparkSession) -> None:
    df = texts(spark, "a", None)
    assert indexes(df, {"s": ()}, "keep") == [0.0, 0.0]
    assert indexes(df, {"s": ()}, "separate") == [0.0, 1.0]


def test_an_empty_table_stays_empty(spark: SparkSession) -> None:
    assert indexes(texts(spark), LABELS, "error") == []


def test_nothing_but_nulls_raises(spark: SparkSession) -> None:
    with pytest.raises(FitError, match="every column is null in every training row: s"):
        fit_labels(texts(spark, None, None), columns=["s"])


def test_hostile_and_many_labels_are_found(spark: SparkSession) -> None:
    hostile = ["", " ", '"', "\\", "'", "`", "\x00", "a\x00", "a.b", "é", "e\u0301", "😀", "\n"]
    labels = (*hostile, "x" * 60_000, *(f"label {i}" for i in range(3000)))
    found = indexes(texts(spark, *reversed(labels), "a", "label"), {"s": labels}, "keep")
    assert found == [*(float(i) for i in reversed(range(3014))), 3014.0, 3014.0]


@pytest.mark.spark_only
@pytest.mark.parametrize("unseen", ["keep", "separate", "skip"])
def test_a_join_looks_up_what_a_constant_does(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, unseen: str
) -> None:
    df = texts(spark, "b", "a", "new", None, "", "a", "\x00")
    by_constant = indexes(df, LABELS, unseen)
    monkeypatch.setattr(string_index, "DEFAULT_MAX_LABELS", 1)
    assert set(string_index.labels_to_join(LABELS)) == {"s"}
    assert indexes(df, LABELS, unseen) == by_constant


TRAINED = ("b", "a", "c", "a", None, "b", "d", "", "Z")
APPLIED = ("a", "b", "c", "d", "", "Z", "new", None)


@pytest.mark.spark_only
@pytest.mark.parametrize("policy", ["keep", "skip"])
def test_the_same_as_sparks_string_indexer(spark: SparkSession, policy: str) -> None:
    trained, applied = texts(spark, *TRAINED), texts(spark, *APPLIED)
    indexer = StringIndexer(inputCol="s", outputCol="s_indexed", handleInvalid=policy)
    theirs = indexer.fit(trained).transform(applied).select("s_indexed")
    ours = index_strings(applied, labels=fit_labels(trained, columns=["s"]), unseen=policy)
    ours = ours.select("s_indexed")
    assert_df_equality(ours, theirs, ignore_nullable=True, ignore_metadata=True)


@pytest.mark.spark_only
def test_string_indexer_raises_where_policy_error_does(spark: SparkSession) -> None:
    indexer = StringIndexer(inputCol="s", outputCol="s_indexed", handleInvalid="error")
    model = indexer.fit(texts(spark, "a", "b"))
    for cell in ("new", None):
        with pytest.raises(Exception, match="(?i)unseen label|null"):
            model.transform(texts(spark, cell)).collect()
        with pytest.raises(Exception, match="unseen in training|holds a null"):
            indexes(texts(spark, cell), LABELS, "error")
