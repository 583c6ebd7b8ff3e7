"""Read CSV files as cells of text, a bounded piece at a time, in the order of the lines."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.errors import UnsupportedError
from jobs.files import File, Files
from jobs.prepare_tabular.cut import cut
from jobs.prepare_tabular.packed import read_packed
from jobs.source import Source, check_magic, partition_value
from schemas.contract import CsvDialect
from schemas.errors import InputError

# Bytes that are cut at a time: bounds what lies in memory beside the typed columns.
PIECE_BYTES = 1 << 25
_NEWLINE, _BLANK = ord("\n"), 0x20


@dataclass(frozen=True)
class Piece:
    """Some rows of a file: a categorical column of text for each name, in the order of the lines.

    ``lines`` holds, by place, the rows that do not have the header's number of cells, as written;
    what cells they have are in ``cells``. A null cell is a text that is missing.
    """

    file: str
    cells: pd.DataFrame
    lines: dict[int, str]


def read_pieces(
    files: Files, source: Source, *, names: Sequence[str], dialect: CsvDialect
) -> Iterator[Piece]:
    """Read all files; ``names`` are the header's, the partitions' last.

    InputError for a file whose header differs, UnsupportedError for what only Spark reads.
    """
    _check_dialect(dialect)
    stored = [name for name in names if name not in source.partitions]
    for file in source.files:
        check_magic(files, file)
        constants = {name: partition_value(file.path, name) for name in source.partitions}
        data = _text_of(files, file, dialect)
        read = _whole_file if dialect.multiline else _line_by_line
        for cells, lines in read(file, data, stored, dialect):
            for name, value in constants.items():
                cells[name] = _categorical([value] * len(cells))
            yield Piece(file.path, cells, lines)


def _check_dialect(dialect: CsvDialect) -> None:
    marks = (dialect.delimiter, dialect.quote, dialect.escape)
    if any(ord(mark) > 126 for mark in marks):
        raise UnsupportedError("CSV delimiters and quotes beyond ASCII")
    if "\n,".encode(dialect.encoding) not in (b"\n,", b"\xef\xbb\xbf\n,"):
        raise UnsupportedError(f"text encoded as {dialect.encoding}")


def _text_of(files: Files, file: File, dialect: CsvDialect) -> bytes:
    """Return a file's text as UTF-8; bytes that are no text become U+FFFD."""
    packed = files.is_compressed(file.path)
    data = read_packed(files, file) if packed else files.read_head(file.path, -1)
    data = data.removeprefix(codecs.BOM_UTF8)
    encoding = codecs.lookup(dialect.encoding).name.removesuffix("-sig")
    if encoding == "utf-8":
        return data
    return data.decode(encoding, "replace").encode()


def _check_header(file: File, seen: Sequence[str], names: Sequence[str]) -> None:
    if list(seen) != list(names):
        raise InputError(
            f"the header of one file differs from the others ({file.path}): it has "
            f"{', '.join(seen)}; expected {', '.join(names)}, in this order"
        )


def _line_by_line(
    file: File, data: bytes, names: Sequence[str], dialect: CsvDialect
) -> Iterator[tuple[pd.DataFrame, dict[int, str]]]:
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    # Blank lines before the header are skipped like all others.
    start = next((m.start() for m in re.finditer(rb"[^\x00-\x20]", data)), len(data))
    start = data.rfind(b"\n", 0, start) + 1
    end = data.find(b"\n", start)
    header = data[start : len(data) if end < 0 else end].decode("utf-8", "replace")
    _check_header(file, cut(header, dialect), names)
    start = len(data) if end < 0 else end + 1
    while start < len(data):
        end = data.rfind(b"\n", start, start + PIECE_BYTES) + 1 or data.find(b"\n", start) + 1
        end = end or len(data)
        piece = data[start:end]
        if b"\n\n" in piece:
            # Each line takes 100 bytes below: 200 MB of nothing, 200 KB as gzip, took a minute.
            piece = re.sub(rb"\n+", b"\n", piece)
        yield _piece(piece if piece.endswith(b"\n") else piece + b"\n", len(names), dialect, names)
        start = end


