"""The options of ``evaluate``; imports nothing that takes time."""

from __future__ import annotations

import argparse
from typing import Any

MODEL_PATH = "/opt/ml/processing/model"
TEST_PATH = "/opt/ml/processing/test"
OUTPUT_PATH = "/opt/ml/processing/evaluation"

_EXAMPLES = """examples:
  python jobs/main.py evaluate --model out/model --test out/flights/test --output out/evaluation \\
    --label arr_delay --positive-above 15
  python jobs/main.py evaluate --label-index 0 --bootstrap 200 --min auc_roc=0.8 --max log_loss=0.5

exit codes: 0 done, 2 the input or an option is wrong, 3 a gate is missed, 130 Ctrl-C,
  1 anything else
"""


def add_evaluate(commands: Any) -> None:
    """Add the sub-parser of ``evaluate``."""
    evaluate = commands.add_parser(
        "evaluate",
        help="measure a trained classifier on test rows; write evaluation.json and .html",
        description="Load a classifier, predict the test rows, and write what they say about it: "
        "evaluation.json for a pipeline or the model registry, evaluation.html for people. The "
        "default paths are those of a SageMaker processing job.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = evaluate.add_argument
    add("--output", metavar="DIRECTORY", default=OUTPUT_PATH, help="(default: %(default)s)")
    _add_model(evaluate.add_argument_group("model"))
    _add_rows(evaluate.add_argument_group("test rows"))
    _add_measures(evaluate.add_argument_group("what is measured"))
    add("--debug", action="store_true", help="show stack traces on errors")


def _add_model(group: Any) -> None:
    add = group.add_argument
    add(
        "--model",
        metavar="PATH",
        default=MODEL_PATH,
        help="model.tar.gz, a directory that holds it or the unpacked files, or one model file "
        "(default: %(default)s)",
    )
    add(
        "--model-file",
        metavar="NAME",
        help="which file is the model, where there are several: *.skops, *.onnx, XGBoost's "
        "*.json, *.ubj, *.bst, xgboost-model; with --trust-pickle *.joblib, *.pkl",
    )
    add(
        "--trust",
        metavar="TYPE",
        action="append",
        default=[],
        help="a type a .skops file may hold beside those skops knows as safe; repeatable",
    )
    add(
        "--trust-pickle",
        action="store_true",
        help="load *.joblib and *.pkl. This executes whatever code the file holds: only for "
        "files you made yourself",
    )
    add(
        "--max-model-bytes",
        metavar="SIZE",
        default="2GB",
        help="most that model.tar.gz may unpack to (default: %(default)s)",
    )


def _add_rows(group: Any) -> None:
    add = group.add_argument
    add(
        "--test",
        metavar="PATH",
        default=TEST_PATH,
        help="CSV or Parquet, a file or a directory of files (default: %(default)s)",
    )
    label = group.add_mutually_exclusive_group()
    label.add_argument(
        "--label",
        metavar="COLUMN",
        help="the column with the truth (default: the target in preprocessor.json)",
    )
    label.add_argument(
        "--label-index",
        metavar="N",
        type=int,
        help="the same by position; 0 is the first column",
    )
    add(
        "--preprocessor",
        metavar="FILE",
        help="what prepare learned: names the target and the order of columns (default: "
        "preprocessor.json beside the test directory, where there is one)",
    )
    add("--no-header", action="store_true", help="the CSV files start with a row, not with names")
    add(
        "--ignore",
        metavar="COLUMN",
        action="append",
        default=[],
        help="a column that is no feature; repeatable",
    )
    add(
        "--positive-above",
        metavar="X",
        type=float,
        help="the label is a number, and a row counts as positive where it is greater than X",
    )
    add(
        "--positive",
        metavar="LABEL",
        help="of two labels, the one to be found (default: the larger one)",
    )


def _add_measures(group: Any) -> None:
    add = group.add_argument
    add(
        "--threshold",
        metavar="P",
        type=float,
        help="of two labels, predict the positive one from this probability on (default: 0.5)",
    )
    add(
        "--bootstrap",
        metavar="N",
        type=int,
        default=0,
        help="draw the rows N times with replacement for 95 %% intervals and standard deviations, "
        "2 to 10,000; 200 is a good number (default: none)",
    )
    add("--seed", type=int, default=42, help="of the bootstrap (default: %(default)s)")
    add("--segment", metavar="COLUMN", help="measure each value of this column apart as well")
    add(
        "--min",
        metavar="METRIC=X",
        action="append",
        default=[],
        help="a gate: exit code 3 where the metric is below X; repeatable, as is --max",
    )
    add("--max", metavar="METRIC=X", action="append", default=[], help="the same from above")
