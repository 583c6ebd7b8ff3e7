"""ONNX: the answers that the trained model gives, and no number that is not in the rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skl2onnx
from onnx import TensorProto, helper, numpy_helper
from refusals import refused
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

Evaluate = Callable[..., Any]
NUMBER, TEXT = FloatTensorType([None, 1]), StringTensorType([None, 1])


def onnx(model: Any, *inputs: Any, zipmap: bool = True) -> bytes:
    inputs = inputs or (("x", FloatTensorType([None, 2])),)
    options = None if zipmap else {id(model): {"zipmap": False}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = skl2onnx.to_onnx(model, initial_types=list(inputs), options=options)
    return bytes(whole.SerializeToString())


def one_hot(frame: pd.DataFrame, column: str, *numbers: str) -> Any:
    """Fit a pipeline that takes a column of texts and some of numbers."""
    columns = make_column_transformer((OneHotEncoder(), [column]), remainder="passthrough")
    whole = make_pipeline(columns, LogisticRegression())
    return whole.fit(frame[[*numbers, column]], frame["y"])


@pytest.mark.parametrize("zipmap", [True, False])
def test_the_answers_are_those_of_scikit_learn(
    evaluate: Evaluate, put_model: Any, put_rows: Any, frame: pd.DataFrame, model: Any, zipmap: bool
) -> None:
    put_rows(frame[["a", "b", "y"]])
    put_model(model__skops=model, model__onnx=onnx(model, zipmap=zipmap))
    expected, data = (evaluate("--model-file", f"model.{end}").data for end in ("skops", "onnx"))
    assert data["confusion_matrix"] == expected["confusion_matrix"]
    assert data["log_loss"] == pytest.approx(expected["log_loss"], abs=1e-5)


def test_an_input_per_column_and_text_labels(
    evaluate: Evaluate, put_model: Any, put_rows: Any, frame: pd.DataFrame
) -> None:
    frame["y"] = np.where(frame["y"] == 1, "late", "in time")
    put_rows(frame[["y", "group", "b", "a"]])
    trained = one_hot(frame, "group", "a", "b")
    put_model(model__onnx=onnx(trained, ("a", NUMBER), ("b", NUMBER), ("group", TEXT)))
    data = evaluate("--positive", "late").data
    assert data["label"]["classes"] == ["in time", "late"]
    expected = np.mean(trained.predict(frame[["a", "b", "group"]]) == frame["y"])
    assert data["accuracy"] == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("header", [True, False])
def test_texts_come_as_they_are_written(
    evaluate: Evaluate, put_model: Any, put_rows: Any, frame: pd.DataFrame, header: bool
) -> None:
    frame["code"] = np.where(frame["y"] == 1, "01", "1")
    trained = one_hot(frame, "code", "a")
    put_model(model__onnx=onnx(trained, ("a", NUMBER), ("code", TEXT)))
    put_rows(frame[["y", "a", "code"]].to_csv(index=False, header=header))
    options = () if header else ("--no-header", "--label-index", 0)
    assert evaluate(*options, label="y" if header else None).data["accuracy"] == 1


def test_classes_that_the_file_hides(
    evaluate: Evaluate, put_model: Any, put_rows: Any, frame: pd.DataFrame
) -> None:
    put_rows(frame[["a", "b", "y"]])
    trained = LogisticRegression().fit(frame[["a", "b"]], np.where(frame["y"] == 1, "l", "n"))
    put_model(model__onnx=onnx(trained, zipmap=False))
    refused(evaluate, "does not say which classes it knows.*ZipMap")


def typed_onnx(kind: int) -> bytes:
    """Build a graph of two features that finds 1 where the first is above a half."""
    info = helper.make_tensor_value_info
    nodes = [
        helper.make_node("Cast", ["x"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["numbers", "weights"], ["shifted"]),
        helper.make_node("Add", ["shifted", "half"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["probabilities"], ["label"], axis=1, keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "graph",
        [info("x", kind, [None, 2])],
        [info("label", TensorProto.INT64, [None]),
         info("probabilities", TensorProto.FLOAT, [None, 2])],
        [numpy_helper.from_array(np.array([[0, 9], [0, 0]], dtype="float32"), "weights"),
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
        (TensorProto.INT64, ["1.0", "9223372036854774784"], None),
        (TensorProto.INT64, ["1", "9223372036854775807"], None),
        (TensorProto.INT32, ["1", "2147483647"], None),
        (TensorProto.BOOL, ["1", "1.0"], None),
        (TensorProto.BOOL, ["true", "true"], None),
        (TensorProto.STRING, ["1", "1.0"], None),
    ],
)
def test_a_number_is_given_as_it_is_in_the_rows_or_refused(
    evaluate: Evaluate, put_model: Any, put_rows: Any,
    kind: int, cells: list[str], message: str | None,
) -> None:  # fmt: skip
    put_model(model__onnx=typed_onnx(kind))
    put_rows("a,b,y\n" + "".join(f"{cell},1,1\n" for cell in cells))
    if message is not None:
        refused(evaluate, message)
    else:
        assert evaluate().data["accuracy"] == 1
