"""The figures: by hand on four rows, against scikit-learn, and where they have no meaning."""

from __future__ import annotations

import math
from pathlib import Path
from statistics import stdev
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from jobs.evaluate import spread
from jobs.evaluate.config import EvaluateConfig, ModelOptions, RowOptions
from jobs.evaluate.find_model import ModelFile
from jobs.evaluate.labels import Target
from jobs.evaluate.metrics import Measured
from jobs.evaluate.predict import Predictions
from jobs.evaluate.result import Result
from jobs.evaluate.run import evaluate
from schemas.errors import InputError

FILE = ModelFile(Path("m"), "m.skops", "skops", "0" * 64)
LABELS, ONES = [0, 0, 1, 1], [0.1, 0.6, 0.35, 0.8]


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
    rows = RowOptions(str(path / "rows.csv"), label="y", positive=options.pop("positive", None))
    return evaluate(EvaluateConfig(ModelOptions("m"), rows, "out", **options), FILE, model)


def many(rows: int) -> tuple[list[int], list[float]]:
    """Draw probabilities, and labels that are positive somewhat less often than they say."""
    generator = np.random.default_rng(1)
    ones = generator.random(rows)
    return (generator.random(rows) < 0.7 * ones).astype(int).tolist(), ones.tolist()


def test_four_rows_by_hand(tmp_path: Path) -> None:
    result = measured(tmp_path, LABELS, ONES)
    assert result.confusion.tolist() == [[1, 1], [1, 1]]
    assert result.measured.values == pytest.approx(
        {
            **dict.fromkeys(("accuracy", "precision", "recall", "f1", "f0_5", "f2"), 0.5),
            "auc_roc": 0.75,
            "pr_auc": (1 + 2 / 3) / 2,
            "log_loss": -sum(map(math.log, [0.9, 0.4, 0.35, 0.8])) / 4,
            "brier": (0.01 + 0.36 + 0.65**2 + 0.04) / 4,
        },
        abs=1e-12,
    )
    assert result.support() == {"0": 2, "1": 2}


def test_the_figures_are_those_of_scikit_learn(tmp_path: Path) -> None:
    labels, ones = many(100)
    values = measured(tmp_path, labels, ones, threshold=0.3).measured.values
    predicted = np.array(ones) >= 0.3
    precision = metrics.precision_score(labels, predicted)
    recall = metrics.recall_score(labels, predicted)
    assert precision < recall - 0.1  # so that F0.5, F1 and F2 are three
    assert values == pytest.approx(
        {
            "accuracy": metrics.accuracy_score(labels, predicted),
            "precision": precision,
            "recall": recall,
            "f1": metrics.f1_score(labels, predicted),
            "f0_5": metrics.fbeta_score(labels, predicted, beta=0.5),
            "f2": metrics.fbeta_score(labels, predicted, beta=2),
            "auc_roc": metrics.roc_auc_score(labels, ones),
            "pr_auc": metrics.average_precision_score(labels, ones),
            "log_loss": metrics.log_loss(labels, ones),
            "brier": metrics.brier_score_loss(labels, ones),
        }
    )


def test_threshold_is_reached_by_equal(tmp_path: Path) -> None:
    result = measured(tmp_path, LABELS, ONES, threshold=0.35)
    assert result.confusion.tolist() == [[1, 1], [0, 2]]
    assert result.measured.values["recall"] == 1
    assert result.measured.values["auc_roc"] == 0.75


def test_the_smaller_label_can_be_positive(tmp_path: Path) -> None:
    result = measured(tmp_path, [0, 0, 0, 1], [0.1, 0.6, 0.2, 0.8], positive="0")
    assert result.target.positive == 0
    assert result.measured.values["precision"] == 1
    assert result.measured.values["recall"] == pytest.approx(2 / 3)


PREDICTED = {"precision", "recall", "f1", "f0_5", "f2"}


@pytest.mark.parametrize(
    ("labels", "ones", "none", "reason"),
    [
        ([0, 0], [0.1, 0.2], {*PREDICTED, "auc_roc", "pr_auc"}, "all rows are negative"),
        ([1, 1], [0.9, 0.8], {"auc_roc"}, "all rows are positive"),
        ([0, 1], [0.1, 0.2], {"precision"}, "no row is predicted positive"),
        ([0, 0], [0.1, 0.9], {"recall", "auc_roc", "pr_auc"}, "no row is positive"),
    ],
)
def test_what_has_no_meaning_has_no_value_and_says_why(
    tmp_path: Path, labels: list[int], ones: list[float], none: set[str], reason: str
) -> None:
    result = measured(tmp_path, labels, ones)
    assert {name for name, value in result.measured.values.items() if value is None} == none
    assert set(result.measured.reasons) == none
    assert any(reason in why for why in result.measured.reasons.values())
    assert ("auc_roc" in none) == (result.curves.roc == ())
    if none == {"precision"}:
        assert result.measured.values["recall"] == result.measured.values["f1"] == 0


def test_without_probabilities_the_ranking_metrics_are_none(tmp_path: Path) -> None:
    result = measured(tmp_path, LABELS, ONES, silent=True)
    assert result.measured.values["accuracy"] == 0.5
    assert result.threshold is None
    for name in ("auc_roc", "pr_auc", "log_loss", "brier"):
        assert result.measured.values[name] is None
        assert "no probabilities" in result.measured.reasons[name]
    with pytest.raises(InputError, match="needs probabilities"):
        measured(tmp_path, LABELS, ONES, silent=True, threshold=0.3)


