"""Cut one line of CSV into cells, as the parser does that Spark uses (univocity)."""

from __future__ import annotations

from jobs.errors import UnsupportedError
from schemas.contract import CsvDialect


def cut(line: str, dialect: CsvDialect) -> list[str]:
    """Cut a line at the delimiters outside quotes.

    A quote within an unquoted cell is a character like any other; blanks behind a closing quote are
    left out; a cell whose quote is not closed ends with the line. UnsupportedError for text behind
    a closing quote, which that parser pieces together in ways of its own.
    """
    cells = []
    place = 0
    while True:
        if line.startswith(dialect.quote, place):
            cell, place = _quoted(line, place + 1, dialect)
        else:
            end = line.find(dialect.delimiter, place)
            end = len(line) if end < 0 else end
            cell, place = line[place:end], end
        cells.append(cell)
        if place >= len(line):
            return cells
        place += 1


def _quoted(line: str, place: int, dialect: CsvDialect) -> tuple[str, int]:
    """Read a quoted cell from behind its opening quote; return it and where it ends."""
    quote, escape = dialect.quote, dialect.escape
    parts: list[str] = []
    while True:
        end = line.find(quote, place)
        escaped = line.find(escape, place)
        if escaped >= 0 and (escaped <= end or end < 0):
            following = line[escaped + 1 : escaped + 2]
            if following and following in (quote, escape):
                parts.append(line[place:escaped] + following)
                place = escaped + 2
                continue
            if escape != quote:
                raise UnsupportedError(f"CSV with a lone escape character: {line[:80]!r}")
        if end < 0:
            cell = "".join([*parts, line[place:]])
            # A quote that opens nothing is a character.
            return (cell if cell or parts else quote), len(line)
        parts.append(line[place:end])
        place = end + 1
        while place < len(line) and line[place] <= " " and line[place] != dialect.delimiter:
            place += 1
        if place < len(line) and line[place] != dialect.delimiter:
            raise UnsupportedError(f"CSV with text behind a closing quote: {line[:80]!r}")
        return "".join(parts), place
