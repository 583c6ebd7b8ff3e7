"""Hold what two engines published together, bit for bit; and tables to try it on."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

CONNECT = "SPARK_CONNECT_MODE_ENABLED"
SPLITS = ("train", "validation", "test")


@contextmanager
def remote_columns() -> Iterator[None]:
    """Let pyspark's functions make columns of a remote session."""
    os.environ[CONNECT] = "1"
    try:
        yield
    finally:
        os.environ.pop(CONNECT, None)


def bits(value: object) -> str:
    """Write a cell so that two are equal where all their bits are."""
    return value.hex() if isinstance(value, float) else repr(value)


def split_of(path: Path) -> tuple[dict[str, tuple[str, str]], list[tuple[str, ...]]]:
    """Return the columns' stored types, and all rows in an order of their own."""
    files = sorted(path.glob("*.parquet"))
    schemas = []
    for file in files:
        schema = pq.ParquetFile(file).schema
        columns = [schema.column(i) for i in range(len(schema.names))]
        schemas.append({c.name: (c.physical_type, str(c.logical_type)) for c in columns})
    assert all(schema == schemas[0] for schema in schemas)
    columns = pa.concat_tables([pq.ParquetFile(file).read() for file in files]).columns
    return schemas[0], sorted(zip(*([bits(v) for v in c.to_pylist()] for c in columns)))


def manifest_of(output: Path) -> dict[str, Any]:
    """Return the manifest without what differs from run to run and from writer to writer."""
    manifest = json.loads((output / "manifest.json").read_text())
    for name in ("run_id", "created", "seconds", "versions"):
        del manifest[name]
    del manifest["preprocessor"]["path"]
    manifest["files"] = sorted({str(entry["split"]) for entry in manifest["files"]})
    return manifest


def assert_equal(ours: Path, sparks: Path) -> None:
    assert manifest_of(ours) == manifest_of(sparks)
    learned = [(out / "preprocessor.json").read_bytes() for out in (ours, sparks)]
    assert learned[0] == learned[1]
    for split in SPLITS:
        (types, rows), (expected_types, expected) = (split_of(o / split) for o in (ours, sparks))
        assert types == expected_types
        assert [pair for pair in zip(rows, expected) if pair[0] != pair[1]][:3] == []
        assert len(rows) == len(expected)


def quarantine_of(output: Path) -> list[str]:
    parts = (output / "quarantine").glob("*.json")
    rows = [json.loads(line) for part in parts for line in part.read_text().splitlines()]
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def csv_of(*columns: str, rows: int = 300, seed: int = 1) -> str:
    """Write rows of random cells: each column is ``name: cell cell …``, and ``y`` is the target."""
    draw = random.Random(seed)
    names, cells = zip(*(column.split(": ") for column in columns))
    lines = [",".join((*names, "id", "y"))]
    for i in range(rows):
        lines.append(",".join([draw.choice(c.split(" ")) for c in cells] + [f"{i}", f"{i % 7}"]))
    return "\n".join(lines) + "\n"


WITH_NULLS = csv_of("x: 0.1 2.5  1e3", "n: 1 2  40", "s: a b  c", "d: 2013-01-01  1969-12-31")


def write_files(path: Path, text: str, count: int) -> Path:
    header, *lines = text.splitlines(keepends=True)
    for i in range(count):
        file = path / f"sub{i % 3}" / f"part-{i}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(header + "".join(lines[i::count]))
    return path
