"""What Sail does not read: prepare-tabular publishes what Spark publishes, bit for bit."""

from __future__ import annotations

import bz2
import csv
import datetime as dt
import gzip
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from run_command import Done, Run
from twins import SPLITS, TYPES, contract_of_every_type, csv_of, csv_of_every_type, manifest_of

ROOT = Path(__file__).resolve().parents[3]
Agree = Callable[..., Done]
PLAIN = {"id": list(range(60)), "y": [i % 7 for i in range(60)]}
ALONE: dict[str, Any] = {"engines": ("one machine",)}
HEADER = "id,x,s,d,t,y\n"
ODD_CELLS = {
    "x": ["1", "-0", "1e400", "NaN", "-inf", "null", "N/A", '"2.5"', "", "007"],
    "s": ["a", '"d""e"', '5"', '"', '""', '"x', " pad ", "\U0001f600", "\uff5e", "\\N", "#"],
    "d": ["2013-01-31", "2013-1-1", "31/01/2013", ""],
    "t": ["2013-01-01 10:00:00", "2013-01-01T10:00:00+02:00", ""],
}


def odd_lines(start: int, count: int = 60) -> str:
    rows = []
    for i in range(start, start + count):
        cells = [values[i % len(values)] for values in ODD_CELLS.values()]
        rows.append(",".join([f"{i}", *cells, f"{i % 7}"]) + "\n")
    return "".join(rows)


def test_a_directory_of_odd_files(agree: Agree, table: Callable[..., Path], tmp_path: Path) -> None:
    files: dict[str, bytes] = {
        "a.csv": f"{HEADER}{odd_lines(0)}60,1\n61,1,a,,,3,9\n,,,,,\n,\n62,1,,,,1,\n".encode(),
        "b.csv": f"\ufeff{HEADER}{odd_lines(100)}".encode(),
        "c.csv": f"\n \n{HEADER}\n{odd_lines(200)}  \n\t\n63,1\n64,1,a,,,3\n".encode(),
        "plain.csv": f"{HEADER}\n800,1,a,,,1\n\n  \n801,2,b,,,2\n".encode(),
        "header_only.csv": HEADER.encode(),
        "nothing.csv": b"",
        "sub/crlf.csv": (HEADER + odd_lines(300)).replace("\n", "\r\n").encode(),
        "sub/cr.csv": (HEADER + odd_lines(400)).replace("\n", "\r").encode(),
        "two.csv.gz": gzip.compress(HEADER.encode()) + gzip.compress(odd_lines(500).encode()),
        "z.csv.bz2": bz2.compress((HEADER + odd_lines(600)).encode()),
        "zz.csv": HEADER.encode() + b"700,1,\xff,,,1\n701,\xff,a,,,1\n702,1,a\x00,,,1\n703,1,b",
        "_SUCCESS": b"", ".hidden.csv": b"other", "_temporary/x.csv": b"other",
    }  # fmt: skip
    for name, content in files.items():
        table(content, f"in/{name}")
    done = agree(tmp_path / "in", "--scale", "--drop-duplicates", **ALONE)
    assert len(done.quarantine) > 8


def test_duplicates_categories_and_all_columns_as_key(
    agree: Agree, table: Callable[..., Path]
) -> None:
    columns = [{"name": n, "type": t} for n, t in TYPES.items() if n != "id"]
    treats = {"b": "numeric", "d": "category", "n": "category", "ts": "numeric"}
    for column in columns:
        column.update({"treat": treats[column["name"]]} if column["name"] in treats else {})
    given = contract_of_every_type(columns=columns, key=[], on_breach="drop")
    lines = csv_of_every_type(800)[0].decode().splitlines()
    text = "\n".join(line.partition(",")[2] if "," in line else line for line in lines)
    options = ("--contract", table(json.dumps(given), "c.json"), "--drop-duplicates", "--scale")
    more = ("--unseen", "separate", "--min-frequency", "9", "--max-labels", "5", "--seed", "-7")
    agree(table(text.encode()), *options, *more, **ALONE)


def test_files_in_partition_directories(
    agree: Agree, table: Callable[..., Path], tmp_path: Path
) -> None:
    text = csv_of("s: a b", rows=60)
    for place in ("kind=a%2Fb/one.csv", "kind=7/two.csv", "kind=7/sub/three.csv.gz"):
        data = text.encode()
        table(gzip.compress(data) if place.endswith("gz") else data, f"in/{place}")
    agree(tmp_path / "in", "--key", "kind,id", **ALONE)


