"""Hadoop's own local file system and LocalFiles: the same tree, the same answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from same_files import COLUMNS, LEFT_TO_SPARK, OPERATIONS, PATTERNS, build, outcome

from jobs.errors import UnsupportedError
from jobs.files import Files
from jobs.hadoop_files import HadoopFiles
from jobs.local_files import LocalFiles


def test_every_operation_does_the_same(spark: SparkSession, tmp_path: Path) -> None:
    root = tmp_path / "tree"
    for name, operation in OPERATIONS.items():
        expected = outcome(HadoopFiles(spark), root, operation)
        assert (name, outcome(LocalFiles(), root, operation)) == (name, expected)


def globbed(files: Files, pattern: str) -> Any:
    try:
        return files.glob(pattern)
    except UnsupportedError:
        return "unsupported"
    except Exception:  # noqa: BLE001 - Java's exceptions are no kin of Python's
        return "refused"


def test_a_glob_finds_the_same(spark: SparkSession, tmp_path: Path) -> None:
    build(tmp_path)
    for pattern in (*PATTERNS, *LEFT_TO_SPARK):
        local = globbed(LocalFiles(), f"{tmp_path}/{pattern}")
        assert (pattern, local == "unsupported") == (pattern, pattern in LEFT_TO_SPARK)
        if local != "unsupported":
            assert (pattern, local) == (
                pattern, globbed(HadoopFiles(spark), f"{tmp_path}/{pattern}")
            )  # fmt: skip


@given(pattern=st.text("ab.c*?[]^-{},\\=", min_size=1, max_size=6))
def test_any_glob_finds_the_same(spark: SparkSession, tmp_path: Path, pattern: str) -> None:
    for name in ("a", "b", "ab", "abc", "a.c", "a=b", "b-c", "a,b", "^"):
        (tmp_path / name).touch()
    local = globbed(LocalFiles(), f"{tmp_path}/{pattern}")
    if local != "unsupported":
        assert local == globbed(HadoopFiles(spark), f"{tmp_path}/{pattern}")


def test_parquet_footers_tell_columns_apart(spark: SparkSession, tmp_path: Path) -> None:
    seen = []
    for number, field in enumerate(COLUMNS):
        path = tmp_path / f"{number}.parquet"
        names = [pa.field("a.b", pa.int64()), field, pa.field("ä b", pa.string())]
        pq.write_table(pa.schema(names).empty_table(), path)
        seen.append(HadoopFiles(spark).parquet_schema(str(path)))
    assert all(list(one) == ["a.b", "a", "ä b"] for one in seen)
    assert len({one["a"] for one in seen}) == len(COLUMNS)
    assert len({one["a.b"] for one in seen}) == 1
