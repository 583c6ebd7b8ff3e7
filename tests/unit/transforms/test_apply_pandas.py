"""What is particular to pandas: its indexes, its missing values, its types."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from transforms.plan import FitOptions
from transforms.preprocessor import ColumnStep, Preprocessor, PreprocessorError, UnseenLabelError


def made(unseen: str = "keep") -> Preprocessor:
    return Preprocessor(
        (
            ColumnStep("x", "int", "number", "x", "double", "mean", 2.5, 1.5, 2.0),
            ColumnStep("s", "string", "index", "s_i", "double", labels=("b", "a"), unseen=unseen),
            ColumnStep("y", "int", "keep", "y", "int"),
        ),
        "y",
        4,
        FitOptions(unseen=unseen),
    )


def one(column: ColumnStep) -> Preprocessor:
    return Preprocessor((column,), None, 1, FitOptions())


def test_a_frame_keeps_its_index_and_is_not_changed() -> None:
    pdf = pd.DataFrame({"y": [1, 2], "s": ["a", None], "x": [3.5, None], "z": [0, 0]}, index=[9, 9])
    before = pdf.copy()
    expected = pd.DataFrame({"x": [1.0, 0.5], "s_i": [1.0, 2.0], "y": [1, 2]}, index=[9, 9])
    assert_frame_equal(made().transform_pandas(pdf), expected)
    assert_frame_equal(pdf, before)


def test_the_target_may_be_absent() -> None:
    pdf = pd.DataFrame({"x": [3.5], "s": ["b"]})
    assert list(made().transform_pandas(pdf).columns) == ["x", "s_i"]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(PreprocessorError, match="column 's' is needed, the DataFrame does not"):
        made().transform_pandas(pd.DataFrame({"x": [1.0], "y": [1]}))


def test_an_empty_frame_stays_empty() -> None:
    pdf = pd.DataFrame({"x": pd.Series(dtype="float64"), "s": pd.Series(dtype="object")})
    out = made().transform_pandas(pdf)
    assert (len(out), list(out.columns)) == (0, ["x", "s_i"])


def test_all_null_columns_are_filled_and_indexed() -> None:
    pdf = pd.DataFrame({"x": [None, None], "s": [None, np.nan]})
    expected = pd.DataFrame({"x": [0.5, 0.5], "s_i": [2.0, 2.0]})
    assert_frame_equal(made().transform_pandas(pdf), expected)


def test_policy_skip_drops_rows() -> None:
    pdf = pd.DataFrame({"x": [1.5, 1.5, 3.5], "s": ["new", None, "a"]})
    expected = pd.DataFrame({"x": [1.0], "s_i": [1.0]}, index=[2])
    assert_frame_equal(made("skip").transform_pandas(pdf), expected)


@pytest.mark.parametrize("cell", ["new", None, pd.NA])
def test_policy_error_raises(cell: Any) -> None:
    with pytest.raises(UnseenLabelError, match="column 's' holds"):
        made("error").transform_pandas(pd.DataFrame({"x": [1, 1], "s": ["a", cell]}))


@pytest.mark.parametrize("dtype", ["object", "str", "string", "category"])
def test_labels_of_every_dtype(dtype: str) -> None:
    cells = pd.Series(["b", None, "a", "b"], dtype=dtype)
    out = made("separate").transform_pandas(pd.DataFrame({"x": [1] * 4, "s": cells}))
    assert out["s_i"].tolist() == [0.0, 3.0, 1.0, 0.0]


@pytest.mark.parametrize("dtype", ["int64", "float64", "Int64", "object"])
def test_integers_of_every_dtype_have_the_same_label(dtype: str) -> None:
    step = ColumnStep("i", "int", "index", "i_i", "double", labels=("7", "-1"), unseen="keep")
    out = one(step).transform_pandas(pd.DataFrame({"i": pd.Series([7, -1, 8], dtype=dtype)}))
    assert out["i_i"].tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("type_name", "cells", "expected"),
    [
        ("date", pd.to_datetime(["1970-01-02", None]), [1.0, -9.0]),
        ("date", [date(1970, 1, 2), None], [1.0, -9.0]),
        ("timestamp", pd.to_datetime(["1970-01-01 00:00:01.5", None]), [1.5, -9.0]),
        ("timestamp", pd.to_datetime(["1970-01-01 00:00+01:00"]), [-3600.0]),
        ("timestamp", [datetime(1970, 1, 1, 0, 1, tzinfo=timezone.utc), None], [60.0, -9.0]),
        ("boolean", [True, False, None], [1.0, 0.0, -9.0]),
        ("boolean", pd.array([True, None], dtype="boolean"), [1.0, -9.0]),
        ("bigint", pd.array([2**53 + 1, None], dtype="Int64"), [9007199254740992.0, -9.0]),
        ("float", np.array([0.1, np.nan], dtype="float32"), [0.10000000149011612, -9.0]),
    ],
)
def test_numbers_of_every_dtype(type_name: str, cells: Any, expected: list[float]) -> None:
    step = ColumnStep("n", type_name, "number", "n", "double", "mean", -9.0)
    assert one(step).transform_pandas(pd.DataFrame({"n": cells}))["n"].tolist() == expected
