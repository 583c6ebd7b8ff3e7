"""Hold what two engines published together, bit for bit; and tables to try it on."""

from __future__ import annotations

import datetime as dt
import decimal
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
# As asked for, as a Parquet footer says it, and as the files' names say it.
CODECS = [
    (None, "SNAPPY", "snappy.parquet"),
    ("zstd", "ZSTD", "zstd.parquet"),
    ("gzip", "GZIP", "gz.parquet"),
    ("none", "UNCOMPRESSED", "parquet"),
]


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
    assert quarantine_of(ours) == quarantine_of(sparks)
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


# The columns of a CSV of every type, and every odd way of writing their values.
TYPES = {
    "id": "bigint", "t": "tinyint", "n": "int", "x": "double", "f": "float", "b": "boolean",
    "d": "date", "ts": "timestamp", "m": "decimal(6,2)", "s": "string", "y": "bigint",
}  # fmt: skip
CELLS = {
    "t": ["1", "-128", "+7", ""],
    "n": ["0012", " 5 ", "-3", "NA", ""],
    "x": ["0.1", "-0.0", "0.0", "1e3", " .5", "5.", "NA", "12345678901234567890"],
    "f": ["0.1", "16777217", "1e-3", ""],
    "b": ["true", "F", "1", "no", ""],
    "d": ["2013-01-31", " 1969-12-31", ""],
    "ts": ["2013-01-01 10:00", "2013-01-01T10:00:00.123456Z", "1969-12-31 23:59:59.5+02:00", "NA"],
    "m": ["1.005", "-2", "1e2", "999.99", ""],
    "s": [
        "a",
        "b",
        '"a,b"',
        '"say ""hi"""',
        "Zürich",
        "\U0001f600",
        " a ",
        "NA",
        '5" pipe',
        '"q" ',
    ],
    "y": ["1", "2", "3", "NA"],
}
BAD_LINES = [
    "1,1,1,1,1,true,2013-01-01,2013-01-01,1,a",
    '1,1,1,1,1,true,2013-01-01,2013-01-01,1,"open,1',
    "1,128,1.5,1d,1e39,maybe,2013-02-30,2013-01-01 24:00,10000,a,1",
    "1,1,1,NaN,1,true,2013-1-1,2013-01-01 10:00Z,1,s,1",
    ",1,1,1,1,true,2013-01-01,2013-01-01,1,a\x00b,1.0",
    "",
    "  ",
]


def csv_of_every_type(rows: int = 400) -> tuple[bytes, bytes]:
    """Write a CSV with bad and blank lines in between, and a second one that is not UTF-8."""
    lines = [",".join(TYPES)]
    for i in range(rows):
        cells = (values[(i * 7 + i // 5) % len(values)] for values in CELLS.values())
        lines.append(",".join([f"{i % 350}", *cells]))
        if i % 60 == 0:
            lines.append(BAD_LINES[i // 60 % len(BAD_LINES)])
    second = lines[0].encode() + b"\n1,1,1,1,1,true,2013-01-01,2013-01-01,1,caf\xe9,1\n"
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode(), second


def contract_of_every_type(**fields: Any) -> dict[str, Any]:
    """Describe that CSV, with two rules: a row that breaks both follows the stricter one."""
    rules = {"n": {"on_breach": "drop"}}
    columns = [
        {"name": n, "type": t, "nullable": n != "id", **rules.get(n, {})} for n, t in TYPES.items()
    ]
    key = ["id", "x", "s", "ts"]
    return {"columns": columns, "null_tokens": ["", "NA"], "key": key, "target": "y", **fields}


def parquet_of_every_type(rows: int = 300, *, nan: bool = False) -> pa.Table:
    """Make a table with nulls in every column but id and y, and with NaN where it is asked for."""
    draw = random.Random(3)
    empty = float("nan") if nan else None
    moment = dt.datetime(1969, 12, 31, 23, 59, 59, 999_999, dt.timezone.utc)

    def column(type_: pa.DataType, *values: object) -> pa.Array:
        return pa.array([draw.choice(values) for _ in range(rows)], type_)

    return pa.table(
        {
            "f": column(pa.float32(), 0.1, empty, -0.0, 1e30, None),
            "d": column(pa.float64(), 0.1, empty, 1e150, 5e-324, -1.5, -0.0, None),
            "small": column(pa.decimal128(5, 2), decimal.Decimal("1.10"), None),
            # One of more than 15 digits is left to Spark.
            "large": column(pa.decimal128(15, 10), decimal.Decimal("99999.0000000001"), None),
            "b": column(pa.bool_(), True, False, None),
            "i8": column(pa.int8(), -128, 127, None),
            "i16": column(pa.int16(), -5, 7, None),
            "i32": column(pa.int32(), -(2**31), 2**31 - 1, None),
            "i64": column(pa.int64(), 2**53 + 1, -(2**63), 2**63 - 1, None),
            "date": column(pa.date32(), dt.date(2013, 1, 1), dt.date(1, 1, 1), None),
            "t": column(pa.timestamp("us", "UTC"), moment, moment + dt.timedelta(9999), None),
            "s": column(pa.string(), "a", "b", "b", "", "ä", "\U0001f600", None),
            "id": pa.array(range(rows)),
            "y": pa.array([i % 7 for i in range(rows)]),
        }
    )
