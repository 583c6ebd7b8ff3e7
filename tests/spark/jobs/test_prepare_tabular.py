"""prepare-tabular publishes what the Spark job publishes, row for row and byte for byte."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from twins import SPLITS, assert_equal, csv_of, manifest_of, quarantine_of

import jobs.main

pytestmark = pytest.mark.spark_only
ROOT = Path(__file__).resolve().parents[3]
Table = Callable[..., Path]
Both = Callable[..., tuple[Path, Path]]

TYPES = {
    "id": "bigint", "t": "tinyint", "n": "int", "x": "double", "f": "float", "b": "boolean",
    "d": "date", "ts": "timestamp", "m": "decimal(6,2)", "s": "string", "y": "bigint",
}  # fmt: skip
CELLS = {
    "t": ["1", "-128", "+7", ""],
    "n": ["0012", " 5 ", "-3", "NA", ""],
    "x": ["0.1", "-0.0", "0.0", "1e3", " .5", "5.", "NA", "12345678901234567890"],
    "f": ["0.1", "16777217", "1e-3", ""],
    "b": ["true", "F", "1", "no", ""],
    "d": ["2013-01-31", " 1969-12-31", ""],
    "ts": ["2013-01-01 10:00", "2013-01-01T10:00:00.123456Z", "1969-12-31 23:59:59.5+02:00", "NA"],
    "m": ["1.005", "-2", "1e2", "999.99", ""],
    "s": [
        "a",
        "b",
        '"a,b"',
        '"say ""hi"""',
        "Zürich",
        "\U0001f600",
        " a ",
        "NA",
        '5" pipe',
        '"q" ',
    ],
    "y": ["1", "2", "3", "NA"],
}
BAD_LINES = [
    "1,1,1,1,1,true,2013-01-01,2013-01-01,1,a",
    '1,1,1,1,1,true,2013-01-01,2013-01-01,1,"open,1',
    "1,128,1.5,1d,1e39,maybe,2013-02-30,2013-01-01 24:00,10000,a,1",
    "1,1,1,NaN,1,true,2013-1-1,2013-01-01 10:00Z,1,s,1",
    ",1,1,1,1,true,2013-01-01,2013-01-01,1,a\x00b,1.0",
    "",
    "  ",
]


# Not UTF-8: only behind a first file, whose head is looked at, is that a bad row and no refusal.
MORE = ",".join(TYPES).encode() + b"\n1,1,1,1,1,true,2013-01-01,2013-01-01,1,caf\xe9,1\n"


