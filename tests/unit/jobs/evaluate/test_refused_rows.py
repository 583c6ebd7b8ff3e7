"""Test rows that cannot be measured: each is refused with what to do."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet
from refusals import refused

Evaluate = Callable[..., Any]


def test_missing_columns_are_all_named(
    ready: None, evaluate: Evaluate, put_rows: Any, frame: pd.DataFrame, tmp_path: Path
) -> None:
    put_rows(frame[["y", "group"]])
    refused(evaluate, "the model needs columns.*'a' is missing.*'b' is missing")
    assert not (tmp_path / "evaluation").exists()


def test_parquet_without_pyarrow_says_what_to_do(
    ready: None, evaluate: Evaluate, frame: pd.DataFrame, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    frame.to_parquet(tmp_path / "rows.parquet")

    for name in ("pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)
    refused(evaluate, "needs pyarrow.*prepare --format csv", "--test", tmp_path / "rows.parquet")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty: not even a header"),
        ("a,b,y\n", "has no rows"),
        ("a,b,y\n1,2,0,9\n", "cannot read .*part-00000.csv as csv"),
        ("a,b,y\n1,2,0\n1,2,0,9\n", "cannot read .*part-00000.csv as csv"),
        ("a,b,y\n1,2,\n", "null in all 1 test rows"),
        ("a,a,y\n1,2,0\n", "columns of the same name: 'a'"),
        ("a,b,z\n1,2,0\n", "no column 'y', the label; they have 'a', 'b', 'z'"),
        ("a,b,y\n1,x,0\n", "columns that are no numbers: b"),
        ("a,b,y\n1,,0\n1,2,1\n", "does not take nulls.*column 'b': 1 rows"),
        ("a,b,y\n1,2,0\n1,2,7\n", "1 of 2 labels in column 'y' are unknown to the model: '7'"),
    ],
)
def test_bad_rows_are_refused(
    ready: None, evaluate: Evaluate, put_rows: Any, text: str, message: str
) -> None:
    put_rows(text)
    refused(evaluate, message)


def test_bytes_that_are_no_text_and_no_parquet(
    ready: None, evaluate: Evaluate, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"a,b,y\n\xff\xfe,1,2\n")
    refused(evaluate, "cannot read .*bad.csv", "--test", bad)
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(b"PAR1 no")
    refused(evaluate, "cannot read .*bad.parquet", "--test", bad)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "no \\*.csv.*it holds nothing"),
        (("readme.txt",), "no \\*.csv.*'readme.txt'"),
        (("train/a.csv", "test/a.csv"), "holds training rows too; give --test"),
    ],
)
def test_directories_that_hold_no_test_rows(
    ready: None, evaluate: Evaluate, tmp_path: Path, names: tuple[str, ...], message: str
) -> None:
    directory = tmp_path / "given"
    directory.mkdir()
    for name in names:
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_text("a,b,y\n1,2,0\n")
    refused(evaluate, message, "--test", directory)
    refused(evaluate, "does not exist", "--test", tmp_path / "absent")


def test_a_directory_that_cannot_be_listed_is_named(
    ready: None, evaluate: Evaluate, put_rows: Any, frame: pd.DataFrame, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    put_rows(frame, "day=2/part-00000.csv")
    put_rows(frame, "_temporary/part-00000.csv")
    scan = os.scandir

    def closed(path: Any) -> Any:  # root may list whatever its modes say
        if str(path).endswith(("day=2", "_temporary")):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", closed)
    refused(evaluate, f"cannot use {tmp_path}/test/day=2: Permission denied")
    (tmp_path / "test" / "day=2").rename(tmp_path / "moved")
    assert evaluate().data["rows"]["read"] == len(frame)


@pytest.mark.parametrize(("column", "what"), [("y", "the label"), ("s", "the segment")])
@pytest.mark.parametrize("value", [[1, 2], {"a": 1}])
def test_columns_of_lists_are_refused_by_name(
    ready: None, evaluate: Evaluate, tmp_path: Path, frame: pd.DataFrame,
    column: str, what: str, value: Any,
) -> None:  # fmt: skip
    frame[column] = [value] * len(frame)
    frame.to_parquet(tmp_path / "rows.parquet")
    options = ("--test", tmp_path / "rows.parquet", "--segment", "s" if column == "s" else "a")
    refused(evaluate, f"column '{column}', {what}, holds lists or structures", *options)


@pytest.mark.parametrize(
    "values",
    [
        pd.Timestamp("2026-01-01"),
        pd.Timestamp("2026-01-01", tz="UTC"),
        pd.Timestamp("2026-01-01").date(),
        pd.Timedelta(days=1),
    ],
)
def test_a_date_is_no_number_to_be_split(
    ready: None, evaluate: Evaluate, tmp_path: Path, frame: pd.DataFrame, values: Any
) -> None:
    frame["y"] = pd.Series([values] * len(frame))
    path = tmp_path / "rows.parquet"
    frame.to_parquet(path)
    refused(evaluate, "needs numbers.*'y'.*299 more", "--positive-above", 15, "--test", path)


def test_parquet_columns_of_the_same_name_are_refused(
    ready: None, evaluate: Evaluate, tmp_path: Path
) -> None:
    path = tmp_path / "rows.parquet"
    parquet.write_table(pa.table([[1.0], [2.0], [0], [1]], names=["a", "b", "y", "y"]), path)
    refused(evaluate, "columns of the same name: 'y'", "--test", path)


def test_an_unknown_positive_label_is_refused(ready: None, evaluate: Evaluate) -> None:
    refused(evaluate, "--positive 'late' is no class.*'0', '1'", "--positive", "late")


def test_an_unknown_segment_is_refused(ready: None, evaluate: Evaluate) -> None:
    refused(evaluate, "no column 'no'; they have 'a', 'b', 'group', 'y'", "--segment", "no")