def test_csv_out_is_the_text_that_spark_writes(publish: Run, table: Callable[..., Path]) -> None:
    cells = ["a", " a", '"a,b"', '"q""q"', "#a", "é", "x y ", "", '" "', "a#", "\\", "'", "NA"]
    kept: list[dict[str, Any]] = [
        {"name": n, "type": "string", "treat": "keep"} for n in ("s", "s,2")
    ]
    kept += [
        {"name": "w", "type": "timestamp"},
        {"name": "m", "type": "decimal(20,10)", "treat": "keep"},
        {"name": "b", "type": "boolean"},
        {"name": "d", "type": "date"},
        {"name": "y", "type": "int"},
    ]
    rest = "1:2:3.456789,0.00000000"
    rows = [
        f"{cells[i % 13]},{cells[i % 12]},0099-01-0{i % 9 + 1} {rest}{i},t,0099-01-01,{i}"
        for i in range(99)
    ]
    contract = table(json.dumps({"columns": kept, "null_tokens": ["NA"]}), "c.json")
    source = table("\n".join(['s,"s,2",w,m,b,d,y', *rows]))
    given = ("--contract", contract, "--format", "csv")
    alone, sparks = (publish(engine, source, *given).output for engine in ("one machine", "spark"))
    for split in SPLITS:
        (path,) = (alone / split).glob("*.csv")
        lines = path.read_text().splitlines()
        parts = [p.read_text().splitlines() for p in sorted((sparks / split).glob("*.csv"))]
        assert lines[0] == parts[0][0]
        assert sorted(lines[1:]) == sorted(line for part in parts for line in part[1:])
        order = [int(row["y"]) for row in csv.DictReader(path.open())]
        assert order == sorted(order)  # as in the input


def test_parquet_that_spark_takes_for_another_type_or_quarantines(
    agree: Agree, tmp_path: Path
) -> None:
    ids = PLAIN["id"]
    moments = [dt.datetime(9999, 12, 31), dt.datetime(1, 1, 1), dt.datetime(2020, 1, 1)]
    digits = ["12345678901234567.89", "1.10", "0.00"]
    columns = {
        "u8": pa.array(ids, pa.uint8()), "u16": pa.array(ids, pa.uint16()),
        "u32": pa.array([2**32 - 1 - i for i in ids], pa.uint32()),
        "u64": pa.array([2**64 - 1 - i for i in ids], pa.uint64()),
        "nothing": pa.nulls(60), "large": pa.array(["a", "b", None] * 20, pa.large_string()),
        "coded": pa.array(["a", "b", None] * 20).dictionary_encode(),
        "ms": pa.array([dt.datetime(2020, 1, 1)] * 60, pa.timestamp("ms", "Europe/Berlin")),
        "day": pa.array([dt.date(2020, 1, 1), None] * 30, pa.date64()),
        "m": pa.array([Decimal(digits[i % 3]) for i in ids], pa.decimal128(20, 2)),
        "zero": pa.array([0.0, -0.0, 1.0] * 20),
        "x": pa.array([float("inf") if i < 6 else 1.5 for i in ids]),
    }  # fmt: skip
    pq.write_table(pa.table({**columns, **PLAIN}), tmp_path / "t.parquet")
    # Not scaled, because that takes the sign off a zero.
    done = agree(tmp_path / "t.parquet", "--drop-duplicates", **ALONE)
    assert {row["reason"] for row in done.quarantine} == {"x: infinite"}
    assert '"m":12345678901234567.89' in done.quarantine[0]["row"]
    # Spark's own form before 3.0, and still its default: beyond 2262 there are no nanoseconds.
    old = {"t": pa.array([moments[i % 3] for i in ids], pa.timestamp("us")), **PLAIN}
    pq.write_table(pa.table(old), tmp_path / "u.parquet", use_deprecated_int96_timestamps=True)
    done = agree(tmp_path / "u.parquet", **ALONE)
    assert {row["t"].year for row in done.rows()} == {1, 2020, 9999}


def test_whole_numbers_where_training_had_others(
    publish: Run, agree: Agree, tmp_path: Path
) -> None:
    """Numbers beyond 2**53 become the nearest double, as Spark's cast makes them."""
    pq.write_table(pa.table({"x": [i / 2 for i in range(60)], **PLAIN}), tmp_path / "t.parquet")
    trained = publish("one machine", tmp_path / "t.parquet", output="trained").output
    later = pa.table({"x": [2**53 + i for i in range(60)], **PLAIN})
    pq.write_table(later, tmp_path / "u.parquet")
    given = ("--preprocessor", trained / "preprocessor.json")
    agree(tmp_path / "u.parquet", *given, target=None, **ALONE)


def test_all_flights_on_one_machine(publish: Run, flights_csv: Path) -> None:
    given = ("--contract", ROOT / "schemas/flights.json", "--fill", "median", "--scale")
    outputs = [publish(engine, flights_csv, *given, "--drop-duplicates", target=None).output
               for engine in ("one machine", "spark")]  # fmt: skip
    assert manifest_of(outputs[0]) == manifest_of(outputs[1])
    learned = {(output / "preprocessor.json").read_bytes() for output in outputs}
    assert len(learned) == 1
    for split in SPLITS:
        alone, sparks = (sorted_flights(output / split) for output in outputs)
        assert alone.num_rows > 40_000
        # Spark's files say of indexes that they are never null; pandas' files say it of nothing.
        assert alone.equals(sparks.cast(alone.schema))


def sorted_flights(path: Path) -> pa.Table:
    """Read a split in the order of its key, of which no two rows are equal."""
    parts = [pq.ParquetFile(part).read() for part in path.glob("*.parquet")]
    table = pa.concat_tables([part.replace_schema_metadata() for part in parts])
    names = ["time_hour", "carrier_indexed", "flight"]
    table = table.sort_by([(name, "ascending") for name in names])
    assert len(table.group_by(names).aggregate([])) == len(table)
    return table.combine_chunks()
