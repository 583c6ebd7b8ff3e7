from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.plan import FitOptions
from transforms.preprocessor import ColumnStep, Preprocessor, PreprocessorError
from transforms.preprocessor_json import preprocessor_from_json, preprocessor_to_json

ROOT = Path(__file__).resolve().parents[3]
NUMBER = ColumnStep("x", "int", "number", "x", "double", fill_method="mean", fill=2.5)
SCALED = ColumnStep("z", "double", "number", "z", "double", center=2.0, spread=4.0)
WHOLE = ColumnStep("n", "float", "number", "n", "float")
TARGET = ColumnStep("y", "boolean", "keep", "y", "boolean")


def index(unseen: str) -> ColumnStep:
    return ColumnStep(
        "s", "string", "index", "s_indexed", "double", labels=("b", "a"), unseen=unseen
    )


def made(*steps: ColumnStep, target: str | None = "y") -> Preprocessor:
    return Preprocessor(steps, target, 10, FitOptions())


SMALL = made(NUMBER, index("keep"), SCALED, WHOLE, TARGET)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
STEPS = st.builds(
    ColumnStep,
    name=st.text(max_size=5),
    type=st.sampled_from(["int", "string", "decimal(5,2)"]),
    action=st.just("number"),
    output=st.text(max_size=5),
    output_type=st.just("double"),
    fill_method=st.sampled_from([None, "mean", "median"]),
    fill=st.none() | FINITE,
    center=st.none() | FINITE,
    spread=st.none() | FINITE.filter(bool),
    labels=st.none() | st.lists(st.text(max_size=5), max_size=4).map(tuple),
    unseen=st.sampled_from([None, "error", "separate"]),
)


@settings(max_examples=200)
@given(
    st.lists(STEPS, min_size=1, max_size=4, unique_by=lambda step: step.output),
    st.booleans(),
    st.integers(0, 2**60),
)
def test_a_preprocessor_reads_back_exactly(
    steps: list[ColumnStep], has_target: bool, rows: int
) -> None:
    target = steps[0].name if has_target else None
    options = FitOptions("median", True, "separate", 2, 7, 0.001)
    preprocessor = Preprocessor(tuple(steps), target, rows, options)
    text = preprocessor_to_json(preprocessor)
    back = preprocessor_from_json(text)
    assert back == preprocessor
    assert preprocessor_to_json(back) == text
    for step, read in zip(steps, back.steps):
        if step.fill is not None and read.fill is not None:
            assert math.copysign(1.0, read.fill) == math.copysign(1.0, step.fill)


