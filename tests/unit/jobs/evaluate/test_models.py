"""Which file is the model, what may be loaded, and that every kind gives the same answers."""

from __future__ import annotations

import io
import pickle
import re
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import pytest
from refusals import refused
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from jobs.evaluate import optional

Evaluate = Callable[..., Any]
TREE = "sklearn.tree._tree.Tree"


@pytest.fixture(autouse=True)
def rows(put_rows: Any, frame: pd.DataFrame) -> None:
    put_rows(frame[["a", "b", "y"]])


def test_archive_directory_and_file_are_the_same(
    evaluate: Evaluate, put_model: Any, model: Any, tmp_path: Path
) -> None:
    directory = put_model(
        packed=True, model__skops=model, notes__json=b"{}", **{".hidden.skops": b""}
    )
    first = evaluate().data
    assert first["model"]["file"] == "model.skops"
    assert first["model"]["archive"] == "model.tar.gz"
    assert re.fullmatch("[0-9a-f]{64}", first["model"]["archive_sha256"])
    assert evaluate("--model", directory / "model.tar.gz").data == first
    (directory / "model.tar.gz").rename(tmp_path / "other.tgz")
    put_model(model__skops=model)
    unpacked = evaluate().data
    assert unpacked["accuracy"] == first["accuracy"]
    assert unpacked["model"]["archive"] is None
    assert evaluate("--model", directory / "model.skops").data == unpacked


@pytest.mark.parametrize(
    ("files", "arguments", "message"),
    [
        ({}, (), "has no model file.*it holds no files"),
        ({"readme__md": b"", "x__json": b"{}"}, (), "no model file.*'readme.md', 'x.json'"),
        ({"a__skops": b"", "b__onnx": b""}, (), "several model files, 'a.skops', 'b.onnx'.*--mod"),
        ({"a__skops": b""}, ("--model-file", "c.skops"), "'c.skops' is not in .*'a.skops'"),
        ({"readme__md": b""}, ("--model-file", "readme.md"), "is of no known kind"),
        ({"a__tgz": b"", "b__tgz": b""}, (), "several archives, 'a.tgz', 'b.tgz'"),
        ({"a__skops": b"no"}, (), "is no skops file"),
        ({"a__onnx": b"no"}, (), "cannot load a.onnx"),
        ({"a__json": b'{"learner": 1}'}, (), "cannot load a.json"),
        ({"xgboost-model": b"\x80no"}, (), "pickle of an older XGBoost"),
        ({"a__joblib": b"no"}, ("--trust-pickle",), "cannot load a.joblib"),
        ({"a__skops": LinearRegression().fit([[1]], [1])}, (), "LinearRegression.*no fitted class"),
        ({"a__skops": LogisticRegression()}, (), "no fitted classifier"),
        ({"a__skops": [1, 2]}, (), "list, which is no fitted classifier"),
    ],
)
def test_what_is_no_model_is_refused(
    evaluate: Evaluate, put_model: Any, files: Any, arguments: Any, message: str, tmp_path: Path
) -> None:
    put_model(**files)
    refused(evaluate, message, *arguments)
    assert not (tmp_path / "evaluation").exists()


def test_one_of_several_models_is_chosen(evaluate: Evaluate, put_model: Any, model: Any) -> None:
    refused(evaluate, "does not exist")
    put_model(packed=True, a__skops=model, b__skops=b"")
    assert evaluate("--model-file", "a.skops").data["model"]["file"] == "a.skops"


def test_types_that_skops_does_not_know_are_named_and_can_be_trusted(
    evaluate: Evaluate, put_model: Any, frame: pd.DataFrame
) -> None:
    tree = DecisionTreeClassifier(max_depth=2).fit(frame[["a", "b"]], frame["y"])
    put_model(model__skops=tree)
    refused(evaluate, f"holds types.*--trust {re.escape(TREE)}")
    refused(evaluate, f"--trust {re.escape(TREE)}", "--trust", "builtins.eval")
    assert evaluate("--trust", TREE).data["accuracy"] > 0.7


def test_a_skops_file_that_unpacks_to_too_much(
    evaluate: Evaluate, put_model: Any, model: Any
) -> None:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", b"0" * 10**6)
    put_model(model__skops=raw.getvalue())
    refused(evaluate, "unpacks to 1,000,000 bytes", "--max-model-bytes", "100k")


class Trap:
    def __reduce__(self) -> Any:
        return (Path.touch, (Path("sprung"),))


@pytest.mark.parametrize("name", ["model.joblib", "model.pkl"])
def test_a_pickle_is_loaded_only_when_it_is_trusted(
    evaluate: Evaluate, put_model: Any, model: Any, tmp_path: Path, name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    put_model(**{name: pickle.dumps(Trap())})
    refused(evaluate, "executes whatever code.*--trust-pickle")
    assert not Path("sprung").exists()
    file = io.BytesIO()
    joblib.dump(model, file)
    put_model(**{name: file.getvalue()})
    assert evaluate("--trust-pickle").data["auc_roc"] > 0.8


def test_a_model_without_probabilities(
    evaluate: Evaluate, put_model: Any, frame: pd.DataFrame
) -> None:
    put_model(model__skops=LinearSVC().fit(frame[["a", "b"]], frame["y"]))
    done = evaluate("--min", "auc_roc=0.5")
    assert done.data["auc_roc"] is None
    assert done.data["accuracy"] > 0.7
    assert done.data["threshold"] is None
    assert "the model gives no probabilities: what needs them has no value" in done.data["notes"]
    assert done.code == 3
    assert "<svg" not in done.page


def test_warnings_of_a_library_become_notes(
    evaluate: Evaluate, put_model: Any, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_model(model__skops=model)
    ask = LogisticRegression.predict_proba

    def warn(self: Any, rows: Any) -> Any:
        warnings.warn("mind the gap\nand more", stacklevel=1)
        return ask(self, rows)

    monkeypatch.setattr(LogisticRegression, "predict_proba", warn)
    assert evaluate().data["notes"] == ["UserWarning: mind the gap"]


def test_a_directory_by_the_name_of_an_archive_is_a_directory(
    evaluate: Evaluate, put_model: Any, put_rows: Any, model: Any, frame: pd.DataFrame
) -> None:
    path = put_model(model__skops=model) / "model.skops"
    (path.parent / "model.tar.gz").mkdir()
    path.rename(path.parent / "model.tar.gz" / "model.skops")
    put_rows(frame)
    assert evaluate().data["model"]["file"] == "model.tar.gz/model.skops"


@pytest.mark.parametrize("name", ["model.ubj", "model.onnx", "model.skops"])
def test_a_missing_library_is_named(
    evaluate: Evaluate, put_model: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ImportError

    monkeypatch.setattr(optional, "import_module", missing)
    put_model(**{name: b""})
    refused(evaluate, f"{name} needs .*pip install")
