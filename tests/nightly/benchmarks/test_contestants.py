"""Every contestant does the same work: whole rows, filled means, most frequent label first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from benchmarks.columns import tall_columns
from benchmarks.data import Table, provide
from benchmarks.measure import measure
from benchmarks.runs import CONTESTANTS, Setting, command, environment, run, wrong_rows
from benchmarks.shapes import Shape

SHAPE = Shape("t", tall_columns(), rows=2_000, file_rows=1_000)
LIBRARIES = ("polars", "duckdb", "pandas")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Table:
    return provide(SHAPE, tmp_path_factory.mktemp("data"))


def output_of(name: str, table: Table, folder: Path) -> dict[str, pl.DataFrame]:
    line = command(CONTESTANTS[name], table, folder / "out", folder, Setting(folder))
    done = measure(line, log=folder / "log", limit=60, env=environment())
    assert done.exit_code == 0, (folder / "log").read_text()
    assert wrong_rows(CONTESTANTS[name], table, folder / "out") is None
    splits = {}
    for split in (folder / "out").iterdir():
        files = pl.read_parquet(f"{split}/*.parquet", hive_partitioning=False)
        splits[split.name.split("=")[-1]] = files
    return splits


@pytest.mark.parametrize("name", LIBRARIES)
def test_libraries_do_the_same_work(name: str, table: Table, tmp_path: Path) -> None:
    splits = output_of(name, table, tmp_path)
    rows = pl.read_csv(f"{table.input}/*.csv")
    for split, share in {"train": 0.7, "validation": 0.15, "test": 0.15}.items():
        assert splits[split].height / table.labelled == pytest.approx(share, abs=0.03)
    written = pl.concat([frame.select(sorted(frame.columns)) for frame in splits.values()])
    expected = rows.filter(pl.col("label").is_not_null())["id"]
    assert sorted(written["id"]) == sorted(expected)
    assert set(written.null_count().row(0)) == {0}
    assert len(written.columns) == 18
    check_means(splits["train"], written, rows)
    check_labels(splits["train"], written, rows)


def check_means(train: pl.DataFrame, written: pl.DataFrame, rows: pl.DataFrame) -> None:
    source = rows.filter(pl.col("id").is_in(train["id"].to_list()))
    empty = rows.filter(pl.col("num_8").is_null())["id"].to_list()
    filled = written.filter(pl.col("id").is_in(empty))["num_8"].unique().to_list()
    assert filled == pytest.approx([source["num_8"].mean()])


def check_labels(train: pl.DataFrame, written: pl.DataFrame, rows: pl.DataFrame) -> None:
    source = rows.filter(pl.col("id").is_in(train["id"].to_list()))
    counts = source["cat_300"].drop_nulls().value_counts()["count"].sort(descending=True).to_list()
    both = written.join(rows.select("id", "cat_300"), on="id")
    found = both.filter(pl.col("id").is_in(train["id"].to_list())).drop_nulls()
    ordered = found["cat_300_index"].value_counts().sort("cat_300_index")["count"].to_list()
    assert ordered == counts
    known = set(source["cat_300"].drop_nulls())
    unseen = both.filter(pl.col("cat_300").is_null() | ~pl.col("cat_300").is_in(list(known)))
    assert unseen["cat_300_index"].unique().to_list() == [len(known)]


@pytest.mark.parametrize("file_format", ["csv.gz", "parquet"])
@pytest.mark.parametrize("name", LIBRARIES)
def test_other_formats(name: str, file_format: str, tmp_path: Path) -> None:
    other = provide(replace(SHAPE, format=file_format), tmp_path)
    assert run(CONTESTANTS[name], other, Setting(tmp_path / "s"), 1).failed is None


@pytest.mark.parametrize("name", ["naive", "floor", "prepare"])
def test_spark_contestants(name: str, table: Table, tmp_path: Path) -> None:
    done = run(CONTESTANTS[name], table, Setting(tmp_path), 1)
    assert done.failed is None
    assert done.counters is not None
    read = done.counters["bytes_read"] / table.bytes
    low, high = {"naive": (15, 40), "floor": (0.99, 1.01), "prepare": (0.99, 4)}[name]
    assert low < read < high
