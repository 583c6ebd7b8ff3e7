"""Look at the input's first and further lines: its header, and a sample to infer types from."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jobs.files import File, Files
from jobs.source import Source, check_magic, partition_value
from schemas.contract import Contract, ContractError, CsvDialect
from schemas.errors import InputError
from schemas.infer import Inferred, infer_contract

HEAD_BYTES = 1 << 20
CHUNK_BYTES = 1 << 18
# What is looked at, at most: 16 places of the input, and so many cells, about a second of Python.
PLACES = 16
MOST_CELLS = 400_000
MOST_DIRECTORIES = 10_000


@dataclass(frozen=True)
class Sample:
    """The columns' names, sampled rows as text, and how the text is written."""

    names: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    dialect: CsvDialect


def read_header(files: Files, source: Source, dialect: CsvDialect) -> tuple[str, ...]:
    """Return the column names of the first CSV file; the other files are checked when read."""
    lines, _ = _head_lines(files, source.files[0], dialect)
    names = next(_records(lines, dialect), [])
    return tuple(names)


def infer_from(files: Files, source: Source, name: str) -> Inferred:
    """Draft a contract for a CSV or JSON source from a bounded sample."""
    sample = _csv_sample(files, source) if source.format == "csv" else _json_sample(files, source)
    names = (*sample.names, *source.partitions)
    rows = with_partitions(sample.rows, source) if source.partitions else list(sample.rows)
    if source.format == "csv" and not rows:
        raise InputError(f"{source.path} has a header and no rows: {', '.join(names[:8])}")
    return infer_contract(names, rows, name=name, dialect=sample.dialect)


