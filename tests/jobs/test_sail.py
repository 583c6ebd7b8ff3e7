"""One job on two engines: Sail gives what Spark gives, bit for bit, or gives way to it."""

from __future__ import annotations

import datetime as dt
import decimal
import gzip
import json
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs import prepare
from jobs.config import PrepareConfig
from jobs.connect import start_sail
from jobs.engine import Engine, on_engine, spark_engine
from jobs.engine_choice import Choice
from schemas.errors import InputError
from transforms.plan import FitOptions

CONNECT = "SPARK_CONNECT_MODE_ENABLED"
SPLITS = ("train", "validation", "test")
NULL, NAN = None, float("nan")


@contextmanager
def remote_columns() -> Iterator[None]:
    """Let pyspark's functions make columns of a remote session."""
    os.environ[CONNECT] = "1"
    try:
        yield
    finally:
        os.environ.pop(CONNECT, None)


@pytest.fixture(scope="module")
def sail() -> Iterator[Engine]:
    with remote_columns():
        engine = start_sail(300)
    yield engine
    with remote_columns():
        engine.close()


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


Both = Callable[..., dict[str, Any]]


@pytest.fixture
def both(spark: SparkSession, sail: Engine, tmp_path: Path) -> Both:
    """Prepare an input on both engines, hold the results together, return the manifest."""

    def run(source: Path, *, target: str | None = "y", **options: Any) -> dict[str, Any]:
        configs = [
            PrepareConfig(str(source), str(tmp_path / name), target=target, **options)
            for name in ("out_sail", "out_spark")
        ]
        prepare.run(spark_engine(spark), configs[1])
        with remote_columns():
            prepare.run(sail, configs[0])
        assert_equal(tmp_path / "out_sail", tmp_path / "out_spark")
        return manifest_of(tmp_path / "out_sail")

    return run


def csv_of(*columns: str, rows: int = 300, seed: int = 1) -> str:
    """Write rows of random cells: each column is ``name: cell cell …``, and ``y`` is the target."""
    draw = random.Random(seed)
    names, cells = zip(*(column.split(": ") for column in columns))
    lines = [",".join((*names, "id", "y"))]
    for i in range(rows):
        lines.append(",".join([draw.choice(c.split(" ")) for c in cells] + [f"{i}", f"{i % 7}"]))
    return "\n".join(lines) + "\n"


EVERYDAY = csv_of("x: 0.1 2.5 -3.75 1e3 7", "n: 1 2 -3 40 5", "s: a b c d e", rows=300)
WITH_NULLS = csv_of("x: 0.1 2.5  1e3", "n: 1 2  40", "s: a b  c", "d: 2013-01-01  1969-12-31")

TABLES = {
    "nulls in every column": WITH_NULLS,
    "doubles of every size": csv_of(
        "x: 1e300 -1e300 5e-324 1e-310 0.1 -0.0 0",
        "m: 1e-30 1e30 -1e15 3.3",
        "big: 123456789012345678901234567890 1 0.000000000000000000000001",
    ),
    "whole numbers beyond 2**53": csv_of(
        "n: 9007199254740993 -9223372036854775808 9223372036854775807 1 0"
    ),
    "labels": csv_of(
        "`a.b`: ä 日本 🛫 \u0301e é A a ß",
        "with blank:  x . .. x.y -",
        "t: 001 1 1.0 true NaN nan null NULL",
    ),
    "timestamps": csv_of(
        "t: 2013-01-01T05:00:00Z 1969-12-31T23:59:59.999999Z 2013-06-01T00:00:00.5Z",
        "d: 2013-01-01 1960-02-29 2400-12-31",
    ),
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("scale", [False, True], ids=["plain", "scaled"])
def test_a_table(both: Both, tmp_path: Path, name: str, scale: bool) -> None:
    (tmp_path / "t.csv").write_text(TABLES[name])
    both(tmp_path / "t.csv", fit=FitOptions(scale=scale))


OPTIONS: dict[str, dict[str, Any]] = {
    "median": {"fit": FitOptions(fill="median")},
    "median, scaled": {"fit": FitOptions(fill="median", scale=True)},
    "no fill": {"fit": FitOptions(fill="none")},
    "duplicates": {"drop_duplicates": True},
    "duplicates, scaled": {"drop_duplicates": True, "fit": FitOptions(scale=True)},
    "unseen keep": {"fit": FitOptions(unseen="keep", max_labels=2)},
    "unseen separate": {"fit": FitOptions(unseen="separate", max_labels=2)},
    "unseen skip": {"fit": FitOptions(unseen="skip", max_labels=2)},
    "three labels": {"fit": FitOptions(max_labels=3)},
    "frequent labels": {"fit": FitOptions(min_frequency=60)},
    "weights": {"weights": (Fraction(1, 2), Fraction(1, 4), Fraction(1, 4))},
    "seed": {"seed": -7},
    "key": {"key": ("id",)},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option(both: Both, tmp_path: Path, name: str) -> None:
    text = WITH_NULLS
    if OPTIONS[name].get("drop_duplicates"):
        text = csv_of("x: 0.1 -0.0 0.0 ", "s: a b ").replace("id,y", "id,y")
        lines = text.splitlines()
        text = "\n".join([lines[0], *(line for line in lines[1:] for _ in range(2))]) + "\n"
    (tmp_path / "t.csv").write_text(text)
    both(tmp_path / "t.csv", **OPTIONS[name])