@pytest.mark.parametrize(
    ("p0", "p1", "message"),
    [
        (0.2, 0.2, "does not sum to 1"),
        (1.5, -0.5, "does not sum to 1"),
        (math.nan, 1.0, "no finite probability for 1 rows"),
    ],
)
def test_what_is_no_probability_is_refused(
    tmp_path: Path, p0: float, p1: float, message: str
) -> None:
    table = pd.DataFrame({"p0": [p0, 0.5], "p1": [p1, 0.5], "y": [0, 1]})
    with pytest.raises(InputError, match=message):
        run(tmp_path, table, Told("0", "1"))


def test_three_classes_by_hand(tmp_path: Path) -> None:
    rows = [("a", 0.7, 0.2, 0.1), ("b", 0.2, 0.5, 0.3), ("c", 0.1, 0.6, 0.3), ("c", 0.1, 0.2, 0.7)]
    table = pd.DataFrame(rows, columns=["y", "pa", "pb", "pc"])
    result = run(tmp_path, table, Told("a", "b", "c"))
    assert result.confusion.tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 1]]
    assert result.measured.values == pytest.approx(
        {
            "accuracy": 0.75,
            "precision_macro": (1 + 0.5 + 1) / 3,
            "recall_macro": (1 + 1 + 0.5) / 3,
            "f1_macro": (1 + 2 / 3 + 2 / 3) / 3,
            "precision_weighted": (1 + 0.5 + 2 * 1) / 4,
            "recall_weighted": (1 + 1 + 2 * 0.5) / 4,
            "f1_weighted": (1 + 2 / 3 + 2 * 2 / 3) / 4,
            "auc_roc": (1 + 2 / 3 + 0.875) / 3,
            "pr_auc": (1 + 1 / 2 + 5 / 6) / 3,
            "log_loss": -sum(map(math.log, [0.7, 0.5, 0.3, 0.7])) / 4,
            "brier": (0.14 + 0.38 + 0.86 + 0.14) / 4,
        }
    )
    assert [curve.label for curve in result.curves.roc] == ["c", "a", "b"]


@pytest.mark.parametrize("option", [{}, {"threshold": 0.4}, {"positive": "a"}])
def test_a_class_without_rows_and_options_for_two_classes(tmp_path: Path, option: Any) -> None:
    table = pd.DataFrame({"y": ["a", "b"], "pa": [0.8, 0.1], "pb": [0.1, 0.8], "pc": [0.1, 0.1]})
    if option:
        with pytest.raises(InputError, match="is for two classes"):
            run(tmp_path, table, Told("a", "b", "c"), **option)
        return
    result = run(tmp_path, table, Told("a", "b", "c"))
    assert result.measured.values["auc_roc"] is None
    assert "1 of 3 classes have no test row" in result.measured.reasons["auc_roc"]


def test_the_spread_is_the_middle_95_percent_of_the_draws(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    numbers = iter(range(101))
    target = Target("y", ("0", "1"), 1)
    predictions = Predictions(np.array(LABELS), np.array(LABELS), None, "", None, ())

    def measure(*_: object) -> Measured:
        number = next(numbers)
        return Measured({"f1": number, "recall": None, "f2": None if number else 0.5}, {})

    monkeypatch.setattr(spread, "measure", measure)
    found = spread.bootstrap(predictions, target, draws=101, seed=1)
    assert found["f1"] == spread.Spread(2.5, 97.5, pytest.approx(stdev(range(101))))
    assert found["recall"] is None
    assert found["f2"] is None  # one value has no spread


def test_the_bootstrap_is_seeded_and_holds_the_value(tmp_path: Path) -> None:
    labels, ones = many(60)
    first, again, other = (
        measured(tmp_path, labels, ones, draws=12, seed=seed) for seed in (1, 1, 2)
    )
    assert first.spread == again.spread != other.spread
    for name, value in first.measured.values.items():
        interval = first.spread[name]
        assert interval is not None
        assert interval.low < value < interval.high


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("xxyyy", [("y", 3, 2 / 3), ("x", 2, 1.0)]),
        ("yyxxz", [("x", 2, 0.5), ("y", 2, 1.0), ("z", 1, 1.0)]),
    ],
)
def test_segments_are_measured_apart_largest_first_ties_by_value(
    values: str, expected: list[tuple[str, int, float]]
) -> None:
    truth, predicted = np.array([0, 1, 0, 1, 0]), np.array([0, 1, 1, 1, 0])
    predictions = Predictions(truth, predicted, None, "", None, ())
    found = spread.segments(predictions, Target("y", ("0", "1"), 1), pd.Series(list(values)))
    assert [(s.value, s.rows, s.measured.values["accuracy"]) for s in found] == expected


def test_many_segments_end_in_other() -> None:
    names = pd.Series([f"v{i:02}" for i in range(60)] + ["v59"])
    zeros = np.zeros(61, dtype=int)
    predictions = Predictions(zeros, zeros, None, "", None, ())
    found = spread.segments(predictions, Target("y", ("0", "1"), 1), names)
    assert len(found) == 51
    assert (found[0].value, found[0].rows) == ("v59", 2)
    assert (found[-1].value, found[-1].rows) == ("(other)", 10)


def test_long_curves_keep_their_ends_and_their_area(tmp_path: Path) -> None:
    result = measured(tmp_path, *many(5000))
    (roc,) = result.curves.roc
    assert 150 < len(roc.x) <= 200
    assert (roc.x[0], roc.y[0], roc.x[-1], roc.y[-1]) == (0, 0, 1, 1)
    area = sum((b - a) * (c + d) / 2 for a, b, c, d in zip(roc.x, roc.x[1:], roc.y, roc.y[1:]))
    assert area == pytest.approx(result.measured.values["auc_roc"], abs=1e-3)
    assert sum(part.rows for part in result.curves.calibration) == 5000
