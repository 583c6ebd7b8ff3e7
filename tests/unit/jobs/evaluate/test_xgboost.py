"""XGBoost: its own answers; and what would end or stall the process is refused before."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost
from refusals import refused

from jobs.evaluate import xgboost_model

Evaluate = Callable[..., Any]


@pytest.fixture(autouse=True)
def rows(put_rows: Any, frame: pd.DataFrame) -> None:
    put_rows(frame[["a", "b", "y"]])


def booster(frame: pd.DataFrame, y: Any = None, **settings: Any) -> Any:
    data = xgboost.DMatrix(frame[["a", "b"]], frame["y"] if y is None else y)
    usual = {"objective": "binary:logistic", "max_depth": 2, "nthread": 1}
    return xgboost.train({**usual, **settings}, data, num_boost_round=3)


def saved(trained: Any, name: str) -> bytes:
    return bytes(trained.save_raw("json" if name.endswith("json") else "ubj"))


TARGETS = {"multi_strategy": "multi_output_tree", "tree_method": "hist"}


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("model.ubj", {}),
        ("model.json", {"booster": "dart"}),
        ("xgboost-model", {"booster": "gblinear"}),
        ("model.json", {"tree_method": "exact", "gamma": 3, "max_depth": 8}),
        ("model.ubj", {"objective": "multi:softprob", "num_class": 2, "num_parallel_tree": 2}),
        ("model.json", {"objective": "multi:softprob", "num_class": 2, **TARGETS}),
    ],
)
def test_whole_models_of_every_kind_give_what_xgboost_gives(
    evaluate: Evaluate, put_model: Any, frame: pd.DataFrame, name: str, settings: dict[str, Any]
) -> None:
    trained = booster(frame, **settings)
    put_model(**{name: saved(trained, name)})
    said = trained.predict(xgboost.DMatrix(frame[["a", "b"]]))
    expected = said if said.ndim == 1 else said[:, 1]
    data = evaluate().data
    assert data["accuracy"] == np.mean((expected >= 0.5) == frame["y"])
    assert data["brier"] == pytest.approx(np.mean((expected - frame["y"]) ** 2), rel=1e-5)


def test_three_classes_by_probability_and_by_class(
    evaluate: Evaluate, put_model: Any, put_rows: Any, frame: pd.DataFrame
) -> None:
    frame["y"] = pd.cut(frame["a"], [-9, -0.5, 0.5, 9], labels=False)
    put_rows(frame)
    put_model(a__ubj=saved(booster(frame, objective="multi:softprob", num_class=3), "a"))
    soft = evaluate().data
    assert min(soft["accuracy"], soft["auc_roc"]) > 0.9
    put_model(a__ubj=saved(booster(frame, objective="multi:softmax", num_class=3), "a"))
    hard = evaluate().data
    assert hard["confusion_matrix"] == soft["confusion_matrix"]
    assert hard["auc_roc"] is None


def test_what_is_no_classifier(evaluate: Evaluate, put_model: Any, frame: pd.DataFrame) -> None:
    put_model(a__ubj=saved(booster(frame, frame["a"], objective="reg:squarederror"), "a"))
    refused(evaluate, "'reg:squarederror'; evaluate measures classifiers")


def damaged(frame: pd.DataFrame, *path: str, value: Any) -> bytes:
    """Save a model with one field below its learner set to something else."""
    whole = json.loads(saved(booster(frame), "json"))
    place = whole["learner"]
    for name in path[:-1]:
        place = place[0][name] if isinstance(place, list) else place[name]
    place = place[0] if isinstance(place, list) else place
    place[path[-1]] = value(place[path[-1]]) if callable(value) else value
    return json.dumps(whole).encode()


CLASSES = ("learner_model_param", "num_class")
MODEL = ("gradient_booster", "model")
TREE = (*MODEL, "trees")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ((*TREE, "left_children"), lambda old: [0, *old[1:]], "a tree in it is none"),
        ((*TREE, "left_children"), lambda old: [10**6, *old[1:]], "a tree in it is none"),
        ((*TREE, "right_children"), lambda old: [1, *old[1:]], "a tree in it is none"),
        ((*TREE, "split_indices"), lambda old: [2**30] * len(old), "a tree in it asks for a feat"),
        ((*MODEL, "tree_info"), lambda old: [99] * len(old), "a tree in it is for a class"),
        (CLASSES, "100001", "it has 100,001 classes, of 100,000 allowed"),
        (CLASSES, "1000000000", "xgboost.core.XGBoostError: std::bad_alloc"),
    ],
)
def test_models_that_would_lead_xgboost_astray(
    evaluate: Evaluate, put_model: Any, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch,
    path: tuple[str, ...], value: Any, message: str,
) -> None:  # fmt: skip
    less = xgboost_model._TRIAL.replace("4 * 1024**3", "1024**3")  # is used up sooner
    monkeypatch.setattr(xgboost_model, "_TRIAL", less)
    monkeypatch.setattr(xgboost_model, "SECONDS", 30)  # who walks in circles needs not more
    put_model(model__json=damaged(frame, *path, value=value))
    refused(evaluate, f"cannot load model.json: {message}")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "model.ubj is empty"),
        (b"{L\0\0\0\0\0\0\0\x07learner", "cannot load model.ubj: XGBoost dies|XGBoostError"),
        (b"{L" + b"\0" * 7 + b"\x07learner" + b"[" * 2_000_000, "cannot load model.ubj"),
    ],
    ids=["empty", "cut off", "nested"],
)
def test_files_that_are_no_model(
    evaluate: Evaluate, put_model: Any, content: bytes, message: str
) -> None:
    put_model(model__ubj=content)
    refused(evaluate, message)


def test_a_model_that_takes_too_long(
    evaluate: Evaluate, put_model: Any, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_model(model__json=saved(booster(frame), "json"))
    monkeypatch.setattr(xgboost_model, "SECONDS", 0.01)
    refused(evaluate, "not ready with it after 0.01 seconds")
