"""What is written and printed, the gate, and that the same input gives the same bytes."""

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

from jobs.evaluate import run
from jobs.evaluate.cli import add_evaluate
from schemas.errors import InputError

Evaluate = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[4]
HOSTILE = '<script>alert("1")</script>&\'"'


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


def test_without_bootstrap_deviations_are_null(ready: None, evaluate: Evaluate) -> None:
    data = evaluate().data
    assert data["binary_classification_metrics"]["f1"]["standard_deviation"] is None
    assert data["bootstrap"] is None
    assert data["intervals"] == {}


def test_same_input_same_bytes(ready: None, evaluate: Evaluate) -> None:
    options = ("--bootstrap", 10, "--segment", "group", "--min", "f1=0.1")
    first, again = evaluate(*options), evaluate(*options, output="again")
    for name in ("evaluation.json", "evaluation.html"):
        assert (first.output / name).read_bytes() == (again.output / name).read_bytes()
    assert sorted(p.name for p in first.output.iterdir()) == ["evaluation.html", "evaluation.json"]


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


def test_no_number_in_the_json_is_nan(ready: None, evaluate: Evaluate, put_rows: Any) -> None:
    put_rows("a,b,y\n-3,0,0\n-2,0,0\n")
    done = evaluate("--bootstrap", 5, "--segment", "y")

    def refuse(text: str) -> None:
        pytest.fail(f"{text} in evaluation.json")

    json.loads((done.output / "evaluation.json").read_text(), parse_constant=refuse)
    assert done.data["auc_roc"] is None
    assert any(note.startswith("auc_roc has no value: all rows are") for note in done.data["notes"])


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
    ],
)
def test_options_that_cannot_be(
    ready: None, evaluate: Evaluate, tmp_path: Path, arguments: Any, message: str
) -> None:
    with pytest.raises(InputError, match=re.compile(message, re.DOTALL)):
        evaluate(*arguments)
    assert not (tmp_path / "evaluation").exists()


def test_an_output_that_is_a_file(ready: None, evaluate: Evaluate, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    for output in ("taken", "taken/below"):
        with pytest.raises(InputError, match="is a file; choose a directory"):
            evaluate(output=output)
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.mark.parametrize("name", ["evaluation.json", "evaluation.html"])
def test_a_directory_in_the_place_of_a_file_is_left_alone(
    ready: None, evaluate: Evaluate, tmp_path: Path, name: str
) -> None:
    (tmp_path / "evaluation" / name).mkdir(parents=True)
    with pytest.raises(InputError, match=f"{name} there is a directory; choose another"):
        evaluate()
    assert [path.name for path in (tmp_path / "evaluation").iterdir()] == [name]


def test_a_failed_write_leaves_the_earlier_report(
    ready: None, evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = evaluate()
    names = {path.name: path.read_bytes() for path in before.output.iterdir()}
    monkeypatch.setattr(os, "replace", lambda *paths: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(InputError, match="cannot write to .*: full"):
        evaluate("--threshold", "0.9")
    assert {path.name: path.read_bytes() for path in before.output.iterdir()} == names


def test_two_runs_into_one_directory_have_drafts_of_their_own(
    ready: None, evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, drafts = os.replace, []
    monkeypatch.setattr(os, "replace", lambda *paths: (drafts.append(paths[0]), replace(*paths)))
    evaluate()
    evaluate()
    assert len(set(drafts)) == len(drafts) == 4


def test_an_interrupted_write_leaves_no_draft(
    ready: None, evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupt(*paths: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        evaluate()
    assert list((tmp_path / "evaluation").iterdir()) == []


def test_no_value_steers_the_terminal(
    evaluate: Evaluate, put_model: Any, put_rows: Any, frame: pd.DataFrame
) -> None:
    hostile = "\x1b[31mred\x9b2J\nGates\n  passed \u202e"
    names = np.where(frame["y"] == 1, hostile, "plain é")
    put_model(model__skops=LogisticRegression().fit(frame[["a", "b"]], names))
    frame["y"], frame["group\x07"] = names, names
    put_rows(frame)
    text = evaluate("--segment", "group\x07", "--positive", hostile).text
    assert all(line.isprintable() for line in text.split("\n"))
    assert "\n  passed" not in text
    assert text.count("\\x1b[31mred\\x9b2J\\nGates\\n  passed \\u202e") == 2
    assert "By group\\x07" in text
    assert "plain é" in text


def test_everything_in_the_page_is_escaped(
    evaluate: Evaluate, put_model: Any, put_rows: Any, frame: pd.DataFrame
) -> None:
    names = np.where(frame["y"] == 1, HOSTILE, "plain")
    put_model(model__skops=LogisticRegression().fit(frame[["a", "b"]], names))
    frame[HOSTILE], frame["y"] = names, names
    put_rows(frame)
    page = evaluate("--segment", HOSTILE, "--positive", HOSTILE).page
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#x27;&quot;") >= 5


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


@pytest.mark.slow
def test_train_then_evaluate_where_there_is_no_pyspark_and_no_pyarrow(
    put_rows: Any, frame: pd.DataFrame, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('pyspark', 'py4j', 'pyarrow'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
    )
    frame["delay"] = 30 * frame["a"]
    put_rows(frame.drop(columns="y"))
    command = (
        "import argparse, sys; from jobs.evaluate.cli import add_evaluate\n"
        "parser = argparse.ArgumentParser(); add_evaluate(parser.add_subparsers())\n"
        "options = parser.parse_args(['evaluate', *sys.argv[1:]])\n"
        "from jobs.evaluate.run import main\ncode, text = main(options); sys.exit(code)\n"
    )
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    environment.pop("SM_MODEL_DIR", None)
    archives = []
    for _ in range(2):
        for line in (
            ["examples/train.py", "--train", "test", "--label", "delay", "--positive-above", "15",
             "--model-dir", "model"],
            ["-c", command, "--model", "model", "--test", "test", "--output", "out", "--label",
             "delay", "--positive-above", "15", "--min", "accuracy=0.9"],
        ):  # fmt: skip
            line = [str(ROOT / part) if part.endswith(".py") else part for part in line]
            done = subprocess.run(
                [sys.executable, *line], cwd=tmp_path, env=environment, timeout=60,
                capture_output=True, text=True,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
        with tarfile.open(tmp_path / "model" / "model.tar.gz") as tar:
            archives.append([(m.name, m.mtime, m.uid, m.uname, m.mode) for m in tar])
    assert archives == [[("model.skops", 0, 0, "", 0o644)]] * 2
    assert json.loads((tmp_path / "out" / "evaluation.json").read_text())["passed"] is True


def test_exit_codes_are_what_the_docs_say() -> None:
    assert (run.DONE, run.MISSED) == (0, 3)
