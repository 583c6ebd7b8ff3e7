"""The test rows: which columns a model gets, what is the label, and what is refused."""

from __future__ import annotations

import errno
import gzip
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet
from refusals import refused
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from jobs.evaluate import read_rows
from transforms.plan import FitOptions
from transforms.preprocessor import ColumnStep, Preprocessor
from transforms.preprocessor_json import preprocessor_to_json

Evaluate = Callable[..., Any]


@pytest.fixture
def accuracy(ready: None, evaluate: Evaluate) -> float:
    return float(evaluate().data["accuracy"])


def test_columns_are_matched_by_name(
    accuracy: float, evaluate: Evaluate, put_rows: Any, frame: pd.DataFrame
) -> None:
    put_rows(frame[["y", "b", "group", "a"]])
    done = evaluate()
    assert done.data["accuracy"] == accuracy
    assert done.data["notes"] == ["columns that the model does not know are not used: 'group'"]


def test_a_model_without_names_takes_the_order_of_the_file(
    evaluate: Evaluate, put_model: Any, put_rows: Any, frame: pd.DataFrame
) -> None:
    put_model(model__skops=LogisticRegression().fit(frame[["a", "b"]].to_numpy(), frame["y"]))
    put_rows(frame)
    refused(evaluate, "takes 2 columns.*'a', 'b', 'group'.*--ignore")
    assert evaluate("--ignore", "group").data["accuracy"] > 0.7
    refused(evaluate, "no column 'no'", "--ignore", "no")
    refused(evaluate, "does not exist", "--test", "absent")
    wanted = "no column 'no'; they have 'a', 'b', 'group', 'y'"
    refused(evaluate, wanted, "--segment", "no", "--ignore", "group")


def preprocessor(*outputs: tuple[str, Any], target: str = "y") -> str:
    steps = tuple(
        ColumnStep(
            name, "string", "index", f"{name}_indexed", "double", labels=labels, unseen="keep"
        )
        if labels
        else ColumnStep(name, "double", "number", name, "double")
        for name, labels in outputs
    )
    return preprocessor_to_json(Preprocessor(steps, target, 10, FitOptions()))


def test_the_preprocessor_gives_target_order_and_labels_of_segments(
    evaluate: Evaluate, put_model: Any, put_rows: Any, frame: pd.DataFrame, tmp_path: Path
) -> None:
    frame["s_indexed"] = [float(i % 3) for i in range(len(frame))]
    columns = ["a", "b", "s_indexed"]
    put_model(model__skops=LogisticRegression().fit(frame[columns].to_numpy(), frame["y"]))
    put_rows(frame[["s_indexed", "y", "b", "a"]])
    wrong = evaluate().data["auc_roc"]
    text = preprocessor(("a", None), ("b", None), ("s", ("red", "blue")), ("y", None))
    (tmp_path / "preprocessor.json").write_text(text)
    done = evaluate("--segment", "s", label=None)
    assert done.data["auc_roc"] > wrong + 0.1
    assert done.data["label"]["column"] == "y"
    values = [part["value"] for part in done.data["segments"]["values"]]
    assert values == ["(null or unseen in training)", "blue", "red"]
    moved = tmp_path / "elsewhere.json"
    (tmp_path / "preprocessor.json").rename(moved)
    refused(evaluate, "which column is the label", label=None)
    assert evaluate("--preprocessor", moved, label=None).data["auc_roc"] == done.data["auc_roc"]


def test_label_by_position_with_and_without_header(
    accuracy: float, evaluate: Evaluate, put_rows: Any, frame: pd.DataFrame
) -> None:
    guide = frame[["y", "a", "b"]]
    put_rows(guide)
    assert evaluate("--label-index", 0, label=None).data["accuracy"] == accuracy
    put_rows(guide.to_csv(index=False, header=False))
    done = evaluate("--label-index", 0, "--no-header", label=None)
    assert done.data["accuracy"] == accuracy
    assert "have no names" in done.data["notes"][0]
    refused(evaluate, "starts with numbers.*--no-header", "--label-index", 0, label=None)
    refused(evaluate, "3 columns", "--label-index", 3, "--no-header", label=None)


def test_several_files_with_columns_in_another_order(
    accuracy: float, evaluate: Evaluate, put_rows: Any, frame: pd.DataFrame, tmp_path: Path
) -> None:
    put_rows(frame[:100], "part-00000.csv")
    put_rows(frame[100:][["y", "b", "a", "group"]], "part-00001.csv")
    put_rows(frame[:0], "part-00002.csv")
    put_rows("not read", ".hidden.csv")
    put_rows("not read", "_SUCCESS")
    assert evaluate().data["accuracy"] == accuracy
    put_rows(frame[["a", "y"]], "part-00003.csv")
    refused(evaluate, "part-00003.csv has other columns.*'b', 'group'")


def test_gzip_and_parquet(
    accuracy: float, evaluate: Evaluate, put_rows: Any, frame: pd.DataFrame, tmp_path: Path
) -> None:
    file = put_rows(frame)
    packed = tmp_path / "gz" / "rows.csv.gz"
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert evaluate("--test", packed.parent).data["accuracy"] == accuracy
    frame.to_parquet(tmp_path / "rows.parquet")
    assert evaluate("--test", tmp_path / "rows.parquet").data["accuracy"] == accuracy


