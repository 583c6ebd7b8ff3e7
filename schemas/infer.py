"""Infer a contract from a sample of text cells, for a person to read and correct."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from schemas.contract import Column, Contract, ContractError, CsvDialect
from schemas.names import name_problems
from schemas.types import is_numeric

# Texts that people and programs write where a value is missing. One of them counts as null for
# the whole table only where the sample proves it: it stands in a column whose other cells are
# all numbers, dates or booleans ("NA" alone in a column of country codes may be Namibia).
CANDIDATE_TOKENS = (
    "NA", "N/A", "n/a", "#N/A", "NULL", "Null", "null", "None", "none", "NaN", "nan", "-", "?", ".",
)  # fmt: skip
# Unmistakable wherever it stands: the null of Hive and MySQL dumps.
CERTAIN_TOKEN = "\\N"

_INTEGER = re.compile(r"[+-]?(0|[1-9]\d*)", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_LEADING_ZERO = re.compile(r"[+-]?0\d+", re.ASCII)
_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", re.ASCII)
_TIMESTAMP = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")


@dataclass(frozen=True)
class Inferred:
    """A draft contract, and what a person should look at in it."""

    contract: Contract
    notes: tuple[str, ...]


def infer_contract(
    names: Sequence[str],
    rows: Sequence[Sequence[str | None]],
    *,
    name: str,
    dialect: CsvDialect | None = None,
) -> Inferred:
    """Infer types and null tokens from sampled rows; every column is nullable, none left out.

    Integers become bigint and other numbers double, so that a later, larger value fits. Numbers
    with leading zeros (postal codes) stay strings. A column with no value in the sample is a
    string. Raises ContractError for names that cannot be used.
    """
    duplicates = [name for name, count in Counter(names).items() if count > 1]
    problems = [f"the name {name!r} stands {names.count(name)} times" for name in duplicates]
    problems += name_problems(tuple(names))
    if problems:
        raise ContractError("the header cannot be used; rename in the source:", problems)
    cells = [[row[i] for row in rows if i < len(row)] for i in range(len(names))]
    kinds = [_kind(values) for values in cells]
    tokens, notes = _null_tokens(names, cells, kinds)
    for column, values, kind in zip(names, cells, kinds):
        if kind == "string":
            notes += _doubts(column, [v for v in values if v not in (None, *tokens)])
    contract = Contract(
        columns=tuple(Column(n, k) for n, k in zip(names, kinds)),
        name=name,
        null_tokens=tokens,
        csv=dialect or CsvDialect(),
    )
    return Inferred(contract, tuple(notes))


def _kind(values: Sequence[str | None]) -> str:
    """Name the narrowest type that holds every cell which is a value."""
    ignored = {None, "", CERTAIN_TOKEN, *CANDIDATE_TOKENS}
    found = {value.strip(" \t") for value in values if value not in ignored and value is not None}
    if not found:
        return "string"
    if all(_INTEGER.fullmatch(v) for v in found):
        # Beyond 64 bits it is a name, not a quantity: as a double it would lose digits.
        return "bigint" if all(-(2**63) <= int(v) < 2**63 for v in found) else "string"
    if all(_NUMBER.fullmatch(v) and not _LEADING_ZERO.fullmatch(v) for v in found):
        return "double"
    if all(v.lower() in ("true", "false") for v in found):
        return "boolean"
    if all(_DATE.fullmatch(v) for v in found):
        return "date"
    if all(_TIMESTAMP.fullmatch(v) for v in found):
        return "timestamp"
    return "string"


def _null_tokens(
    names: Sequence[str], cells: Sequence[Sequence[str | None]], kinds: Sequence[str]
) -> tuple[tuple[str, ...], list[str]]:
    tokens, notes = [""], []
    if any(CERTAIN_TOKEN in values for values in cells):
        tokens.append(CERTAIN_TOKEN)
    for token in CANDIDATE_TOKENS:
        proof = [n for n, v, k in zip(names, cells, kinds) if k != "string" and token in v]
        if proof:
            tokens.append(token)
            notes.append(f"{token!r} is read as null everywhere: it stands in {proof[0]!r}")
    return tuple(tokens), notes


def _doubts(column: str, values: Sequence[str | None]) -> list[str]:
    """Name a string column that nearly is a number, with the cell that keeps it from it."""
    texts = [value.strip() for value in values if value]
    if not texts:
        return [f"{column!r} has no value in the sample; it is taken for a string"]
    odd = [text for text in texts if not _NUMBER.fullmatch(text)]
    if all(_THOUSANDS.fullmatch(text) for text in odd) and odd:
        return [
            f"{column!r} writes numbers like {odd[0]!r}; without the commas it would be numeric"
        ]
    if odd and len(odd) <= len(texts) // 10:
        return [
            f"{column!r} is a number but for {len(odd)} of {len(texts)} cells, such as {odd[0]!r}"
        ]
    return []


def narrow_note(contract: Contract) -> str:
    """Sum up a draft in one line: how many columns of which kind."""
    numeric = sum(is_numeric(column.type) for column in contract.columns)
    strings = sum(column.type == "string" for column in contract.columns)
    other = len(contract.columns) - numeric - strings
    return f"{len(contract.columns)} columns: {numeric} numeric, {strings} string, {other} other"
