"""The benchmark's tables: the same bytes from the same seed, and what was promised in them."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest

from benchmarks import data
from benchmarks.columns import Column, tall_columns
from benchmarks.data import NoSpaceError, make_chunk, provide
from benchmarks.shapes import FULL, QUICK, SHAPES, Shape

Usage = namedtuple("Usage", "total used free")
TALL = Shape("tall", tall_columns(), rows=2_000, file_rows=2_000)


def digest(folder: Path) -> dict[str, str]:
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.rglob("*.*")
    }


@pytest.mark.parametrize("file_format", ["csv", "csv.gz", "parquet"])
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, file_format: str) -> None:
    shape = replace(TALL, format=file_format, file_rows=700)
    one, two = provide(shape, tmp_path / "one"), provide(shape, tmp_path / "two")
    other = provide(shape, tmp_path / "other", seed=43)
    assert sorted(digest(one.input)) == [f"part-0000{i}.{file_format}" for i in range(3)]
    assert digest(one.path) == digest(two.path)
    if file_format == "csv.gz":
        # The time of packing: the two above may fall into one second.
        assert (one.input / "part-00000.csv.gz").read_bytes()[4:8] == bytes(4)
    assert not set(digest(one.input).values()) & set(digest(other.input).values())


def test_rows_do_not_depend_on_how_files_are_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "CHUNK", 300)
    monkeypatch.setattr(data, "ROW_GROUP", 500)
    whole = (provide(TALL, tmp_path / "whole").input / "part-00000.csv").read_text()
    cut = provide(replace(TALL, file_rows=7), tmp_path / "cut").input
    header, *lines = whole.splitlines()
    pieces = [file.read_text().splitlines() for file in sorted(cut.iterdir())]
    assert len(pieces) == 286
    assert {piece[0] for piece in pieces} == {header}
    assert [line for piece in pieces for line in piece[1:]] == lines


def test_a_table_that_is_there_is_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = provide(TALL, tmp_path)
    monkeypatch.setattr(data, "write_rows", lambda *_, **__: pytest.fail("made again"))
    assert provide(TALL, tmp_path) == first


@pytest.mark.parametrize("damage", ["truncated", "other rows"])
def test_a_damaged_or_other_table_is_made_anew(tmp_path: Path, damage: str) -> None:
    first = provide(TALL, tmp_path)
    expected = digest(first.path)
    if damage == "truncated":
        (first.input / "part-00000.csv").write_text("id\n")
    else:
        provide(replace(TALL, rows=10), tmp_path)
    assert provide(TALL, tmp_path) == first
    assert digest(first.path) == expected


def test_nulls_keys_and_labels_are_as_described() -> None:
    table = make_chunk(TALL, 0, 20_000, 42)
    assert table.num_columns == 18
    assert len(set(table["id"].to_pylist())) == 20_000
    for column in TALL.columns:
        share = table[column.name].null_count / 20_000
        assert share == pytest.approx(column.nulls, abs=0.006)
        assert (share > 0) == column.contract_entry()["nullable"]
    one, other = (table[name].to_numpy() for name in ("num_3", "num_5"))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.05
    counts = sorted((n["counts"] for n in table["cat_50"].value_counts().to_pylist()), reverse=True)
    assert len(counts) == 50
    assert counts[0] > 20 * counts[-1]


def test_files_hold_empty_cells_and_the_facts_count_them(tmp_path: Path) -> None:
    table = provide(TALL, tmp_path)
    text = (table.input / "part-00000.csv").read_text()
    assert '"' not in text
    assert text.startswith("id,label,num_1,")
    read = pyarrow.csv.read_csv(table.input / "part-00000.csv")
    assert table.labelled == 2_000 - read["label"].null_count < 2_000
    assert (table.rows, table.bytes) == (2_000, len(text))
    assert 115 < len(text) / 2_000 < 130


def test_the_contract_is_one_that_prepare_reads(tmp_path: Path) -> None:
    from schemas.contract_json import contract_from_json

    table = provide(replace(TALL, format="parquet"), tmp_path)
    contract = contract_from_json(table.contract.read_text())
    schema = pyarrow.parquet.read_schema(table.input / "part-00000.parquet")
    assert (contract.target, contract.key) == ("label", ("id",))
    assert list(contract.names) == schema.names
    names = {"int64": "bigint", "int32": "int"}
    assert [c.type for c in contract.columns] == [names.get(str(t), str(t)) for t in schema.types]


def test_a_full_disk_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1e12, 1e12, 1e9))
    with pytest.raises(NoSpaceError, match=r"tall-32m and its results need 9\.2 GB.*1\.0 GB free"):
        provide(SHAPES["tall-32m"], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_shapes_are_what_the_issue_lists() -> None:
    assert "tall-32m" not in FULL
    assert set(FULL + QUICK) <= set(SHAPES)
    assert (SHAPES["wide"].rows, len(SHAPES["wide"].columns)) == (200_000, 300)
    labels = [c.size for c in SHAPES["wide"].columns if c.kind == "category"]
    assert (len(labels), min(labels), max(labels)) == (149, 6, 200)
    assert SHAPES["small-files-2m"].files == 2_000
    assert len(SHAPES["high-cardinality"].columns) == 6


def test_high_cardinality_has_three_distinct_texts_for_five_rows() -> None:
    shape = Shape("high", (Column("label", "code", 40_000),), 20_000, 20_000)
    distinct = make_chunk(shape, 0, 20_000, 42)["label"].unique()
    assert len(distinct) / 20_000 == pytest.approx(0.787, abs=0.01)
    assert SHAPES["high-cardinality"].columns[-1].size == 2 * SHAPES["high-cardinality"].rows


def test_facts_say_what_a_table_was_made_from(tmp_path: Path) -> None:
    facts = json.loads((provide(TALL, tmp_path).path / "facts.json").read_text())
    assert facts["made_from"]["seed"] == 42
    assert facts["made_from"]["columns"][0]["name"] == "id"
