"""Odd inputs: prepare-tabular and the Spark job take them alike, or refuse them alike."""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from refusals import assert_refused
from twins import assert_equal, quarantine_of

pytestmark = pytest.mark.spark_only
Table = Callable[..., Path]
Both = Callable[..., tuple[Path, Path]]
HEADER = "id,x,s,d,t,y\n"
CELLS = {
    "x": ["1", "-0", "1e400", "NaN", "-inf", "null", "N/A", '"2.5"', "", "007"],
    "s": ["a", '"d""e"', '5"', '"', '""', '"x', " pad ", "\U0001f600", "\uff5e", "\\N", "#"],
    "d": ["2013-01-31", "2013-1-1", "31/01/2013", ""],
    "t": ["2013-01-01 10:00:00", "2013-01-01T10:00:00+02:00", ""],
}


def lines(start: int, count: int = 60) -> str:
    rows = []
    for i in range(start, start + count):
        cells = [values[i % len(values)] for values in CELLS.values()]
        rows.append(",".join([f"{i}", *cells, f"{i % 7}"]) + "\n")
    return "".join(rows)


def test_a_directory_of_odd_files(both: Both, table: Table, tmp_path: Path) -> None:
    files: dict[str, bytes] = {
        "a.csv": f"{HEADER}{lines(0)}60,1\n61,1,a,2013-01-31,,3,9\n,,,,,\n,\n62,1,,,,1,\n".encode(),
        "b.csv": f"\ufeff{HEADER}{lines(100)}".encode(),
        "c.csv": f"\n \n{HEADER}\n{lines(200)}  \n\t\n63,1\n64,1,a,,,3\n".encode(),
        "plain.csv": f"{HEADER}\n800,1,a,,,1\n\n  \n801,2,b,,,2\n".encode(),
        "header_only.csv": HEADER.encode(),
        "nothing.csv": b"",
        "sub/crlf.csv": (HEADER + lines(300)).replace("\n", "\r\n").encode(),
        "sub/cr.csv": (HEADER + lines(400)).replace("\n", "\r").encode(),
        "two_members.csv.gz": gzip.compress(HEADER.encode()) + gzip.compress(lines(500).encode()),
        "z.csv.bz2": bz2.compress((HEADER + lines(600)).encode()),
        "zz.csv": HEADER.encode() + b"700,1,\xff,,,1\n701,\xff,a,,,1\n702,1,a\x00,,,1\n703,1,b",
        "_SUCCESS": b"", ".hidden.csv": b"other", "_temporary/x.csv": b"other",
    }  # fmt: skip
    for name, content in files.items():
        table(content, f"in/{name}")
    ours, sparks = both(tmp_path / "in", "--target", "y", "--scale", "--drop-duplicates")
    assert_equal(ours, sparks)
    assert quarantine_of(ours) == quarantine_of(sparks)
    assert len(quarantine_of(ours)) > 8


@pytest.mark.parametrize(
    ("content", "name", "options", "said"),
    [
        (b"", "a.csv", (), "is empty: 0 bytes"),
        (b"\n\n", "a.csv", (), "has no columns: its first line is empty"),
        (b"x,y\n", "a.csv", (), "has a header and no rows"),
        (b"x,y\n1,2\n", "a.csv", (), "validation and test got no rows (1 rows in all)"),
        (b"x,y\n" + b"".join(b",%d\n" % i for i in range(60)), "a.csv", (), "every column is null"),
        (b"x,y\n1,\n2,\n3,\n", "a.csv", (), "the target 'y' is null in all 3 rows"),
        (b"x,y\n1,2\n", "a.csv", ("--key", "X"), "key 'X' is not a column"),
        (b"x,y\n1,2\n", "a.csv", ("--target", "Y"), "target 'Y' is not a column"),
        (b"x,x,y\n1,2,3\n", "a.csv", (), "'x' stands 2 times"),
        (b"x,y\n\xe9,2\n", "a.csv", (), "line 2: not UTF-8 (byte 0xe9)"),
        ("x,y\n1,2\n".encode("utf-16"), "a.csv", (), "is UTF-16"),
        (gzip.compress(b"x,y\n1,2\n", mtime=0), "a.csv", (), "its name must end in .gz"),
        (gzip.compress(b"", mtime=0), "a.csv.gz", (), "has no columns"),
        (b"PK\x03\x04", "a.zip", (), "a zip archive"),
        (b"x,y\n1,2\n", "a.csv", ("--weights", "0.5,0.5"), "weights"),
        (b"x,y\n1,2\n", "a.csv", ("--preprocessor", "none.json"), "there is no file none.json"),
        (b"x,y\n1,2\n", "a.csv", ("--max-labels", "0"), "max_labels"),
    ],
)
def test_refused_in_the_same_words(
    command: Callable[..., Any],
    table: Table,
    tmp_path: Path,
    content: bytes,
    name: str,
    options: tuple[str, ...],
    said: str,
) -> None:
    path = table(content, name)
    target = () if "--target" in options else ("--target", "y")
    mine = command("prepare-tabular", path, tmp_path / "out", *target, *options)
    mine.output = tmp_path / "out"
    assert_refused(mine, said)
    assert mine.err == command("prepare", path, tmp_path / "out", *target, *options).err