def _piece(
    data: bytes, width: int, dialect: CsvDialect, names: Sequence[str]
) -> tuple[pd.DataFrame, dict[int, str]]:
    """Cut whole lines: those without quotes all at once, the others one by one."""
    try:
        data.decode()
    except UnicodeDecodeError:
        data = data.decode("utf-8", "replace").encode()
    ends, plain, blank = _kinds_of_lines(data, width, dialect)
    starts = np.concatenate(([0], ends[:-1] + 1))
    odd = np.flatnonzero(~plain & ~blank)
    rows: list[list[str | None]] = []
    lines: dict[int, str] = {}
    # Where each line stands among the rows, which blank lines are not.
    places = np.cumsum(~blank) - 1
    for number in odd:
        line = data[starts[number] : ends[number]].decode()
        found: list[str | None] = [*cut(line, dialect)]
        if len(found) != width:
            lines[int(places[number])] = line
            found = (found + [None] * width)[:width]
        rows.append(found)
    if len(odd) or blank.any():
        kept = np.repeat(plain, np.diff(np.concatenate(([0], ends + 1))))
        data = np.frombuffer(data, dtype=np.uint8)[kept].tobytes()
    cells = _plain_cells(data, dialect, names)
    if rows:
        cut_cells = pd.DataFrame(rows, columns=list(names), dtype=object)
        order = np.concatenate((np.flatnonzero(plain), odd)).argsort()
        cells = pd.DataFrame({name: _joined(cells[name], cut_cells[name], order) for name in names})
    return cells, lines


def _kinds_of_lines(
    data: bytes, width: int, dialect: CsvDialect
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return where lines end, which can simply be cut, and which are blank, as Spark skips them."""
    codes = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(codes == _NEWLINE)
    starts = np.concatenate(([0], ends[:-1] + 1))

    def count(found: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        # The newline counts with its line, so that no piece is empty.
        return np.add.reduceat(found, starts, dtype=np.int64)

    plain = count(codes == ord(dialect.delimiter)) == width - 1
    for mark in {dialect.quote, "\x00"}:
        if mark.encode() in data:
            plain &= count(codes == ord(mark)) == 0
    blank = count(codes > _BLANK) == 0
    return ends, plain & ~blank, blank


def _plain_cells(data: bytes, dialect: CsvDialect, names: Sequence[str]) -> pd.DataFrame:
    if not data:
        return pd.DataFrame({name: _categorical([]) for name in names})
    # Not as categories: pandas would make numbers of texts that look like numbers.
    texts = pd.read_csv(
        io.BytesIO(data),
        sep=dialect.delimiter,
        header=None,
        names=list(names),
        dtype=object,
        na_filter=False,
        quoting=csv.QUOTE_NONE,
        skip_blank_lines=False,
        index_col=False,
        lineterminator="\n",
        low_memory=False,
        engine="c",
    )
    # Each column is let go of when it is numbered. (``texts.pop(name)`` moves all others each time:
    # 20,000 columns took more than four minutes.)
    columns = [texts.iloc[:, number].to_numpy() for number in reversed(range(len(names)))]
    del texts
    return pd.DataFrame({name: _categorical(columns.pop()) for name in names})


def _categorical(texts: Any) -> pd.Categorical:
    """Number the different texts in the order in which they come; None has no number."""
    codes, uniques = pd.factorize(np.asarray(texts, dtype=object), use_na_sentinel=True)
    return pd.Categorical.from_codes(codes, categories=pd.Index(uniques, dtype=object))


def _joined(plain: pd.Series, other: pd.Series, order: npt.NDArray[np.int64]) -> pd.Categorical:
    texts = [plain.astype(object).to_numpy(), other.to_numpy()]
    return _categorical(np.concatenate(texts)[order])


def _whole_file(
    file: File, data: bytes, names: Sequence[str], dialect: CsvDialect
) -> Iterator[tuple[pd.DataFrame, dict[int, str]]]:
    """Read a file whose quoted cells hold line breaks; it has to be without a flaw."""
    text = data.decode("utf-8", "replace")
    breaks = {"\r\n" if found == "\r\n" else found for found in re.findall("\r\n|\r|\n", text)}
    if len(breaks) > 1 or "\r" in breaks or dialect.escape != dialect.quote or "\x00" in text:
        raise UnsupportedError(
            f"{file.path}: a multiline file with line breaks of two kinds, an escape of its own "
            "or a NUL byte"
        )
    csv.field_size_limit(1 << 30)
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        strict=True,
    )
    try:
        records = [record for record in reader if record]
    except csv.Error as error:
        raise UnsupportedError(f"{file.path}, line {reader.line_num}: {error}") from None
    _check_header(file, records[0] if records else (), names)
    if any(len(record) != len(names) for record in records):
        raise UnsupportedError(f"{file.path}: a multiline file with rows unlike its header")
    columns = zip(*records[1:]) if len(records) > 1 else ([] for _ in names)
    yield pd.DataFrame({n: _categorical(list(c)) for n, c in zip(names, columns)}), {}
