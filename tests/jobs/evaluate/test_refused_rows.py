"""Test rows that cannot be measured: each is refused with what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from refusals import refused

from jobs.evaluate import read_rows

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

    def missing(path: Path) -> None:
        raise ImportError

    monkeypatch.setattr(read_rows.pd, "read_parquet", missing)
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


def test_an_unknown_positive_label_is_refused(ready: None, evaluate: Evaluate) -> None:
    refused(evaluate, "--positive 'late' is no class.*'0', '1'", "--positive", "late")


def test_an_unknown_segment_is_refused(ready: None, evaluate: Evaluate) -> None:
    refused(evaluate, "no column 'no'; they have 'a', 'b', 'group', 'y'", "--segment", "no")
