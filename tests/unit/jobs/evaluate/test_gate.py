"""The gate: what passes, what misses, what cannot be asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs.evaluate.gate import Gate, judge, parse_gate
from schemas.errors import InputError

Evaluate = Callable[..., Any]


@pytest.mark.parametrize(
    ("text", "lowest", "value", "passed"),
    [
        ("auc_roc=0.8", True, 0.81, True),
        ("auc_roc=0.8", True, 0.8, True),
        ("auc_roc=0.8", True, 0.79, False),
        ("auc_roc=0.8", True, None, False),
        ("log_loss=0.5", False, 0.49, True),
        ("log_loss=0.5", False, 0.5, True),
        ("log_loss=0.5", False, 0.51, False),
        ("log_loss=0.5", False, None, False),
    ],
)
def test_a_metric_is_held_against_its_bound(
    text: str, lowest: bool, value: float | None, passed: bool
) -> None:
    gate = parse_gate(text, lowest=lowest)
    (outcome,) = judge([gate], {gate.metric: value}, {gate.metric: "all rows are negative"})
    assert (outcome.passed, outcome.value) == (passed, value)
    seen = "has no value: all rows are negative" if value is None else f"is {value}"
    assert outcome.why == f"{gate.metric} {seen}"


def test_missed_gates_are_exit_code_3_and_the_message_of_a_processing_host(
    ready: None, evaluate: Evaluate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "processingjobconfig.json").write_text("{}")
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    done = evaluate("--min", "auc=0.6", "--max", "log_loss=0.9")
    assert (done.code, done.data["passed"]) == (0, True)
    assert re.search(r"passed  auc_roc >= 0.6  \(auc_roc is 0\.", done.text)
    assert not (tmp_path / "output").exists()
    done = evaluate("--min", "auc_roc=0.999", "--min", "recall=0.1", "--max", "brier=0")
    assert (done.code, done.data["passed"]) == (3, False)
    gates = [(gate["metric"], gate["passed"]) for gate in done.data["gates"]]
    assert gates == [("auc_roc", False), ("recall", True), ("brier", False)]
    assert (done.data["gates"][0]["min"], done.data["gates"][2]["max"]) == (0.999, 0)
    assert "MISSED  auc_roc >= 0.999" in done.text
    assert '<li class="missed"><b>Missed</b> auc_roc &gt;= 0.999' in done.page
    assert re.fullmatch(
        r"the model misses auc_roc >= 0\.999 \(auc_roc is 0\.\d+\); "
        r"brier <= 0 \(brier is 0\.\d+\)",
        (tmp_path / "output" / "message").read_text(),
    )


@pytest.mark.parametrize("text", ["auc_roc", "auc_roc=", "auc_roc=high", "=0.8", "auc_roc=nan"])
def test_what_is_no_gate(text: str) -> None:
    with pytest.raises(InputError, match="is no gate; write it as --min auc_roc=0.8"):
        parse_gate(text, lowest=True)


@pytest.mark.parametrize("name", ["auc_roc", "roc_auc", "auc", " roc_auc "])
def test_the_names_of_the_area_under_the_roc_curve(name: str) -> None:
    assert parse_gate(f"{name}= 8e-1", lowest=True) == Gate("auc_roc", 0.8, True)