def typed_table(rows: int = 400) -> bytes:
    """Every type, every odd way of writing a value; bad and blank lines in between."""
    lines = [",".join(TYPES)]
    for i in range(rows):
        cells = [
            f"{i % 350}",
            *(values[(i * 7 + i // 5) % len(values)] for values in CELLS.values()),
        ]
        lines.append(",".join(cells))
        if i % 60 == 0:
            lines.append(BAD_LINES[i // 60 % len(BAD_LINES)])
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()


def contract(**fields: Any) -> str:
    # Two rules, so that a row may break both: it follows the stricter one.
    rules = {"n": {"on_breach": "drop"}}
    columns = [
        {"name": n, "type": t, "nullable": n != "id", **rules.get(n, {})} for n, t in TYPES.items()
    ]
    whole = {"columns": columns, "null_tokens": ["", "NA"], "key": ["id", "x", "s", "ts"]}
    return json.dumps({**whole, **fields})


def test_every_type_and_every_bad_row(both: Both, table: Table, tmp_path: Path) -> None:
    given = table(contract(), "contract.json")
    table(typed_table(), "in/a.csv")
    table(MORE, "in/b.csv")
    ours, sparks = both(tmp_path / "in", "--contract", given, "--target", "y", "--scale")
    assert_equal(ours, sparks)
    assert quarantine_of(ours) == quarantine_of(sparks)
    rows = json.loads((ours / "manifest.json").read_text())["rows"]
    assert sum(rows["quarantined"].values()) == 6
    assert rows["read"] == 406


def test_duplicates_categories_and_all_columns_as_key(both: Both, table: Table) -> None:
    columns = [{"name": n, "type": t} for n, t in TYPES.items() if n != "id"]
    for column in columns:
        treats = {"b": "numeric", "d": "category", "n": "category", "ts": "numeric"}
        column.update({"treat": treats[column["name"]]} if column["name"] in treats else {})
    given = contract(columns=columns, key=[], on_breach="drop")
    lines = typed_table(800).decode().splitlines()
    text = "\n".join(line.partition(",")[2] if "," in line else line for line in lines)
    source = table(text.encode())
    options = ("--contract", table(given, "contract.json"), "--target", "y", "--drop-duplicates")
    more = ("--fill", "mean", "--scale", "--unseen", "separate", "--min-frequency", "9")
    assert_equal(*both(source, *options, *more, "--max-labels", "5", "--seed", "-7"))


def test_rows_with_unseen_labels_are_skipped(both: Both, table: Table) -> None:
    text = csv_of("x: 0.1 2.5  1e3", "s: a b  c d e f g h i j k l", rows=90)
    ours, sparks = both(table(text), "--target", "y", "--unseen", "skip", "--min-frequency", "4")
    assert_equal(ours, sparks)
    dropped = json.loads((ours / "manifest.json").read_text())["rows"]["dropped"]
    assert dropped["an unseen or null label (--unseen skip)"] > 0


def test_csv_out_is_the_text_that_spark_writes(both: Both, table: Table) -> None:
    cells = ["a", " a", '"a,b"', '"q""q"', "#a", "é", "x y ", "", '" "', "a#", "\\", "'", "NA"]
    kept = [{"name": n, "type": "string", "treat": "keep"} for n in ("s", "s,2")]
    kept += [
        {"name": "w", "type": "timestamp"},
        {"name": "m", "type": "decimal(20,10)", "treat": "keep"},
    ]
    kept += [{"name": "b", "type": "boolean"}, {"name": "d", "type": "date"}]
    rest = "1:2:3.456789,0.00000000"
    rows = [
        f"{cells[i % 13]},{cells[i % 12]},0099-01-0{i % 9 + 1} {rest}{i},t,0099-01-01,{i}"
        for i in range(99)
    ]
    given = contract(columns=[*kept, {"name": "y", "type": "int"}], key=[], null_tokens=["NA"])
    source = table("\n".join(['s,"s,2",w,m,b,d,y', *rows]))
    options = ("--contract", table(given, "contract.json"), "--target", "y")
    ours, sparks = both(source, *options, format_name="csv")
    for split in SPLITS:
        (mine,) = (ours / split).glob("*.csv")
        lines = mine.read_text().splitlines()
        expected = [
            part.read_text().splitlines() for part in sorted((sparks / split).glob("*.csv"))
        ]
        assert lines[0] == expected[0][0]
        assert sorted(lines[1:]) == sorted(line for part in expected for line in part[1:])
    # The order of the input.
    assert [int(r["y"]) for r in csv.DictReader(mine.open())] == sorted(
        int(r["y"]) for r in csv.DictReader(mine.open())
    )


def test_line_breaks_in_quotes(both: Both, table: Table) -> None:
    lines = [f'{i},"two\nlines, {i % 3}",{i % 5}\n' for i in range(90)]
    assert_equal(*both(table("id,s,y\n" + "".join(lines)), "--target", "y"))


def test_files_in_partition_directories(both: Both, table: Table, tmp_path: Path) -> None:
    text = csv_of("s: a b", rows=60)
    for place in ("kind=a%2Fb/one.csv", "kind=7/two.csv", "kind=7/sub/three.csv.gz"):
        data = text.encode()
        table(gzip.compress(data) if place.endswith("gz") else data, f"in/{place}")
    assert_equal(*both(tmp_path / "in", "--target", "y", "--key", "kind,id"))


def test_parquet_in(both: Both, tmp_path: Path, spark: Any) -> None:
    rows = [
        (i, None if i % 9 == 0 else i / 3, float("inf") if i == 5 else 0.5, f"s{i % 4}", i % 2 == 0,
         datetime(2013, 1, 1) + timedelta(microseconds=i), i % 5)
        for i in range(200)
    ]  # fmt: skip
    types = "id int, x double, z float, s string, b boolean, ts timestamp, y int"
    df = spark.createDataFrame(rows, types).selectExpr(
        "*", "cast(x as decimal(12,3)) m", "cast(ts as date) d", "cast(id as tinyint) t"
    )
    df.coalesce(1).write.parquet(str(tmp_path / "in"))
    ours, sparks = both(tmp_path / "in", "--target", "y", "--scale")
    assert_equal(ours, sparks)
    assert len(quarantine_of(ours)) == 1


def test_a_preprocessor_goes_both_ways(both: Both, table: Table, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    source = str(table(csv_of("x: 0.1 2.5  1e3", "s: a b  c")))
    assert jobs.main.main(["prepare-tabular", source, str(first), "--target", "y"]) == 0
    later = table(csv_of("x: 7  8", "s: a z ", seed=2), "later.csv")
    given = first / "preprocessor.json"
    assert_equal(*both(later, "--preprocessor", given))
    assert jobs.main.main(["prepare", source, str(second), "--target", "y", "--scale"]) == 0
    given = second / "preprocessor.json"
    for name in ("ours", "sparks"):
        (tmp_path / name).rename(tmp_path / f"{name}-before")
    assert_equal(*both(later, "--preprocessor", given))


@pytest.mark.slow
@pytest.mark.parametrize("fill", ["mean", "median"])
def test_flights_are_the_same(both: Both, flights_csv: Path, fill: str) -> None:
    contract = ROOT / "schemas" / "flights.json"
    options = ("--contract", contract, "--fill", fill, "--scale", "--drop-duplicates")
    ours, sparks = both(flights_csv, *options)
    assert manifest_of(ours) == manifest_of(sparks)
    for split in SPLITS:
        mine, theirs = (sorted_rows(output / split) for output in (ours, sparks))
        assert mine.num_rows > 40_000
        # Spark's files say of indexes that they are never null; pandas' files say it of nothing.
        assert mine.equals(theirs.cast(mine.schema))
    learned = [(output / "preprocessor.json").read_bytes() for output in (ours, sparks)]
    assert learned[0] == learned[1]


def sorted_rows(path: Path) -> pa.Table:
    """Read a split in the order of its rows: key columns first, of which no two rows are equal."""
    parts = [pq.ParquetFile(part).read() for part in path.glob("*.parquet")]
    table = pa.concat_tables([part.replace_schema_metadata() for part in parts])
    names = ["time_hour", "carrier_indexed", "flight"]
    table = table.sort_by([(name, "ascending") for name in names])
    assert len(table.group_by(names).aggregate([])) == len(table)
    return table.combine_chunks()
