"""Attacks that once gave wrong data or destroyed some."""

from __future__ import annotations

import datetime as dt
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


def three(bad: dict[int, str]) -> str:
    """Write 62 rows id, y, s; some of them replaced."""
    rows = (bad.get(i, f"{i},{i % 7},{'abc'[i % 3]}") + "\n" for i in range(62))
    return "id,y,s\n" + "".join(rows)


@pytest.mark.parametrize(
    "bad",
    [{60: '60,1,"open'}, {10: '10,1,"open', 30: '30,1,"open'}, {61: '61,1,"open'}],
    ids=["one", "two", "last line"],
)
def test_a_quote_left_open_in_the_last_field_swallows_no_rows(
    prepare: Prepare, table: Table, bad: dict[int, str]
) -> None:
    done = prepare(table(three(bad)))
    assert done.code == 0, done.err
    assert done.manifest["rows"]["read"] == 62


def test_two_quotes_left_open_swallow_no_rows(prepare: Prepare, table: Table) -> None:
    text = three({}).replace("10,3,b\n", '10,"3,b\n').replace("30,2,a\n", '30,"2,a\n')
    assert text.count('"') == 2
    done = prepare(table(text))
    assert done.code == 0, done.err
    assert done.manifest["rows"]["read"] == 62


def test_an_output_name_with_glob_characters(
    prepare: Prepare, table: Table, clean_csv: str
) -> None:
    done = prepare(table(clean_csv), output="out[1]")
    assert done.code == 0, done.err
    assert done.rows() == 60


def test_an_output_inside_an_input_with_glob_characters(
    prepare: Prepare, table: Table, clean_csv: str, tmp_path: Path
) -> None:
    table(clean_csv, "in[1]/a.csv")
    done = prepare(tmp_path / "in[1]", output="in[1]/out")
    assert done.code == 2
    assert "lies inside the input" in done.err


@pytest.mark.parametrize("mine", ["delta/mine.txt", "quarantine/_mine.txt", "test/.mine/a.txt"])
def test_files_of_somebody_else_are_not_deleted(
    prepare: Prepare, table: Table, clean_csv: str, mine: str
) -> None:
    kept = table("precious", f"out/{mine}")
    prepare(table(clean_csv))
    assert kept.read_text() == "precious"


@pytest.mark.parametrize("text", ['{"files": ["a.js"]}', '{"files": [{"name": "a.js"}]}'])
def test_a_manifest_of_somebody_else(
    prepare: Prepare, table: Table, clean_csv: str, tmp_path: Path, text: str
) -> None:
    table(text, "out/manifest.json")
    done = prepare(table(clean_csv))
    assert done.code == 2
    assert "manifest.json was not written by prepare" in done.err
    assert (tmp_path / "out" / "manifest.json").read_text() == text


def test_long_ids_keep_their_digits(prepare: Prepare, table: Table) -> None:
    rows = "".join(f"{1_234_567_890_123_456_700 + i},{i},{i}\n" for i in range(60))
    done = prepare(table("id,x,y\n" + rows), "--key", "id")
    assert done.code == 0, done.err
    assert done.manifest["contract"]["columns"][0]["type"] == "bigint"


def test_csv_output_keeps_blanks_around_texts(prepare: Prepare, table: Table) -> None:
    path = table("id, x ,s\n" + "".join(f"{i},{i}, pad {i % 2} \n" for i in range(60)))
    done = prepare(path, "--key", "id", "--format", "csv", target="s")
    assert done.code == 0, done.err
    part = next((done.output / "train").glob("*.csv")).read_text().splitlines()
    assert part[0] == "id, x ,s"
    assert part[1].endswith(", pad 0 ")


def test_a_preprocessor_for_another_target(
    prepare: Prepare, table: Table, clean_csv: str, tmp_path: Path
) -> None:
    path = table(clean_csv)
    assert prepare(path, output="first").code == 0
    done = prepare(path, "--preprocessor", tmp_path / "first" / "preprocessor.json", target="x")
    assert done.code == 2
    assert "'y'" in done.err
    assert "'x'" in done.err


