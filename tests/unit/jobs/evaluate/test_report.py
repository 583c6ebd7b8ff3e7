"""What is written and printed, and that the same input gives the same bytes."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from jobs.evaluate.cli import add_evaluate
from jobs.evaluate.write import check_output, write_files
from schemas.errors import InputError

Evaluate = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[4]
HOSTILE = '<script>alert("1")</script>&\'"\x1b[31mred\x9b2J\nGates\n  passed \u202e'
MARKUP = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#x27;&quot;"
SPELT_OUT = "\\x1b[31mred\\x9b2J\\nGates\\n  passed \\u202e"


def test_both_layouts_say_the_same(ready: None, evaluate: Evaluate) -> None:
    data = evaluate("--bootstrap", 20).data
    quality = data["binary_classification_metrics"]
    for flat, name in (("accuracy", "accuracy"), ("auc_roc", "auc"), ("log_loss", "log_loss")):
        assert quality[name]["value"] == data[flat]
        assert quality[name]["standard_deviation"] > 0
        low, high = data["intervals"][flat]
        assert low < data[flat] < high
    (a, b), (c, d) = data["confusion_matrix"]
    assert quality["confusion_matrix"] == {"0": {"0": a, "1": b}, "1": {"0": c, "1": d}}
    assert data["support"] == {"0": a + b, "1": c + d}
    roc = quality["receiver_operating_characteristic_curve"]
    assert len(roc["false_positive_rates"]) == len(roc["true_positive_rates"]) <= 200
    assert quality["precision_recall_curve"]["recalls"][0] == 0
    assert data["bootstrap"] == {"draws": 20, "seed": 42}
    assert data["threshold"] == 0.5


def test_three_classes(
    evaluate: Evaluate, put_model: Any, put_rows: Any, frame: pd.DataFrame
) -> None:
    frame["y"] = pd.cut(frame["a"], [-9, -0.5, 0.5, 9], labels=["low", "mid", "high"])
    put_model(model__skops=LogisticRegression().fit(frame[["a", "b"]], frame["y"]))
    put_rows(frame)
    done = evaluate("--min", "f1_macro=0.5", "--bootstrap", 5)
    assert done.code == 0
    quality = done.data["multiclass_classification_metrics"]
    assert quality["weighted_f1"]["value"] == done.data["f1_weighted"]
    assert set(quality["confusion_matrix"]) == {"low", "mid", "high"}
    assert "binary_classification_metrics" not in done.data
    assert done.page.count('<polyline class="line') == 7
    with pytest.raises(InputError, match="'f1' is no metric here; there are accuracy, precision_m"):
        evaluate("--min", "f1=0.5")


def test_same_input_same_bytes(ready: None, evaluate: Evaluate) -> None:
    options = ("--bootstrap", 4, "--segment", "group", "--min", "f1=0.1")
    first, again = evaluate(*options), evaluate(*options, output="again")
    assert sorted(p.name for p in first.output.iterdir()) == ["evaluation.html", "evaluation.json"]
    for path in first.output.iterdir():
        assert path.read_bytes() == (again.output / path.name).read_bytes()


def test_what_has_no_value_is_null_in_the_json(
    ready: None, evaluate: Evaluate, put_rows: Any
) -> None:
    put_rows("a,b,y\n-3,0,0\n-2,0,0\n")
    done = evaluate("--segment", "y")

    def refuse(text: str) -> None:
        pytest.fail(f"{text} in evaluation.json")

    json.loads((done.output / "evaluation.json").read_text(), parse_constant=refuse)
    assert done.data["auc_roc"] is None
    assert any(note.startswith("auc_roc has no value: all rows are") for note in done.data["notes"])
    assert done.data["binary_classification_metrics"]["f1"]["standard_deviation"] is None
    assert (done.data["bootstrap"], done.data["intervals"]) == (None, {})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--min", "speed=1"), "'speed' is no metric here; there are accuracy, precision"),
        (("--threshold", "1.5"), "--threshold 1.5 is no probability"),
        (("--bootstrap", "-1", "--seed", "-2"), "--bootstrap -1.*--seed -2"),
        (("--bootstrap", "1"), "--bootstrap 1 says nothing"),
        (("--positive-above", "nan"), "--positive-above nan is no finite"),
        (("--max-model-bytes", "many"), "'many' is no size"),
        (("--no-header",), "--no-header leaves no names"),
        (("--max-model-bytes", "100"), "unpacks to more than 100 bytes"),
        (("--output", "x" * 5000), "cannot use x+: File name too long; give another path"),
        (("--model", "x" * 5000), "cannot use x+: File name too long; give another path"),
        (("--test", "x" * 5000), "cannot use x+: File name too long; give another path"),
    ],
)
def test_options_that_cannot_be(
    ready: None, evaluate: Evaluate, tmp_path: Path, arguments: Any, message: str
) -> None:
    with pytest.raises(InputError, match=re.compile(message, re.DOTALL)):
        evaluate(*arguments)
    assert not (tmp_path / "evaluation").exists()


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("taken", "taken is a file; choose a directory"),
        ("taken/below", "taken is a file; choose a directory"),
        ("there", "a.json there is a directory; choose another"),
    ],
)
def test_an_output_that_cannot_be_written(tmp_path: Path, output: str, message: str) -> None:
    (tmp_path / "taken").write_text("mine")
    (tmp_path / "there" / "a.json").mkdir(parents=True)
    with pytest.raises(InputError, match=message):
        check_output(tmp_path / output, ["a.json", "a.html"])
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.mark.parametrize("error", [OSError(28, "full"), KeyboardInterrupt()])
def test_a_failed_write_leaves_the_earlier_report_and_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    write_files(tmp_path, {"a.json": "old", "a.html": "old"})

    def fail(*paths: Any) -> None:
        raise error

    monkeypatch.setattr(os, "replace", fail)
    refusal = pytest.raises(InputError, match="cannot write to .*: full")
    with refusal if isinstance(error, OSError) else pytest.raises(KeyboardInterrupt):
        write_files(tmp_path, {"a.json": "new", "a.html": "new"})
    left = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert left == {"a.json": "old", "a.html": "old"}


def test_two_runs_into_one_directory_have_drafts_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move, drafts = os.replace, set()
    monkeypatch.setattr(os, "replace", lambda *paths: (drafts.add(paths[0]), move(*paths)))
    for _ in range(2):
        write_files(tmp_path, {"a.json": "x", "a.html": "x"})
    assert len(drafts) == 4


def test_no_value_steers_the_terminal_or_the_page(
    evaluate: Evaluate, put_model: Any, put_rows: Any, frame: pd.DataFrame
) -> None:
    names = np.where(frame["y"] == 1, HOSTILE, "plain é")
    put_model(model__skops=LogisticRegression().fit(frame[["a", "b"]], names))
    frame["y"], frame[HOSTILE] = names, names
    put_rows(frame)
    done = evaluate("--segment", HOSTILE, "--positive", HOSTILE)
    assert all(line.isprintable() for line in done.text.split("\n"))
    assert "\n  passed" not in done.text
    assert done.text.count(SPELT_OUT) == 4
    assert "plain é" in done.text
    assert "<script" not in done.page
    assert done.page.count(MARKUP) >= 5


def test_a_large_confusion_matrix_is_cut_in_the_page_alone(
    evaluate: Evaluate, put_model: Any, put_rows: Any
) -> None:
    rows = pd.DataFrame({"a": np.arange(50.0), "y": [f"c{i % 25:02}" for i in range(50)]})
    put_model(model__skops=LogisticRegression(max_iter=20, tol=10).fit(rows[["a"]], rows["y"]))
    put_rows(rows)
    done = evaluate()
    assert len(done.data["confusion_matrix"]) == 25
    assert "5 more classes are in evaluation.json" in done.page
    assert done.page.count("--share:") == 400


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; import jobs.evaluate.cli; "
        "sys.exit(any(n in sys.modules for n in ('numpy', 'pandas', 'sklearn', 'pyspark')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_help_names_the_places_of_sagemaker(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_evaluate(parser.add_subparsers())
    with pytest.raises(SystemExit):
        parser.parse_args(["evaluate", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    for name in ("model", "test", "evaluation"):
        assert f"/opt/ml/processing/{name}" in text
    assert "executes whatever code" in text


# As on SageMaker's scikit-learn image: train, then evaluate.
ALONE = """
import argparse, runpy, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("pyspark", "py4j", "pyarrow"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
label = ["--label", "delay", "--positive-above", "15"]
sys.argv = ["train.py", "--train", "test", "--model-dir", "model", *label]
try:
    runpy.run_path(ROOT + "/examples/train.py", run_name="__main__")
except SystemExit as end:
    assert not end.code, end.code
from jobs.evaluate.cli import add_evaluate
from jobs.evaluate.run import main
parser = argparse.ArgumentParser()
add_evaluate(parser.add_subparsers())
places = ["--model", "model", "--test", "test", "--output", "out"]
code, text = main(parser.parse_args(["evaluate", *places, *label, "--min", "accuracy=0.9"]))
sys.exit(code)
"""


def test_train_then_evaluate_where_there_is_no_pyspark_and_no_pyarrow(
    put_rows: Any, frame: pd.DataFrame, tmp_path: Path
) -> None:
    frame["delay"] = 30 * frame["a"]
    put_rows(frame.drop(columns="y"))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("SM_MODEL_DIR", None)
    line = [sys.executable, "-c", f"ROOT = {str(ROOT)!r}\n{ALONE}"]
    done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with tarfile.open(tmp_path / "model" / "model.tar.gz") as tar:
        members = [(m.name, m.mtime, m.uid, m.uname, m.mode) for m in tar]
    assert members == [("model.skops", 0, 0, "", 0o644)]
    assert json.loads((tmp_path / "out" / "evaluation.json").read_text())["passed"] is True
