"""Read CSV as plain lines, cut at the delimiter: a third of what a CSV parser takes.

That is right for lines without a quote character, and the rest is told by each row's flaw: a line
that holds a quote, a header, a blank line. Who counts the rows looks at these (see
:func:`jobs.rows.lines_hold`) and reads the table with Spark's CSV parser where they do not fit
(2 M rows x 18 columns: 2.6 s with the parser, 1.0 s so).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobs.errors import UnsupportedError
from jobs.files import Files
from jobs.source import Source
from schemas.conform import any_of
from schemas.contract import Contract
from schemas.names import RESERVED_PREFIX
from schemas.screen import BAD, screen
from schemas.types import FLOATS, INTEGERS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import DataType

    from jobs.engine import Engine

LINE, CELLS = RESERVED_PREFIX + "line", RESERVED_PREFIX + "cells"
QUOTED, BLANK, HEADER = "a quoted line", "a blank line", "a header of "
# Every file's header comes back as an outcome of its own.
MOST_FILES = 10_000
_SAMPLE_BYTES = 1 << 16
_BOM = "\ufeff"


def header_line(
    files: Files, source: Source, contract: Contract, *, verify: bool = False
) -> str | None:
    """Return the header as it is written, or None where lines cannot simply be cut.

    ``verify`` looks at each file's first line, for an engine that cannot say which file a line is
    from.
    """
    dialect = contract.csv
    whole_lines = dialect.encoding.upper().replace("-", "") == "UTF8" and not dialect.multiline
    if source.format != "csv" or source.partitions or not whole_lines:
        return None
    if len(source.files) > MOST_FILES or len(contract.names) < 2:
        return None
    head = files.read_head(source.files[0].path, _SAMPLE_BYTES).removeprefix(_BOM.encode())
    if dialect.quote and dialect.quote.encode() in head:
        return None
    first = _first_line(head)
    if len(first) == len(head):
        return None
    for file in source.files[1:] if verify else ():
        other = files.read_head(file.path, len(first) + len(_BOM.encode()) + 1)
        if _first_line(other.removeprefix(_BOM.encode())) != first:
            return None
    return first.decode("utf-8")


def _first_line(head: bytes) -> bytes:
    return re.split(rb"\r\n|\r|\n", head, maxsplit=1)[0]


def check_native(contract: Contract, header: str | None) -> None:
    """Raise UnsupportedError for CSV that a native engine would read in another way than Spark."""
    if header is None:
        raise UnsupportedError("CSV with quotes, other encodings or headers that differ")
    for column in contract.used:
        if column.type == "boolean" or column.type.startswith("decimal"):
            raise UnsupportedError(f"column {column.name!r} is {column.type} in CSV")


def screen_lines(
    lines: DataFrame,
    *,
    header: str,
    names: tuple[str, ...],
    contract: Contract,
    check: bool,
) -> DataFrame:
    """Cut lines (a column ``value``) into the cells ``names``, and screen them.

    Without ``check`` the lines are known to be good ones and headers.
    """
    from pyspark.sql import functions as F

    dialect, line = contract.csv, F.col(LINE)
    headers = (header, _BOM + header)
    df = lines.select(F.col("value").alias(LINE))
    if not check:
        df = df.where(~line.isin(*headers))
    cut = F.split(line, _pattern(dialect.delimiter), -1)
    df = df.select(line, cut.alias(CELLS))
    wrong_count = F.size(CELLS) != len(names)
    flaw = F.when(line.isin(*headers), F.concat(F.lit(HEADER), F.input_file_name()))
    if dialect.quote:
        flaw = flaw.when(line.contains(dialect.quote), F.lit(QUOTED))
    # What Spark's CSV reader skips: lines of blanks and control characters, delimiters among them.
    blank = line.rlike(r"^[\x00-\x20]*$")
    if dialect.delimiter[0] > " ":
        blank = wrong_count & blank
    flaw = flaw.when(blank, F.lit(BLANK))
    flaw = flaw.when(wrong_count, F.lit(BAD))
    cells = {name: F.col(CELLS)[i] for i, name in enumerate(names)}
    return screen(
        df, contract=contract, cells=cells, text=True, empty_is_null=True,
        flaw=flaw if check else None, check=check,
    )  # fmt: skip


def screen_native(
    engine: Engine, paths: list[str], *, names: tuple[str, ...], contract: Contract, check: bool
) -> DataFrame:
    """Read CSV with a native engine's own parser, and screen it.

    The parser gives up at a line of another number of fields, and at a number it cannot read, and
    Spark starts over; what it reads, Spark reads the same. Quotes are no quotes to it, so that
    none can swallow a line unseen; a row that holds one is QUOTED. It insists on some character as
    its quote, and a carriage return is the only one that no cell begins with: at worst one behind
    an empty last cell swallows lines, and such a cell then holds a delimiter or a newline.
    """
    from pyspark.sql import functions as F
    from pyspark.sql import types as T

    dialect = contract.csv
    types = {column.name: column.type for column in contract.used}
    cells = {name: f"{RESERVED_PREFIX}cell_{i}" for i, name in enumerate(names)}
    fields = []
    for name, cell in cells.items():
        plain = name in types and set(contract.tokens_of(contract.column(name))) <= {""}
        numeric = plain and types[name] in (*INTEGERS, *FLOATS)
        type_ = _parsed(types[name]) if numeric else T.StringType()
        fields.append(T.StructField(cell, type_))
    df = (
        engine.spark.read.schema(T.StructType(fields))
        .options(header=True, sep=dialect.delimiter, quote="\r", escape="\r")
        .csv(paths)
    )
    texts = [F.col(field.name) for field in fields if isinstance(field.dataType, T.StringType)]
    flaw = None
    if texts:
        joined = F.concat_ws("", *texts)
        signs = [sign for sign in (dialect.quote, dialect.delimiter, "\n") if sign]
        flaw = F.when(any_of([joined.contains(sign) for sign in signs]), F.lit(QUOTED))
    return screen(
        df, contract=contract, cells={name: F.col(cell) for name, cell in cells.items()},
        text=True, empty_is_null=True, flaw=flaw, check=check,
        typed_already=frozenset(
            name for name, f in zip(names, fields) if not isinstance(f.dataType, T.StringType)
        ),
    )  # fmt: skip


def _parsed(type_name: str) -> DataType:
    from pyspark.sql import types as T

    return {
        "tinyint": T.ByteType(), "smallint": T.ShortType(), "int": T.IntegerType(),
        "bigint": T.LongType(), "float": T.FloatType(), "double": T.DoubleType(),
    }[type_name]  # fmt: skip


def _pattern(delimiter: str) -> str:
    """Write a delimiter as a regular expression; Java cuts fast where it is one character."""
    return "".join("\\" + c if c in ".$|()[{^?*+\\" else c for c in delimiter)
