"""The cases of every engine, on those without a JVM; and what is particular to pandas."""

from __future__ import annotations

from datetime import date, datetime, timezone
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from engine_cases import *  # noqa: F403
from engine_cases import ROWS, TAME, label, number, table
from engines import TYPES, Pandas, Python
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from transforms.counts import SQUARE, SUM
from transforms.fit_pandas import count_pandas
from transforms.learn import learn
from transforms.plan import FitOptions
from transforms.preprocessor import ColumnStep, Preprocessor, PreprocessorError
from transforms.row_hash import thresholds
from transforms.split_pandas import split_by_hash


@pytest.fixture(params=[Python, Pandas])
def engine(request: pytest.FixtureRequest) -> Any:
    return request.param()


@pytest.fixture
def fitting() -> Pandas:
    return Pandas()


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


def one(step: ColumnStep) -> Preprocessor:
    return Preprocessor((step,), None, 1, FitOptions())


def test_a_frame_keeps_its_index_and_is_not_changed() -> None:
    pdf = pd.DataFrame({"y": [1, 2], "s": ["a", None], "x": [3.5, None], "z": [0, 0]}, index=[9, 9])
    before = pdf.copy()
    expected = pd.DataFrame({"x": [1.0, 0.5], "s_i": [1.0, 2.0], "y": [1, 2]}, index=[9, 9])
    assert_frame_equal(made().transform_pandas(pdf), expected)
    assert_frame_equal(pdf, before)
    skipped = pd.DataFrame({"x": [1.5, 1.5, 3.5], "s": ["new", None, "a"]})
    expected = pd.DataFrame({"x": [1.0], "s_i": [1.0]}, index=[2])
    assert_frame_equal(made("skip").transform_pandas(skipped), expected)


def test_the_target_may_be_absent_and_no_other_column() -> None:
    pdf = pd.DataFrame({"x": [3.5], "s": ["b"]})
    assert list(made().transform_pandas(pdf).columns) == ["x", "s_i"]
    with pytest.raises(PreprocessorError, match="column 's' is needed, the DataFrame does not"):
        made().transform_pandas(pd.DataFrame({"x": [1.0], "y": [1]}))


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


def test_pandas_own_timestamps_are_seconds() -> None:
    moments = pd.Series(pd.to_datetime(["1970-01-01 00:00:01.5", None], utc=True))
    counted = count_pandas(
        pd.DataFrame({"x": moments}),
        plans=[number("x", "timestamp", "mean")],
        options=FitOptions(),
        outcome=np.array(["train"] * 2, dtype=object),
    )
    assert counted.columns["x"].sums[SUM] == Fraction(3, 2)


@settings(max_examples=50)
@given(ROWS, st.integers(-(2**63), 2**63 - 1))
def test_many_rows_fall_into_the_same_splits(rows: list[dict[str, Any]], seed: int) -> None:
    types = {**TYPES, "s": "string"}
    assert Pandas().split(rows, types, seed) == Python().split(rows, types, seed)


@settings(max_examples=100)
@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False)),
    st.lists(TAME.filter(lambda x: x == 0 or abs(x) > 2.0**-300)),
)
def test_sums_and_squares_are_exact(wild: list[float], tame: list[float]) -> None:
    plans = [number("c0", "double", "mean"), number("c1", "double", scale=True)]
    rows = table([wild, tame, [0.0]])
    counted = Pandas().count(rows, plans, FitOptions(), ["train"] * len(rows)).columns
    assert counted["c0"].sums[SUM] == sum(map(Fraction, wild))
    assert counted["c1"].sums[SUM] == sum(map(Fraction, tame))
    assert counted["c1"].sums[SQUARE] == sum(Fraction(x) ** 2 for x in tame)


@pytest.mark.parametrize("fill", ["mean", "median"])
@pytest.mark.parametrize("rows", [7, 8])
def test_fill_and_scale_are_scikit_learns(fill: str, rows: int) -> None:
    draw = np.random.default_rng(3)
    cells = [*draw.normal(1e3, 7.5, size=rows), None, None]
    plan = number("x", "double", fill, scale=True)
    counted = Pandas().count(
        [{"x": c} for c in cells], [plan], FitOptions(), ["train"] * len(cells)
    )
    step = learn(counted, plans=[plan], options=FitOptions(), train_rows=rows).preprocessor.steps[0]
    imputer = SimpleImputer(strategy=fill)
    column = np.array(cells, dtype="float64").reshape(-1, 1)
    scaler = StandardScaler().fit(imputer.fit_transform(column))
    theirs = (imputer.statistics_[0], scaler.mean_[0], scaler.scale_[0])
    assert (step.fill, step.center, step.spread) == pytest.approx(theirs, rel=1e-12)


def test_a_bucket_at_a_bound_is_in_the_next_split(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = (Fraction(7, 10), Fraction(3, 20), Fraction(3, 20))
    first, second = thresholds(weights)
    buckets = np.array([first - 1, first, second - 1, second], dtype=np.uint64)
    monkeypatch.setattr("transforms.split_pandas.row_buckets", lambda *_, **__: buckets)
    found = split_by_hash(pd.DataFrame(), key={}, seed=1, weights=weights)
    assert found.tolist() == ["train", "validation", "validation", "test"]


def test_without_labels_none_are_counted() -> None:
    pdf, train = pd.DataFrame({"s": ["a"]}), np.array(["train"], dtype=object)
    options = {"plans": [label("s")], "options": FitOptions(), "outcome": train}
    assert count_pandas(pdf, **options).columns["s"].labels == {"a": 1}
    assert count_pandas(pdf, **options, labels=False).columns["s"].labels == {}
