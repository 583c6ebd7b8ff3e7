"""Run ``evaluate``: find and load the model, predict, measure, judge, write."""

from __future__ import annotations

import argparse
import platform
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn

from jobs import __version__
from jobs.evaluate.config import EvaluateConfig, config_from
from jobs.evaluate.curves import curves
from jobs.evaluate.data import load_rows
from jobs.evaluate.find_model import ModelFile, model_file
from jobs.evaluate.gate import check_gates, judge, missed_text
from jobs.evaluate.labels import encode, target_of
from jobs.evaluate.load_model import Model, load_model
from jobs.evaluate.metrics import confusion, measure, metric_names
from jobs.evaluate.page import evaluation_html
from jobs.evaluate.predict import asking, noting_warnings, predict
from jobs.evaluate.report_json import evaluation_json
from jobs.evaluate.report_text import report_text
from jobs.evaluate.result import Result
from jobs.evaluate.spread import bootstrap, segments
from jobs.evaluate.write import check_output, write_files
from jobs.exit_message import leave_text
from schemas.errors import InputError

DONE, MISSED = 0, 3
JSON_NAME, PAGE_NAME = "evaluation.json", "evaluation.html"


def main(options: argparse.Namespace) -> tuple[int, str]:
    """Evaluate as the parsed options say; return the exit code and what is to be printed.

    3 where a gate is missed; the files are written all the same. InputError for what the user can
    mend; then nothing is written.
    """
    try:
        return run(config_from(options))
    except OSError as error:
        # A path that is no file, is too long, or may not be read; libraries' own errors have none.
        if error.filename is None:
            raise
        message = f"cannot use {error.filename}: {error.strerror}; give another path"
        raise InputError(message) from error


def run(config: EvaluateConfig) -> tuple[int, str]:
    """Evaluate; return the exit code and the text to print."""
    directory = Path(config.output)
    check_output(directory, (JSON_NAME, PAGE_NAME))
    with model_file(config.model) as file:
        notes: list[str] = []
        with noting_warnings(notes):
            model = load_model(file, config.model)
        result = evaluate(config, file, model, tuple(notes))
    places = write_files(
        directory, {JSON_NAME: evaluation_json(result), PAGE_NAME: evaluation_html(result)}
    )
    if not result.passed:
        leave_text(missed_text(result.outcomes))
    return DONE if result.passed else MISSED, report_text(result, places)


def evaluate(
    config: EvaluateConfig, file: ModelFile, model: Model, notes: tuple[str, ...] = ()
) -> Result:
    """Measure a loaded model on the test rows; nothing is written."""
    rows = load_rows(config.rows, model)
    with asking(rows):
        classes = model.classes(rows.features)
    target = target_of(str(rows.label.name), classes, config.rows)
    check_gates(config.gates, metric_names(target))
    truth = encode(rows.label, target)
    predictions = predict(model, rows, truth, target, config.threshold)
    measured = measure(predictions, target)
    return Result(
        model=file,
        target=target,
        threshold=predictions.threshold,
        rows_read=rows.read,
        rows_without_label=rows.without_label,
        measured=measured,
        confusion=confusion(predictions, target),
        spread=bootstrap(predictions, target, draws=config.draws, seed=config.seed),
        draws=config.draws,
        seed=config.seed,
        curves=curves(predictions, target),
        segment_column=config.rows.segment,
        segments=segments(predictions, target, rows.segment),
        outcomes=judge(config.gates, measured.values, measured.reasons),
        notes=(*notes, *rows.notes, *predictions.notes),
        versions={
            "spark-etl-for-ml": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "pandas": pd.__version__,
            "scikit-learn": sklearn.__version__,
        },
    )
