"""Attacks that once ended in exit code 1, or in a sentence that did not help."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Prepare = Callable[..., Any]
Table = Callable[..., Path]
COLUMNS = [
    {"name": "id", "type": "bigint"},
    {"name": "x", "type": "double"},
    {"name": "s", "type": "string"},
    {"name": "y", "type": "bigint"},
]


def test_an_input_file_whose_name_starts_with_an_underscore(
    prepare: Prepare, table: Table, clean_csv: str
) -> None:
    """Spark ignores such files, so nothing is read: either read it or say that."""
    done = prepare(table(clean_csv, "_t.csv"))
    assert "has a header and no rows" not in done.err


def test_an_input_file_name_with_a_colon(prepare: Prepare, table: Table, clean_csv: str) -> None:
    done = prepare(table(clean_csv, "2024-01-01T10:00.csv"))
    assert done.code in (0, 2), done.err
    assert "java." not in done.err


@pytest.mark.parametrize(
    "change",
    [{"labels": [1, 2]}, {"labels": "abc"}, {"unseen": "perhaps"}, {"output": "id"}],
    ids=str,
)
def test_a_preprocessor_damaged_by_hand(
    prepare: Prepare, table: Table, change: dict[str, Any]
) -> None:
    index = {"name": "s", "type": "string", "action": "index", "output": "s_indexed"}
    index.update({"output_type": "double", "labels": ["a"], "unseen": "keep", **change})
    keep = {"name": "id", "type": "bigint", "action": "keep", "output": "id"}
    data = {
        "format": "spark-etl-preprocessor",
        "format_version": 1,
        "target": "y",
        "train_rows": 1,
        "options": {},
        "columns": [index, {**keep, "output_type": "bigint"}],
    }
    path = table("id,s,y\n" + "".join(f"{i},a,{i}\n" for i in range(60)))
    done = prepare(path, "--preprocessor", table(json.dumps(data), "p.json"))
    assert done.code == 2, done.err
    assert "damaged" in done.err
    assert not done.output.exists()


@pytest.mark.parametrize("encoding", ["latin-1", "utf_8"])
def test_encodings_under_the_names_that_python_knows(
    prepare: Prepare, table: Table, clean_csv: str, encoding: str
) -> None:
    contract = {"csv": {"encoding": encoding}, "columns": COLUMNS}
    done = prepare(table(clean_csv), "--contract", table(json.dumps(contract), "c.json"))
    assert done.code == 0 or (done.code == 2 and encoding in done.err), done.err
    assert "java." not in done.err


@pytest.mark.parametrize("delimiter", ['"', "\n", "\x00"])
def test_a_dialect_that_cannot_be(
    prepare: Prepare, table: Table, clean_csv: str, delimiter: str
) -> None:
    contract = {"csv": {"delimiter": delimiter}, "columns": COLUMNS}
    done = prepare(table(clean_csv), "--contract", table(json.dumps(contract), "c.json"))
    assert done.code == 2
    assert "csv.delimiter" in done.err


def test_a_file_that_only_claims_to_be_gzip(
    prepare: Prepare, table: Table, clean_csv: str, tmp_path: Path
) -> None:
    table(gzip.compress(clean_csv.encode()), "in/a.csv.gz")
    wrong = table(clean_csv, "in/b.csv.gz")
    done = prepare(tmp_path / "in")
    assert done.code == 2, done.err
    assert str(wrong) in done.err


def test_times_in_parquet_are_refused_by_name(prepare: Prepare, tmp_path: Path) -> None:
    data = {"at": pa.array([dt.time(1, 2)] * 60), "y": range(60)}
    pq.write_table(pa.table(data), tmp_path / "t.parquet")
    done = prepare(tmp_path / "t.parquet")
    assert done.code == 2, done.err
    assert "'at'" in done.err


def test_a_damaged_parquet_page(prepare: Prepare, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": list(range(99)), "y": list(range(99))}), path)
    data = path.read_bytes()
    path.write_bytes(data[:60] + b"\x00" * 60 + data[120:])
    done = prepare(path)
    assert done.code == 2, done.err
    assert str(path) in done.err


@pytest.mark.parametrize("where", ["plain/c.json", "directory"])
def test_infer_to_a_place_that_cannot_be_written(
    command: Callable[..., Any], table: Table, clean_csv: str, tmp_path: Path, where: str
) -> None:
    table("a regular file", "plain")
    (tmp_path / "directory").mkdir()
    done = command("infer", table(clean_csv), "--overwrite", "--output", tmp_path / where)
    assert done.code == 2, done.out + done.err
    assert str(tmp_path / where) in done.err


def test_an_unseen_label_of_two_lines(prepare: Prepare, table: Table, tmp_path: Path) -> None:
    rows = "".join(f'{i},"{"new" if i == 4 else "a"}\nb",{i}\n' for i in range(60))
    path = table("id,s,y\n" + rows.replace("new", "a"))
    assert prepare(path, "--key", "id", "--unseen", "skip", output="first").code == 0
    learned = (tmp_path / "first" / "preprocessor.json").read_text().replace('"skip"', '"error"')
    options = ("--key", "id", "--preprocessor", table(learned, "p.json"))
    done = prepare(table("id,s,y\n" + rows), *options)
    assert done.code == 2, done.err
    assert "column 's'" in done.err


def test_partitions_below_several_directories(
    prepare: Prepare, table: Table, clean_csv: str, tmp_path: Path
) -> None:
    table(clean_csv, "in/a/k=1/t.csv")
    table(clean_csv, "in/longer/k=2/t.csv")
    done = prepare(tmp_path / "in" / "*" / "k=*")
    assert done.code in (0, 2), done.err
    assert "Exception" not in done.err


def test_a_column_named_metadata(prepare: Prepare, table: Table, clean_csv: str) -> None:
    done = prepare(table(clean_csv.replace("id,x", "_metadata,x")))
    assert done.code == 0 or (done.code == 2 and "'_metadata'" in done.err), done.err


@pytest.mark.parametrize("path", ["foo://bucket/t.csv", "http://localhost:1/t.csv"])
def test_a_file_system_nobody_knows(prepare: Prepare, path: str) -> None:
    done = prepare(path)
    assert done.code == 2
    assert path in done.err


def test_a_long_first_row_in_a_compressed_file(prepare: Prepare, table: Table) -> None:
    text = "x,y\n" + "z" * 2_000_000 + ",1\n" + "".join(f"a,{i}\n" for i in range(60))
    done = prepare(table(gzip.compress(text.encode()), "t.csv.gz"))
    assert "has a header and no rows" not in done.err


def test_weights_that_nearly_sum_to_1(prepare: Prepare, table: Table, clean_csv: str) -> None:
    done = prepare(table(clean_csv), "--weights", "0.7,0.15,0.14999999")
    assert done.code == 2
    assert "sum to 1;" not in done.err


@pytest.mark.slow
def test_delta_without_its_jars_names_the_package(
    submit: Callable[..., Any], clean_csv: str, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text(clean_csv)
    options = ("--target", "y", "--format", "delta")
    done = submit("prepare", tmp_path / "t.csv", tmp_path / "out", *options)
    assert done.returncode == 2, done.stderr
    assert "--packages io.delta:delta-spark_2.12" in done.stderr
