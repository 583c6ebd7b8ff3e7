"""The screen of the hot path finds bad in the very rows where conform finds reasons."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from texts_of_types import BAD as BAD_TEXTS
from texts_of_types import GOOD

from schemas.conform import REASON, conform
from schemas.contract import Column, Contract
from schemas.screen import BAD, FLAW, screen, with_cells

NUMBER = Column("n", "int", null_tokens=())
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


def screened(df: DataFrame, contract: Contract, **more: Any) -> Judged:
    renamed, cells = with_cells(df, contract)
    return judged(screen(renamed, contract=contract, cells=cells, **{"text": True, **more}), FLAW)


def conformed(df: DataFrame, contract: Contract, *, text: bool = True) -> Judged:
    names = [f"`{column.name}`" for column in contract.used]
    return judged(conform(df, contract=contract, text=text).select(*names, REASON), REASON)


def agreed(df: DataFrame, contract: Contract, *, text: bool = True) -> Judged:
    expected = conformed(df, contract, text=text)
    assert screened(df, contract, text=text) == expected
    return expected


@pytest.mark.parametrize("tokens", [(), ("",), ("", "NA")])
def test_each_text_is_judged_alike(spark: SparkSession, tokens: tuple[str, ...]) -> None:
    cells = [(t, text, True) for t, texts in GOOD.items() for text in texts]
    cells += [(t, text, False) for t, texts in BAD_TEXTS.items() for text in texts]
    contract = Contract((NUMBER, *(Column(t, t) for t in GOOD)), null_tokens=tokens)
    rows = [tuple(text if t == wanted else None for t in GOOD) for wanted, text, _ in cells]
    found = agreed(table(spark, contract, rows), contract)
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
        row: list[str | None] = [draw(st.sampled_from([*GOOD[t]])) for t in types]
        for _ in range(draw(st.integers(0, 2))):
            at = draw(st.integers(0, len(types) - 1))
            row[at] = draw(st.sampled_from([*BAD_TEXTS[types[at]], None, "", "NA", " "]))
        rows.append(tuple(row))
    return Contract((NUMBER, *columns), null_tokens=draw(st.sampled_from(TOKENS))), rows


@settings(max_examples=2)
@given(tables())
def test_tables_are_judged_alike(spark: SparkSession, drawn: tuple[Contract, Rows]) -> None:
    """Where empty is null, as if it were not there; and unchecked, good rows are the same."""
    contract, rows = drawn
    df = table(spark, contract, rows)
    expected = agreed(df, contract)
    unchecked = screened(df, contract, check=False)
    assert {n: row for n, row in expected.items() if row} == {
        n: unchecked[n] for n, row in expected.items() if row
    }
    assert None not in unchecked.values()
    without = [tuple(text or None for text in row) for row in rows]
    nulled = conformed(table(spark, contract, without), contract)
    assert screened(df, contract, empty_is_null=True) == nulled


def test_null_breaks_a_column_that_takes_none(spark: SparkSession) -> None:
    contract = Contract((NUMBER, Column("s", "string", nullable=False)), null_tokens=("NA",))
    found = agreed(table(spark, contract, [("a",), (None,), ("NA",), ("",)]), contract)
    assert found == {0: ("a",), 1: None, 2: None, 3: ("",)}


@pytest.mark.parametrize("nullable", [True, False])
def test_typed_tables_are_judged_alike(spark: SparkSession, nullable: bool) -> None:
    inf, nan = float("inf"), float("nan")
    good = (1.5, 0.5, 7, 7, 7, "a\x00\ufffd", True)
    odd = {0: (inf, -inf, nan, 1.7976931348623157e308), 1: (inf, nan), 3: (2**31, 2**31 - 1),
           4: (1000, 999)}  # fmt: skip
    rows: Rows = [good, (None,) * 7]
    rows += [(*good[:at], cell, *good[at + 1 :]) for at, cells in odd.items() for cell in cells]
    types = "d double, f double, i bigint, j int, m decimal(5,2), s string, b boolean"
    columns = [Column(*pair.split(), nullable=nullable) for pair in types.split(", ")]
    seen = "n int, d double, f float, i int, j bigint, m bigint, s string, b boolean"
    df = spark.createDataFrame([(n, *row) for n, row in enumerate(rows)], seen)
    found = agreed(df, Contract((NUMBER, *columns)), text=False)
    bad = {number for number, row in found.items() if row is None}
    assert bad == {2, 3, 6, 8, 10} | (set() if nullable else {1})


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
    found = agreed(table(spark, contract, [("a", "1"), (None, "2")]), contract)
    assert found == {0: ("1",), 1: ("2",)}


def test_a_bad_cell_among_more_columns_than_code_is_generated_for(spark: SparkSession) -> None:
    types = ["int", "double", "string"] * 34
    contract = Contract((NUMBER, *(Column(f"c{i}", t) for i, t in enumerate(types))))
    good = ("1",) * 102
    rows: Rows = [good, (*good[:-1], "a\x00"), ("1.0", *good[1:])]
    found = screened(table(spark, contract, rows), contract)
    assert [found[i] is None for i in range(3)] == [False, True, True]
