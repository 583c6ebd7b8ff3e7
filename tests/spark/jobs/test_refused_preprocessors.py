"""Preprocessors that prepare refuses; and an earlier result survives every refusal."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from refusals import assert_refused

Prepare = Callable[..., Any]
Table = Callable[..., Path]
STEPS = [
    {"name": "x", "type": "double", "action": "number", "output": "x", "output_type": "double"},
    {"name": "y", "type": "bigint", "action": "keep", "output": "y", "output_type": "bigint"},
]
PREPROCESSOR = {
    "format": "spark-etl-preprocessor",
    "format_version": 1,
    "target": "y",
    "train_rows": 9,
    "options": {},
    "columns": STEPS,
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: Expecting value"),
        ('{"format": "other"}', "\"format\" must be 'spark-etl-preprocessor'"),
        (json.dumps({**PREPROCESSOR, "format_version": 2}), "format_version is 2, this program"),
        (json.dumps(PREPROCESSOR)[:-20], "line 1: "),
        (json.dumps({**PREPROCESSOR, "columns": [{"name": "x"}]}), "is damaged"),
        (json.dumps({**PREPROCESSOR, "options": {"fill": "mode"}}), "fill 'mode' is none of"),
        (json.dumps({**PREPROCESSOR, "columns": [{**STEPS[0], "action": "melt"}]}), "'melt' into"),
        (
            json.dumps({**PREPROCESSOR, "columns": [{**STEPS[0], "fill": "3"}]}),
            "must be finite numbers",
        ),
        (
            json.dumps({**PREPROCESSOR, "columns": [{**STEPS[0], "action": "index"}]}),
            "needs labels",
        ),
    ],
)
def test_a_preprocessor_that_cannot_be_read(
    prepare: Prepare, table: Table, clean_csv: str, text: str, said: str
) -> None:
    earlier = table(text, "preprocessor.json")
    assert_refused(prepare(table(clean_csv), "--preprocessor", earlier), earlier, said)


def test_a_preprocessor_for_other_columns(prepare: Prepare, table: Table, clean_csv: str) -> None:
    steps = [
        {**STEPS[0], "type": "date"},
        {**STEPS[0], "name": "height", "output": "height"},
        STEPS[1],
    ]
    earlier = table(json.dumps({**PREPROCESSOR, "columns": steps}), "preprocessor.json")
    path = table(clean_csv)
    assert_refused(
        prepare(path, "--preprocessor", earlier),
        "the preprocessor was fitted for other columns",
        "column 'x' was date in training, is double",
        f"column 'height' is needed, {path} does not have it",
    )


def test_an_earlier_result_survives_every_stage_of_failure(
    prepare: Prepare, table: Table, clean_csv: str, tmp_path: Path
) -> None:
    manifest = json.dumps({"job": "prepare", "files": [{"path": "train/old.parquet"}]})
    table(manifest, "out/manifest.json")
    table("old", "out/train/old.parquet")
    steps = [
        {**STEPS[0], "name": "s", "type": "string", "action": "index", "output": "i"},
        STEPS[1],
    ]
    steps[0].update(labels=["a", "b"], unseen="error")
    strict = table(json.dumps({**PREPROCESSOR, "columns": steps}), "strict.json")
    path = table(clean_csv)
    opening = prepare(path, "--key", "nobody")
    fitting = prepare(path, "--weights", "0.9998,0.0001,0.0001")
    writing = prepare(path, "--preprocessor", strict)
    assert [opening.code, fitting.code, writing.code] == [2, 2, 2]
    assert "column 's' holds the label 'c', unseen in training" in writing.err
    left = {str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*")}
    assert left == {"manifest.json", "train", "train/old.parquet"}
    assert (tmp_path / "out" / "manifest.json").read_text() == manifest
    assert (tmp_path / "out" / "train" / "old.parquet").read_text() == "old"
