"""Hold cells of text against a contract: typed columns, and each bad row with its reasons.

The rules, reasons and their order are those of :mod:`schemas.conform`; each different text of a
column is looked at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.errors import UnsupportedError
from jobs.prepare_tabular.cast import WRONG, caster
from jobs.prepare_tabular.csv_cells import Piece
from schemas.contract import Column, Contract

RAGGED = "the line does not have the header's number of fields, or a quote in it is not closed"
# From the mildest rule to the strictest.
_STRICTNESS = ("drop", "quarantine", "fail")
INTEGER_TYPES = {"tinyint": "Int8", "smallint": "Int16", "int": "Int32", "bigint": "Int64"}
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class BadRow:
    """A row that breaks the contract, as the quarantine shows it."""

    rule: str
    reason: str
    source_file: str
    raw_line: str | None
    row: str


@dataclass(frozen=True)
class Breach:
    """What is wrong with some rows, and the rule they follow."""

    rule: str
    reason: str
    rows: Flags


def conform_piece(piece: Piece, contract: Contract) -> tuple[pd.DataFrame, list[BadRow]]:
    """Return the rows that keep the contract, typed, in its order; and those that do not."""
    ragged = np.zeros(len(piece.cells), dtype=bool)
    ragged[list(piece.lines)] = True
    breaches = [Breach(contract.on_breach, RAGGED, ragged)]
    columns = {}
    for column in contract.used:
        columns[column.name], found = _typed(piece.cells[column.name], column, contract)
        breaches += found
    frame = pd.DataFrame(columns)
    rows = np.flatnonzero(np.logical_or.reduce([breach.rows for breach in breaches]))
    if not len(rows):
        return frame, []
    raws = _as_written(piece.cells[[column.name for column in contract.used]].iloc[rows])
    bad = bad_rows(breaches, rows, raws, source_file=piece.file, lines=piece.lines)
    return frame.drop(index=rows.tolist()), bad


def _typed(cells: pd.Series, column: Column, contract: Contract) -> tuple[Any, list[Breach]]:
    # An empty cell is null whatever the null tokens: Spark's CSV parser says so.
    tokens = {"", *contract.tokens_of(column)}
    cast = caster(column.type)
    try:
        values = [None if text in tokens else cast(text) for text in cells.cat.categories]
    except UnsupportedError as error:
        raise UnsupportedError(f"column {column.name!r}: {error}") from None
    codes = cells.cat.codes.to_numpy()
    # A missing cell has the code -1, the last place.
    wrong = np.array([*(value is WRONG for value in values), False])[codes]
    null = np.array([*(value is None for value in values), True])[codes]
    known = [None if value is WRONG else value for value in values]
    what = "not UTF-8, or has a NUL byte" if column.type == "string" else f"not a {column.type}"
    rule = contract.rule_of(column)
    breaches = [Breach(rule, f"{column.name}: {what}", wrong)]
    if not column.nullable:
        breaches.append(Breach(rule, f"{column.name}: null", null))
    return typed_array(known, codes, column.type), [b for b in breaches if b.rows.any()]


def typed_array(values: Sequence[Any], codes: npt.NDArray[Any], type_name: str) -> Any:
    """Give the cells that ``codes`` point at; None and the code -1 are null.

    Integers and booleans become pandas' nullable arrays, floats NumPy's with NaN for null, and all
    else Python objects, shared between equal cells.
    """
    if type_name in ("float", "double"):
        numbers = [np.nan if value is None else value for value in values]
        dtype = "float32" if type_name == "float" else "float64"
        return np.array([*numbers, np.nan], dtype=dtype)[codes]
    if type_name not in (*INTEGER_TYPES, "boolean"):
        table = np.empty(len(values) + 1, dtype=object)
        table[:-1] = values
        # As a Series, because a DataFrame made of an array would guess types of its own.
        return pd.Series(table[codes], dtype=object)
    mask = np.array([*(value is None for value in values), True])[codes]
    if type_name == "boolean":
        return pd.arrays.BooleanArray(np.array([*map(bool, values), False])[codes], mask)
    dtype = INTEGER_TYPES[type_name].lower()
    whole = np.array([*(value or 0 for value in values), 0], dtype=dtype)[codes]
    return pd.arrays.IntegerArray(whole, mask)


def _as_written(cells: pd.DataFrame) -> list[dict[str, Any]]:
    """Give rows as objects; missing and empty cells are null, as to Spark's parser."""
    rows = cells.astype(object).itertuples(index=False, name=None)
    return [
        {n: cell if isinstance(cell, str) and cell else None for n, cell in zip(cells.columns, row)}
        for row in rows
    ]


def bad_rows(
    breaches: Sequence[Breach],
    rows: npt.NDArray[np.int64],
    raws: Sequence[dict[str, Any]],
    *,
    source_file: str,
    lines: Mapping[int, str],
) -> list[BadRow]:
    """Describe the rows at these places, whose cells are ``raws``: all reasons, strictest rule."""
    found = []
    for number, raw in zip(rows.tolist(), raws):
        broken = [breach for breach in breaches if breach.rows[number]]
        found.append(
            BadRow(
                rule=max((breach.rule for breach in broken), key=_STRICTNESS.index),
                reason="; ".join(breach.reason for breach in broken),
                source_file=source_file,
                raw_line=lines.get(number),
                row=as_json(raw),
            )
        )
    return found


def as_json(data: dict[str, Any]) -> str:
    """Write one object as Spark does: on one line, without blanks, letters as they are."""
    return "{" + ",".join(f"{_json(name)}:{_json(value)}" for name, value in data.items()) + "}"


def _json(value: Any) -> str:
    # Java and Python write a decimal alike, digit by digit.
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
