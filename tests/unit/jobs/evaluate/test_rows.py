"""The test rows: which columns a model gets, what is the label, and what is refused."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from refusals import refused
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from jobs.evaluate import read_rows
from schemas.errors import InputError
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
    frame.to_parquet(file.parent / "rows.parquet")
    refused(evaluate, "CSV and Parquet")


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
    put_rows("a,b,delay\n-9,0,late\n9,0,16\n")
    refused(evaluate, "holds 'late'", "--positive-above", 15, label="delay")


@pytest.mark.parametrize(
    ("labels", "cells"),
    [([False, True], ("0.0", "1.0")), ([0, 1], ("false", "true")), (["no", "yes"], ("no", "yes"))],
)
def test_labels_are_the_same_however_they_are_written(
    evaluate: Evaluate, put_model: Any, put_rows: Any, frame: pd.DataFrame,
    labels: list[Any], cells: tuple[str, str],
) -> None:  # fmt: skip
    put_model(m__skops=LogisticRegression().fit(frame[["a"]], [labels[y] for y in frame["y"]]))
    put_rows(f"a,y\n-9,{cells[0]}\n9,{cells[1]}\n9,{cells[1]}\n")
    assert evaluate().data["confusion_matrix"] == [[1, 0], [0, 2]]


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
    with pytest.raises(InputError, match=message):
        evaluate(*numbered, label=None)
    assert evaluate(*numbered, "--ignore", 0, label=None).data["accuracy"] == 1.0
