"""Sail by itself: how it starts, works, ends and gives way; and the cases of every engine on it."""

from __future__ import annotations

import gzip
import json
import os
import re
import socket
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from engine_cases import *  # noqa: F403
from engines import Spark
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from run_command import Run
from twins import WITH_NULLS, assert_equal, remote_columns, write_files

from jobs.connect import start_sail
from jobs.engine import Engine, on_engine, open_engine
from jobs.engine_choice import Choice
from jobs.errors import FAILED, WRONG_INPUT, UnsupportedError, describe

SAIL = Choice("sail", "asked for")
Table = Callable[..., Path]


@pytest.fixture(scope="module")
def sail() -> Iterator[Engine]:
    with remote_columns():
        engine = start_sail(3600)  # of all its runs together
    yield engine
    with remote_columns():
        engine.close()


@pytest.fixture
def engine(sail: Engine) -> Iterator[Spark]:
    with remote_columns():
        yield Spark(sail.spark)


@pytest.fixture
def fitting(engine: Spark) -> Spark:
    return engine


def test_it_runs_beside_spark_and_leaves_no_trace(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,s\n1,a\n2,b\n")
    with open_engine(SAIL) as engine:
        rows = engine.spark.read.csv(str(tmp_path / "t.csv"), header=True)
        hashed = rows.select(F.xxhash64("s").alias("h")).collect()
        assert engine.spark.conf.get("spark.sql.session.timeZone") == "UTC"
        assert (engine.name, engine.is_classic, engine.has_corrupt_records) == (
            "sail",
            False,
            False,
        )
    assert "SPARK_CONNECT_MODE_ENABLED" not in os.environ
    rows = spark.read.csv(str(tmp_path / "t.csv"), header=True)
    assert rows.select(F.xxhash64("s").alias("h")).collect() == hashed


def test_it_is_given_paths_it_finds(tmp_path: Path) -> None:
    path = tmp_path / "a b%20+.csv"
    path.write_text("id\n1\n")
    with open_engine(SAIL) as engine:
        given = engine.literal(engine.files.full(str(path)))
        assert engine.spark.read.csv(given, header=True).count() == 1
        with pytest.raises(UnsupportedError, match="a file name that holds"):
            engine.literal(engine.files.full(str(tmp_path / "a[1].csv")))


@pytest.mark.parametrize("codec", [None, "zstd", "gzip", "none"])
def test_it_packs_parquet_as_asked(tmp_path: Path, codec: str | None) -> None:
    with open_engine(SAIL, codec=codec) as engine:
        engine.spark.range(9).write.parquet(str(tmp_path / "out"))
    (written,) = (tmp_path / "out").glob("*.parquet")
    names = {None: "SNAPPY", "none": "UNCOMPRESSED"}
    packed = pq.ParquetFile(written).metadata.row_group(0).column(0).compression
    assert packed == names.get(codec, str(codec).upper())


def test_damage_that_it_meets_is_told_as_the_users(tmp_path: Path) -> None:
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"1,2\n" * 9999)[:-20])
    (tmp_path / "plain.csv.gz").write_bytes(b"id,y\n1,2\n")
    damaged = tmp_path / "t.parquet"
    pq.write_table(pa.table({"a": list(range(20_000))}), damaged, use_dictionary=False)
    content = bytearray(damaged.read_bytes())
    content[100:4000] = b"\xff" * 3900
    damaged.write_bytes(content)
    told = {}
    with open_engine(SAIL) as engine:
        for path in tmp_path.iterdir():
            reader = engine.spark.read.format("parquet" if path == damaged else "csv")
            with pytest.raises(Exception, match=".") as raised:
                reader.load(str(path)).collect()
            told[path.name] = describe(raised.value)
    cut = (WRONG_INPUT, "a compressed file ends too early; it was cut off")
    parquet = (WRONG_INPUT, "a Parquet file is damaged")
    assert told == {"cut.csv.gz": cut, "plain.csv.gz": cut, "t.parquet": parquet}


@pytest.mark.parametrize(
    ("expression", "seconds", "why"),
    [
        ("no_such_function(id)", 60, "unknown function: no_such_function"),
        ("sum(id % 7)", 2, "did not finish in time; raise --engine-timeout"),
    ],
)
def test_what_fails_or_hangs_starts_over_on_spark(
    spark: SparkSession, capsys: pytest.CaptureFixture[str], expression: str, seconds: int, why: str
) -> None:
    def work(engine: Engine) -> str:
        if engine.name == "sail":
            engine.spark.range(10**13).select(F.expr(expression)).collect()
        return f"{engine.name} {engine.spark.range(3).select(F.col('id') + 1).count()}"

    assert on_engine(SAIL, work, timeout=seconds) == "spark 3"
    assert why in capsys.readouterr().err


