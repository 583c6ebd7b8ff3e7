"""Hold rows against a contract: give each cell its type, and each bad row its reasons.

Text formats (CSV, JSON) arrive as strings, because Spark's own parser knows one null token only,
and turns what it cannot read into a null that nobody sees. Parquet and Delta arrive typed.
"""

from __future__ import annotations

from functools import reduce
from operator import or_

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas.contract import Column, Contract
from schemas.names import RESERVED_PREFIX, quoted
from schemas.types import INTEGERS

RULE = RESERVED_PREFIX + "rule"
REASON = RESERVED_PREFIX + "reason"
RAW_ROW = RESERVED_PREFIX + "raw_row"
# Set by the reader where the format can have such lines; holds the line as it was written.
RAW_LINE = RESERVED_PREFIX + "raw_line"
SOURCE_FILE = RESERVED_PREFIX + "source_file"
LARGEST = 1.7976931348623157e308
RAGGED = "the line does not have the header's number of fields, or a quote in it is not closed"


def conform(df: DataFrame, *, contract: Contract, text: bool) -> DataFrame:
    """Return typed columns in the contract's order, plus the rule and reasons of bad rows.

    A row that keeps the contract has null in both; otherwise ``REASON`` names each breach and
    ``RULE`` is the strictest of the broken columns' rules (fail, then quarantine, then drop).
    Every other column of ``df`` is carried along. ``text`` says that cells are strings.
    """
    used = contract.used
    carried = [F.col(quoted(name)) for name in df.columns if name not in contract.names]
    raw = df.select(
        *(_nulls_removed(contract, column, text).alias(column.name) for column in used),
        *(F.col(quoted(c.name)).alias(_raw_name(i)) for i, c in enumerate(used) if _cut(c, text)),
        *carried,
    )
    typed_rows = raw.select(
        *(typed(F.col(quoted(c.name)), c.type, text).alias(c.name) for c in used),
        *(F.col(quoted(c.name)).alias(_text_name(i)) for i, c in enumerate(used) if text),
        *(F.col(_raw_name(i)) for i, c in enumerate(used) if _cut(c, text)),
        *carried,
    )
    breaches = [
        (contract.rule_of(column), breach, reason)
        for i, column in enumerate(used)
        for breach, reason in _breaches(column, i, text)
    ]
    if RAW_LINE in df.columns:
        breaches.insert(0, (contract.on_breach, F.col(RAW_LINE).isNotNull(), RAGGED))
    return typed_rows.select(
        *(F.col(quoted(column.name)) for column in used),
        *carried,
        _strictest(breaches).alias(RULE),
        _reasons(breaches).alias(REASON),
        _raw_row(contract, text).alias(RAW_ROW),
    )


def _raw_name(number: int) -> str:
    return f"{RESERVED_PREFIX}raw_{number}"


def _cut(column: Column, text: bool) -> bool:
    """Tell whether the cast may lose something, so that the cell is kept as it came."""
    return text or is_narrow(column.type)


def is_narrow(type_name: str) -> bool:
    """Tell whether a cast of a typed cell to this type may lose it."""
    return type_name in INTEGERS[:3] or type_name.startswith("decimal")


def lost_by_cast(raw: SparkColumn, value: SparkColumn, type_name: str) -> SparkColumn:
    """Tell whether a narrow type does not hold the cell; true or false, never null.

    A cast to a smaller whole number wraps: 2**40 as an int is 0. To a decimal it gives null.
    """
    if type_name in INTEGERS[:3]:
        return value.isNotNull() & (raw.cast("bigint") != value.cast("bigint"))
    return raw.isNotNull() & value.isNull()


def _text_name(number: int) -> str:
    return f"{RESERVED_PREFIX}text_{number}"


def _nulls_removed(contract: Contract, column: Column, text: bool) -> SparkColumn:
    cell = F.col(quoted(column.name))
    return null_removed(cell, contract.tokens_of(column)) if text else cell


def null_removed(cell: SparkColumn, tokens: tuple[str, ...]) -> SparkColumn:
    """Give null for a text that stands for it."""
    return F.when(~cell.isin(*tokens), cell) if tokens else cell


