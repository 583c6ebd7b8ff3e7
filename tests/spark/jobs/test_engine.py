"""The engines of a job: how they start, work and end, and what happens when one gives up."""

from __future__ import annotations

import gzip
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.engine import Engine, on_engine, open_engine, spark_engine
from jobs.engine_choice import Choice
from jobs.errors import FAILED, WRONG_INPUT, ConflictError, UnsupportedError, describe
from schemas.errors import InputError

SAIL = Choice("sail", "asked for")


def test_spark_keeps_its_session(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARK_REMOTE", "sc://nowhere")
    with open_engine(Choice("spark", "")) as engine:
        assert "SPARK_REMOTE" not in os.environ
        assert engine.name == "spark"
        assert engine.is_classic
        assert engine.version == spark.version
    assert spark.range(3).count() == 3


def test_sail_runs_beside_spark_and_leaves_no_trace(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,s\n1,a\n2,b\n")
    with open_engine(SAIL) as engine:
        rows = engine.spark.read.csv(str(tmp_path / "t.csv"), header=True)
        hashed = rows.select(F.xxhash64("s").alias("h")).collect()
        assert engine.spark.conf.get("spark.sql.session.timeZone") == "UTC"
        assert engine.name == "sail"
        assert not engine.is_classic
        assert not engine.has_corrupt_records
    assert "SPARK_CONNECT_MODE_ENABLED" not in os.environ
    rows = spark.read.csv(str(tmp_path / "t.csv"), header=True)
    assert rows.select(F.xxhash64("s").alias("h")).collect() == hashed


def test_sail_is_given_paths_it_finds(tmp_path: Path) -> None:
    path = tmp_path / "a b%20+.csv"
    path.write_text("id\n1\n")
    with open_engine(SAIL) as engine:
        given = engine.literal(engine.files.full(str(path)))
        assert engine.spark.read.csv(given, header=True).count() == 1
        with pytest.raises(UnsupportedError, match="a file name that holds"):
            engine.literal(engine.files.full(str(tmp_path / "a[1].csv")))


def test_spark_is_given_paths_it_finds(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "a b%20[1].csv"
    path.write_text("id\n1\n")
    engine = spark_engine(spark)
    given = engine.literal(engine.files.full(str(path)))
    assert spark.read.csv(given, header=True).count() == 1


def test_sail_writes_parquet_packed_as_spark_does(tmp_path: Path) -> None:
    with open_engine(SAIL) as engine:
        engine.spark.range(9).write.parquet(str(tmp_path / "out"))
    (written,) = (tmp_path / "out").glob("*.parquet")
    assert pq.ParquetFile(written).metadata.row_group(0).column(0).compression == "SNAPPY"


def damaged_parquet(path: Path) -> None:
    pq.write_table(pa.table({"a": list(range(20_000))}), path, use_dictionary=False)
    content = bytearray(path.read_bytes())
    content[100:4000] = b"\xff" * 3900
    path.write_bytes(content)


def test_damage_that_sail_meets_is_told_as_the_users(tmp_path: Path) -> None:
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"1,2\n" * 9999)[:-20])
    (tmp_path / "plain.csv.gz").write_bytes(b"id,y\n1,2\n")
    damaged_parquet(tmp_path / "t.parquet")
    told = {}
    with open_engine(SAIL) as engine:
        for path in tmp_path.iterdir():
            reader = engine.spark.read.format("parquet" if path.suffix == ".parquet" else "csv")
            with pytest.raises(Exception, match=".") as raised:
                reader.load(str(path)).collect()
            told[path.name] = describe(raised.value)
    assert told == {
        "cut.csv.gz": (WRONG_INPUT, "a compressed file ends too early; it was cut off"),
        "plain.csv.gz": (WRONG_INPUT, "a compressed file ends too early; it was cut off"),
        "t.parquet": (WRONG_INPUT, "a Parquet file is damaged"),
    }


def test_what_fails_on_sail_starts_over_on_spark(
    spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    def work(engine: Engine) -> str:
        if engine.name == "sail":
            engine.spark.range(3).select(F.expr("no_such_function(id)")).collect()
        return f"{engine.name} {engine.spark.range(3).select(F.col('id') + 1).count()}"

    assert on_engine(SAIL, work) == "spark 3"
    said = capsys.readouterr().err
    assert said == (
        "note: engine sail gave up (UnsupportedOperationException: unknown function: "
        "no_such_function); the output is untouched, starting over on Spark\n"
    )


def test_what_sail_cannot_reach_starts_over_on_spark(
    spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    def work(engine: Engine) -> str:
        if engine.name == "sail":
            raise UnsupportedError("text encoded as latin-1")
        return engine.name

    assert on_engine(SAIL, work) == "spark"
    assert "text encoded as latin-1" in capsys.readouterr().err


@pytest.mark.parametrize("error", [InputError("yours to mend"), KeyboardInterrupt()])
def test_what_spark_would_not_mend_ends_the_work(error: BaseException) -> None:
    tried = []

    def work(engine: Engine) -> str:
        tried.append(engine.name)
        raise error

    with pytest.raises(type(error)):
        on_engine(SAIL, work)
    assert tried == ["sail"]
    assert "SPARK_CONNECT_MODE_ENABLED" not in os.environ


def test_a_call_that_hangs_on_sail_is_given_up(
    spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    def work(engine: Engine) -> str:
        if engine.name == "sail":
            engine.spark.range(10**13).select(F.sum(F.col("id") % 7)).collect()
        return engine.name

    start = time.monotonic()
    assert on_engine(SAIL, work, timeout=2) == "spark"
    assert time.monotonic() - start < 15
    assert "did not finish in time; raise --engine-timeout" in capsys.readouterr().err


@pytest.fixture
def silent_server() -> Iterator[str]:
    """Give the address of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"sc://127.0.0.1:{server.getsockname()[1]}"


def test_a_server_that_never_answers_is_an_error_in_time(silent_server: str) -> None:
    start = time.monotonic()
    with pytest.raises(Exception, match="DEADLINE_EXCEEDED") as raised:
        on_engine(Choice(silent_server, "asked for"), lambda engine: engine.name, timeout=1)
    assert time.monotonic() - start < 10
    code, message = describe(raised.value)
    assert code == FAILED
    assert message == "the engine did not finish in time; raise --engine-timeout"
    assert "SPARK_CONNECT_MODE_ENABLED" not in os.environ


def test_an_address_where_nobody_listens_is_an_error(
    command: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text("id,y\n1,2\n")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    arguments = ("--target", "y", "--engine", f"sc://127.0.0.1:{port}")
    done = command("prepare", tmp_path / "t.csv", tmp_path / "out", *arguments)
    assert done.code == FAILED
    assert f"no Spark Connect server answers at sc://127.0.0.1:{port}" in done.err
    assert not done.output.exists()


def test_a_server_that_runs_is_used_as_it_is(tmp_path: Path) -> None:
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


def test_the_engine_of_a_session_reaches_hadoop(spark: SparkSession, tmp_path: Path) -> None:
    engine = spark_engine(spark)
    assert engine.files.full(str(tmp_path)) == f"file:{tmp_path}"
    engine.close()
    assert spark.range(1).count() == 1


def test_who_lost_against_another_run_does_not_begin_anew(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On Spark the work would begin from the winner's manifest, and replace its result."""

    def lose(_: Engine) -> None:
        raise ConflictError("another run published")

    with pytest.raises(ConflictError):
        on_engine(SAIL, lose)
    assert "starting over" not in capsys.readouterr().err
