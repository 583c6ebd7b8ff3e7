"""Where files may lie, and what they and their columns may be called."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

Prepare = Callable[..., Any]
Table = Callable[..., Path]
SPLITS = ("train", "validation", "test")


def column(done: Any, name: str) -> list[Any]:
    parts = (pq.read_table(done.output / split) for split in SPLITS)
    return sorted(cell for part in parts for cell in part[name].to_pylist())


def csv_of(first: int, last: int) -> str:
    return "x,y\n" + "".join(f"{i},{i}\n" for i in range(first, last))


def test_plain_sub_directories_are_read(prepare: Prepare, table: Table, tmp_path: Path) -> None:
    table(csv_of(0, 20), "in/a.csv")
    table(csv_of(20, 40), "in/2024/b.csv")
    table(csv_of(40, 60), "in/2024/deeper/c.csv")
    table("not data", "in/_temporary/d.csv")
    table("", "in/empty.csv")
    done = prepare(tmp_path / "in")
    assert done.code == 0, done.err
    assert done.manifest["input"]["files"] == 3
    assert done.manifest["rows"]["read"] == 60
    assert column(done, "y") == list(range(60))


def test_partition_directories_become_columns(
    prepare: Prepare, table: Table, tmp_path: Path
) -> None:
    table(csv_of(0, 30), "in/land=DE/day=2024-01-01/a.csv")
    table(csv_of(30, 60), "in/land=FR/day=2024-01-02/b.csv")
    done = prepare(tmp_path / "in")
    assert done.code == 0, done.err
    types = [(c["name"], c["type"]) for c in done.manifest["contract"]["columns"]]
    assert types == [("x", "bigint"), ("y", "bigint"), ("land", "string"), ("day", "date")]
    assert done.rows() == 60
    assert sorted(done.preprocessor["columns"][2]["labels"]) == ["DE", "FR"]
    days = [str(day) for day in column(done, "day")]
    assert days == ["2024-01-01"] * 30 + ["2024-01-02"] * 30


def test_a_glob(prepare: Prepare, table: Table, tmp_path: Path) -> None:
    table(csv_of(0, 30), "in/a-1.csv")
    table(csv_of(30, 60), "in/a-2.csv")
    table("other,columns\n1,2\n", "in/b.csv")
    done = prepare(tmp_path / "in" / "a-*.csv")
    assert done.code == 0, done.err
    assert done.manifest["input"]["files"] == 2
    assert column(done, "y") == list(range(60))


@pytest.mark.parametrize("name", ["a[1].csv", "a*{b,c}? é %20#+.csv"])
def test_a_file_name_is_taken_literally(
    prepare: Prepare, table: Table, tmp_path: Path, name: str
) -> None:
    path = table(csv_of(0, 60), name)
    table("other,columns\n1,2\n", "a1.csv")
    done = prepare(path)
    assert done.code == 0, done.err
    assert done.manifest["input"]["files"] == 1
    assert column(done, "y") == list(range(60))


def test_a_directory_name_is_taken_literally(
    prepare: Prepare, table: Table, tmp_path: Path
) -> None:
    table(csv_of(0, 60), "in[1] a/b{2}/t.csv")
    done = prepare(tmp_path / "in[1] a")
    assert done.code == 0, done.err
    assert done.rows() == 60


def test_relative_paths_and_an_output_with_odd_characters(
    prepare: Prepare, table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table(csv_of(0, 60), "t.csv")
    done = prepare(tmp_path / "." / "t.csv", output="deep/er/o ü%20+/")
    assert done.code == 0, done.err
    assert column(done, "y") == list(range(60))


ODD = {
    "a.b": 1,
    "a b": 2,
    "a`b": 3,
    "a'b": 4,
    'a"b': 5,
    "größe 漢字": 6,
    "Id": 7,
    "id": 8,
    "a,b;{}()=": 9,
    " padded ": 10,
    "select": 11,
    "label": 12,
    "split": 13,
    "slot": 14,
}


@pytest.mark.parametrize("with_contract", [False, True])
def test_column_names_of_every_kind(prepare: Prepare, table: Table, with_contract: bool) -> None:
    header = ",".join('"' + name.replace('"', '""') + '"' for name in ODD)
    cells = ",".join(str(value) for value in ODD.values())
    path = table(
        f"{header},kind.of,y\n" + "".join(f"{cells},{'ab'[i % 2]},{i}\n" for i in range(60))
    )
    options: tuple[object, ...] = ("--key", '"a.b","a`b",y')
    if with_contract:
        columns = [{"name": name, "type": "int", "nullable": False} for name in ODD]
        columns += [{"name": "kind.of", "type": "string"}, {"name": "y", "type": "int"}]
        options += ("--contract", table(json.dumps({"columns": columns}), "contract.json"))
    done = prepare(path, "--scale", "--drop-duplicates", *options)
    assert done.code == 0, done.err
    found = pq.read_table(done.output / "train")
    assert found.column_names == [*ODD, "kind.of_indexed", "y"]
    assert done.manifest["split"]["key"] == ["a.b", "a`b", "y"]
    centers = {c["name"]: c.get("center") for c in done.preprocessor["columns"]}
    kept = ("a.b", "a`b")  # the key is not scaled
    assert {name: centers[name] for name in ODD} == {
        name: None if name in kept else float(value) for name, value in ODD.items()
    }
    assert set(found["a.b"].to_pylist()) == {1}
    assert set(found["a b"].to_pylist()) == {0.0}


def test_an_indexed_name_that_exists(prepare: Prepare, table: Table) -> None:
    path = table("s,s_indexed,y\n" + "".join(f"a,{i},{i}\n" for i in range(60)))
    done = prepare(path)
    assert done.code == 2
    assert "'s' is indexed into 's_indexed', which exists" in done.err
    assert not done.output.exists()


def test_the_type_of_a_partition_is_that_of_all_its_values(
    prepare: Prepare, table: Table, tmp_path: Path
) -> None:
    table(csv_of(0, 30), "in/region=1/n=1/a.csv")
    table(csv_of(30, 60), "in/region=EU/n=__HIVE_DEFAULT_PARTITION__/b.csv")
    done = prepare(tmp_path / "in")
    assert done.code == 0, done.err
    types = {c["name"]: c["type"] for c in done.manifest["contract"]["columns"]}
    assert (types["region"], types["n"]) == ("string", "bigint")
    assert done.rows() == 60
