"""The figures: by hand on four rows, against scikit-learn, and where they have no meaning."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jobs.evaluate.config import EvaluateConfig, ModelOptions, RowOptions
from jobs.evaluate.find_model import ModelFile
from jobs.evaluate.result import Result
from jobs.evaluate.run import evaluate
from schemas.errors import InputError

FILE = ModelFile(Path("m"), "m.skops", "skops", "0" * 64)


class Told:
    """A model that reads its probabilities from the columns of the test rows."""

    width = None

    def __init__(self, *classes: str, silent: bool = False) -> None:
        self.known, self.silent = classes, silent
        self.features = tuple(f"p{name}" for name in classes)

    def takes_text(self, name: str) -> bool:
        return False

    def classes(self, rows: pd.DataFrame) -> tuple[str, ...]:
        return self.known

    def predict_proba(self, rows: pd.DataFrame) -> np.ndarray | None:
        return None if self.silent else rows.to_numpy()

    def predict(self, rows: pd.DataFrame) -> tuple[str, ...]:
        return tuple(self.known[code] for code in rows.to_numpy().argmax(axis=1))


def measured(
    path: Path, labels: list[Any], ones: list[float], *, silent: bool = False, **options: Any
) -> Result:
    table = pd.DataFrame({"p0": [1 - p for p in ones], "p1": ones, "y": labels})
    return run(path, table, Told("0", "1", silent=silent), **options)


def run(path: Path, table: pd.DataFrame, model: Told, **options: Any) -> Result:
    table.to_csv(path / "rows.csv", index=False)
    rows = RowOptions(str(path / "rows.csv"), label="y", segment=options.pop("segment", None),
                      positive=options.pop("positive", None))  # fmt: skip
    return evaluate(EvaluateConfig(ModelOptions("m"), rows, "out", **options), FILE, model)


def test_four_rows_by_hand(tmp_path: Path) -> None:
    result = measured(tmp_path, [0, 0, 1, 1], [0.1, 0.6, 0.35, 0.8])
    assert result.confusion.tolist() == [[1, 1], [1, 1]]
    assert result.measured.values == pytest.approx(
        {
            "accuracy": 0.5,
            "precision": 0.5,
            "recall": 0.5,
            "f1": 0.5,
            "f0_5": 0.5,
            "f2": 0.5,
            "auc_roc": 0.75,
            "pr_auc": (1 + 2 / 3) / 2,
            "log_loss": -sum(map(math.log, [0.9, 0.4, 0.35, 0.8])) / 4,
            "brier": (0.01 + 0.36 + 0.65**2 + 0.04) / 4,
        },
        abs=1e-12,
    )
    assert result.support() == {"0": 2, "1": 2}


def test_threshold_is_reached_by_equal(tmp_path: Path) -> None:
    result = measured(tmp_path, [0, 0, 1, 1], [0.1, 0.6, 0.35, 0.8], threshold=0.35)
    assert result.confusion.tolist() == [[1, 1], [0, 2]]
    assert result.measured.values["recall"] == 1
    assert result.measured.values["auc_roc"] == 0.75


def test_the_smaller_label_can_be_positive(tmp_path: Path) -> None:
    result = measured(tmp_path, [0, 0, 0, 1], [0.1, 0.6, 0.2, 0.8], positive="0")
    assert result.target.positive == 0
    assert result.measured.values["precision"] == 1
    assert result.measured.values["recall"] == pytest.approx(2 / 3)


def test_one_class_has_no_roc_and_says_why(tmp_path: Path) -> None:
    result = measured(tmp_path, [0, 0], [0.1, 0.2])
    none = {name for name, value in result.measured.values.items() if value is None}
    assert none == {"precision", "recall", "f1", "f0_5", "f2", "auc_roc", "pr_auc"}
    assert set(result.measured.reasons) == none
    assert "all rows are negative" in result.measured.reasons["auc_roc"]
    assert result.curves.roc == ()


def test_nothing_predicted_positive_is_no_precision_of_zero(tmp_path: Path) -> None:
    result = measured(tmp_path, [0, 1], [0.1, 0.2])
    assert result.measured.values["precision"] is None
    assert result.measured.values["recall"] == 0
    assert result.measured.values["f1"] == 0


def test_without_probabilities_the_ranking_metrics_are_none(tmp_path: Path) -> None:
    result = measured(tmp_path, [0, 0, 1, 1], [0.1, 0.6, 0.35, 0.8], silent=True)
    assert result.measured.values["accuracy"] == 0.5
    assert result.threshold is None
    for name in ("auc_roc", "pr_auc", "log_loss", "brier"):
        assert result.measured.values[name] is None
        assert "no probabilities" in result.measured.reasons[name]


def test_threshold_without_probabilities_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs probabilities"):
        measured(tmp_path, [0, 1], [0.1, 0.6], silent=True, threshold=0.3)


@pytest.mark.parametrize(
    ("p0", "p1", "message"),
    [
        (0.2, 0.2, "does not sum to 1"),
        (1.5, -0.5, "does not sum to 1"),
        (math.nan, 1.0, "no finit"),
    ],
)
def test_what_is_no_probability_is_refused(
    tmp_path: Path, p0: float, p1: float, message: str
) -> None:
    table = pd.DataFrame({"p0": [p0, 0.5], "p1": [p1, 0.5], "y": [0, 1]})
    with pytest.raises(InputError, match=message):
        run(tmp_path, table, Told("0", "1"))


def test_three_classes(tmp_path: Path) -> None:
    rows = [("a", 0.7, 0.2, 0.1), ("b", 0.2, 0.5, 0.3), ("c", 0.1, 0.6, 0.3), ("c", 0.1, 0.2, 0.7)]
    table = pd.DataFrame(rows, columns=["y", "pa", "pb", "pc"])
    result = run(tmp_path, table, Told("a", "b", "c"))
    values = result.measured.values
    assert result.confusion.tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 1]]
    assert values["accuracy"] == 0.75
    assert values["precision_macro"] == pytest.approx((1 + 0.5 + 1) / 3)
    assert values["recall_weighted"] == pytest.approx((1 + 1 + 2 * 0.5) / 4)
    assert values["auc_roc"] == pytest.approx((1 + 2 / 3 + 0.875) / 3)
    assert values["log_loss"] == pytest.approx(-sum(map(math.log, [0.7, 0.5, 0.3, 0.7])) / 4)
    assert values["brier"] == pytest.approx((0.14 + 0.38 + 0.86 + 0.14) / 4)
    assert [curve.label for curve in result.curves.roc] == ["c", "a", "b"]


def test_a_class_without_rows_leaves_no_roc_average(tmp_path: Path) -> None:
    table = pd.DataFrame({"y": ["a", "b"], "pa": [0.8, 0.1], "pb": [0.1, 0.8], "pc": [0.1, 0.1]})
    result = run(tmp_path, table, Told("a", "b", "c"))
    assert result.measured.values["auc_roc"] is None
    assert "1 of 3 classes have no test row" in result.measured.reasons["auc_roc"]


@pytest.mark.parametrize("option", [{"threshold": 0.4}, {"positive": "a"}])
def test_options_for_two_classes_are_refused_for_three(tmp_path: Path, option: Any) -> None:
    table = pd.DataFrame({"y": ["a", "b"], "pa": [0.8, 0.1], "pb": [0.1, 0.8], "pc": [0.1, 0.1]})
    with pytest.raises(InputError, match="is for two classes"):
        run(tmp_path, table, Told("a", "b", "c"), **option)


def test_bootstrap_is_seeded_and_holds_the_value(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    positive = generator.random(200)
    labels = (generator.random(200) < positive).astype(int).tolist()
    first, again, other = (
        measured(tmp_path, labels, positive.tolist(), draws=50, seed=seed) for seed in (1, 1, 2)
    )
    assert first.spread == again.spread
    assert first.spread != other.spread
    for name, value in first.measured.values.items():
        spread = first.spread[name]
        assert spread is not None
        assert spread.low < value < spread.high
        assert 0.1 < (spread.high - spread.low) / (4 * spread.deviation) < 1.2


def test_bootstrap_of_rows_that_never_give_a_value(tmp_path: Path) -> None:
    result = measured(tmp_path, [0, 0], [0.1, 0.2], draws=10)
    assert result.spread["auc_roc"] is None
    assert result.spread["accuracy"] is not None


def test_segments_are_measured_apart_largest_first(tmp_path: Path) -> None:
    table = pd.DataFrame({"p1": [0.1, 0.9, 0.9, 0.8, 0.2], "y": [0, 1, 0, 1, 0],
                          "s": ["x", "x", "y", "y", "y"]})  # fmt: skip
    table["p0"] = 1 - table["p1"]
    result = run(tmp_path, table, Told("0", "1"), segment="s")
    assert [(s.value, s.rows) for s in result.segments] == [("y", 3), ("x", 2)]
    assert [s.measured.values["accuracy"] for s in result.segments] == [pytest.approx(2 / 3), 1.0]


def test_many_segments_end_in_other(tmp_path: Path) -> None:
    table = pd.DataFrame({"s": [f"v{i:02}" for i in range(60)] + ["v59"], "y": 0, "p0": 1, "p1": 0})
    result = run(tmp_path, table, Told("0", "1"), segment="s")
    assert len(result.segments) == 51
    assert (result.segments[0].value, result.segments[0].rows) == ("v59", 2)
    assert (result.segments[-1].value, result.segments[-1].rows) == ("(other)", 10)


def test_long_curves_keep_their_ends_and_their_area(tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    positive = generator.random(5000)
    labels = (generator.random(5000) < positive).astype(int).tolist()
    result = measured(tmp_path, labels, positive.tolist())
    (roc,) = result.curves.roc
    assert 150 < len(roc.x) <= 200
    assert (roc.x[0], roc.y[0], roc.x[-1], roc.y[-1]) == (0, 0, 1, 1)
    area = sum((b - a) * (c + d) / 2 for a, b, c, d in zip(roc.x, roc.x[1:], roc.y, roc.y[1:]))
    assert area == pytest.approx(result.measured.values["auc_roc"], abs=1e-3)
    assert sum(part.rows for part in result.curves.calibration) == 5000
