"""fit_labels and index_strings; order, bounds and policies on every engine: engine_cases."""

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


def test_labels_are_learned_with_their_bounds(spark: SparkSession) -> None:
    df = texts(spark, *"aaabbbccd", None)
    assert fit_labels(df, columns=["s"]) == {"s": ("a", "b", "c", "d")}
    assert fit_labels(df, columns=["s"], max_labels=3, min_frequency=3) == {"s": ("a", "b")}
    with pytest.raises(FitError, match="every column is null in every training row: s"):
        fit_labels(texts(spark, None, None), columns=["s"])


def test_columns_are_indexed_in_place_and_others_stay_as_they_are(spark: SparkSession) -> None:
    rows = [(1, True, "a", "a"), (-1, False, "b", "a"), (1, None, "a", "a"), (10, True, "", "a")]
    df = spark.createDataFrame(rows, "i int, `b c` boolean, s string, `t u` string")
    labels = {"i": ("1", "-1", "10"), "b c": ("true", "false"), **LABELS}
    expected = [(0.0, 0.0, 1.0, "a"), (1.0, 1.0, 0.0, "a"), (0.0, 2.0, 1.0, "a"),
                (2.0, 0.0, 2.0, "a")]  # fmt: skip
    schema = "i_indexed double, `b c_indexed` double, s_indexed double, `t u` string"
    assert_df_equality(
        index_strings(df, labels=labels),
        spark.createDataFrame(expected, schema),
        ignore_nullable=True,
        ignore_row_order=True,
    )


@pytest.mark.parametrize(
    ("unseen", "expected", "without_labels"),
    [
        ("keep", [0.0, 1.0, 2.0, 2.0, 2.0], [0.0, 0.0]),
        ("separate", [0.0, 1.0, 2.0, 3.0, 2.0], [0.0, 1.0]),
        ("skip", [0.0, 1.0], []),
    ],
)
def test_policies_by_a_constant_and_by_a_join(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, unseen: str, expected: list[float],
    without_labels: list[float],
) -> None:  # fmt: skip
    df = texts(spark, "b", "a", "new", None, "")
    assert indexes(df, LABELS, unseen) == expected
    assert indexes(texts(spark, "a", None), {"s": ()}, unseen) == without_labels
    monkeypatch.setattr(string_index, "DEFAULT_MAX_LABELS", 1)
    assert set(string_index.labels_to_join(LABELS)) == {"s"}
    assert indexes(df, LABELS, unseen) == expected


def test_hostile_and_many_labels_are_found(spark: SparkSession) -> None:
    hostile = ["", " ", '"', "\\", "'", "`", "\x00", "a\x00", "a.b", "é", "e\u0301", "😀", "\n"]
    labels = (*hostile, "x" * 60_000, *(f"label {i}" for i in range(3000)))
    found = indexes(texts(spark, *reversed(labels), "a", "label"), {"s": labels}, "keep")
    assert found == [*(float(i) for i in reversed(range(3014))), 3014.0, 3014.0]


@pytest.mark.spark_only
@pytest.mark.parametrize("policy", ["keep", "skip", "error"])
def test_the_same_as_sparks_string_indexer(spark: SparkSession, policy: str) -> None:
    trained = texts(spark, "b", "a", "c", "a", None, "b", "d", "", "Z")
    known = ("a", "b", "c", "d", "", "Z")
    applied = texts(spark, *known, *(() if policy == "error" else ("new", None)))
    indexer = StringIndexer(inputCol="s", outputCol="s_indexed", handleInvalid=policy)
    model = indexer.fit(trained if policy != "error" else trained.dropna())
    labels = fit_labels(trained, columns=["s"])
    ours = index_strings(applied, labels=labels, unseen=policy).select("s_indexed")
    theirs = model.transform(applied).select("s_indexed")
    assert_df_equality(ours, theirs, ignore_nullable=True, ignore_metadata=True)
    for cell in ("new", None) if policy == "error" else ():
        with pytest.raises(Exception, match="(?i)unseen label|null"):
            model.transform(texts(spark, cell)).collect()
        with pytest.raises(Exception, match="unseen in training|holds a null"):
            indexes(texts(spark, cell), labels, "error")
