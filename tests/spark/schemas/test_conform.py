"""Rows held against a contract: types, rules, reasons, and the cells as they came."""

from __future__ import annotations

import json

from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from schemas.conform import RAGGED, RAW_LINE, RAW_ROW, REASON, RULE, conform
from schemas.contract import Column, Contract

RULES = Contract(
    columns=(
        Column("f", "int", nullable=False, on_breach="fail"),
        Column("q", "int", nullable=False),
        Column("d", "int", nullable=False, on_breach="drop"),
        Column("s", "string"),
    ),
    null_tokens=("", "NA"),
)
TEXTS = "f string, q string, d string, s string"


def judged(df: DataFrame, contract: Contract, *, text: bool = True) -> DataFrame:
    return conform(df, contract=contract, text=text).drop(RAW_ROW)


def test_rows_get_types_rules_and_reasons(spark: SparkSession) -> None:
    rows = [
        ("1", "2", "3", "x"),
        ("1", "2", "NA", None),
        ("1", "x", "", ""),
        ("1.5", "x", "x", "NA"),
        (None, "2", "3", "NAN"),
    ]
    df = spark.createDataFrame(rows, TEXTS).coalesce(1)
    expected = spark.createDataFrame(
        [
            (1, 2, 3, "x", None, None),
            (1, 2, None, None, "drop", "d: null"),
            (1, None, None, None, "quarantine", "q: not a int; d: null"),
            (1, None, None, None, "fail", "f: not a int; q: not a int; d: not a int"),
            (None, 2, 3, "NAN", "fail", "f: null"),
        ],
        f"f int, q int, d int, s string, {RULE} string, {REASON} string",
    ).coalesce(1)
    assert_df_equality(judged(df, RULES), expected, ignore_nullable=True)
    empty = judged(df.limit(0), RULES)
    assert empty.dtypes[:4] == [("f", "int"), ("q", "int"), ("d", "int"), ("s", "string")]
    assert empty.isEmpty()


def test_columns_come_in_the_contracts_order_and_others_are_carried(spark: SparkSession) -> None:
    df = spark.createDataFrame([("b", "1", "kept")], "s string, n string, `more.here` string")
    contract = Contract((Column("n", "bigint"), Column("s", "string")))
    expected = spark.createDataFrame(
        [(1, "b", "kept", None, None)],
        f"n bigint, s string, `more.here` string, {RULE} string, {REASON} string",
    )
    assert_df_equality(judged(df, contract), expected, ignore_nullable=True)


def test_null_tokens_of_a_column_replace_the_tables(spark: SparkSession) -> None:
    contract = Contract(
        (Column("a", "string", null_tokens=("-",)), Column("b", "string", null_tokens=())),
        null_tokens=("", "NA"),
    )
    df = spark.createDataFrame([("-", "-"), ("NA", "NA"), ("", "")], "a string, b string")
    out = judged(df, contract).select("a", "b")
    expected = spark.createDataFrame([(None, "-"), ("NA", "NA"), ("", "")], "a string, b string")
    assert_df_equality(out, expected, ignore_nullable=True)


def test_the_raw_row_holds_the_cells_as_they_came(spark: SparkSession) -> None:
    cells = ("1.50", "NA", "é\n", None)
    row = conform(spark.createDataFrame([cells], TEXTS), contract=RULES, text=True).first()
    assert row is not None
    assert json.loads(row[RAW_ROW]) == dict(zip("fqds", cells))


def test_typed_cells_are_widened_and_held_against_nulls_infinities_and_smaller_types(
    spark: SparkSession,
) -> None:
    """A batch may hold a bigint where training saw an int: a cast would wrap it, or give null."""
    inf, nan = float("inf"), float("nan")
    rows = [
        (1, 0.5, "NA", 7, 999),
        (None, 1.0, "", -128, -999),
        (1, inf, None, None, None),
        (1, nan, "s", 128, 0),
        (1, None, "s", 2**40, 1000),
    ]
    df = spark.createDataFrame(rows, "a int, x float, s string, t bigint, d bigint")
    columns = (Column("a", "bigint", nullable=False), Column("x", "double"), Column("s", "string"),
               Column("t", "tinyint"), Column("d", "decimal(5,2)"))  # fmt: skip
    out = conform(df, contract=Contract(columns, null_tokens=("NA", "")), text=False).collect()
    assert [row[REASON] for row in out] == [
        None, "a: null", "x: infinite", "t: beyond tinyint",
        "t: beyond tinyint; d: beyond decimal(5,2)",
    ]  # fmt: skip
    assert (out[0]["a"], out[0]["x"], out[0]["s"], out[0]["t"]) == (1, 0.5, "NA", 7)
    assert [row["s"] for row in out] == ["NA", "", None, "s", "s"]
    assert '"t":1099511627776,"d":1000' in out[4][RAW_ROW]


def test_a_ragged_line_comes_first_and_takes_the_tables_rule(spark: SparkSession) -> None:
    df = spark.createDataFrame([("x", "x,1"), ("1", None)], f"a string, {RAW_LINE} string")
    contract = Contract((Column("a", "int", on_breach="drop"),), on_breach="fail")
    out = conform(df, contract=contract, text=True).select(RULE, REASON).collect()
    assert [tuple(row) for row in out] == [("fail", f"{RAGGED}; a: not a int"), (None, None)]


def test_three_hundred_columns_with_hostile_names_are_checked(spark: SparkSession) -> None:
    hostile = ("a.b", "a b", "a`b", "a'b", 'a"b', "Id", "id", "naïve 名 😀", "a.b.c", "$", "a\\b")
    names = (*hostile, *(f"c{i}" for i in range(289)))
    contract = Contract(tuple(Column(name, "int", nullable=False) for name in names))
    df = spark.createDataFrame([("1",) * 300, ("x",) * 11 + ("1",) * 289]).toDF(*names)
    good, bad = conform(df, contract=contract, text=True).collect()
    assert good.__fields__[:300] == list(names)
    assert tuple(good)[:302] == (*(1,) * 300, None, None)
    assert bad[REASON] == "; ".join(f"{name}: not a int" for name in hostile)
    assert json.loads(bad[RAW_ROW]) == {name: "x" if name in hostile else "1" for name in names}
