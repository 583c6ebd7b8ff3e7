"""Write the benchmark's tables: the same seed gives the same bytes, in little memory.

Rows are made in chunks, each column of a chunk from a generator of its own. A folder appears
under its name only when it is complete::

    data/bench/tall-2m/rows/part-00000.csv    the input
    data/bench/tall-2m/contract.json          what prepare is told about it
    data/bench/tall-2m/facts.json             rows, rows with a target, bytes
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from benchmarks.columns import KEY, TARGET
from benchmarks.shapes import Shape

SEED = 42
CHUNK = 50_000
ROW_GROUP = 250_000
# Unquoted, nulls as nothing at all: what a database's export looks like. Arrow quotes a header.
_PLAIN = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")


class NoSpaceError(Exception):
    """The disk has no room for a table."""


@dataclass(frozen=True)
class Table:
    """A table on disk: where its files are, and what must come out of them."""

    path: Path
    rows: int
    labelled: int
    bytes: int

    @property
    def input(self) -> Path:
        """The folder of the data files."""
        return self.path / "rows"

    @property
    def contract(self) -> Path:
        """The contract that describes them."""
        return self.path / "contract.json"


def provide(shape: Shape, folder: Path, *, seed: int = SEED) -> Table:
    """Write a shape's table below ``folder`` unless it is there already; return where it is.

    Raises:
        NoSpaceError: The disk lacks the room for it; says how much is needed.
    """
    path, made_from = folder / shape.name, _made_from(shape, seed)
    facts_file = path / "facts.json"
    if facts_file.exists():
        facts = json.loads(facts_file.read_text())
        sizes = sum(file.stat().st_size for file in (path / "rows").iterdir())
        if facts.pop("made_from") == made_from and sizes == facts["bytes"]:
            return Table(path, **facts)
    folder.mkdir(parents=True, exist_ok=True)
    _check_space(shape, folder)
    draft = folder / f"{shape.name}.tmp"
    for old in (draft, path):
        shutil.rmtree(old, ignore_errors=True)
    (draft / "rows").mkdir(parents=True)
    labelled = write_rows(shape, draft / "rows", seed=seed)
    size = sum(file.stat().st_size for file in (draft / "rows").iterdir())
    facts = {"rows": shape.rows, "labelled": labelled, "bytes": size}
    (draft / "contract.json").write_text(contract_text(shape))
    text = json.dumps({**facts, "made_from": made_from}, indent=1)
    (draft / "facts.json").write_text(text + "\n")
    draft.rename(path)
    return Table(path, **facts)


def write_rows(shape: Shape, folder: Path, *, seed: int = SEED) -> int:
    """Write a shape's data files; return how many rows have a target."""
    labelled = 0
    schema = make_chunk(shape, 0, 1, seed).schema
    for number, first in enumerate(range(0, shape.rows, shape.file_rows)):
        last = min(first + shape.file_rows, shape.rows)
        file = folder / f"part-{number:05d}.{shape.format}"
        with _writer(file, schema) as write:
            for start in range(first, last, ROW_GROUP):
                tables = list(_pieces(shape, start, min(start + ROW_GROUP, last), seed))
                labelled += sum(len(t) - t[TARGET].null_count for t in tables)
                write(pa.concat_tables(tables))
    return labelled


def _pieces(shape: Shape, first: int, last: int, seed: int) -> Iterator[pa.Table]:
    """Give rows ``first`` to ``last``, cut from the chunks they lie in."""
    while first < last:
        start = first // CHUNK * CHUNK
        rows = min(CHUNK, shape.rows - start)
        count = min(last, start + rows) - first
        yield make_chunk(shape, start, rows, seed).slice(first - start, count)
        first += count


@lru_cache(maxsize=1)
def make_chunk(shape: Shape, start: int, rows: int, seed: int) -> pa.Table:
    """Make ``rows`` rows from row ``start`` on; seed and place decide them."""
    columns = {}
    for index, column in enumerate(shape.columns):
        rng = np.random.default_rng([seed, start, index])
        columns[column.name] = column.values(rng, start, rows)
    return pa.table(columns)


@contextmanager
def _writer(file: Path, schema: pa.Schema) -> Iterator[Any]:
    if file.suffix == ".parquet":
        with pyarrow.parquet.ParquetWriter(file, schema, compression="snappy") as writer:
            yield lambda table: writer.write_table(table, row_group_size=ROW_GROUP)
        return
    with file.open("wb") as out:
        # The name and the time would make the bytes differ.
        packed = gzip.GzipFile("", "wb", 6, out, mtime=0) if file.suffix == ".gz" else out
        with packed:
            packed.write((",".join(schema.names) + "\n").encode())
            with pyarrow.csv.CSVWriter(packed, schema, write_options=_PLAIN) as writer:
                yield writer.write_table


def contract_text(shape: Shape) -> str:
    """Write the shape's contract as JSON, a column a line."""
    head = {"contract_version": 1, "name": shape.name, "target": TARGET, "key": [KEY]}
    columns = ",\n    ".join(json.dumps(column.contract_entry()) for column in shape.columns)
    return json.dumps(head, indent=2)[:-2] + f',\n  "columns": [\n    {columns}\n  ]\n}}\n'


def _made_from(shape: Shape, seed: int) -> dict[str, Any]:
    # Through JSON, so that it compares equal to what was read back.
    return dict(json.loads(json.dumps({"seed": seed, "chunk": CHUNK, **asdict(shape)})))


def _check_space(shape: Shape, folder: Path) -> None:
    # The splits that a contestant writes from it take no more than the table itself.
    needed, free = 2 * shape.likely_bytes, shutil.disk_usage(folder).free
    if free < needed:
        raise NoSpaceError(
            f"{shape.name} and its results need {needed / 1e9:.1f} GB, {folder} has "
            f"{free / 1e9:.1f} GB free; free some, or choose another disk with --data"
        )