def test_too_few_rows_says_how_many_were_left_out(
    command: Callable[..., Any], table: Table, tmp_path: Path
) -> None:
    done = command(
        "prepare-tabular", table("x,y\n1,2\n1,2\n1,\n"), tmp_path / "out", "--target", "y"
    )
    done.output = tmp_path / "out"
    said = "(1 rows in all; 1 left out: a duplicate; 1 left out: the target is null)"
    assert_refused(done, said)


def test_an_output_with_files_of_somebody_else(
    command: Callable[..., Any], table: Table, tmp_path: Path
) -> None:
    path = table("x,y\n" + "".join(f"{i},{i % 7}\n" for i in range(60)))
    precious = table("precious", "out/train/mine.csv")
    said = [command(job, path, tmp_path / "out", "--target", "y")
            for job in ("prepare-tabular", "prepare")]  # fmt: skip
    assert [done.code for done in said] == [2, 2]
    assert said[0].err == said[1].err
    assert "already holds train/mine.csv" in said[0].err
    assert precious.read_text() == "precious"


def test_a_preprocessor_that_does_not_fit(
    command: Callable[..., Any], table: Table, tmp_path: Path
) -> None:
    rows = "".join(f"{i},{'ab'[i % 2]},{i % 7}\n" for i in range(60))
    assert command("prepare-tabular", table("x,s,y\n" + rows), tmp_path / "first",
                   "--target", "y").code == 0  # fmt: skip
    learned = ("--preprocessor", tmp_path / "first" / "preprocessor.json")
    other = table("x,z,y\n" + rows, "other.csv")
    said = [
        command(job, other, tmp_path / "out", *learned) for job in ("prepare-tabular", "prepare")
    ]
    assert [done.code for done in said] == [2, 2]
    assert said[0].err == said[1].err
    assert "'s'" in said[0].err
    assert not (tmp_path / "out").exists()


PLAIN = {"id": list(range(60)), "y": [i % 7 for i in range(60)]}


def test_types_of_parquet_that_spark_takes_for_others(both: Both, tmp_path: Path) -> None:
    ids = PLAIN["id"]
    columns = {
        "u8": pa.array(ids, pa.uint8()), "u16": pa.array(ids, pa.uint16()),
        "u32": pa.array([2**32 - 1 - i for i in ids], pa.uint32()),
        "u64": pa.array([2**64 - 1 - i for i in ids], pa.uint64()),
        "nothing": pa.nulls(60), "large": pa.array(["a", "b", None] * 20, pa.large_string()),
        "coded": pa.array(["a", "b", None] * 20).dictionary_encode(),
        "ms": pa.array([dt.datetime(2020, 1, 1)] * 60, pa.timestamp("ms", "Europe/Berlin")),
        "plain": pa.array([dt.datetime(2020, 1, 1)] * 60, pa.timestamp("us")),
        "day": pa.array([dt.date(2020, 1, 1), None] * 30, pa.date64()),
        "m": pa.array([Decimal("1.50"), None, Decimal("-2.25")] * 20),
        "zero": pa.array([0.0, -0.0, 1.0] * 20),
    }  # fmt: skip
    pq.write_table(pa.table({**columns, **PLAIN}), tmp_path / "t.parquet")
    # Not scaled, because that takes the sign off a zero.
    assert_equal(*both(tmp_path / "t.parquet", "--target", "y", "--drop-duplicates"))


def test_whole_numbers_where_training_had_others(both: Both, tmp_path: Path) -> None:
    """Numbers beyond 2**53 become the nearest double, as Spark's cast makes them."""
    first = tmp_path / "first.parquet"
    pq.write_table(pa.table({"x": [i / 2 for i in range(60)], **PLAIN}), first)
    trained, _ = both(first, "--target", "y")
    trained.rename(tmp_path / "trained")
    (tmp_path / "sparks").rename(tmp_path / "trained-by-spark")
    later = tmp_path / "later.parquet"
    pq.write_table(pa.table({"x": [2**53 + i for i in range(60)], **PLAIN}), later)
    assert_equal(*both(later, "--preprocessor", tmp_path / "trained" / "preprocessor.json"))


