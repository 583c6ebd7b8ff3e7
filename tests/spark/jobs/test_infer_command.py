"""The infer command: a contract to read and correct, that prepare then accepts."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Table = Callable[..., Path]


def test_prepare_accepts_what_infer_wrote(
    command: Run, table: Table, clean_csv: str, tmp_path: Path
) -> None:
    path, contract = table(clean_csv.replace(",3.5,", ",NA,")), tmp_path / "c.json"
    done = command("infer", path, "--output", contract, "--target", "y", "--key", "id")
    assert done.code == 0, done.err
    assert "note: 'NA' is read as null everywhere: it stands in 'x'" in done.err
    assert json.loads(contract.read_text()) == {
        "contract_version": 1,
        "name": "table",
        "target": "y",
        "key": ["id"],
        "null_tokens": ["", "NA"],
        "on_breach": "quarantine",
        "columns": [
            {"name": "id", "type": "bigint", "nullable": True},
            {"name": "x", "type": "double", "nullable": True},
            {"name": "s", "type": "string", "nullable": True},
            {"name": "y", "type": "bigint", "nullable": True},
        ],
    }
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c.json", "table.csv"]
    prepared = command("prepare", path, tmp_path / "out", "--contract", contract)
    assert prepared.code == 0, prepared.err
    assert prepared.manifest["contract"]["inferred"] is False
    assert prepared.manifest["split"]["key"] == ["id"]
    assert prepared.manifest["nulls_filled"] == {"x": 1}


def test_an_existing_contract_is_not_overwritten(
    command: Run, table: Table, clean_csv: str
) -> None:
    path, contract = table(clean_csv), table("corrected by hand", "c.json")
    done = command("infer", path, "--output", contract)
    assert done.code == 2
    assert f"{contract} exists; give another --output, or --overwrite" in done.err
    assert contract.read_text() == "corrected by hand"
    again = command("infer", path, "--output", contract, "--overwrite")
    assert again.code == 0, again.err
    assert [c["name"] for c in json.loads(contract.read_text())["columns"]] == ["id", "x", "s", "y"]


def test_without_output_the_contract_is_printed(
    command: Run, table: Table, clean_csv: str, tmp_path: Path
) -> None:
    done = command("infer", table(clean_csv.replace(",", ";")))
    assert done.code == 0, done.err
    assert json.loads(done.out)["csv"]["delimiter"] == ";"
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]


@pytest.mark.parametrize("ending", ["csv", "csv.gz"])
def test_small_and_packed_files_beyond_the_first_are_looked_at(
    command: Run, table: Table, tmp_path: Path, ending: str
) -> None:
    pack = (lambda text: gzip.compress(text.encode())) if ending == "csv.gz" else str
    for name, cells in {"a": ("1", "1"), "b": ("1", "2.5"), "c": ("x", "1")}.items():
        table(pack(f"s,x\n{','.join(cells)}\n"), f"in/{name}.{ending}")
    done = command("infer", tmp_path / "in")
    assert done.code == 0, done.err
    assert [c["type"] for c in json.loads(done.out)["columns"]] == ["string", "double"]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (("1", "-2", ""), "bigint"),
        (("1", "2.5", "1e3"), "double"),
        (("true", "FALSE", ""), "boolean"),
        (("2024-01-31", "1999-12-01", ""), "date"),
        (("2024-01-31 10:00:00", "2024-01-31T10:00:00Z", ""), "timestamp"),
        (("01234", "99999", ""), "string"),
        (("1,234", "12", ""), "string"),
        (("", "", ""), "string"),
    ],
)
def test_types_are_inferred_from_cells(
    command: Run, table: Table, cells: tuple[str, ...], kind: str
) -> None:
    rows = "".join(f'"{cell}",1\n' for cell in cells)
    done = command("infer", table("x,y\n" + rows))
    assert done.code == 0, done.err
    assert json.loads(done.out)["columns"][0] == {"name": "x", "type": kind, "nullable": True}


def test_doubts_are_said(command: Run, table: Table) -> None:
    numbers = "".join(f"{i},7,\n" for i in range(30))
    done = command("infer", table('a,b,c\noops,"1,234",\n' + numbers))
    assert done.code == 0, done.err
    assert "note: 'a' is a number but for 1 of 31 cells, such as 'oops'" in done.err
    assert "note: 'b' writes numbers like '1,234'" in done.err
    assert "note: 'c' has no value in the sample; it is taken for a string" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--target", "price"), "target 'price' is not a column"),
        (("--key", "id,nobody"), "key 'nobody' is not a column"),
        (("--input-format", "json"), "line 1: not one JSON object a line"),
    ],
)
def test_infer_refuses(
    command: Run,
    table: Table,
    clean_csv: str,
    tmp_path: Path,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    done = command("infer", table(clean_csv), "--output", tmp_path / "c.json", *arguments)
    assert done.code == 2
    assert said in done.err
    assert not (tmp_path / "c.json").exists()