def typed(cell: SparkColumn, type_name: str, text: bool) -> SparkColumn:
    """Give a cell its type; a text that cannot be read becomes null."""
    if text and type_name == "string":
        return cell
    return cell.cast(type_name)


def _breaches(column: Column, number: int, text: bool) -> list[tuple[SparkColumn, str]]:
    """List (condition, reason) for one column. A condition is true or false, never null."""
    value = F.col(quoted(column.name))
    out = []
    if text:
        cell = F.col(_text_name(number))
        wrong = wrong_text(cell, value, column.type)
        what = "not UTF-8, or has a NUL byte" if column.type == "string" else f"not a {column.type}"
        out.append((cell.isNotNull() & wrong, f"{column.name}: {what}"))
        missing = cell.isNull()
    else:
        missing = F.col(_raw_name(number)).isNull() if _cut(column, text) else value.isNull()
        if column.type in ("float", "double"):
            infinite = F.abs(value) == float("inf")
            out.append((value.isNotNull() & infinite, f"{column.name}: infinite"))
        if _cut(column, text):
            lost = lost_by_cast(F.col(_raw_name(number)), value, column.type)
            out.append((lost, f"{column.name}: beyond {column.type}"))
    if not column.nullable:
        out.append((missing, f"{column.name}: null"))
    return out


def wrong_text(cell: SparkColumn, value: SparkColumn, type_name: str) -> SparkColumn:
    """Tell what Spark's cast lets through that is not a value of the type.

    ``cast('1.9' as int)`` is 1, ``cast('1d' as double)`` is 1.0, ``cast('10:00' as timestamp)`` is
    that time today, ``cast('2013-01-01 x' as date)`` drops the x (all seen on Spark 3.5.9).
    """
    if type_name == "string":
        return cell.contains("\ufffd") | cell.contains("\x00")
    # Spark's cast trims control characters, a NUL among them.
    wrong = value.isNull() | cell.contains("\x00")
    if type_name in INTEGERS:
        return wrong | cell.contains(".")
    if type_name in ("float", "double"):
        # NaN compares as larger than every number in Spark, so this refuses it and both infinities.
        too_large = F.abs(value) > F.lit(LARGEST)
        # Java reads 1d and 0x1p3 as numbers. Comparing bytes takes a third of a regex's
        # time (20 M cells: 0.4 s against 1.4 s).
        for letter in "dDfFxX":
            wrong = wrong | cell.contains(letter)
        return wrong | too_large
    if type_name == "date":
        # Only the ISO form survives the way there and back.
        return wrong | (value.cast("string") != F.trim(cell))
    if type_name == "timestamp":
        return wrong | ~F.trim(cell).like("____-__-__%")
    return wrong


def _strictest(breaches: list[tuple[str, SparkColumn, str]]) -> SparkColumn:
    rule = F.lit(None).cast("string")
    for name in ("drop", "quarantine", "fail"):
        conditions = [breach for its_rule, breach, _ in breaches if its_rule == name]
        if conditions:
            rule = F.when(any_of(conditions), F.lit(name)).otherwise(rule)
    return rule


def any_of(conditions: list[SparkColumn]) -> SparkColumn:
    """Combine by or, as a balanced tree: a chain of 300 overflows the parser's stack."""
    while len(conditions) > 1:
        conditions = [reduce(or_, conditions[i : i + 2]) for i in range(0, len(conditions), 2)]
    return conditions[0]


def _reasons(breaches: list[tuple[str, SparkColumn, str]]) -> SparkColumn:
    if not breaches:
        return F.lit(None).cast("string")
    listed = F.concat_ws("; ", *(F.when(breach, F.lit(reason)) for _, breach, reason in breaches))
    return F.when(any_of([breach for _, breach, _ in breaches]), listed)


def _raw_row(contract: Contract, text: bool) -> SparkColumn:
    """Give the row's cells as they came, as JSON, for the quarantine."""
    cells = [
        F.col(_raw_name(i) if _cut(column, text) else quoted(column.name)).alias(column.name)
        for i, column in enumerate(contract.used)
    ]
    return F.to_json(F.struct(*cells), {"ignoreNullFields": "false"})
