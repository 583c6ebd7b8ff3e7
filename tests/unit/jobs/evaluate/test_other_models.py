"""XGBoost and ONNX: the same answers as the libraries themselves give."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skl2onnx
import xgboost
from onnx import TensorProto, helper, numpy_helper
from refusals import refused
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

Evaluate = Callable[..., Any]


@pytest.fixture(autouse=True)
def rows(put_rows: Any, frame: pd.DataFrame) -> None:
    put_rows(frame[["a", "b", "y"]])


def onnx(model: Any, **options: Any) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return skl2onnx.to_onnx(model, **options).SerializeToString()


def booster(frame: pd.DataFrame, objective: str, y: Any = None, **parameters: Any) -> Any:
    data = xgboost.DMatrix(frame[["a", "b"]], frame["y"] if y is None else y)
    settings = {"objective": objective, "max_depth": 2, "nthread": 1, **parameters}
    return xgboost.train(settings, data, num_boost_round=5)


@pytest.mark.parametrize("name", ["model.json", "model.ubj", "xgboost-model"])
def test_xgboost(evaluate: Evaluate, put_model: Any, frame: pd.DataFrame, name: str) -> None:
    trained = booster(frame, "binary:logistic")
    raw = trained.save_raw("json" if name.endswith("json") else "ubj")
    put_model(**{name: bytes(raw)})
    data = evaluate().data
    expected = trained.predict(xgboost.DMatrix(frame[["a", "b"]]))
    assert data["accuracy"] == np.mean((expected >= 0.5) == frame["y"])
    assert data["brier"] == pytest.approx(np.mean((expected - frame["y"]) ** 2), rel=1e-6)


def test_xgboost_of_three_classes_by_probability_and_by_class(
    evaluate: Evaluate, put_model: Any, put_rows: Any, frame: pd.DataFrame
) -> None:
    frame["y"] = pd.cut(frame["a"], [-9, -0.5, 0.5, 9], labels=False)
    put_rows(frame)
    soft = booster(frame, "multi:softprob", num_class=3)
    put_model(model__ubj=bytes(soft.save_raw("ubj")))
    data = evaluate().data
    assert data["accuracy"] > 0.9
    assert data["auc_roc"] > 0.9
    hard = booster(frame, "multi:softmax", num_class=3)
    put_model(model__ubj=bytes(hard.save_raw("ubj")))
    told = evaluate().data
    assert told["confusion_matrix"] == data["confusion_matrix"]
    assert told["auc_roc"] is None


def test_xgboost_that_is_no_classifier(
    evaluate: Evaluate, put_model: Any, frame: pd.DataFrame
) -> None:
    put_model(model__ubj=bytes(booster(frame, "reg:squarederror", frame["a"]).save_raw("ubj")))
    refused(evaluate, "'reg:squarederror'; evaluate measures classifiers")


@pytest.mark.parametrize("zipmap", [True, False])
def test_onnx_gives_what_scikit_learn_gives(
    evaluate: Evaluate, put_model: Any, model: Any, zipmap: bool
) -> None:
    put_model(model__skops=model)
    expected = evaluate().data
    put_model(model__onnx=onnx(model, initial_types=[("x", FloatTensorType([None, 2]))],
                               options={id(model): {"zipmap": zipmap}}))  # fmt: skip
    data = evaluate("--model-file", "model.onnx").data
    assert data["confusion_matrix"] == expected["confusion_matrix"]
    assert data["log_loss"] == pytest.approx(expected["log_loss"], abs=1e-5)


def test_onnx_with_an_input_per_column_and_text_labels(
    evaluate: Evaluate, put_model: Any, put_rows: Any, frame: pd.DataFrame
) -> None:
    frame["y"] = np.where(frame["y"] == 1, "late", "in time")
    put_rows(frame[["y", "group", "b", "a"]])
    columns = make_column_transformer((OneHotEncoder(), ["group"]), remainder="passthrough")
    trained = make_pipeline(columns, LogisticRegression()).fit(
        frame[["a", "b", "group"]], frame["y"]
    )
    numbers, texts = FloatTensorType([None, 1]), StringTensorType([None, 1])
    put_model(model__onnx=onnx(
        trained, initial_types=[("a", numbers), ("b", numbers), ("group", texts)]
    ))  # fmt: skip
    data = evaluate("--positive", "late").data
    assert data["label"]["classes"] == ["in time", "late"]
    assert data["accuracy"] == pytest.approx(
        np.mean(trained.predict(frame[["a", "b", "group"]]) == frame["y"]), abs=0.01
    )


def typed_onnx(kind: int, features: int = 2) -> bytes:
    """Build a graph that finds 1 where the first feature is above a half."""
    info = helper.make_tensor_value_info
    nodes = [
        helper.make_node("Cast", ["x"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["numbers", "weights"], ["shifted"]),
        helper.make_node("Add", ["shifted", "half"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["probabilities"], ["label"], axis=1, keepdims=0),
    ]
    weights = np.array([[0, 9]] + [[0, 0]] * (features - 1), dtype="float32")
    graph = helper.make_graph(
        nodes,
        "graph",
        [info("x", kind, [None, features])],
        [info("label", TensorProto.INT64, [None]),
         info("probabilities", TensorProto.FLOAT, [None, 2])],
        [numpy_helper.from_array(weights, "weights"),
         numpy_helper.from_array(np.array([[0, -4.5]], dtype="float32"), "half")],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return bytes(model.SerializeToString())


@pytest.mark.parametrize(
    ("kind", "cells", "message"),
    [
        (TensorProto.INT64, ["1", ""], "column 'a' has nulls; .* int64, which has none"),
        (TensorProto.INT32, ["1", ""], "column 'a' has nulls; .* int32"),
        (TensorProto.BOOL, ["1", ""], "column 'a' has nulls; .* bool"),
        (TensorProto.STRING, ["1", ""], "column 'a' has nulls; .* str"),
        (TensorProto.INT64, ["1", "0.5", "1.5"], "column 'a' holds 0.5, which is no int64"),
        (TensorProto.INT64, ["1.0", "9223372036854775808.0"], "column 'a' holds 9.22.*e.18, which"),
        (TensorProto.INT32, ["1", "2147483648"], "column 'a' holds 2147483648, which"),
        (TensorProto.BOOL, ["1", "2"], "column 'a' holds 2, which is no bool"),
        (TensorProto.INT64, ["1", "x"], "column 'a' holds '1', which is no int64"),
        (TensorProto.INT64, ["x", "1"], "cannot predict these rows.*no numbers: a"),
    ],
)
def test_onnx_gets_no_number_that_is_not_in_the_rows(
    evaluate: Evaluate, put_model: Any, put_rows: Any, kind: int, cells: list[str], message: str
) -> None:
    put_model(model__onnx=typed_onnx(kind))
    put_rows("a,b,y\n" + "".join(f"{cell},1,0\n" for cell in cells))
    refused(evaluate, message)


@pytest.mark.parametrize(
    ("kind", "cells"),
    [
        (TensorProto.INT64, ["1.0", "9223372036854774784"]),
        (TensorProto.INT64, ["1", "9223372036854775807"]),
        (TensorProto.INT32, ["1", "2147483647"]),
        (TensorProto.BOOL, ["1", "1.0"]),
        (TensorProto.BOOL, ["true", "true"]),
        (TensorProto.STRING, ["1", "1.0"]),
    ],
)
def test_onnx_gets_whole_numbers_whatever_their_type(
    evaluate: Evaluate, put_model: Any, put_rows: Any, kind: int, cells: list[str]
) -> None:
    put_model(model__onnx=typed_onnx(kind))
    put_rows("a,b,y\n" + "".join(f"{cell},1,1\n" for cell in [*cells, *cells]))
    assert evaluate().data["accuracy"] == 1


@pytest.mark.parametrize("header", [True, False])
def test_onnx_gets_texts_as_they_are_written(
    evaluate: Evaluate, put_model: Any, put_rows: Any, frame: pd.DataFrame, header: bool
) -> None:
    frame["code"] = np.where(frame["y"] == 1, "01", "1")
    columns = make_column_transformer((OneHotEncoder(), ["code"]), remainder="passthrough")
    trained = make_pipeline(columns, LogisticRegression()).fit(frame[["a", "code"]], frame["y"])
    put_model(model__onnx=onnx(trained, initial_types=[
        ("a", FloatTensorType([None, 1])), ("code", StringTensorType([None, 1])),
    ]))  # fmt: skip
    put_rows(frame[["y", "a", "code"]].to_csv(index=False, header=header))
    options = () if header else ("--no-header", "--label-index", 0)
    assert evaluate(*options, label="y" if header else None).data["accuracy"] == 1


def test_onnx_that_hides_its_classes(
    evaluate: Evaluate, put_model: Any, put_rows: Any, frame: pd.DataFrame
) -> None:
    trained = LogisticRegression().fit(frame[["a", "b"]], np.where(frame["y"] == 1, "l", "n"))
    put_model(model__onnx=onnx(trained, initial_types=[("x", FloatTensorType([None, 2]))],
                               options={id(trained): {"zipmap": False}}))  # fmt: skip
    refused(evaluate, "does not say which classes it knows.*ZipMap")


@pytest.mark.parametrize("name", ["model.ubj", "model.onnx", "model.skops"])
def test_a_missing_library_is_named(
    evaluate: Evaluate, put_model: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jobs.evaluate import optional

    def missing(name: str) -> None:
        raise ImportError

    monkeypatch.setattr(optional, "import_module", missing)
    put_model(**{name: b""})
    refused(evaluate, f"{name} needs .*pip install")
