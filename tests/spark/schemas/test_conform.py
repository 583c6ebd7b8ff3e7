from __future__ import annotations

import json

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from schemas.check_columns import check_columns
from schemas.conform import RAGGED, RAW_LINE, RAW_ROW, REASON, RULE, conform
from schemas.contract import Column, Contract, ContractError

RULES = Contract(
    columns=(
        Column("f", "int", nullable=False, on_breach="fail"),
        Column("q", "int", nullable=False),
        Column("d", "int", nullable=False, on_breach="drop"),
        Column("s", "string"),
    ),
    null_tokens=("", "NA"),
)


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
    df = spark.createDataFrame(rows, "f string, q string, d string, s string")
    expected = spark.createDataFrame(
        [
            (1, 2, 3, "x", None, None),
            (1, 2, None, None, "drop", "d: null"),
            (1, None, None, None, "quarantine", "q: not a int; d: null"),
            (1, None, None, None, "fail", "f: not a int; q: not a int; d: not a int"),
            (None, 2, 3, "NAN", "fail", "f: null"),
        ],
        f"f int, q int, d int, s string, {RULE} string, {REASON} string",
    )
    assert_df_equality(judged(df, RULES), expected, ignore_nullable=True)


def test_columns_come_in_the_contracts_order_and_others_are_carried(spark: SparkSession) -> None:
    df = spark.createDataFrame([("b", "1", "kept")], "s string, n string, `more.here` string")
    contract = Contract((Column("n", "bigint"), Column("s", "string")))
    expected = spark.createDataFrame(
        [(1, "b", "kept", None, None)],
        f"n bigint, s string, `more.here` string, {RULE} string, {REASON} string",
    )
    assert_df_equality(judged(df, contract), expected, ignore_nullable=True)


def test_an_empty_table_stays_empty_and_is_typed(spark: SparkSession) -> None:
    df = spark.createDataFrame([], "f string, q string, d string, s string")
    out = judged(df, RULES)
    assert out.dtypes[:4] == [("f", "int"), ("q", "int"), ("d", "int"), ("s", "string")]
    assert out.isEmpty()


def test_an_all_null_row_keeps_a_contract_of_nullable_columns(spark: SparkSession) -> None:
    df = spark.createDataFrame([(None, None)], "a string, b string")
    contract = Contract((Column("a", "date"), Column("b", "decimal(5,2)")))
    row = conform(df, contract=contract, text=True).first()
    assert row is not None
    assert (row["a"], row["b"], row[RULE], row[REASON]) == (None, None, None, None)
    assert row[RAW_ROW] == '{"a":null,"b":null}'


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
    df = spark.createDataFrame(
        [("1.50", "NA", "é\n", None)], "f string, q string, d string, s string"
    )
    row = conform(df, contract=RULES, text=True).first()
    assert row is not None
    assert json.loads(row[RAW_ROW]) == {"f": "1.50", "q": "NA", "d": "é\n", "s": None}


def test_typed_input_is_widened(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1, 2, 0.5)], "a int, b smallint, c float")
    contract = Contract((Column("a", "bigint"), Column("b", "double"), Column("c", "double")))
    out = judged(df, contract, text=False)
    expected = spark.createDataFrame([(1, 2.0, 0.5)], "a bigint, b double, c double")
    assert_df_equality(out.select("a", "b", "c"), expected, ignore_nullable=True)


def test_typed_input_is_checked_for_nulls_and_infinities(spark: SparkSession) -> None:
    inf, nan = float("inf"), float("nan")
    df = spark.createDataFrame(
        [(1, 1.0), (None, 1.0), (1, inf), (None, -inf), (1, nan), (1, None)], "a int, x double"
    )
    contract = Contract((Column("a", "int", nullable=False), Column("x", "double")))
    reasons = [row[REASON] for row in judged(df, contract, text=False).collect()]
    assert reasons == [None, "a: null", "x: infinite", "a: null; x: infinite", None, None]


def test_typed_texts_are_taken_as_they_are(spark: SparkSession) -> None:
    df = spark.createDataFrame([("NA",), ("",), (None,)], "s string")
    out = judged(df, RULES_OF_S, text=False)
    assert [(r["s"], r[REASON]) for r in out.collect()] == [
        ("NA", None),
        ("", None),
        (None, "s: null"),
    ]


RULES_OF_S = Contract((Column("s", "string", nullable=False),), null_tokens=("", "NA"))


def test_a_ragged_line_comes_first_and_takes_the_tables_rule(spark: SparkSession) -> None:
    df = spark.createDataFrame([("x", "x,1"), ("1", None)], f"a string, {RAW_LINE} string")
    contract = Contract((Column("a", "int", on_breach="drop"),), on_breach="fail")
    out = conform(df, contract=contract, text=True).select(RULE, REASON).collect()
    assert [tuple(row) for row in out] == [("fail", f"{RAGGED}; a: not a int"), (None, None)]


def test_three_hundred_columns_are_checked(spark: SparkSession) -> None:
    names = [f"c{i}" for i in range(300)]
    contract = Contract(tuple(Column(name, "int", nullable=False) for name in names))
    schema = ", ".join(f"{name} string" for name in names)
    df = spark.createDataFrame([("1",) * 299 + ("x",)], schema)
    row = conform(df, contract=contract, text=True).select(RULE, REASON).first()
    assert row is not None
    assert tuple(row) == ("quarantine", "c299: not a int")


def test_hostile_column_names(spark: SparkSession) -> None:
    names = ("a.b", "a b", "a`b", "a'b", 'a"b', "Id", "id", "naïve 名 😀", "a.b.c", "$", "a\\b")
    df = spark.createDataFrame([tuple("1" * 11), tuple("x" * 11)]).toDF(*names)
    contract = Contract(tuple(Column(name, "int") for name in names))
    good, bad = conform(df, contract=contract, text=True).collect()
    assert good.__fields__[:11] == list(names)
    assert tuple(good)[:13] == (*(1,) * 11, None, None)
    assert bad[REASON] == "; ".join(f"{name}: not a int" for name in names)
    assert json.loads(bad[RAW_ROW]) == dict.fromkeys(names, "x")


def test_check_columns_accepts_another_order_and_narrower_types() -> None:
    contract = Contract((Column("a", "bigint"), Column("b", "string")))
    check_columns(contract, {"b": "string", "a": "int"}, source="t")
    check_columns(contract, {"a": None, "b": None}, source="t")


def test_check_columns_does_not_mind_the_type_of_what_is_left_out() -> None:
    contract = Contract((Column("a", "int"), Column("b", "string", treat="leave_out")))
    check_columns(contract, {"a": "int", "b": "array<int>"}, source="t")


def test_check_columns_reports_every_discrepancy() -> None:
    contract = Contract(
        tuple(Column(n, "int") for n in ("a", "b", "Id")) + (Column("m", "string"),), name="c"
    )
    seen: dict[str, str | None] = {"b": "bigint", "id": "int", "m": "map<int,int>", "new": None}
    with pytest.raises(ContractError, match="^x.csv does not fit contract 'c':") as caught:
        check_columns(contract, seen, source="x.csv")
    assert caught.value.problems == (
        "column 'a' is in the contract, not in the input",
        "column 'Id' is in the contract, not in the input",
        "column 'b' is bigint in the input, should be int",
        "column 'id' is in the input, not in the contract",
        "column 'm' is map<int,int> in the input, should be string",
        "column 'new' is in the input, not in the contract",
        "the input has: 'b', 'id', 'm', 'new'",
    )