@pytest.mark.parametrize("kind", [pa.int32(), pa.decimal128(7, 2)], ids=str)
def test_whole_numbers_beyond_the_type_of_training(
    command: Callable[..., Any], tmp_path: Path, kind: pa.DataType
) -> None:
    def file(name: str, cells: pa.Array) -> Path:
        pq.write_table(pa.table({"x": cells, **PLAIN}), tmp_path / name)
        return tmp_path / name

    wrap = Decimal if pa.types.is_decimal(kind) else int
    first = file("first.parquet", pa.array([wrap(i) for i in PLAIN["id"]], kind))
    trained = tmp_path / "trained"
    assert command("prepare-tabular", first, trained, "--target", "y").code == 0
    learned = ("--preprocessor", trained / "preprocessor.json")
    fits = file("fits.parquet", pa.array([99_000 + i for i in PLAIN["id"]]))
    assert command("prepare-tabular", fits, tmp_path / "fits", *learned).code == 0
    beyond = file("beyond.parquet", pa.array([2**40 + i for i in PLAIN["id"]]))
    done = command("prepare-tabular", beyond, tmp_path / "out", *learned)
    done.output = tmp_path / "out"
    assert_refused(done, "column 'x' holds numbers that are no ", "fit again")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"s": pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff"]).buffers())},
         "column 's' of Parquet: texts not UTF-8; use spark-submit"),
        ({"d": pa.array([-800_000], pa.int32()).cast(pa.date32())},
         "column 'd': years before 1 or beyond 9999; use spark-submit"),
        ({"x": pa.array([float("nan")])}, "column 'x' of Parquet that holds NaN beside null"),
        ({"m": pa.array([Decimal("1.5")], pa.decimal256(40, 2))}, "column 'm' is decimal256"),
    ],
)  # fmt: skip
def test_parquet_that_is_left_to_spark(
    command: Callable[..., Any], tmp_path: Path, columns: dict[str, Any], said: str
) -> None:
    pq.write_table(pa.table({**columns, "y": [1]}), tmp_path / "t.parquet")
    done = command("prepare-tabular", tmp_path / "t.parquet", tmp_path / "out", "--target", "y")
    done.output = tmp_path / "out"
    assert_refused(done, said)


def test_a_parquet_column_that_stands_twice(command: Callable[..., Any], tmp_path: Path) -> None:
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array([3])], ["x", "x", "y"])
    pq.write_table(twice, tmp_path / "t.parquet")
    done = command("prepare-tabular", tmp_path / "t.parquet", tmp_path / "out", "--target", "y")
    done.output = tmp_path / "out"
    assert_refused(done, "t.parquet cannot be used", "'x' stands 2 times")


def test_the_memory_that_parquet_takes_is_known_by_its_cells(
    command: Callable[..., Any], tmp_path: Path
) -> None:
    """A million equal cells are stored in next to nothing."""
    pq.write_table(pa.table({"x": [1] * 500_000, "y": [1] * 500_000}), tmp_path / "t.parquet")
    assert (tmp_path / "t.parquet").stat().st_size < 10_000
    done = command("prepare-tabular", tmp_path / "t.parquet", "out", "--target", "y", "--explain")
    assert done.code == 0, done.err
    assert "about 206 MB at the peak" in done.out


def test_memory_that_runs_out_on_the_way(
    command: Callable[..., Any], table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_large(*_: Any, **__: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("jobs.prepare_tabular.run.count_pandas", too_large)
    path = table(json.dumps("x") + ",y\n1,2\n")
    done = command("prepare-tabular", path, tmp_path / "out", "--target", "y")
    done.output = tmp_path / "out"
    assert_refused(done, "did not fit the memory", "use spark-submit jobs/main.py prepare")


def test_timestamps_of_96_bits(both: Both, tmp_path: Path) -> None:
    """Spark's own form before 3.0, and still its default: beyond 2262 there are no nanoseconds."""
    moments = [dt.datetime(9999, 12, 31), dt.datetime(1, 1, 1), dt.datetime(2020, 1, 1)]
    cells = pa.array([moments[i % 3] for i in range(60)], pa.timestamp("us"))
    pq.write_table(
        pa.table({"t": cells, **PLAIN}),
        tmp_path / "t.parquet",
        use_deprecated_int96_timestamps=True,
    )
    ours, sparks = both(tmp_path / "t.parquet", "--target", "y")
    assert_equal(ours, sparks)
    found = pq.read_table(ours / "train")["t"].to_pylist()
    assert {moment.year for moment in found} == {1, 2020, 9999}


def test_quarantined_numbers_keep_their_digits(both: Both, tmp_path: Path) -> None:
    digits = ["12345678901234567.89", "1.10", "0.00"]
    columns = {
        "m": pa.array([Decimal(digits[i % 3]) for i in range(60)], pa.decimal128(20, 2)),
        "f": pa.array([0.1] * 60, pa.float32()),
        "x": pa.array([float("inf") if i < 6 else 1.5 for i in range(60)]),
    }
    pq.write_table(pa.table({**columns, **PLAIN}), tmp_path / "t.parquet")
    outputs = both(tmp_path / "t.parquet", "--target", "y")
    found = []
    for output in outputs:
        lines = [line for file in (output / "quarantine").glob("*.json")
                 for line in file.read_text().splitlines()]  # fmt: skip
        found.append(sorted(json.loads(line)["row"] for line in lines))
    assert found[0] == found[1]
    assert '"m":12345678901234567.89,"f":0.1,' in "".join(found[0])
