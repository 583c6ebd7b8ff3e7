"""XGBoost believes its files: what would end or stall the process is refused before."""

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


@pytest.fixture
def saved(put_rows: Any, frame: pd.DataFrame) -> dict[str, Any]:
    """Put the rows in their place, and return what XGBoost saves, to be damaged."""
    put_rows(frame[["a", "b", "y"]])
    settings = {"objective": "binary:logistic", "max_depth": 2, "nthread": 1}
    data = xgboost.DMatrix(frame[["a", "b"]], frame["y"])
    return json.loads(xgboost.train(settings, data, num_boost_round=2).save_raw("json"))


def model(saved: dict[str, Any]) -> Any:
    return saved["learner"]["gradient_booster"]["model"]


def tree(saved: dict[str, Any]) -> Any:
    return model(saved)["trees"][0]


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
    saved: Any, evaluate: Evaluate, put_model: Any, content: bytes, message: str
) -> None:
    put_model(model__ubj=content)
    refused(evaluate, message)


@pytest.mark.parametrize("name", ["left_children", "right_children"])
@pytest.mark.parametrize("child", [0, 1, 10**6])
def test_trees_that_lead_nowhere_or_in_a_circle(
    saved: Any, evaluate: Evaluate, put_model: Any, name: str, child: int
) -> None:
    tree(saved)[name] = [child if old != -1 else old for old in tree(saved)[name]]
    put_model(model__json=json.dumps(saved).encode())
    refused(evaluate, "cannot load model.json: (XGBoost dies|a tree in it is none)")


def test_features_and_classes_that_are_not_there(
    saved: Any, evaluate: Evaluate, put_model: Any
) -> None:
    right = json.dumps(saved)
    tree(saved)["split_indices"] = [2**30] * len(tree(saved)["split_indices"])
    put_model(model__json=json.dumps(saved).encode())
    refused(evaluate, "cannot load model.json: (XGBoost dies|a tree in it asks for a feature)")
    saved = json.loads(right)
    model(saved)["tree_info"] = [99] * len(model(saved)["tree_info"])
    put_model(model__json=json.dumps(saved).encode())
    refused(evaluate, "cannot load model.json: (XGBoost dies|a tree in it is for a class)")


def test_more_classes_than_can_be_named(
    saved: Any, evaluate: Evaluate, put_model: Any, frame: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    few = xgboost_model._TRIAL.replace("<= 100000:", "<= 2:")
    monkeypatch.setattr(xgboost_model, "_TRIAL", few)
    settings = {"objective": "multi:softprob", "num_class": 3, "nthread": 1}
    data = xgboost.DMatrix(frame[["a", "b"]], frame["y"])
    put_model(model__ubj=bytes(xgboost.train(settings, data, num_boost_round=1).save_raw("ubj")))
    refused(evaluate, "cannot load model.ubj: it has 3 classes, of 100,000 allowed")
    saved["learner"]["learner_model_param"]["num_class"] = "1000000000"
    put_model(model__ubj=json.dumps(saved).encode())
    refused(evaluate, "cannot load model.ubj: ")


def test_a_model_that_takes_too_long(
    saved: Any, evaluate: Evaluate, put_model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_model(model__json=json.dumps(saved).encode())
    monkeypatch.setattr(xgboost_model, "SECONDS", 0.01)
    refused(evaluate, "not ready with it after 0.01 seconds")


@pytest.mark.parametrize(
    "settings",
    [
        {"booster": "dart"},
        {"booster": "gblinear"},
        {"tree_method": "exact", "gamma": 3, "max_depth": 8},
        {"objective": "multi:softprob", "num_class": 2, "num_parallel_tree": 2},
        {
            "objective": "multi:softprob",
            "num_class": 2,
            "multi_strategy": "multi_output_tree",
            "tree_method": "hist",
        },
    ],
)
def test_whole_models_of_every_kind_pass(
    saved: Any, evaluate: Evaluate, put_model: Any, frame: pd.DataFrame, settings: dict[str, Any]
) -> None:
    data = xgboost.DMatrix(frame[["a", "b"]], frame["y"])
    settings = {"objective": "binary:logistic", "nthread": 1, **settings}
    trained = xgboost.train(settings, data, num_boost_round=3)
    put_model(model__json=bytes(trained.save_raw("json")))
    said = trained.predict(data)
    expected = np.mean(((said if said.ndim == 1 else said[:, 1]) >= 0.5) == frame["y"])
    assert evaluate().data["accuracy"] == pytest.approx(expected)
