"""The screen of the hot path finds bad in the very rows where conform finds reasons."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from schemas.conform import RAW_ROW, REASON, conform
from schemas.contract import Column, Contract
from schemas.screen import BAD, FLAW, screen, with_cells
from tests.spark.schemas.test_conform_texts import BAD as BAD_TEXTS
from tests.spark.schemas.test_conform_texts import GOOD as GOOD_TEXTS

NUMBER = Column("n", "int", null_tokens=())
GOOD: dict[str, list[str]] = {}
BROKEN: dict[str, list[str]] = {}
for type_name, text, _ in GOOD_TEXTS:
    GOOD.setdefault(type_name, []).append(text)
for type_name, text in BAD_TEXTS:
    BROKEN.setdefault(type_name, []).append(text)
TOKENS = [(), ("",), ("NA",), ("", "NA"), (" ",), ("", "1.9", "1d", "2013", "a\x00")]
Rows = list[tuple[Any, ...]]
Judged = dict[int, "tuple[Any, ...] | None"]


def table(spark: SparkSession, contract: Contract, rows: Rows) -> DataFrame:
    """Make a table of strings, its first column the row's number."""
    numbered = [(str(number), *row) for number, row in enumerate(rows)]
    return spark.createDataFrame(numbered, ", ".join(f"`{n}` string" for n in contract.names))


def judged(out: DataFrame, mark: str) -> Judged:
    """Give each row's values by its number, and None where it is marked as bad."""
    # Python has neither year 12013 nor equal NaNs: compare what Spark writes.
    names = [name for name in out.columns if name != mark]
    shown = out.select(*(F.col(f"`{n}`").cast("string").alias(n) for n in names), mark)
    return {int(r["n"]): None if r[mark] is not None else tuple(r)[1:-1] for r in shown.collect()}


def screened(df: DataFrame, contract: Contract, **more: Any) -> DataFrame:
    renamed, cells = with_cells(df, contract)
    return screen(renamed, contract=contract, cells=cells, **{"text": True, **more})


def conformed(df: DataFrame, contract: Contract, *, text: bool = True) -> DataFrame:
    names = [f"`{column.name}`" for column in contract.used]
    return conform(df, contract=contract, text=text).select(*names, REASON)


def check_same(df: DataFrame, contract: Contract, *, text: bool = True) -> Judged:
    expected = judged(conformed(df, contract, text=text), REASON)
    assert judged(screened(df, contract, text=text), FLAW) == expected
    return expected


@pytest.mark.parametrize("tokens", [(), ("",), ("", "NA")])
def test_each_text_is_judged_alike(spark: SparkSession, tokens: tuple[str, ...]) -> None:
    cells = [(t, text, True) for t in GOOD for text in GOOD[t]]
    cells += [(t, text, False) for t in BROKEN for text in BROKEN[t]]
    contract = Contract((NUMBER, *(Column(t, t) for t in GOOD)), null_tokens=tokens)
    rows = [tuple(text if t == wanted else None for t in GOOD) for wanted, text, _ in cells]
    found = check_same(table(spark, contract, rows), contract)
    assert [found[i] is not None for i in range(len(cells))] == [good for *_, good in cells]


@st.composite
def tables(draw: st.DrawFn) -> tuple[Contract, Rows]:
    """Draw some columns of any types and terms, and rows of which some hold a bad text."""
    types = draw(st.lists(st.sampled_from(list(GOOD)), min_size=2, max_size=6))
    own = st.one_of(st.none(), st.sampled_from(TOKENS))
    columns = [
        Column(f"c.{i}", t, nullable=draw(st.booleans()), null_tokens=draw(own))
        for i, t in enumerate(types)
    ]
    rows = []
    for _ in range(40):
        row: list[str | None] = [draw(st.sampled_from(GOOD[t])) for t in types]
        for _ in range(draw(st.integers(0, 2))):
            at = draw(st.integers(0, len(types) - 1))
            row[at] = draw(st.sampled_from([*BROKEN[types[at]], None, "", "NA", " "]))
        rows.append(tuple(row))
    return Contract((NUMBER, *columns), null_tokens=draw(st.sampled_from(TOKENS))), rows


@settings(max_examples=5)
@given(tables())
def test_tables_are_judged_alike(spark: SparkSession, drawn: tuple[Contract, Rows]) -> None:
    contract, rows = drawn
    check_same(table(spark, contract, rows), contract)


@settings(max_examples=3)
@given(tables())
def test_an_empty_text_is_null_where_the_reader_says_so(
    spark: SparkSession, drawn: tuple[Contract, Rows]
) -> None:
    contract, rows = drawn
    without = [tuple(None if text == "" else text for text in row) for row in rows]
    expected = judged(conformed(table(spark, contract, without), contract), REASON)
    out = screened(table(spark, contract, rows), contract, empty_is_null=True)
    assert judged(out, FLAW) == expected