def test_rows_without_a_label_are_left_out_and_counted(
    ready: None, evaluate: Evaluate, put_rows: Any
) -> None:
    put_rows("a,b,y\n3,0,1\n-3,0,0\n3,0,\n")
    done = evaluate()
    assert done.data["rows"] == {"read": 3, "without_label": 1, "evaluated": 2}
    assert done.data["notes"][0] == "1 of 3 rows have no 'y' and are left out"
    assert done.data["accuracy"] == 1


def test_a_model_that_takes_nulls_gets_them(
    evaluate: Evaluate, put_model: Any, put_rows: Any, frame: pd.DataFrame
) -> None:
    put_model(model__skops=HistGradientBoostingClassifier(max_iter=2).fit(frame[["a"]], frame["y"]))
    put_rows("a,y\n3,1\n,0\n")
    trust = "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"
    assert evaluate("--trust", trust).data["rows"]["evaluated"] == 2


def test_a_number_as_label_is_split_in_two(ready: None, evaluate: Evaluate, put_rows: Any) -> None:
    put_rows("a,b,delay\n-9,0,-3\n-9,0,15\n9,0,15.5\n9,0,\n")
    refused(evaluate, "unknown to the model.*--positive-above", label="delay")
    done = evaluate("--positive-above", 15, label="delay")
    assert done.data["confusion_matrix"] == [[2, 0], [0, 1]]
    assert done.data["label"] == {
        "column": "delay", "classes": ["0", "1"], "positive": "1", "positive_above": 15.0,
    }  # fmt: skip


def test_doubles_are_read_to_the_last_bit(put_rows: Any) -> None:
    numbers = np.random.default_rng(5).random(1000)
    path = put_rows(pd.DataFrame({"a": numbers}))
    assert (read_rows.read_rows(path, header=True)["a"] == numbers).all()


def test_nothing_is_read_twice(
    ready: None, evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    read = pd.read_csv
    monkeypatch.setattr(
        read_rows.pd, "read_csv", lambda *a, **k: calls.append(k.get("nrows")) or read(*a, **k)
    )
    evaluate()
    assert calls == [1, None]


def test_without_a_header_the_number_of_columns_must_be_right(
    ready: None, evaluate: Evaluate, put_rows: Any
) -> None:
    put_rows("7,1.5,-0.2,1\n8,-1.5,0.3,0\n")
    numbered = ("--no-header", "--label-index", 3)
    message = "the model takes 2 columns; .* no header, have 3 beside the label: '0', '1', '2'"
    refused(evaluate, message, *numbered, label=None)
    assert evaluate(*numbered, "--ignore", 0, label=None).data["accuracy"] == 1.0


def test_parquet_without_pyarrow_says_what_to_do(
    ready: None, evaluate: Evaluate, frame: pd.DataFrame, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    frame.to_parquet(tmp_path / "rows.parquet")
    for name in ("pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)
    refused(evaluate, "needs pyarrow.*prepare --format csv", "--test", tmp_path / "rows.parquet")


TWICE = pa.BufferOutputStream()
parquet.write_table(pa.table([[1.0], [2.0], [0], [1]], names=["a", "b", "y", "y"]), TWICE)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "no \\*.csv.*it holds nothing"),
        ({"readme.txt": "x"}, "no \\*.csv.*'readme.txt'"),
        ({"train/a.csv": "x", "test/a.csv": "x"}, "holds training rows too; give --test"),
        ({"a.csv": "a,b,y\n1,2,0\n", "a.parquet": "x"}, "CSV and Parquet"),
        ({"a.csv": ""}, "is empty: not even a header"),
        ({"a.csv": "a,b,y\n"}, "has no rows"),
        ({"a.csv": "y,group\n1,up\n"}, "the model needs columns.*'a' is missing.*'b' is missing"),
        ({"a.csv": "a,b,y\n1,2,0,9\n"}, "cannot read .*a.csv as csv"),
        ({"a.csv": "a,b,y\n1,2,0\n1,2,0,9\n"}, "cannot read .*a.csv as csv"),
        ({"a.csv": b"a,b,y\n\xff\xfe,1,2\n"}, "cannot read .*a.csv"),
        ({"a.parquet": "PAR1 no"}, "cannot read .*a.parquet"),
        ({"a.parquet": TWICE.getvalue().to_pybytes()}, "columns of the same name: 'y'"),
        ({"a.csv": "a,a,y\n1,2,0\n"}, "columns of the same name: 'a'"),
        ({"a.csv": "a,b,y\n1,2,\n"}, "null in all 1 test rows"),
        ({"a.csv": "a,b,z\n1,2,0\n"}, "no column 'y', the label; they have 'a', 'b', 'z'"),
        ({"a.csv": "a,b,y\n1,x,0\n"}, "columns that are no numbers: b"),
        ({"a.csv": "a,b,y\n1,,0\n1,2,1\n"}, "does not take nulls.*column 'b': 1 rows"),
        ({"a.csv": "a,b,y\n1,2,0\n1,2,7\n"}, "1 of 2 labels in column 'y' are unknown.*: '7'"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    ready: None, evaluate: Evaluate, tmp_path: Path, files: dict[str, str | bytes], message: str
) -> None:
    (tmp_path / "given").mkdir()
    for name, content in files.items():
        path = tmp_path / "given" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    refused(evaluate, message, "--test", tmp_path / "given")
    assert not (tmp_path / "evaluation").exists()


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
