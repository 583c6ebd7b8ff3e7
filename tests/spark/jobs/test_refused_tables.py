"""What prepare refuses because of the table: exit 2, the column named, nothing written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from refusals import assert_refused

Prepare = Callable[..., Any]
Table = Callable[..., Path]


def test_a_target_that_is_no_column(prepare: Prepare, table: Table, clean_csv: str) -> None:
    done = prepare(table(clean_csv), target="price")
    assert_refused(done, "target 'price' is not a column; there are: 'id', 'x', 's', 'y'")


def test_no_target_at_all(prepare: Prepare, table: Table, clean_csv: str) -> None:
    done = prepare(table(clean_csv), target=None)
    assert_refused(done, "no target: give --target COLUMN, or name it in the contract")


def test_a_key_that_is_no_column(prepare: Prepare, table: Table, clean_csv: str) -> None:
    done = prepare(table(clean_csv), "--key", "id,customer")
    assert_refused(done, "key 'customer' is not a column; there are: 'id', 'x', 's', 'y'")


def test_a_target_that_is_null_everywhere(prepare: Prepare, table: Table) -> None:
    path = table("x,y\n" + "1,\n2,\n" * 10)
    assert_refused(prepare(path), "the target 'y' is null in all 20 rows")


def test_every_other_column_null(prepare: Prepare, table: Table) -> None:
    path = table("a,b,y\n" + "".join(f",,{i}\n" for i in range(60)))
    done = prepare(path)
    assert_refused(done, "every column is null in every training row: a, b")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("id,id,s,y", "'id' stands 2 times"),
        ("id,,s,y", "column 2 has no name"),
        ("id,x,s,__prepare_y", "column '__prepare_y': names starting with __prepare_ are reserved"),
        ('id,"x\n",s,y', "column 2, 'x\\n': the name has a NUL, line break or bad byte"),
    ],
)
def test_a_header_that_cannot_be_used(
    prepare: Prepare, table: Table, clean_csv: str, header: str, said: str
) -> None:
    path = table(clean_csv.replace("id,x,s,y", header, 1))
    assert_refused(prepare(path), "the header", said)


def test_a_nul_byte_in_the_header(prepare: Prepare, table: Table) -> None:
    path = table(b"x,\x00y\n1,2\n")
    assert_refused(prepare(path), f"{path}, line 1: the header holds a NUL byte")


def test_bytes_that_are_no_utf8_in_the_first_file(prepare: Prepare, table: Table) -> None:
    path = table(b"s,y\na,1\nb,2\ncaf\xe9,3\n")
    said = f"{path}, line 4: not UTF-8 (byte 0xe9)"
    assert_refused(prepare(path), said, '"csv": {"encoding": "ISO-8859-1"}')


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("y,s,x,id\n1,a,0.5,7\n", "it has y, s, x, id; expected id, x, s, y, in this order"),
        ("id,x,s\n7,0.5,a\n", "it has 3 columns, expected 4"),
        ("id,x,s,y,z\n7,0.5,a,1,1\n", "it has 5 columns, expected 4"),
        ("id,x,s,Y\n7,0.5,a,1\n", "it has id, x, s, Y; expected id, x, s, y, in this order"),
    ],
)
def test_two_files_with_different_headers(
    prepare: Prepare, table: Table, clean_csv: str, tmp_path: Path, second: str, said: str
) -> None:
    table(clean_csv, "in/a.csv")
    table(second, "in/b.csv")
    assert_refused(prepare(tmp_path / "in"), "the header of one file differs", "in/b.csv", said)


def test_nested_json(prepare: Prepare, table: Table) -> None:
    path = table('{"y": 1, "tags": ["a"], "who": {"name": "b"}}\n', "t.json")
    done = prepare(path)
    assert_refused(done, path, "column 'tags' holds objects or arrays", "column 'who' holds")


@pytest.mark.parametrize(
    ("content", "line"), [('[{"y": 1}]\n', 1), ('{"y": 1}\n3\n', 2), ('{"y":\n1}\n', 1)]
)
def test_json_that_is_not_one_object_a_line(
    prepare: Prepare, table: Table, content: str, line: int
) -> None:
    path = table(content, "t.json")
    assert_refused(prepare(path), f"{path}, line {line}: not ")


def test_parquet_columns_that_hold_lists_are_named(prepare: Prepare, tmp_path: Path) -> None:
    data = {"tags": [["a"]] * 9, "raw": [b"x"] * 9, "y": list(range(9))}
    pq.write_table(pa.table(data), tmp_path / "t.parquet")
    done = prepare(tmp_path / "t.parquet")
    assert_refused(done, "column 'tags' is array<string>", "column 'raw' is binary")


def test_parquet_files_with_different_types(prepare: Prepare, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    pq.write_table(pa.table({"x": [1, 2], "y": [1, 2]}), tmp_path / "in" / "a.parquet")
    pq.write_table(pa.table({"x": ["1", "2"], "y": [1, 2]}), tmp_path / "in" / "b.parquet")
    done = prepare(tmp_path / "in")
    assert_refused(done, "b.parquet has other columns than", "they differ in 'x'")


def test_a_parquet_file_that_was_cut_off(prepare: Prepare, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": [1, 2], "y": [1, 2]}), path)
    path.write_bytes(path.read_bytes()[:-10])
    assert_refused(prepare(path), "is not a whole Parquet file", path)


@pytest.mark.parametrize(
    ("seen", "problem"),
    [
        ("int", "column 'extra' is in the contract, not in the input"),
        ("string", "column 'x' is bigint in the input, should be string"),
        ("tinyint", "column 'x' is bigint in the input, should be tinyint"),
    ],
)
def test_parquet_against_its_contract(
    prepare: Prepare, table: Table, tmp_path: Path, seen: str, problem: str
) -> None:
    pq.write_table(pa.table({"x": [1, 2], "y": [1, 2]}), tmp_path / "t.parquet")
    columns = [{"name": "x", "type": seen}, {"name": "y", "type": "bigint"}]
    columns += [{"name": "extra", "type": "int"}] if seen == "int" else []
    contract = table(json.dumps({"name": "orders", "columns": columns}), "contract.json")
    done = prepare(tmp_path / "t.parquet", "--contract", contract)
    assert_refused(done, "t.parquet does not fit contract 'orders'", problem)


def test_a_header_against_its_contract(prepare: Prepare, table: Table) -> None:
    columns = [{"name": n, "type": "int"} for n in ("a", "b", "y")]
    contract = table(json.dumps({"columns": columns}), "contract.json")
    done = prepare(table("b,c,y\n1,2,3\n"), "--contract", contract)
    assert_refused(
        done,
        "column 'a' is in the contract, not in the input",
        "column 'c' is in the input, not in the contract",
    )


def test_a_partition_directory_beside_a_plain_one(
    prepare: Prepare, table: Table, tmp_path: Path
) -> None:
    table("x,y\n1,2\n", "in/day=1/a.csv")
    table("x,y\n1,2\n", "in/plain/b.csv")
    done = prepare(tmp_path / "in")
    assert_refused(done, "partition directories differ", "in/day=1/a.csv", "in/plain/b.csv")


def test_a_split_that_gets_no_rows(prepare: Prepare, table: Table) -> None:
    path = table("x,y\n" + "".join(f"{i},1\n" for i in range(60)))
    done = prepare(path, "--weights", "0.9998,0.0001,0.0001")
    assert_refused(done, "validation and test got no rows (60 rows in all)")
