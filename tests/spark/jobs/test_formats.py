"""One table in every format and dialect: the same rows, the same splits, the same numbers."""

from __future__ import annotations

import datetime as dt
import decimal
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

Prepare = Callable[..., Any]
Table = Callable[..., Path]
IDS = range(60)
# id, x, index of s, y. The labels a, b, c are told apart below by the preprocessor.
ROWS = [(float(i), i * 0.5, "abc"[i % 3], i % 7) for i in IDS]
SPLITS = {"train": 45, "validation": 5, "test": 10}


def published(done: Any) -> list[tuple[float, float, str, int]]:
    """Collect all splits, with s decoded, in the order of id."""
    labels = next(c["labels"] for c in done.preprocessor["columns"] if c["name"] == "s")
    found = []
    for split in SPLITS:
        part = pq.read_table(done.output / split).to_pydict()
        columns = zip(part["id"], part["x"], part["s_indexed"], part["y"])
        found += [(i, x, labels[int(s)], y) for i, x, s, y in columns]
    return sorted(found)


def text_as(clean_csv: str, variant: str) -> bytes:
    if variant == "bom and crlf":
        return b"\xef\xbb\xbf" + clean_csv.replace("\n", "\r\n").encode()
    if variant == "all quoted, semicolon":
        lines = (line.split(",") for line in clean_csv.splitlines())
        return "".join('"' + '";"'.join(cells) + '"\n' for cells in lines).encode()
    return clean_csv.replace(*{"cr": ("\n", "\r"), "tab": (",", "\t")}[variant]).encode()


@pytest.mark.parametrize(
    ("variant", "name"),
    [("bom and crlf", "t.csv"), ("cr", "t.csv"), ("all quoted, semicolon", "t"), ("tab", "t.tsv")],
)
def test_csv_however_it_is_written(
    prepare: Prepare, table: Table, clean_csv: str, variant: str, name: str
) -> None:
    done = prepare(table(text_as(clean_csv, variant), name))
    assert done.code == 0, done.err
    assert done.manifest["rows"]["published"] == SPLITS
    assert done.manifest["input"]["format"] == "csv"
    assert published(done) == ROWS


@pytest.mark.parametrize("ending", ["gz", "zst"])
def test_compressed_csv(prepare: Prepare, table: Table, clean_csv: str, ending: str) -> None:
    pack = gzip.compress if ending == "gz" else zstandard.compress
    done = prepare(table(pack(clean_csv.encode()), f"t.csv.{ending}"))
    assert done.code == 0, done.err
    assert done.manifest["rows"]["published"] == SPLITS
    assert published(done) == ROWS


@pytest.mark.parametrize("name", ["t.jsonl.gz", "no_ending"])
def test_json_lines(prepare: Prepare, table: Table, name: str) -> None:
    rows = [{"id": i, "x": i * 0.5, "s": "abc"[i % 3], "y": i % 7} for i in IDS]
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    done = prepare(table(gzip.compress(text) if name.endswith(".gz") else text, name))
    assert done.code == 0, done.err
    assert done.manifest["input"]["format"] == "json"
    assert done.manifest["rows"]["published"] == SPLITS
    assert published(done) == ROWS


def test_parquet(prepare: Prepare, tmp_path: Path) -> None:
    data = {"id": list(IDS), "x": [i * 0.5 for i in IDS], "s": ["abc"[i % 3] for i in IDS]}
    pq.write_table(pa.table({**data, "y": [i % 7 for i in IDS]}), tmp_path / "t.parquet")
    done = prepare(tmp_path / "t.parquet")
    assert done.code == 0, done.err
    assert done.manifest["input"]["format"] == "parquet"
    assert done.manifest["rows"]["published"] == SPLITS
    assert published(done) == ROWS


def test_parquet_types(prepare: Prepare, tmp_path: Path) -> None:
    moment = dt.datetime(2020, 2, 29, 12, 30, 0, 250000, tzinfo=dt.timezone.utc)
    columns = {
        "i8": pa.array([1] * 60, pa.int8()),
        "i16": pa.array([2] * 60, pa.int16()),
        "i32": pa.array([3] * 60, pa.int32()),
        "f32": pa.array([0.5] * 60, pa.float32()),
        "dec": pa.array([decimal.Decimal("1.25")] * 60, pa.decimal128(10, 2)),
        "flag": pa.array([True] * 60),
        "day": pa.array([dt.date(2020, 2, 29)] * 60),
        "at": pa.array([moment] * 60, pa.timestamp("us", "UTC")),
        "y": pa.array(range(60), pa.int64()),
    }
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    done = prepare(tmp_path / "t.parquet", "--fill", "none")
    assert done.code == 0, done.err
    assert [(c["name"], c["type"]) for c in done.manifest["contract"]["columns"]] == [
        ("i8", "tinyint"),
        ("i16", "smallint"),
        ("i32", "int"),
        ("f32", "float"),
        ("dec", "decimal(10,2)"),
        ("flag", "boolean"),
        ("day", "date"),
        ("at", "timestamp"),
        ("y", "bigint"),
    ]
    row = pq.read_table(done.output / "train").to_pylist()[0]
    assert row.pop("y") in range(60)
    assert row == {
        "i8": 1,
        "i16": 2,
        "i32": 3,
        "f32": 0.5,
        "dec": decimal.Decimal("1.25"),
        "flag": True,
        "day": dt.date(2020, 2, 29),
        "at": moment,
    }