def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        silent = Choice(f"sc://127.0.0.1:{server.getsockname()[1]}", "asked for")
        with pytest.raises(Exception, match="DEADLINE_EXCEEDED") as raised:
            on_engine(silent, lambda engine: engine.name, timeout=1)
    said = "the engine did not finish in time; raise --engine-timeout"
    assert describe(raised.value) == (FAILED, said)
    assert "SPARK_CONNECT_MODE_ENABLED" not in os.environ


def test_an_address_where_nobody_listens_is_an_error(command: Run, table: Table) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"sc://127.0.0.1:{server.getsockname()[1]}"
    source = table("id,y\n1,2\n")
    done = command("prepare", source, source.parent / "out", "--target", "y", "--engine", address)
    assert done.code == FAILED
    assert f"no Spark Connect server answers at {address}" in done.err
    assert not done.output.exists()


def test_a_server_that_runs_is_used_as_it_is() -> None:
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    try:
        host, port = server.listening_address
        with open_engine(Choice(f"sc://{host}:{port}", "asked for")) as engine:
            assert (engine.name, engine.version) == ("connect", engine.spark.version)
            assert engine.spark.range(3).count() == 3
        assert server.running
    finally:
        server.stop()


TYPES = {"x": "double", "n": "int", "s": "string", "d": "date", "id": "int", "y": "int"}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("7,5,\x00,2013-01-01,900,1\n", "rows that break the contract"),
        ("7,5,\x00b\x00,2013-01-01,900,1\n", "rows that break the contract"),
        ('7,5,"b",2013-01-01,900,1\n', "CSV with quotes"),
        ("7,5,b\n", "."),
        ("7,five,b,2013-01-01,900,1\n", "."),
        ("7,5,b,2013-02-30,900,1\n", "rows that break the contract"),
    ],
    ids=["a NUL", "two NULs", "a quote", "ragged", "a bad cell", "a bad date"],
)
def test_what_it_cannot_read_ends_on_spark(
    prepare: Run, table: Table, tmp_path: Path, line: str, why: str
) -> None:
    columns = [{"name": name, "type": type_name} for name, type_name in TYPES.items()]
    given = ("--contract", table(json.dumps({"columns": columns}), "c.json"))
    # The line stands behind the first 64 kB, where the lines' dialect is looked at.
    source = table(WITH_NULLS + 12 * WITH_NULLS[WITH_NULLS.index("\n") + 1 :] + line)
    first, second = (prepare(source, *given, "--engine", engine, output=engine)
                     for engine in ("sail", "spark"))  # fmt: skip
    assert re.search(f"note: engine sail gave up .*{why}", first.err)
    assert_equal(first.output, second.output)


def test_what_it_cannot_read_and_is_wrong_is_told_by_spark(
    command: Run, refuses: Run, table: Table, tmp_path: Path
) -> None:
    folder = write_files(tmp_path / "in", WITH_NULLS, 3)
    path = folder / "sub1" / "part-1.csv"
    path.write_text(path.read_text().replace("x,n", "n,x"))
    said = [command("prepare", folder, tmp_path / "out", "--target", "y", "--engine", engine)
            for engine in ("sail", "spark")]  # fmt: skip
    assert "engine sail gave up" in said[0].err
    assert said[0].err.splitlines()[1:] == said[1].err.splitlines()
    assert (said[0].code, "the header of one file differs" in said[0].err) == (2, True)
    latin = table(WITH_NULLS.encode() + b"7,5,\xff,2013-01-01,900,1\n")
    done = refuses(latin, "--engine", "sail", says="line 302: not UTF-8")
    assert "starting over" not in done.err


def test_decimals_that_it_rounds_twice_are_read_by_spark(prepare: Run, tmp_path: Path) -> None:
    """907116.4250812675 as decimal(30,10) is another double there than in Spark."""
    cells: Any = pa.array([Decimal("907116.4250812675")] * 60, pa.decimal128(30, 10))
    numbers = pa.array(range(60))
    pq.write_table(pa.table({"id": numbers, "m": cells, "y": numbers}), tmp_path / "t.parquet")
    done = prepare(tmp_path / "t.parquet", "--engine", "sail")
    assert re.search("sail gave up .*more than 15 digits", done.err)
    assert done.rows("train")[0]["m"] == 907116.4250812675