def test_an_earlier_result_survives_a_failure_while_publishing(
    prepare: Prepare, table: Table, clean_csv: str
) -> None:
    path = table(clean_csv)
    first = prepare(path, "--scale")
    assert first.code == 0, first.err
    before = {p for p in first.output.rglob("*") if p.is_file()}
    text = (first.output / "preprocessor.json").read_text()
    learned = json.loads(text)
    learned["columns"][1]["spread"] = float("nan")
    again = prepare(path, "--preprocessor", table(json.dumps(learned), "p.json"))
    assert again.code == 2, again.err
    assert {p for p in first.output.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize(
    "kind", [pa.timestamp("us"), pa.timestamp("ns"), pa.timestamp("ns", "UTC")], ids=str
)
def test_the_timestamps_that_pandas_writes(
    prepare: Prepare, tmp_path: Path, kind: pa.DataType
) -> None:
    at = pa.array([dt.datetime(2024, 1, 1)] * 60, kind)
    pq.write_table(pa.table({"at": at, "x": [1.5] * 60, "y": range(60)}), tmp_path / "t.parquet")
    done = prepare(tmp_path / "t.parquet")
    assert done.code == 0 or (done.code == 2 and "'at'" in done.err), done.err
    assert "flatten" not in done.err
    assert "Py4J" not in done.err


@pytest.mark.parametrize("second", [["y"], ["x", "y", "z"]], ids=str)
def test_parquet_files_with_different_columns(
    prepare: Prepare, tmp_path: Path, second: list[str]
) -> None:
    (tmp_path / "in").mkdir()
    for name, columns in (("a", ["x", "y"]), ("b", second)):
        data = {column: [float(i) for i in range(60)] for column in columns}
        pq.write_table(pa.table(data), tmp_path / "in" / f"{name}.parquet")
    done = prepare(tmp_path / "in")
    assert done.code == 2, done.manifest["contract"]["columns"]
    assert "b.parquet" in done.err


def test_json_files_with_different_columns(prepare: Prepare, table: Table, tmp_path: Path) -> None:
    lines = [{"x": i, "y": i} for i in range(60)]
    table("".join(json.dumps(line) + "\n" for line in lines), "in/a.json")
    table("".join(json.dumps({**line, "z": 1}) + "\n" for line in lines), "in/b.json")
    done = prepare(tmp_path / "in")
    assert done.code == 2 or "z" in [c["name"] for c in done.manifest["contract"]["columns"]]


def test_json_without_a_column_of_the_contract(prepare: Prepare, table: Table) -> None:
    columns = [{"name": n, "type": "bigint"} for n in ("x", "prise", "y")]
    contract = table(json.dumps({"columns": columns}), "c.json")
    path = table("".join(f'{{"x": {i}, "price": 3, "y": {i}}}\n' for i in range(60)), "t.json")
    done = prepare(path, "--contract", contract)
    assert done.code == 2, done.out
    assert "column 'prise' is in the contract, not in the input" in done.err


def test_a_nul_byte_in_a_number(prepare: Prepare, table: Table, clean_csv: str) -> None:
    contract = table(json.dumps({"columns": COLUMNS}), "c.json")
    done = prepare(table(clean_csv + "60,1.5\x00,a,1\n"), "--contract", contract)
    assert done.code == 0, done.err
    assert sum(done.manifest["rows"]["quarantined"].values()) == 1


def test_skip_that_empties_a_split(prepare: Prepare, table: Table) -> None:
    validation = (18, 20, 25, 27, 44, 57)  # with --key id and seed 42
    rows = "".join(f"{i},{'new' if i in validation else 'a'},{i}\n" for i in range(60))
    done = prepare(table("id,s,y\n" + rows), "--key", "id", "--unseen", "skip")
    assert done.code == 2, done.manifest["rows"]
    assert "validation got no rows" in done.err
    assert not done.output.exists()


@pytest.mark.parametrize(("text", "code"), [("{}", 2), (None, 0)], ids=["foreign", "left over"])
def test_a_preprocessor_without_a_manifest(
    prepare: Prepare, table: Table, clean_csv: str, tmp_path: Path, text: str | None, code: int
) -> None:
    """Somebody else's is kept; one that a run wrote which then died is replaced."""
    path = table(clean_csv)
    if text is None:
        assert prepare(path, output="first").code == 0
        text = (tmp_path / "first" / "preprocessor.json").read_text()
    mine = table(text, "out/preprocessor.json")
    done = prepare(path)
    assert done.code == code, done.err
    assert (mine.read_text() == text) or code == 0
    assert ("already holds preprocessor.json" in done.err) == (code == 2)