def test_lists_in_parquet_can_be_left_out(prepare: Prepare, table: Table, tmp_path: Path) -> None:
    columns = {"tags": [["a"]] * 60, "x": [0.5] * 60, "y": list(range(60))}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    contract = [
        {"name": "tags", "type": "array<string>", "treat": "leave_out"},
        {"name": "x", "type": "double"},
        {"name": "y", "type": "bigint"},
    ]
    path = table(json.dumps({"columns": contract}), "contract.json")
    done = prepare(tmp_path / "t.parquet", "--contract", path)
    assert done.code == 0, done.err
    assert pq.read_table(done.output / "train").column_names == ["x", "y"]
    assert done.rows() == 60


def test_fields_of_several_lines(prepare: Prepare, table: Table) -> None:
    rows = "".join(f'{i},"line {i % 3}\nand ""more"", here",{i % 7}\n' for i in IDS)
    done = prepare(table("id,s,y\n" + rows))
    assert done.code == 0, done.err
    assert done.manifest["contract"]["csv"]["multiline"] is True
    assert done.manifest["rows"]["read"] == 60
    assert done.rows() == 60
    labels = next(c["labels"] for c in done.preprocessor["columns"] if c["name"] == "s")
    assert sorted(labels) == [f'line {i}\nand "more", here' for i in range(3)]


def test_latin_1_through_the_contract(prepare: Prepare, table: Table) -> None:
    rows = "".join(f"{'café' if i % 2 else 'thé'},{i}\n" for i in IDS)
    contract = {
        "csv": {"encoding": "ISO-8859-1"},
        "columns": [{"name": "prénom", "type": "string"}, {"name": "y", "type": "int"}],
    }
    path = table(f"prénom,y\n{rows}".encode("latin-1"))
    done = prepare(path, "--contract", table(json.dumps(contract), "contract.json"))
    assert done.code == 0, done.err
    assert done.manifest["rows"]["quarantined"] == {}
    assert done.preprocessor["columns"][0]["name"] == "prénom"
    assert sorted(done.preprocessor["columns"][0]["labels"]) == ["café", "thé"]


def test_null_tokens_are_found_where_they_are_certain(prepare: Prepare, table: Table) -> None:
    rows = "".join(f"{'NA' if i % 5 == 0 else i},{'NA' if i % 2 else 'DE'},{i}\n" for i in IDS)
    done = prepare(table("x,land,y\n" + rows))
    assert done.code == 0, done.err
    assert done.manifest["contract"]["null_tokens"] == ["", "NA"]
    assert done.manifest["nulls_filled"] == {"x": 12}
    assert "'NA' is read as null everywhere: it stands in 'x'" in done.out


def test_days_before_1582_are_those_of_the_calendar_of_today(
    prepare: Prepare, table: Table, spark: Any
) -> None:
    """0001-01-01 stands for "unknown" in many a table."""
    spark.conf.set("spark.sql.parquet.datetimeRebaseModeInWrite", "LEGACY")
    days = ["0001-01-01", "1582-10-04", "2013-01-01"]
    lines = "".join(f"{days[i % 3]},{days[i % 3]} 00:00:00,{i % 7}\n" for i in range(60))
    done = prepare(table(f"d,t,y\n{lines}"))
    assert done.code == 0, done.err
    found = pq.read_table(done.output / "train")
    assert {str(day) for day in found["d"].to_pylist()} == set(days)
    assert {str(t)[:10] for t in found["t"].to_pylist()} == set(days)


def test_a_cluster_that_passes_over_damage_does_not_here(
    prepare: Prepare, table: Table, clean_csv: str, spark: Any
) -> None:
    spark.conf.set("spark.sql.files.ignoreCorruptFiles", "true")
    whole = clean_csv + "".join(f"{i},1.5,a,{i % 7}\n" for i in range(60, 200_000))
    done = prepare(table(gzip.compress(whole.encode())[:-2000], "t.csv.gz"))
    assert done.code == 2
    assert "t.csv.gz" in done.err