@settings(max_examples=3)
@given(tables())
def test_good_rows_are_the_same_unchecked(
    spark: SparkSession, drawn: tuple[Contract, Rows]
) -> None:
    contract, rows = drawn
    df = table(spark, contract, rows)
    unchecked = judged(screened(df, contract, check=False), FLAW)
    good = {n: row for n, row in judged(screened(df, contract), FLAW).items() if row is not None}
    assert {n: unchecked[n] for n in good} == good
    assert None not in unchecked.values()


def test_null_breaks_a_column_that_takes_none(spark: SparkSession) -> None:
    contract = Contract((NUMBER, Column("s", "string", nullable=False)), null_tokens=("NA",))
    found = check_same(table(spark, contract, [("a",), (None,), ("NA",), ("",)]), contract)
    assert found == {0: ("a",), 1: None, 2: None, 3: ("",)}


TYPED = "n int, d double, f float, i int, s string, b boolean"


@pytest.mark.parametrize("nullable", [True, False])
def test_typed_tables_are_judged_alike(spark: SparkSession, nullable: bool) -> None:
    good = (1.5, 0.5, 7, "a\x00\ufffd", True)
    inf, nan = float("inf"), float("nan")
    rows: Rows = [good, (None,) * 5]
    for column, values in {0: (inf, -inf, nan, 1.7976931348623157e308), 1: (inf, nan)}.items():
        rows += [(*good[:column], value, *good[column + 1 :]) for value in values]
    rows += [(*good[:column], None, *good[column + 1 :]) for column in range(5)]
    types = {"d": "double", "f": "double", "i": "bigint", "s": "string", "b": "boolean"}
    columns = [Column(name, type_name, nullable=nullable) for name, type_name in types.items()]
    df = spark.createDataFrame([(n, *row) for n, row in enumerate(rows)], TYPED)
    found = check_same(df, Contract((NUMBER, *columns)), text=False)
    bad = {number for number, row in found.items() if row is None}
    assert bad == ({2, 3, 6} if nullable else {1, 2, 3, 6, *range(8, 13)})


def test_a_typed_number_beyond_a_smaller_type_is_bad(spark: SparkSession) -> None:
    """A batch may hold a bigint where training saw an int; a cast would wrap it."""
    rows = [(0, 2**31 - 1, -128), (1, 2**31, 0), (2, -(2**40), 0), (3, None, 0), (4, 0, 128)]
    df = spark.createDataFrame(rows, "n int, i bigint, t bigint")
    contract = Contract((NUMBER, Column("i", "int"), Column("t", "tinyint")))
    found = check_same(df, contract, text=False)
    bad = {number for number, row in found.items() if row is None}
    assert bad == {1, 2, 4}
    out = conform(df, contract=contract, text=False).where("n = 2").first()
    assert out is not None
    assert out[REASON] == "i: beyond int"
    assert "-1099511627776" in out[RAW_ROW]


def test_what_is_wrong_with_the_row_as_a_whole_comes_first(spark: SparkSession) -> None:
    contract = Contract((NUMBER, Column("x", "int")))
    renamed, cells = with_cells(table(spark, contract, [("1",), ("a",), ("1",), ("a",)]), contract)
    flaw = F.when(cells["n"] >= 2, F.lit("ragged"))
    out = screen(renamed, contract=contract, cells=cells, text=True, flaw=flaw)
    found = {row["n"]: row[FLAW] for row in out.collect()}
    assert found == {0: None, 1: BAD, 2: "ragged", 3: "ragged"}


def test_a_column_left_out_is_neither_read_nor_checked(spark: SparkSession) -> None:
    columns = (NUMBER, Column("x", "int", nullable=False, treat="leave_out"), Column("y", "int"))
    contract = Contract(columns)
    df = table(spark, contract, [("a", "1"), (None, "2")])
    assert screened(df, contract).columns == ["n", "y", FLAW]
    assert check_same(df, contract) == {0: ("1",), 1: ("2",)}


def test_a_bad_cell_among_sixty(spark: SparkSession) -> None:
    types = ["int", "double", "string"] * 20
    contract = Contract((NUMBER, *(Column(f"c{i}", t) for i, t in enumerate(types))))
    rows = [tuple("1" for _ in types)] * 2 + [("1",) * 59 + ("a\x00",), ("1.0",) + ("1",) * 59]
    found = check_same(table(spark, contract, rows), contract)
    assert [found[i] is None for i in range(4)] == [False, False, True, True]


def test_a_typed_number_beyond_a_decimal_is_bad(spark: SparkSession) -> None:
    """The cast gives null, which would be filled as if nothing had been there."""
    df = spark.createDataFrame([(0, 999), (1, 1000), (2, None), (3, -1000)], "n int, d bigint")
    contract = Contract((NUMBER, Column("d", "decimal(5,2)")))
    found = check_same(df, contract, text=False)
    assert {number for number, row in found.items() if row is None} == {1, 3}
    out = conform(df, contract=contract, text=False).where("n = 1").first()
    assert out is not None
    assert out[REASON] == "d: beyond decimal(5,2)"
    assert '"d":1000' in out[RAW_ROW]
