"""One table in every format, dialect and place: the rows that prepare sees are the same."""

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

from jobs.engine import spark_engine
from jobs.task import Task
from schemas.conform import RAW_ROW, REASON

Table = Callable[..., Path]
Read = Callable[..., list[tuple[Any, ...]]]
ROWS = [(i, i * 0.5, "abc"[i % 3], i % 7) for i in range(60)]
COLUMNS = {"id": "bigint", "x": "double", "s": "string", "y": "bigint"}


def columns_of(**types: str) -> list[dict[str, str]]:
    return [{"name": name, "type": type_name} for name, type_name in types.items()]


def csv_of(first: int, last: int) -> str:
    return "x,y\n" + "".join(f"{i},{i}\n" for i in range(first, last))


def quoted(text: str) -> str:
    return "".join('"' + line.replace(",", '";"') + '"\n' for line in text.splitlines())


@pytest.mark.parametrize(
    ("write", "name"),
    [
        (lambda text: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(), "t.csv"),
        (lambda text: text.replace("\n", "\r"), "t.csv"),
        (lambda text: text.replace(",", "\t"), "t.tsv"),
        (quoted, "t"),
        (lambda text: text.rstrip("\n").replace("\n", "\n\n \n", 9), "t.txt"),
        (lambda text: gzip.compress(text.encode()), "t.csv.gz"),
        (lambda text: zstandard.compress(text.encode()), "t.csv.zst"),
    ],
    ids=["bom crlf", "cr", "tabs", "quoted semicolons", "blank lines", "gz", "zst"],
)
def test_csv_however_it_is_written(
    read: Read, table: Table, clean_csv: str, write: Callable[[str], Any], name: str
) -> None:
    assert read(table(write(clean_csv), name)) == ROWS


@pytest.mark.parametrize("name", ["t.jsonl.gz", "t"])
def test_json_lines_and_parquet(read: Read, table: Table, tmp_path: Path, name: str) -> None:
    rows = [dict(zip(COLUMNS, row)) for row in ROWS]
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    assert read(table(gzip.compress(text) if name.endswith(".gz") else text, name)) == ROWS
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet") == ROWS


def test_fields_of_several_lines_whatever_ends_them(read: Read, table: Table) -> None:
    cells = ['line\nand "more", here', "a\rb", "", "plain"]
    lines = ('{},"{}",{}\n'.format(i, cells[i % 4].replace('"', '""'), i % 7) for i in range(60))
    found = read(table("id,s,y\n" + "".join(lines)))
    assert found == [(i, cells[i % 4] or None, i % 7) for i in range(60)]


def test_an_encoding_by_pythons_name_of_it(read: Read, table: Table) -> None:
    path = table("prénom,y\ncafé,1\nthé,2\n".encode("latin-1"))
    given = {"columns": columns_of(prénom="string", y="int"), "csv": {"encoding": "latin-1"}}
    assert read(path, **given) == [("café", 1), ("thé", 2)]
    assert read(table("x,y\né,1\n"), columns=columns_of(x="string", y="int"),
                csv={"encoding": "utf_8"}) == [("é", 1)]  # fmt: skip


def test_types_that_parquet_declares(
    opened: Callable[..., Task], read: Read, tmp_path: Path
) -> None:
    """A timestamp without a zone, as pandas writes, is UTC; old days are of today's calendar."""
    moment = dt.datetime(2020, 2, 29, 12, 30, 0, 250000)
    zone = dt.timezone.utc
    columns: dict[str, tuple[pa.DataType, Any, Any]] = {
        "tinyint": (pa.int8(), 1, 1),
        "smallint": (pa.int16(), 2, 2),
        "int": (pa.int32(), 3, 3),
        "float": (pa.float32(), 0.5, 0.5),
        "decimal(10,2)": (pa.decimal128(10, 2), decimal.Decimal("1.25"), decimal.Decimal("1.25")),
        "boolean": (pa.bool_(), True, True),
        "date": (pa.date32(), dt.date(1, 1, 1), dt.date(1, 1, 1)),
        "timestamp": (pa.timestamp("us", "UTC"), moment.replace(tzinfo=zone), f"{moment}"[:22]),
        "timestamp plain": (pa.timestamp("us"), dt.datetime(1582, 10, 10), "1582-10-10 00:00:00"),
        "bigint": (pa.int64(), 7, 7),
        "string": (pa.string(), "é", "é"),
        "y": (pa.int64(), 1, 1),
    }
    arrays = {name: pa.array([cell, None], type_) for name, (type_, cell, _) in columns.items()}
    pq.write_table(pa.table(arrays), tmp_path / "t.parquet")
    contract = opened(tmp_path / "t.parquet").contract
    assert [column.type for column in contract.columns] == [
        "bigint" if name == "y" else name.split()[0] for name in columns
    ]
    nulls, cells = read(tmp_path / "t.parquet")
    assert nulls == (None,) * len(columns)
    assert cells == tuple(cell for *_, cell in columns.values())


