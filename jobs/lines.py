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
from schemas.contract import Contract
from schemas.names import RESERVED_PREFIX
from schemas.screen import BAD, screen

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

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
    name_files: bool = True,
) -> DataFrame:
    """Cut lines (a column ``value``) into the cells ``names``, and screen them.

    Without ``check`` the lines are known to be good ones and headers. ``name_files`` says in the
    flaw of a header whose it is.
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
    file = F.input_file_name() if name_files else F.lit("some file")
    flaw = F.when(line.isin(*headers), F.concat(F.lit(HEADER), file))
    if dialect.quote:
        flaw = flaw.when(line.contains(dialect.quote), F.lit(QUOTED))
    # What Spark's CSV reader skips: lines of blanks and control characters.
    flaw = flaw.when(wrong_count & line.rlike(r"^[\x00-\x20]*$"), F.lit(BLANK))
    flaw = flaw.when(wrong_count, F.lit(BAD))
    cells = {name: F.col(CELLS)[i] for i, name in enumerate(names)}
    return screen(
        df, contract=contract, cells=cells, text=True, empty_is_null=True,
        flaw=flaw if check else None, check=check,
    )  # fmt: skip


def _pattern(delimiter: str) -> str:
    """Write a delimiter as a regular expression; Java cuts fast where it is one character."""
    return "".join("\\" + c if c in ".$|()[{^?*+\\" else c for c in delimiter)
