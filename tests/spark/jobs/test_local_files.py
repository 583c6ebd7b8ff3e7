"""LocalFiles against Hadoop's own local file system: the same tree, the same answers."""

from __future__ import annotations

import bz2
import gzip
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from jobs.errors import UnsupportedError
from jobs.files import Files
from jobs.footers import check_footers
from jobs.hadoop_files import HadoopFiles
from jobs.local_files import LocalFiles
from jobs.source import find_source
from schemas.errors import InputError

Operation = Callable[[Files, str], Any]
TREE = {
    "a.csv": b"x,y\n1,2\n",
    "b/c.csv": b"",
    "b/_hidden.csv": b"h",
    "b/.dot/d.csv": b"d",
    "b=1/e=2/f.csv": b"f",
    "blank %20+.csv": b"b",
    "x{1}[2]*.csv": b"g",
    "\u00e4\U0001f600.csv": b"u",
    "latin.txt": b"\xff",
    "z.csv.gz": gzip.compress(b"packed"),
    "cut.csv.gz": gzip.compress(bytes(range(256)) * 99)[:-40],
    "wrong.gz": b"not packed",
    "z.bz2": bz2.compress(b"packed too"),
    "_marked/g.csv": b"m",
}


def build(root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    for name, content in TREE.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
        os.utime(root / name, ns=(1_700_000_000_123_456_789,) * 2)
    (root / "empty").mkdir()
    (root / "link.csv").symlink_to("a.csv")
    (root / "broken.csv").symlink_to("nowhere")
    (root / "linked").symlink_to("b")


def outcome(files: Files, root: Path, operation: Operation) -> tuple[Any, Any]:
    """Run an operation on a fresh tree: what it gave, and the tree it left."""
    build(root)
    try:
        result = operation(files, str(root))
    except InputError as error:
        result = str(error)
    except Exception:  # noqa: BLE001 - Java's exceptions are no kin of Python's
        result = "refused"
    left = {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None
        for path in root.rglob("*")
        if not path.name.endswith(".crc")
    }
    return result, left


def many(call: Callable[[Files, str], Any], *names: str) -> Operation:
    return lambda files, root: [call(files, f"{root}/{name}") for name in names]


OPERATIONS: dict[str, Operation] = {
    "full": many(lambda f, p: f.full(p), "", "a/", "a//b", "a/./b", "a/../b", "a b", "ä", "a%20"),
    "full of a URI": lambda f, root: [f.full(f"file:{root}/a"), f.full(f"file://{root}/a")],
    "full of a relative path": lambda f, root: [f.full("a"), f.full("."), f.full("../a/")],
    "exists": many(lambda f, p: f.exists(p), "a.csv", "b", "no", "broken.csv", "x{1}[2]*.csv"),
    "is_directory": many(lambda f, p: f.is_directory(p), "a.csv", "b", "no", "linked"),
    "walk": lambda f, root: f.walk(root),
    "walk a URI": lambda f, root: f.walk(f"file://{root}/b/"),
    "walk a file": many(lambda f, p: f.walk(p), "a.csv", "b/_hidden.csv", "_marked"),
    "walk a link": lambda f, root: f.walk(f"{root}/linked"),
    "walk nothing": lambda f, root: f.walk(f"{root}/no"),
    "walk an empty directory": lambda f, root: f.walk(f"{root}/empty"),
    "read_bytes": lambda f, root: [
        f.read_bytes(f"{root}/a.csv"),
        f.read_bytes(f"{root}/a.csv", offset=2, length=3),
        f.read_bytes(f"{root}/a.csv", length=99),
        f.read_bytes(f"{root}/a.csv", length=0),
    ],
    "read_bytes of nothing": lambda f, root: f.read_bytes(f"{root}/no"),
    "read_head": many(lambda f, p: f.read_head(p, 4), "a.csv", "z.csv.gz", "z.bz2"),
    "read_head of no gzip": lambda f, root: f.read_head(f"{root}/wrong.gz", 4),
    "is_compressed": many(
        lambda f, p: f.is_compressed(p),
        *("a.csv", "a.gz", "a.GZ", "a.bz2", "a.zst", "a.lz4", "a.snappy", "a.deflate", "a.zip"),
    ),
    "check_readable": many(
        lambda f, p: f.check_readable(p) is None, "a.csv", "z.bz2", "cut.csv.gz", "wrong.gz", "no"
    ),
    "read_text": lambda f, root: f.read_text(f"{root}/a.csv"),
    "read_text of no text": lambda f, root: f.read_text(f"{root}/latin.txt"),
    "read_text of nothing": lambda f, root: f.read_text(f"{root}/no"),
    "read_text of a directory": lambda f, root: f.read_text(f"{root}/b"),
    "write_text": many(lambda f, p: f.write_text(p, "ä\n"), "a.csv", "new/deep/n.txt"),
    "make_directory": many(lambda f, p: f.make_directory(p), "p/q", "b"),
    "make_directory of a file": lambda f, root: f.make_directory(f"{root}/a.csv/p"),
    "move": lambda f, root: f.move(f"{root}/a.csv", f"{root}/b/n.csv"),
    "move over a file": lambda f, root: f.move(f"{root}/a.csv", f"{root}/b/c.csv"),
    "move to nowhere": lambda f, root: f.move(f"{root}/a.csv", f"{root}/p/q/n.csv"),
    "move nothing": lambda f, root: f.move(f"{root}/no", f"{root}/n"),
    "remove": many(lambda f, p: f.remove(p), "a.csv", "b", "no"),
    "remove a link": many(lambda f, p: f.remove(p), "link.csv"),
    "remove_if_empty": many(lambda f, p: f.remove_if_empty(p), "empty", "b", "no"),
    "knows_encoding": lambda f, root: [f.knows_encoding("utf-8"), f.knows_encoding("UTF-8")],
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_does_what_hadoop_does(spark: SparkSession, tmp_path: Path, name: str) -> None:
    root = tmp_path / "tree"
    expected = outcome(HadoopFiles(spark), root, OPERATIONS[name])
    assert outcome(LocalFiles(), root, OPERATIONS[name]) == expected


PATTERNS = [
    "*", "*.csv", "?.csv", "[ab].csv", "[^a]*.csv", "[a-c]*", "{a,z}.csv*", "b*/*", "b=*/*/f.csv",
    "no*", "a.csv", "no", r"x\{1\}\[2\]\*.csv", r"x\{*", "*%20*", "\u00e4?.csv", "b/*", "linked/*",
    "a.csv/*", "*/", "{a.csv,b/c.csv}", "[a", "{a", "a]", "a}", "(a|b).csv", "a.c+v", "[!a].csv",
    "b/.*", "{[ab],z}.csv", "**", "a,*", "[a&&b].csv", "[a||b].csv", "[a~~b].csv",
]  # fmt: skip
# A set or a choice within a set, and what is not closed or closed too early, mean another thing to
# Hadoop, or nothing.
LEFT_TO_SPARK = [
    "{a.csv,b/c.csv}", "[a", "{a", "[a{]*", "[a[]*", "[{*[]?", "[]a]*", "[^]", "[z-a]*",
]  # fmt: skip


def globbed(files: Files, pattern: str) -> Any:
    try:
        return files.glob(pattern)
    except UnsupportedError:
        return "unsupported"
    except Exception:  # noqa: BLE001 - Java's exceptions are no kin of Python's
        return "refused"


@pytest.mark.parametrize("pattern", [*PATTERNS, *LEFT_TO_SPARK])
def test_a_glob_finds_what_hadoop_finds(spark: SparkSession, tmp_path: Path, pattern: str) -> None:
    build(tmp_path)
    local = globbed(LocalFiles(), f"{tmp_path}/{pattern}")
    assert (local == "unsupported") == (pattern in LEFT_TO_SPARK)
    if local != "unsupported":
        assert local == globbed(HadoopFiles(spark), f"{tmp_path}/{pattern}")


@given(pattern=st.text("ab.c*?[]^-{},\\=", min_size=1, max_size=6))
def test_any_glob_finds_what_hadoop_finds(
    spark: SparkSession, tmp_path: Path, pattern: str
) -> None:
    for name in ("a", "b", "ab", "abc", "a.c", "a=b", "b-c", "a,b", "^"):
        (tmp_path / name).touch()
    local = globbed(LocalFiles(), f"{tmp_path}/{pattern}")
    if local != "unsupported":
        assert local == globbed(HadoopFiles(spark), f"{tmp_path}/{pattern}")


def test_parquet_footers_tell_the_same_columns_apart(spark: SparkSession, tmp_path: Path) -> None:
    both = [HadoopFiles(spark), LocalFiles()]
    fields = [
        pa.field("a", pa.int64()),
        pa.field("a", pa.int32()),
        pa.field("a", pa.int64(), nullable=False),
        pa.field("a", pa.timestamp("us")),
        pa.field("a", pa.timestamp("us", tz="UTC")),
        pa.field("a", pa.decimal128(9, 2)),
        pa.field("a", pa.decimal128(9, 3)),
        pa.field("a", pa.string()),
        pa.field("a", pa.list_(pa.int64())),
        pa.field("a", pa.struct([("b.c", pa.int64()), ("d", pa.int64())])),
    ]
    seen: list[list[dict[str, str]]] = [[], []]
    for number, field in enumerate(fields):
        path = tmp_path / f"{number}.parquet"
        names = [pa.field("a.b", pa.int64()), field, pa.field("ä b", pa.string())]
        pq.write_table(pa.schema(names).empty_table(), path)
        for known, files in zip(seen, both):
            known.append(files.parquet_schema(str(path)))
    for known in seen:
        assert all(list(one) == ["a.b", "a", "ä b"] for one in known)
        assert len({one["a"] for one in known}) == len(fields)
        assert len({one["a.b"] for one in known}) == 1


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match="not a whole Parquet file"):
        LocalFiles().parquet_schema(str(tmp_path / "t.parquet"))


def test_what_needs_spark_says_so(tmp_path: Path) -> None:
    packed = tmp_path / "t.csv.zst"
    packed.write_bytes(b"x")
    files = LocalFiles()
    with pytest.raises(UnsupportedError, match=r"compressed as \.zst"):
        files.read_head(str(packed), 3)
    with pytest.raises(UnsupportedError, match="not a local file"):
        files.exists("s3a://bucket/t.csv")
    with pytest.raises(UnsupportedError, match="latin-1"):
        files.knows_encoding("latin-1")
    assert files.exists(f"file://{packed}")


def test_a_failed_write_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="cannot write"):
        LocalFiles().write_text(str(tmp_path / "taken"), "x")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_the_checksum_beside_a_file_of_spark_goes_with_it(tmp_path: Path) -> None:
    (tmp_path / "part-0").touch()
    (tmp_path / ".part-0.crc").touch()
    LocalFiles().remove(str(tmp_path / "part-0"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("type_", [pa.timestamp("ns"), pa.time64("us"), pa.time32("ms")])
def test_a_type_that_spark_cannot_read_is_seen(tmp_path: Path, type_: pa.DataType) -> None:
    pq.write_table(pa.schema([("t", type_)]).empty_table(), tmp_path / "t.parquet")
    source = find_source(LocalFiles(), str(tmp_path))
    with pytest.raises(InputError, match="column 't' is .*; store it as timestamp with micro"):
        check_footers(LocalFiles(), source)


def test_microseconds_are_fine(tmp_path: Path) -> None:
    pq.write_table(
        pa.schema([("t", pa.timestamp("us")), ("TIME(", pa.int64())]).empty_table(),
        tmp_path / "t.parquet",
    )
    check_footers(LocalFiles(), find_source(LocalFiles(), str(tmp_path)))