def test_lists_in_parquet_can_be_left_out(read: Read, tmp_path: Path) -> None:
    pq.write_table(pa.table({"tags": [["a"]], "x": [0.5], "y": [7]}), tmp_path / "t.parquet")
    left_out = {"name": "tags", "type": "array<string>", "treat": "leave_out"}
    assert read(
        tmp_path / "t.parquet", columns=[left_out, *columns_of(x="double", y="bigint")]
    ) == [(0.5, 7)]


def test_numbers_of_json_keep_their_digits_or_are_bad(
    opened: Callable[..., Task], spark: Any, table: Table
) -> None:
    numbers = {
        "12345678901234567.01": None,  # by way of a double, digits are lost
        "100000000000000001.0": None,
        "123456789012345678": "123456789012345678",
        '"12345678901234567.01"': "12345678901234567.01",
        "1234567890123.45": "1234567890123.45",
        "-0.5": "-0.5",
        "1e3": "1000",
        "NaN": None,  # as Python writes it
    }
    lines = [f'{{"id": {i}, "d": {text}, "x": NaN, "y": 1}}\n' for i, text in enumerate(numbers)]
    types = {"id": "int", "d": "decimal(20,2)", "x": "double", "y": "int"}
    given = {"columns": columns_of(**types), "null_tokens": ["", "NaN"]}
    task = opened(table("".join(lines), "t.jsonl"), **given)
    rows = {row["id"]: row for row in task.table.load(spark_engine(spark)).collect()}
    exact = {i: text and decimal.Decimal(text) for i, text in enumerate(numbers.values())}
    assert {i: row["d"] for i, row in rows.items()} == exact
    bad = {i: row[REASON] for i, row in rows.items() if row[REASON]}
    assert bad == dict.fromkeys((0, 1), "d: not a decimal(20,2)")
    assert "write it as a text" in rows[0][RAW_ROW]
    assert {row["x"] for row in rows.values()} == {None}


@pytest.mark.parametrize(
    ("files", "path"),
    [
        ({"in/a.csv": (0, 20), "in/2024/b.csv": (20, 40), "in/2024/deeper/c.csv": (40, 60)}, "in"),
        ({"in/a-1.csv": (0, 30), "in/a-2.csv": (30, 60), "in/b.csv": (60, 90)}, "in/a-*.csv"),
        ({"a[1].csv": (0, 60), "a1.csv": (60, 90)}, "a[1].csv"),
        ({"a*{b,c}? é %20#+.csv": (0, 60)}, "a*{b,c}? é %20#+.csv"),
        ({"in[1] a/b{2}/t.csv": (0, 60)}, "in[1] a"),
        ({"in/a.csv": (0, 60)}, "./in/../in/"),
    ],
    ids=["directory", "glob", "literal", "odd", "literal directory", "dots"],
)
def test_the_files_that_were_found_are_read_and_no_others(
    read: Read, table: Table, tmp_path: Path, files: dict[str, tuple[int, int]], path: str
) -> None:
    table("not data", "in/_temporary/d.csv")
    table("", "in/empty.csv")
    for name, bounds in files.items():
        table(csv_of(*bounds), name)
    assert read(f"{tmp_path}/{path}") == [(i, i) for i in range(60)]


def test_partition_directories_become_columns(read: Read, table: Table, tmp_path: Path) -> None:
    table(csv_of(0, 2), "in/land=D%2FE/n=1/day=2024-01-01/a.csv")
    table(csv_of(2, 3), "in/land=1/n=__HIVE_DEFAULT_PARTITION__/day=2024-01-02/b.csv")
    days = dt.date(2024, 1, 1), dt.date(2024, 1, 2)
    assert read(tmp_path / "in") == [
        (0, 0, "D/E", 1, days[0]), (1, 1, "D/E", 1, days[0]), (2, 2, "1", None, days[1])
    ]  # fmt: skip


def test_more_numbers_than_a_double_holds_stay_whole(read: Read, table: Table) -> None:
    rows = [(1_234_567_890_123_456_700 + i, i) for i in range(60)]
    assert read(table("id,y\n" + "".join(f"{i},{y}\n" for i, y in rows))) == rows


def test_null_tokens_are_found_where_they_are_certain(read: Read, table: Table) -> None:
    rows = "".join(f"{'NA' if i % 5 == 0 else i},{'NA' if i % 2 else 'DE'},{i}\n" for i in range(9))
    found = read(table("x,land,y\n" + rows))
    expected = [(None if i % 5 == 0 else i, None if i % 2 else "DE", i) for i in range(9)]
    assert sorted(found, key=lambda row: int(row[2])) == expected