def test_the_json_can_be_read_by_a_person() -> None:
    data = json.loads(preprocessor_to_json(SMALL))
    assert (data["format"], data["format_version"]) == ("spark-etl-preprocessor", 1)
    assert data["columns"][0] == {
        "name": "x",
        "type": "int",
        "action": "number",
        "output": "x",
        "output_type": "double",
        "fill_method": "mean",
        "fill": 2.5,
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "pickle"}, "is not a preprocessor"),
        ({"format_version": 2}, "format_version is 2, this program reads 1; fit again"),
        ({"format_version": None}, "has another version"),
        ({"columns": None}, "is damaged"),
        ({"columns": ["x"]}, "a column must be an object, not 'x'"),
        ({"columns": [{"name": "x"}]}, "'type' is missing"),
        ({"columns": []}, "it has no columns"),
        ({"columns": ...}, "'columns' is missing"),
        ({"options": {"fill": "mode"}}, "fill 'mode' is none of"),
        ({"options": {"colour": "red"}}, "'options': unknown field 'colour'; known: fill, scale"),
        ({"options": []}, "'options' must be an object"),
        ({"options": {"max_labels": 1.5}}, "'max_labels' must be a whole number"),
        ({"options": {"median_error": float("nan")}}, "NaN is no number of JSON"),
        ({"train_rows": "many"}, "'train_rows' must be a whole number, not 'many'"),
        ({"train_rows": True}, "'train_rows' must be a whole number"),
        ({"target": ["x"]}, "'target' must be a text or null"),
        ({"target": "nobody"}, "the target 'nobody' is not among its columns"),
    ],
    ids=str,
)
def test_another_format_version_or_content_is_refused(change: dict[str, Any], message: str) -> None:
    data = {**json.loads(preprocessor_to_json(SMALL)), **change}
    text = json.dumps({name: value for name, value in data.items() if value is not ...})
    with pytest.raises(PreprocessorError, match=message):
        preprocessor_from_json(text, source="mine")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"action": "pickle"}, "'pickle' into 'double' is not known"),
        ({"action": "index"}, "needs labels, and unseen as one of"),
        ({"action": "index", "labels": [1], "unseen": "keep"}, "labels must be a list of texts"),
        ({"action": "index", "labels": "a", "unseen": "keep"}, "labels must be a list of texts"),
        ({"action": "index", "labels": ["a", "a"], "unseen": "keep"}, "a label is listed twice"),
        ({"action": "index", "labels": ["a"], "unseen": "perhaps"}, "unseen as one of"),
        ({"fill": "2"}, "must be finite numbers"),
        ({"fill": 10**400}, "must be finite numbers"),
        ({"spread": []}, "must be finite numbers"),
        ({"spread": 0}, "spread must not be 0"),
        ({"colour": 1}, "column 'x': unknown field 'colour'; known: name"),
        ({"name": ["x"]}, "'name' must be a text"),
        ({"output": 1}, "'output' must be a text"),
        ({"output": "y"}, "two columns have the output 'y'"),
        ({"type": "blob"}, "type 'blob' is not supported"),
        ({"unseen": []}, "'unseen' must be a text"),
        ({"fill_method": 3}, "'fill_method' must be a text"),
    ],
    ids=str,
)
def test_a_damaged_column_is_refused(change: dict[str, Any], message: str) -> None:
    data = json.loads(preprocessor_to_json(SMALL))
    data["columns"][0].update(change)
    with pytest.raises(PreprocessorError, match=f"mine is damaged:\n.*{message}"):
        preprocessor_from_json(json.dumps(data), source="mine")


@pytest.mark.parametrize(
    "text", ["", "[]", "null", '{"format"', "\x80\x04pickle", "[" * 100_000, '"\ud800"']
)
def test_what_is_no_preprocessor_is_refused(text: str) -> None:
    with pytest.raises(PreprocessorError, match="is not a preprocessor"):
        preprocessor_from_json(text)


def test_a_row_is_filled_indexed_scaled_and_kept() -> None:
    row = {"x": None, "s": "a", "z": 4.0, "n": float("nan"), "y": True, "other": 1}
    assert SMALL.transform_row(row) == {
        "x": 2.5, "s_indexed": 1.0, "z": 0.5, "n": None, "y": True
    }  # fmt: skip


def test_the_target_may_be_absent_and_other_absent_columns_are_null() -> None:
    assert SMALL.transform_row({}) == {"x": 2.5, "s_indexed": 2.0, "z": None, "n": None}


def test_check_fits_names_every_column() -> None:
    with pytest.raises(PreprocessorError) as caught:
        SMALL.check_fits({"x": "bigint", "z": "double", "n": "float", "y": "boolean"}, source="it")
    assert caught.value.problems == (
        "column 'x' was int in training, is bigint",
        "column 's' is needed, it does not have it",
    )


WITHOUT = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("pyspark", "pandas", "numpy"):
            raise ImportError(name + " is not here")

sys.meta_path.insert(0, Refuse())
from transforms.preprocessor_json import preprocessor_from_json
print(preprocessor_from_json(sys.stdin.read()).transform_row({"s": "a", "z": 4.0}))
"""


def test_serving_needs_neither_pyspark_nor_pandas() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT],
        input=preprocessor_to_json(SMALL),
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    assert done.stdout == "{'x': 2.5, 's_indexed': 1.0, 'z': 0.5, 'n': None}\n"
