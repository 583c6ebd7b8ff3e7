"""Runs after the first: the same again, with more rows, with other rows, with its preprocessor."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

import jobs.main

Prepare = Callable[..., Any]
Table = Callable[..., Path]
SPLITS = ("train", "validation", "test")
# Where seed 42 puts the ids 0 … 59 with --key id.
TEST = [4, 11, 15, 28, 31, 35, 37, 58]
OPTIONS = ("--target", "y", "--key", "id", "--scale")


def csv_of(count: int, changed: dict[int, str] | None = None) -> str:
    """Write id, x, s, y; every tenth x is null."""
    rows = (f"{i},{'' if i % 10 == 9 else i * 0.5},{'abc'[i % 3]},{i % 7}" for i in range(count))
    return "id,x,s,y\n" + "".join(f"{(changed or {}).get(i, row)}\n" for i, row in enumerate(rows))


@pytest.fixture(scope="module")
def first(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish 60 rows once; no test writes into this output."""
    root = tmp_path_factory.mktemp("first")
    (root / "t.csv").write_text(csv_of(60))
    assert jobs.main.main(["prepare", str(root / "t.csv"), str(root / "out"), *OPTIONS]) == 0
    return root / "out"


def rows_of(output: Path, split: str) -> list[dict[str, Any]]:
    return sorted(pq.read_table(output / split).to_pylist(), key=lambda row: row["id"])


def assert_disk_is_manifest(output: Path) -> None:
    """Every listed file is there with its size, and nothing else that a reader would see."""
    manifest = json.loads((output / "manifest.json").read_text())
    listed = {file["path"]: file["bytes"] for file in manifest["files"]}
    preprocessor = manifest["preprocessor"]["path"]
    found = {
        str(path.relative_to(output)): path.stat().st_size
        for path in output.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    assert found.pop("manifest.json") > 0
    copy = (output / "preprocessor.json").read_bytes()
    assert copy == (output / preprocessor).read_bytes()
    assert found.pop("preprocessor.json") == len(copy)
    assert found == listed


def test_the_manifest_lists_what_is_there(first: Path) -> None:
    assert_disk_is_manifest(first)
    manifest = json.loads((first / "manifest.json").read_text())
    assert manifest["rows"]["published"] == {"train": 46, "validation": 6, "test": 8}
    assert [row["id"] for row in rows_of(first, "test")] == TEST
    assert not list(first.rglob("_*"))


def test_the_same_again_replaces_all(prepare: Prepare, table: Table, first: Path) -> None:
    dirty = prepare(table(csv_of(90) + "ragged\n"), "--format", "csv", "--key", "id")
    assert dirty.code == 0, dirty.err
    assert dirty.manifest["rows"]["read"] == 91
    assert_disk_is_manifest(dirty.output)
    done = prepare(table(csv_of(60)), *OPTIONS)
    assert done.code == 0, done.err
    assert_disk_is_manifest(done.output)
    assert not list(done.output.rglob("*.csv"))
    assert not (done.output / "quarantine").exists()
    for split in SPLITS:
        assert rows_of(done.output, split) == rows_of(first, split)
    preprocessor = (done.output / "preprocessor.json").read_bytes()
    assert preprocessor == (first / "preprocessor.json").read_bytes()


def test_more_rows_move_no_old_row(prepare: Prepare, table: Table, first: Path) -> None:
    done = prepare(table(csv_of(120)), *OPTIONS)
    assert done.code == 0, done.err
    for split in SPLITS:
        old = [row["id"] for row in rows_of(first, split)]
        assert [row["id"] for row in rows_of(done.output, split) if row["id"] < 60] == old
    assert sum(done.manifest["rows"]["published"].values()) == 120


def test_a_test_row_teaches_nothing(prepare: Prepare, table: Table, first: Path) -> None:
    done = prepare(table(csv_of(60, {4: "4,1e6,never seen,6"})), *OPTIONS)
    assert done.code == 0, done.err
    changed, before = rows_of(done.output, "test")[0], rows_of(first, "test")[0]
    assert changed["id"] == before["id"] == 4
    assert changed["x"] > 10_000 > before["x"]
    assert changed["s_indexed"] == 3.0
    preprocessor = (done.output / "preprocessor.json").read_bytes()
    assert preprocessor == (first / "preprocessor.json").read_bytes()
    train = pa.Table.from_pylist(rows_of(done.output, "train"))
    assert train.equals(pa.Table.from_pylist(rows_of(first, "train")))


def test_a_train_row_does_teach(prepare: Prepare, table: Table, first: Path) -> None:
    """So that the test above cannot pass because nothing is learned at all."""
    done = prepare(table(csv_of(60, {5: "5,1e6,never seen,6"})), *OPTIONS)
    assert done.code == 0, done.err
    before = json.loads((first / "preprocessor.json").read_text())["columns"]
    assert done.preprocessor["columns"][1]["fill"] > 10_000 > before[1]["fill"]
    assert done.preprocessor["columns"][2]["labels"][-1] == "never seen"


def test_an_earlier_preprocessor_gives_the_same_values(
    prepare: Prepare, table: Table, first: Path
) -> None:
    earlier = first / "preprocessor.json"
    done = prepare(table(csv_of(60)), "--key", "id", "--preprocessor", earlier)
    assert done.code == 0, done.err
    assert done.manifest["preprocessor"]["fitted_here"] is False
    assert (done.output / "preprocessor.json").read_bytes() == earlier.read_bytes()
    for split in SPLITS:
        mine = pq.read_table(done.output / split).sort_by("id")
        assert mine.equals(pq.read_table(first / split).sort_by("id"))


def test_an_earlier_preprocessor_is_not_fitted_again(
    prepare: Prepare, table: Table, first: Path
) -> None:
    learned = json.loads((first / "preprocessor.json").read_text())["columns"][1]
    rows = "".join(f"{i},{'' if i == 4 else '7000.0'},b,1\n" for i in range(60))
    options = ("--key", "id", "--preprocessor", first / "preprocessor.json", "--fill", "median")
    done = prepare(table("id,x,s,y\n" + rows), *options)
    assert done.code == 0, done.err
    x = {row["id"]: row["x"] for row in rows_of(done.output, "test")}
    assert x[4] == (learned["fill"] - learned["center"]) / learned["spread"]
    assert x[11] == (7000.0 - learned["center"]) / learned["spread"]
