"""The gate: what passes, what misses, what cannot be asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs.evaluate.gate import Gate, parse_gate
from schemas.errors import InputError

Evaluate = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[4]
HOSTILE = '<script>alert("1")</script>&\'"'


@pytest.mark.parametrize("name", ["auc_roc", "roc_auc", "auc"])
def test_a_gate_that_is_passed(ready: None, evaluate: Evaluate, name: str) -> None:
    done = evaluate("--min", f"{name}=0.6", "--max", "log_loss=0.9")
    assert done.code == 0
    assert [gate["passed"] for gate in done.data["gates"]] == [True, True]
    assert done.data["passed"] is True
    assert re.search(r"passed  auc_roc >= 0.6  \(auc_roc is 0\.", done.text)


def test_a_gate_that_is_missed_is_written_down(ready: None, evaluate: Evaluate) -> None:
    done = evaluate("--min", "auc_roc=0.999", "--max", "log_loss=0.9")
    assert done.code == 3
    first, second = done.data["gates"]
    assert (first["metric"], first["min"], first["passed"]) == ("auc_roc", 0.999, False)
    assert (second["metric"], second["max"], second["passed"]) == ("log_loss", 0.9, True)
    assert done.data["passed"] is False
    assert "MISSED  auc_roc >= 0.999" in done.text
    assert '<li class="missed"><b>Missed</b> auc_roc &gt;= 0.999' in done.page


def test_on_a_processing_host_the_missed_gates_are_the_exit_message(
    ready: None, evaluate: Evaluate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "processingjobconfig.json").write_text("{}")
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    evaluate("--min", "auc_roc=0.6")
    assert not (tmp_path / "output").exists()
    evaluate("--min", "auc_roc=0.999", "--min", "recall=0.1", "--max", "brier=0")
    message = (tmp_path / "output" / "message").read_text()
    assert re.fullmatch(
        r"the model misses auc_roc >= 0\.999 \(auc_roc is 0\.\d+\); "
        r"brier <= 0 \(brier is 0\.\d+\)",
        message,
    )


def test_the_bound_itself_passes(ready: None, evaluate: Evaluate) -> None:
    value = evaluate().data["accuracy"]
    assert evaluate("--min", f"accuracy={value!r}", "--max", f"accuracy={value!r}").code == 0


def test_a_metric_without_value_misses_its_gate(
    ready: None, evaluate: Evaluate, put_rows: Any
) -> None:
    put_rows("a,b,y\n-3,0,0\n-2,0,0\n")
    done = evaluate("--min", "auc_roc=0.1")
    assert done.code == 3
    assert "has no value: all rows are negative" in done.data["gates"][0]["why"]


@pytest.mark.parametrize("text", ["auc_roc", "auc_roc=", "auc_roc=high", "=0.8", "auc_roc=nan"])
def test_what_is_no_gate(text: str) -> None:
    with pytest.raises(InputError, match="is no gate; write it as --min auc_roc=0.8"):
        parse_gate(text, lowest=True)


def test_gates_read() -> None:
    assert parse_gate(" roc_auc = 0.8", lowest=True) == Gate("auc_roc", 0.8, True)
    assert parse_gate("log_loss=1e-1", lowest=False) == Gate("log_loss", 0.1, False)
