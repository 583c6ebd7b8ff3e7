"""Labels and segments: one rule for texts, numbers and booleans, wherever they stand."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from refusals import refused
from sklearn.linear_model import LogisticRegression

from jobs.evaluate.classes import label_text
from jobs.evaluate.labels import Target, encode
from schemas.errors import InputError

Evaluate = Callable[..., Any]
BIG = 9007199254740992  # 2**53: a double cannot tell it from the next integer


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "1"),
        (np.bool_(False), "0"),
        ("true", "1"),
        ("False", "0"),
        (1.0, "1"),
        ("1.0", "1"),
        (" 1", "1"),
        (b"1.", "1"),
        (Decimal("1.00"), "1"),
        ("1.0E7", "10000000"),
        (1e22, "1" + "0" * 22),
        ("1.50", "1.5"),
        (1.5, "1.5"),
        (Decimal("1.50"), "1.5"),
        ("1.5e-7", "0.00000015"),
        (1.5e-7, "0.00000015"),
        ("-0.0", "0"),
        (-0.0, "0"),
        (str(BIG + 1), str(BIG + 1)),
        (f"{BIG + 1}.0", str(BIG + 1)),
        ("01", "01"),
        ("01.0", "01.0"),
        ("\u0661", "\u0661"),
        ("1e9999", "1e9999"),
        ("tRUE", "tRUE"),
        (" late ", " late "),
        ("", ""),
        (float("inf"), "inf"),
    ],
)
def test_label_text(value: Any, text: str) -> None:
    assert label_text(value) == text


@pytest.fixture
def put_labelled(put_model: Any, put_rows: Any, frame: pd.DataFrame) -> Callable[..., Any]:
    """Put a model of the two labels and four rows, the last two positive."""

    def put(low: Any, high: Any, cells: tuple[str, str], more: str = "") -> None:
        labels = [high if y else low for y in frame["y"]]
        put_model(m__skops=LogisticRegression().fit(frame[["a"]], labels))
        low_cell, high_cell = cells
        put_rows(f"a,y\n-9,{low_cell}\n-9,{low_cell}\n9,{high_cell}\n9,{high_cell}\n{more}")

    return put


@pytest.mark.parametrize("more", ["", "9,\n"])
@pytest.mark.parametrize(
    ("low", "high", "cells"),
    [
        ("01", "02", ("01", "02")),
        ("False", "True", ("False", "True")),
        ("false", "true", ("False", "TRUE")),
        ("0", "1", ("false", "true")),
        (BIG, BIG + 1, (str(BIG), str(BIG + 1))),
        (0, 1, ("0", "1.0")),
        (False, True, ("0.0", "1.0")),
        ("no", "yes", ("no", "yes")),
    ],
)
def test_labels_of_csv_are_not_guessed(
    put_labelled: Any, evaluate: Evaluate, low: Any, high: Any, cells: tuple[str, str], more: str
) -> None:
    put_labelled(low, high, cells, more)
    data = evaluate().data
    assert data["label"]["classes"] == [label_text(low), label_text(high)]
    assert data["confusion_matrix"] == [[2, 0], [0, 2]]


def test_positive_is_written_by_the_same_rule(put_labelled: Any, evaluate: Evaluate) -> None:
    put_labelled("False", "True", ("False", "True"))
    assert evaluate("--positive", "False").data["label"]["positive"] == "0"
    refused(evaluate, "--positive 'late' is no class.*'0', '1'", "--positive", "late")


SPLIT = Target("y", ("0", "1"), 1, positive_above=15.0)


@pytest.mark.parametrize(
    ("labels", "codes"),
    [
        ([-3, 15, 15.5], [0, 0, 1]),
        (["15", "16", "1e2"], [0, 1, 1]),
        (["false", "true", True], [0, 0, 0]),
        ([Decimal("15.00"), Decimal("15.01")], [0, 1]),
    ],
)
def test_numbers_are_split_in_two(labels: list[Any], codes: list[int]) -> None:
    assert encode(pd.Series(labels, dtype=object), SPLIT).tolist() == codes


@pytest.mark.parametrize(
    "value",
    [
        pd.Timestamp("2026-01-01"),
        pd.Timestamp("2026-01-01", tz="UTC"),
        pd.Timestamp("2026-01-01").date(),
        pd.Timedelta(days=1),
        "late",
    ],
)
def test_what_is_no_number_is_not_split(value: Any) -> None:
    message = "needs numbers; column 'y' holds .* and 2 more that are none"
    with pytest.raises(InputError, match=message):
        encode(pd.Series([value] * 3), SPLIT)


def test_labels_of_parquet(
    put_labelled: Any, evaluate: Evaluate, tmp_path: Path, frame: pd.DataFrame
) -> None:
    path = tmp_path / "rows.parquet"

    def matrix(labels: Any, index: str | None = None) -> Any:
        rows = pd.DataFrame({"a": [-9, -9, 9, 9, 9], "y": labels})
        (rows.set_index(index) if index else rows).to_parquet(path)
        return evaluate("--test", path).data["confusion_matrix"]

    put_labelled(0, 1, ("0", "1"))
    assert matrix([Decimal(text) for text in ("0.00", "0.00", "1.00", "1.00", "1.00")]) == [
        [2, 0], [0, 3],
    ]  # fmt: skip
    assert matrix([0, 0, 1, 1, 1], index="y") == [[2, 0], [0, 3]]
    assert matrix(pd.Categorical([0, 0, 1, 1, 1])) == [[2, 0], [0, 3]]
    put_labelled(BIG, BIG + 1, ("0", "1"))
    assert matrix(pd.array([BIG, BIG, BIG + 1, BIG + 1, None], dtype="Int64")) == [[2, 0], [0, 2]]


def test_an_index_without_a_name_is_no_feature(
    evaluate: Evaluate, put_model: Any, frame: pd.DataFrame, tmp_path: Path
) -> None:
    put_model(m__skops=LogisticRegression().fit(frame[["a", "b"]].to_numpy(), frame["y"]))
    frame[["a", "b", "y"]].sort_values("a").to_parquet(tmp_path / "rows.parquet")
    assert evaluate("--test", tmp_path / "rows.parquet").data["accuracy"] > 0.7


def test_segments_are_as_they_are_written(
    put_labelled: Any, put_rows: Any, evaluate: Evaluate
) -> None:
    put_labelled(0, 1, ("0", "1"))
    cells = ["01", "1", f"{BIG + 1}", "NA", ""]
    put_rows("a,y,s\n" + "".join(f"9,1,{cell}\n" for cell in cells))
    values = {part["value"] for part in evaluate("--segment", "s").data["segments"]["values"]}
    assert values == {"01", "1", str(BIG + 1), "NA", "(null)"}
    assert evaluate("--segment", "a").data["segments"]["values"][0]["value"] == "9"
    assert evaluate("--segment", "y").data["segments"]["values"][0]["value"] == "1"
