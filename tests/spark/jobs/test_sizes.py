"""Into how many equal tasks a read is cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.config import PrepareConfig
from jobs.engine import Engine, spark_engine
from jobs.files import File
from jobs.prepare import run
from jobs.sizes import cut_evenly, own_cutting, parse_size, read_tasks, write_tasks
from jobs.source import Source, find_source
from schemas.errors import InputError

MB = 1024**2
SETTING = "spark.sql.files.maxPartitionBytes"


@pytest.fixture
def engine(spark: SparkSession) -> Engine:
    return spark_engine(spark)


@pytest.fixture
def cores(spark: SparkSession) -> int:
    return spark.sparkContext.defaultParallelism


def of_size(size: int, format_name: str = "csv", name: str = "a.csv") -> Source:
    file = File(f"file:/{name}", size, 0)
    return Source(f"/{name}", format_name, (file,), (file.path,))


@pytest.mark.parametrize("rounds", [1, 2, 4])
def test_reads_are_whole_rounds_of_the_cores(engine: Engine, cores: int, rounds: int) -> None:
    largest = rounds * cores * 128 * MB
    assert read_tasks(engine, of_size(largest)) == rounds * cores
    assert read_tasks(engine, of_size(largest + 1)) == (rounds + 1) * cores
    assert read_tasks(engine, of_size(1)) == cores


def test_writes_are_whole_rounds_too(engine: Engine, cores: int) -> None:
    # 0.45 of the CSV's bytes are written, 0.7 of them to train.
    train = int(of_size(1000 * MB).bytes * 0.45 * 0.7)
    size = -(-train // (2 * cores + 1))
    tasks = write_tasks(engine, of_size(1000 * MB), target=size, largest_share=0.7)
    assert tasks == 3 * cores
    assert write_tasks(engine, of_size(10), target=size, largest_share=0.7) == cores


def test_other_engines_cut_for_themselves(engine: Engine) -> None:
    remote = replace(engine, is_classic=False)
    assert read_tasks(remote, of_size(10)) is None
    assert write_tasks(remote, of_size(10), target=MB, largest_share=0.7) is None


@pytest.mark.parametrize("tasks", [2, 4, 6])
def test_a_file_falls_into_equal_parts(
    engine: Engine, spark: SparkSession, tmp_path: Path, tasks: int
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x" * 99 + "\n")
    path.write_bytes(path.read_bytes() * 300_000)
    with own_cutting(engine):
        cut_evenly(engine, find_source(engine.files, str(path)), tasks)
        lines = spark.read.text(str(path)).rdd.mapPartitions(lambda part: [sum(1 for _ in part)])
        parts = lines.collect()
    assert sum(parts) == 300_000
    assert len(parts) == tasks
    assert max(parts) - min(parts) <= tasks


@pytest.mark.parametrize("earlier", [None, "64m"])
def test_a_run_leaves_the_session_as_it_was(
    engine: Engine, spark: SparkSession, tmp_path: Path, earlier: str | None
) -> None:
    """Flights after a table of 60 rows were read by 10,000 tasks."""
    (tmp_path / "t.csv").write_text("x,y\n" + "".join(f"{i},{i % 3}\n" for i in range(60)))
    config = PrepareConfig(str(tmp_path / "t.csv"), str(tmp_path / "out"), target="y")
    unset = spark.conf.get(SETTING)
    if earlier:
        spark.conf.set(SETTING, earlier)
    try:
        run(engine, config)
        assert spark.conf.get(SETTING) == (earlier or unset)
        with pytest.raises(InputError):
            run(engine, replace(config, target="z"))
        assert spark.conf.get(SETTING) == (earlier or unset)
    finally:
        spark.conf.unset(SETTING)


@pytest.mark.parametrize(
    ("text", "size"), [("128MB", 128 * MB), ("64m", 64 * MB), ("1g", 1024 * MB), ("7", 7)]
)
def test_sizes_in_words(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "0", "-1m", "1.5g", "many", "1tb"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(InputError, match="write it as 128MB"):
        parse_size(text)


def test_a_random_split_is_drawn_alike_by_both_reads(
    command: Callable[..., Any], tmp_path: Path
) -> None:
    """What is drawn depends on how the input is cut; small files need a finer second read."""
    lines = "".join(f"{i},{i * 0.5},{i % 7}\n" for i in range(3000))
    (tmp_path / "t.csv").write_text("id,x,y\n" + lines)
    done = command(
        "prepare", tmp_path / "t.csv", tmp_path / "out", "--target", "y", "--split-method",
        "random", "--target-file-size", "2k",
    )  # fmt: skip
    assert done.code == 0, done.err
