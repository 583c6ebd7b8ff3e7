"""A tree of files, and what to do to it: the same whoever carries it out."""

from __future__ import annotations

import bz2
import gzip
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.files import Files
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


def outcome(files: Files, root: Path, operation: Operation) -> tuple[Any, dict[str, Any]]:
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
PATTERNS = [
    "*", "*.csv", "?.csv", "[ab].csv", "[^a]*.csv", "[a-c]*", "{a,z}.csv*", "b*/*", "b=*/*/f.csv",
    "no*", "a.csv", "no", r"x\{1\}\[2\]\*.csv", r"x\{*", "*%20*", "\u00e4?.csv", "b/*", "linked/*",
    "a.csv/*", "*/", "a]", "a}", "(a|b).csv", "a.c+v", "[!a].csv",
    "b/.*", "{[ab],z}.csv", "**", "a,*", "[a&&b].csv", "[a||b].csv", "[a~~b].csv",
]  # fmt: skip
# A set or a choice within a set, and what is not closed or closed too early, mean another thing to
# Hadoop, or nothing.
LEFT_TO_SPARK = [
    "{a.csv,b/c.csv}", "[a", "{a", "[a{]*", "[a[]*", "[{*[]?", "[]a]*", "[^]", "[z-a]*",
]  # fmt: skip
# Columns of Parquet named a that differ in how they are stored.
COLUMNS = [
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
