"""The infer command: a contract from a bounded sample, to be read and corrected."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from run_command import Run

from jobs import sample
from jobs.local_files import LocalFiles
from jobs.sample import infer_from
from jobs.source import find_source
from schemas.infer import Inferred

Table = Callable[..., Path]


def inferred(path: Path) -> Inferred:
    return infer_from(LocalFiles(), find_source(LocalFiles(), str(path)), "t")


def types_of(path: Path) -> dict[str, str]:
    return {column.name: column.type for column in inferred(path).contract.columns}


def test_a_contract_is_written_and_doubts_are_said(
    command: Run, table: Table, clean_csv: str, tmp_path: Path
) -> None:
    path, contract = table(clean_csv.replace(",3.5,", ",NA,")), tmp_path / "c.json"
    done = command("infer", path, "--output", contract, "--target", "y", "--key", "id")
    assert (done.code, done.err) == (
        0, "note: 'NA' is read as null everywhere: it stands in 'x'\n"
    )  # fmt: skip
    assert f"contract written to {contract}; read it, then correct it" in done.out
    types = {"id": "bigint", "x": "double", "s": "string", "y": "bigint"}
    assert json.loads(contract.read_text()) == {
        "contract_version": 1,
        "name": "table",
        "target": "y",
        "key": ["id"],
        "null_tokens": ["", "NA"],
        "on_breach": "quarantine",
        "columns": [{"name": n, "type": t, "nullable": True} for n, t in types.items()],
    }
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c.json", "table.csv"]


def test_an_existing_contract_is_replaced_on_request_only(
    command: Run, table: Table, clean_csv: str
) -> None:
    path, contract = table(clean_csv), table("corrected by hand", "c.json")
    done = command("infer", path, "--output", contract)
    assert (done.code, contract.read_text()) == (2, "corrected by hand")
    assert f"{contract} exists; give another --output, or --overwrite" in done.err
    assert command("infer", path, "--output", contract, "--overwrite").code == 0
    assert [c["name"] for c in json.loads(contract.read_text())["columns"]] == ["id", "x", "s", "y"]


def test_without_output_the_contract_is_printed(
    command: Run, table: Table, clean_csv: str, tmp_path: Path
) -> None:
    done = command("infer", table(clean_csv.replace(",", ";")))
    assert (done.code, json.loads(done.out)["csv"]["delimiter"]) == (0, ";")
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--target", "price"), "target 'price' is not a column"),
        (("--key", "id,nobody"), "key 'nobody' is not a column"),
        (("--input-format", "json"), "line 1: not one JSON object a line"),
        (("--output", "{}/plain/c.json"), "cannot write {}/plain/c.json"),
        (("--output", "{}/in", "--overwrite"), "cannot write {}/in: it is a directory"),
    ],
)
def test_what_cannot_be_inferred_or_written_is_refused(
    command: Run, table: Table, clean_csv: str, tmp_path: Path, options: Any, says: str
) -> None:
    path, plain = table(clean_csv, "in/t.csv"), table("a regular file", "plain")
    done = command("infer", path, *(option.format(tmp_path) for option in options))
    assert (done.code, done.out) == (2, "")
    assert says.format(tmp_path) in done.err
    assert {*tmp_path.iterdir()} == {plain, path.parent}


@pytest.mark.parametrize("ending", ["csv", "csv.gz"])
def test_small_and_packed_files_beyond_the_first_are_looked_at(table: Table, ending: str) -> None:
    pack = (lambda text: gzip.compress(text.encode())) if ending == "csv.gz" else str
    for name, cells in {"a": ("1", "1"), "b": ("1", "2.5"), "c": ("x", "1")}.items():
        path = table(pack(f"s,x\n{','.join(cells)}\n"), f"in/{name}.{ending}")
    assert types_of(path.parent) == {"s": "string", "x": "double"}


def test_places_far_behind_the_head_are_looked_at(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "HEAD_BYTES", 1000)
    monkeypatch.setattr(sample, "CHUNK_BYTES", 1000)
    assert types_of(table("x\n" + "1\n" * 5000 + "a\n" * 5000)) == {"x": "string"}


def test_columns_of_every_json_file_are_seen(table: Table) -> None:
    table('{"x": 1, "y": 1}\n' * 3 + '{"x": 1, "y"\n', "in/a.json")
    path = table('{"x": 1.5, "y": true, "z": null}\n', "in/b.json")
    assert types_of(path.parent) == {"x": "double", "y": "string", "z": "string"}


def test_nan_as_python_writes_it_to_json_is_null(table: Table) -> None:
    contract = inferred(table('{"x": NaN, "y": 1}\n{"x": 1.5, "y": 2}\n', "t.jsonl")).contract
    assert (contract.column("x").type, contract.null_tokens) == ("double", ("", "NaN"))


def test_the_type_of_a_partition_is_that_of_all_its_values(table: Table) -> None:
    table("x\n1\n", "in/land=1/n=1/day=2024-01-01/a.csv")
    path = table("x\n2\n", "in/land=EU/n=__HIVE_DEFAULT_PARTITION__/day=2024-01-02/b.csv")
    expected = {"x": "bigint", "land": "string", "n": "bigint", "day": "date"}
    assert types_of(path.parents[3]) == expected


@pytest.mark.parametrize(
    ("text", "delimiter", "multiline"),
    [
        ("a\tb\n1\t2\n", "\t", False),
        ("a;b\n1;2\n", ";", False),
        ("a|b\n1|2\n", "|", False),
        ("a,b;c\n1,2\n", ",", False),
        ("a\n1\n", ",", False),
        ('a,b\n1,"x\ny"\n', ",", True),
        ('a,b\n1,"x\ry"\n', ",", True),
        ('a,b\n1,2\n1,"open\n2,3\n', ",", False),
    ],
)
def test_how_a_csv_is_written_is_seen(
    table: Table, text: str, delimiter: str, multiline: bool
) -> None:
    csv = inferred(table(text)).contract.csv
    assert (csv.delimiter, csv.multiline) == (delimiter, multiline)
