"""One job on two engines: Sail gives what Spark gives, bit for bit, or gives way to it."""

from __future__ import annotations

import datetime as dt
import decimal
import gzip
import random
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from twins import WITH_NULLS, assert_equal, csv_of, manifest_of, remote_columns, write_files

from jobs import prepare
from jobs.config import PrepareConfig
from jobs.connect import start_sail
from jobs.engine import Engine, spark_engine
from schemas.errors import InputError
from transforms.plan import FitOptions

NULL, NAN = None, float("nan")


@pytest.fixture(scope="module")
def sail() -> Iterator[Engine]:
    with remote_columns():
        # Of all its runs together.
        engine = start_sail(3600)
    yield engine
    with remote_columns():
        engine.close()


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
    # The square of 1e300 is infinite, which no engine scales.
    text = TABLES[name].replace("1e300", "1e150") if scale else TABLES[name]
    (tmp_path / "t.csv").write_text(text)
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
        text = csv_of("x: 0.1 -0.0 0.0 ", "s: a b ")
        lines = text.splitlines()
        text = "\n".join([lines[0], *(line for line in lines[1:] for _ in range(2))]) + "\n"
    (tmp_path / "t.csv").write_text(text)
    both(tmp_path / "t.csv", **OPTIONS[name])


def lines_of(count: int, source: Path) -> str:
    with source.open(encoding="utf-8") as lines:
        return "".join(islice(lines, count))


FLIGHTS: dict[str, Any] = {"target": "arr_delay", "contract": "schemas/flights.json"}


def test_flights(both: Both, flights_csv: Path, tmp_path: Path) -> None:
    (tmp_path / "flights.csv").write_text(lines_of(20_001, flights_csv))
    told = both(tmp_path / "flights.csv", **FLIGHTS)
    assert told["rows"]["read"] == 20_000
    assert told["rows"]["dropped"]["the target is null"] > 0


LAYOUTS: dict[str, Callable[[Path], Path]] = {
    "three files": lambda path: write_files(path, WITH_NULLS, 3),
    "many files": lambda path: write_files(path, WITH_NULLS, 150),
    "gz": lambda path: written(path / "t.csv.gz", gzip.compress(WITH_NULLS.encode())),
    "bom and crlf": lambda path: written(
        path / "t.csv", b"\xef\xbb\xbf" + WITH_NULLS.replace("\n", "\r\n").encode()
    ),
    "cr": lambda path: written(path / "t.csv", WITH_NULLS.replace("\n", "\r").encode()),
    "semicolons": lambda path: written(path / "t.csv", WITH_NULLS.replace(",", ";").encode()),
    "blank lines": lambda path: written(path / "t.csv", (WITH_NULLS + "\n\n").encode()),
    "no last newline": lambda path: written(path / "t.csv", WITH_NULLS.rstrip("\n").encode()),
}


def written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout(both: Both, tmp_path: Path, name: str) -> None:
    assert both(LAYOUTS[name](tmp_path / "in"))["rows"]["read"] == 300


def parquet_table(rows: int = 300) -> pa.Table:
    draw = random.Random(3)
    moment = dt.datetime(1969, 12, 31, 23, 59, 59, 999_999, dt.timezone.utc)

    def column(type_: pa.DataType, *values: object) -> pa.Array:
        return pa.array([draw.choice(values) for _ in range(rows)], type_)

    text = column(pa.string(), "a", "b", "", "ä", NULL)
    return pa.table(
        {
            "f": column(pa.float32(), 0.1, NAN, -0.0, 1e30, NULL),
            "d": column(pa.float64(), 0.1, NAN, 1e300, 5e-324, -1.5, NULL),
            "small": column(pa.decimal128(5, 2), decimal.Decimal("1.10"), NULL),
            # One of more than 15 digits is left to Spark.
            "large": column(pa.decimal128(15, 10), decimal.Decimal("99999.0000000001"), NULL),
            "b": column(pa.bool_(), True, False, NULL),
            "i8": column(pa.int8(), -128, 127, NULL),
            "i16": column(pa.int16(), -5, 7, NULL),
            "i64": column(pa.int64(), 2**53 + 1, -(2**63), 2**63 - 1, NULL),
            "date": column(pa.date32(), dt.date(2013, 1, 1), dt.date(1900, 1, 1), NULL),
            "t": column(pa.timestamp("us", "UTC"), moment, moment + dt.timedelta(days=9999), NULL),
            "s": text,
            "id": pa.array(range(rows)),
            "y": pa.array([i % 7 for i in range(rows)]),
        }
    )


PARQUET: dict[str, dict[str, Any]] = {
    "as it is": {},
    "median": {"fit": FitOptions(fill="median", unseen="separate")},
    "target double": {"target": "d"},
    "target float": {"target": "f"},
    "target small": {"target": "small"},
    "target large": {"target": "large"},
    "target bool": {"target": "b"},
    "target i8": {"target": "i8"},
    "target date": {"target": "date"},
    "target t": {"target": "t"},
    "target s": {"target": "s"},
}


@pytest.mark.parametrize("name", PARQUET)
def test_parquet(both: Both, tmp_path: Path, name: str) -> None:
    pq.write_table(parquet_table(), tmp_path / "t.parquet", row_group_size=100)
    both(tmp_path / "t.parquet", **PARQUET[name])


def test_scaled_parquet(both: Both, tmp_path: Path) -> None:
    table = parquet_table().drop_columns(["d"])
    pq.write_table(table, tmp_path / "t.parquet")
    both(tmp_path / "t.parquet", fit=FitOptions(scale=True), drop_duplicates=True)


def test_apply(both: Both, spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(WITH_NULLS)
    config = PrepareConfig(str(tmp_path / "t.csv"), str(tmp_path / "first"), target="y")
    prepare.run(spark_engine(spark), config)
    other = WITH_NULLS.replace(",a,", ",new,").replace(",0.1,", ",99,")
    (tmp_path / "u.csv").write_text(other)
    given = str(tmp_path / "first" / "preprocessor.json")
    both(tmp_path / "u.csv", target=None, preprocessor=given)


def test_unseen_error(sail: Engine, spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(WITH_NULLS)
    said = []
    for engine in (spark_engine(spark), sail):
        options = FitOptions(unseen="error", max_labels=2)
        config = PrepareConfig(
            str(tmp_path / "t.csv"), str(tmp_path / "out"), target="y", fit=options
        )
        where = remote_columns() if engine is sail else nullcontext()
        with where, pytest.raises(InputError) as raised:
            prepare.run(engine, config)
        said.append(str(raised.value))
        assert not (tmp_path / "out").exists()
    assert said[0] == said[1]
    assert "labels without an index" in said[0]