def with_partitions(
    rows: Sequence[tuple[str | None, ...]], source: Source
) -> list[tuple[str | None, ...]]:
    """Give each sampled row the values of one of the files' directories, in turn.

    Each of the values appears (of 10,000 directories evenly chosen ones): rows are repeated where
    they are fewer.
    """
    found = list(dict.fromkeys(_partition_values(source, file) for file in source.files))
    found = found[:: -(-len(found) // MOST_DIRECTORIES)]
    count = max(len(rows), len(found)) if rows else 0
    return [(*rows[i % len(rows)], *found[i % len(found)]) for i in range(count)]


def _partition_values(source: Source, file: File) -> tuple[str | None, ...]:
    return tuple(partition_value(file.path, name) for name in source.partitions)


def _csv_sample(files: Files, source: Source) -> Sample:
    first = source.files[0]
    check_magic(files, first)
    lines, whole = _head_lines(files, first, CsvDialect())
    dialect = _guess_dialect(lines[0] if lines else "", first)
    records = _records(lines, dialect)
    names = tuple(next(records, []))
    if not names or names == ("",):
        raise InputError(f"{first.path} has no columns: its first line is empty")
    rows = [tuple(row) for row in records if row]
    if not whole:
        rows = rows[:-1]
        if not rows:
            raise InputError(f"{first.path}: its first rows are longer than {HEAD_BYTES:,} bytes")
    if any("\n" in cell or "\r" in cell for row in rows if len(row) == len(names) for cell in row):
        dialect = replace(dialect, multiline=True)
    for file, offset in _places(files, source):
        lines = _lines_at(files, file, offset)
        rows += [tuple(row) for row in _records(lines, dialect) if row]
    fitting = [row for row in rows if len(row) == len(names)]
    return Sample(names, _thinned(fitting or rows, len(names)), dialect)


def _thinned(rows: Sequence[tuple[Any, ...]], width: int) -> tuple[tuple[Any, ...], ...]:
    """Take every n-th row, so that the sample stays bounded and covers all places."""
    step = max(1, -(-len(rows) * max(1, width) // MOST_CELLS))
    return tuple(rows[::step])


def _some_files(source: Source) -> Sequence[File]:
    """Choose files evenly, the first among them, ``PLACES`` at most."""
    return source.files[:: -(-len(source.files) // PLACES)]


def _places(files: Files, source: Source) -> Iterator[tuple[File, int]]:
    """Choose places spread over the files, beyond the head that was read.

    Small files and compressed ones, which can be read from their start only, give that.
    """
    first = source.files[0]
    chosen = _some_files(source)
    parts = PLACES // len(chosen)
    for file in chosen:
        if file.size <= CHUNK_BYTES or files.is_compressed(file.path):
            if file is not first:
                yield file, 0
            continue
        for part in range(1, parts + 1):
            offset = file.size * part // (parts + 1)
            if file is not first or offset > HEAD_BYTES:
                yield file, offset


def _lines_at(files: Files, file: File, offset: int) -> list[str]:
    """Read the whole lines of one chunk; at a file's start, those below its header."""
    if offset:
        data = files.read_bytes(file.path, offset=offset, length=CHUNK_BYTES)
    else:
        data = files.read_head(file.path, CHUNK_BYTES)
    lines = _lines(_decoded(data, file, "ignore"))[1:]
    return lines if offset == 0 and len(data) < CHUNK_BYTES else lines[:-1]


def _head_lines(files: Files, file: File, dialect: CsvDialect | None) -> tuple[list[str], bool]:
    """Read lines from a file's start, of JSON without a dialect; tell whether that was all."""
    data = files.read_head(file.path, HEAD_BYTES)
    whole = len(data) < HEAD_BYTES
    text = _decoded(data, file, "strict" if whole else "tail", dialect)
    return _lines(text), whole


def _lines(text: str) -> list[str]:
    """Cut after CR, LF or CRLF, as Hadoop's line reader does, and nowhere else."""
    return list(io.StringIO(text, newline=""))


def _decoded(data: bytes, file: File, mode: str, dialect: CsvDialect | None = None) -> str:
    """Decode; ``tail`` allows a character cut at the end, ``ignore`` at both ends."""
    encoding = dialect.encoding if dialect else "UTF-8"
    if mode == "ignore":
        return data.decode(encoding, "ignore")
    try:
        return data.removeprefix(b"\xef\xbb\xbf").decode(encoding)
    except UnicodeDecodeError as error:
        if mode == "tail" and error.start > len(data) - 4:
            return data[: error.start].decode(encoding).removeprefix("\ufeff")
        line = data[: error.start].count(b"\n") + 1
        mend = "convert the file"
        if dialect:
            mend += ', or name its encoding in the contract: "csv": {"encoding": "ISO-8859-1"}'
        raise InputError(
            f"{file.path}, line {line}: not {encoding} (byte 0x{data[error.start]:02x}); {mend}"
        ) from None


def _guess_dialect(header: str, file: File) -> CsvDialect:
    """Guess the delimiter: a comma, or what the header has if it has no comma."""
    counts = {mark: header.count(mark) for mark in ("\t", ";", "|")}
    best = max(counts, key=lambda mark: counts[mark])
    if "\x00" in header:
        raise InputError(f"{file.path}, line 1: the header holds a NUL byte; is this a text file?")
    return CsvDialect(delimiter=best) if "," not in header and counts[best] else CsvDialect()


def _records(lines: Sequence[str], dialect: CsvDialect) -> Iterator[list[str]]:
    own_escape = dialect.escape != dialect.quote
    csv.field_size_limit(1 << 30)
    reader = csv.reader(
        io.StringIO("".join(lines), newline=""),
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        doublequote=not own_escape,
        # Otherwise a quote that is never closed swallows the lines that follow, unnoticed.
        strict=True,
        escapechar=dialect.escape if own_escape else None,
    )
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error:
            continue
        yield record


def _json_sample(files: Files, source: Source) -> Sample:
    names: dict[str, None] = {}
    objects: list[dict[str, Any]] = []
    for file in _some_files(source):
        check_magic(files, file)
        objects += _json_objects(files, file)
    for entry in objects:
        names.update(dict.fromkeys(entry))
    nested = [n for n in names if any(isinstance(o.get(n), (dict, list)) for o in objects)]
    if nested:
        raise ContractError(
            f"{source.path} has nested columns:",
            [f"column {name!r} holds objects or arrays; flatten it first" for name in nested],
        )
    if not names:
        raise InputError(f"{source.path} has no columns")
    rows = [tuple(_json_text(entry.get(name)) for name in names) for entry in objects]
    return Sample(tuple(names), _thinned(rows, len(names)), CsvDialect())


def _json_objects(files: Files, file: File) -> list[dict[str, Any]]:
    """Parse the whole lines at a file's start; a broken line is left to the quarantine."""
    lines, whole = _head_lines(files, file, None)
    objects = []
    for number, line in enumerate(lines if whole else lines[:-1], start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line, parse_float=str, parse_int=str, parse_constant=str)
        except (json.JSONDecodeError, RecursionError):
            if number == 1:
                raise InputError(f"{file.path}, line 1: not one JSON object a line") from None
            continue
        if not isinstance(entry, dict):
            seen = line[:40]
            raise InputError(f"{file.path}, line {number}: not a JSON object but {seen!r}")
        objects.append(entry)
    return objects


def json_names(files: Files, source: Source) -> tuple[str, ...]:
    """Return the names seen in a sample of a JSON source, the partitions' last."""
    return (*_json_sample(files, source).names, *source.partitions)


def _json_text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def contract_name(path: str) -> str:
    """Name a contract after its input: the last part of the path, without endings and globs."""
    last = path.rstrip("/").rsplit("/", 1)[-1].split(".", 1)[0]
    return "".join(c for c in last if c.isalnum() or c in "-_") or "table"


def header_of(files: Files, source: Source, contract: Contract) -> tuple[str, ...]:
    """Return the names a CSV source really has, in its order, the partitions' last."""
    check_magic(files, source.files[0])
    names = read_header(files, source, contract.csv)
    if not names:
        raise InputError(f"{source.files[0].path} has no columns: its first line is empty")
    return (*names, *source.partitions)
