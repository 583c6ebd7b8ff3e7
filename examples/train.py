r"""Train a small classifier on what prepare published, as a SageMaker training script does.

    python examples/train.py --train out/flights-tabular/train --label arr_delay \
        --positive-above 15 --model-dir out/model

In a training job the two directories come from the environment, and SageMaker packs what lies in
the model directory. Elsewhere model.tar.gz is packed here, so that evaluate gets the same.
"""

from __future__ import annotations

import argparse
import gzip
import os
import sys
import tarfile
from pathlib import Path

import pandas as pd
import skops.io
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

MODEL_NAME, ARCHIVE_NAME = "model.skops", "model.tar.gz"


def main(argv: list[str] | None = None) -> int:
    """Train, save and pack a model; return the exit code."""
    options = _parser().parse_args(argv)
    if not options.train or not options.model_dir:
        sys.exit("error: give --train and --model-dir (in a training job they have defaults)")
    rows = read_rows(Path(options.train)).dropna(subset=[options.label])
    label = rows[options.label]
    if options.positive_above is not None:
        label = (label > options.positive_above).astype(int)
    ignored = {options.label, *(name for text in options.ignore for name in text.split(","))}
    features = rows.drop(columns=sorted(ignored & set(rows))).select_dtypes("number")
    model = make_model(options.kind, options.seed).fit(features, label)
    directory = Path(options.model_dir)
    directory.mkdir(parents=True, exist_ok=True)
    skops.io.dump(model, directory / MODEL_NAME)
    print(f"trained on {len(rows):,} rows, {features.shape[1]} features: {', '.join(features)}")
    if "SM_MODEL_DIR" not in os.environ:
        pack(directory / MODEL_NAME, directory / ARCHIVE_NAME)
        print(f"packed {directory / ARCHIVE_NAME}")
    return 0


def model_fn(directory: str) -> Pipeline:
    """Load the model where SageMaker's image answers requests with it."""
    return skops.io.load(Path(directory) / MODEL_NAME)


def read_rows(directory: Path) -> pd.DataFrame:
    """Read the Parquet or CSV files of one split, in the order of their names."""
    files = sorted(f for f in directory.iterdir() if f.suffix in (".csv", ".parquet"))
    if not files:
        sys.exit(f"error: {directory} holds no *.csv or *.parquet; is it what prepare published?")
    tables = [pd.read_parquet(f) if f.suffix == ".parquet" else pd.read_csv(f) for f in files]
    return pd.concat(tables, ignore_index=True)


def make_model(kind: str, seed: int) -> Pipeline | HistGradientBoostingClassifier:
    """Make an untrained model; skops asks to trust one type of the boosted trees, see the docs."""
    if kind == "boosting":
        return HistGradientBoostingClassifier(random_state=seed)
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, random_state=seed))


def pack(file: Path, archive: Path) -> None:
    """Pack one file as SageMaker does; same file, same bytes: no times, no owner."""
    member = tarfile.TarInfo(file.name)
    member.size = file.stat().st_size
    with (
        archive.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
        file.open("rb") as content,
    ):
        tar.addfile(member, content)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Train a small classifier for evaluate.")
    add = parser.add_argument
    environment = os.environ.get
    add("--train", metavar="DIRECTORY", default=environment("SM_CHANNEL_TRAIN"))
    add("--model-dir", metavar="DIRECTORY", default=environment("SM_MODEL_DIR"))
    add("--label", metavar="COLUMN", required=True)
    add("--positive-above", metavar="X", type=float, help="learn whether the label is above X")
    # A training job gives each option once, so that several names share it.
    add("--ignore", metavar="A,B", action="append", default=[], help="no features; repeatable")
    add("--kind", choices=("logistic", "boosting"), default="logistic")
    add("--seed", type=int, default=42)
    return parser


if __name__ == "__main__":
    sys.exit(main())
