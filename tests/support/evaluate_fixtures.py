"""A small model on disk, test rows, and the command as a user types it."""

from __future__ import annotations

import argparse
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from jobs.evaluate.cli import add_evaluate
from jobs.evaluate.run import main


@dataclass(frozen=True)
class Evaluated:
    """What one call of evaluate returned and wrote."""

    code: int
    text: str
    output: Path

    @property
    def data(self) -> dict[str, Any]:
        return json.loads((self.output / "evaluation.json").read_text(encoding="utf-8"))

    @property
    def page(self) -> str:
        return (self.output / "evaluation.html").read_text(encoding="utf-8")


@pytest.fixture
def evaluate(tmp_path: Path) -> Callable[..., Evaluated]:
    """Evaluate ``tmp_path/model`` on ``tmp_path/test``, with label y unless told otherwise."""

    def run(*arguments: object, label: str | None = "y", output: str = "evaluation") -> Evaluated:
        parser = argparse.ArgumentParser()
        add_evaluate(parser.add_subparsers(dest="command"))
        texts = ["evaluate", "--output", str(tmp_path / output), *map(str, arguments)]
        for option, path in (("--model", "model"), ("--test", "test")):
            texts += [] if option in texts else [option, str(tmp_path / path)]
        texts += ["--label", label] if label else []
        code, text = main(parser.parse_args(texts))
        return Evaluated(code, text, tmp_path / output)

    return run


@pytest.fixture
def frame() -> pd.DataFrame:
    """300 rows: two features, a group, and a label that follows the first feature, with noise."""
    generator = np.random.default_rng(7)
    a, b = generator.normal(size=300), generator.normal(size=300)
    y = (a + 0.8 * generator.normal(size=300) > 0).astype(int)
    return pd.DataFrame({"a": a, "b": b, "group": np.where(b > 0, "up", "down"), "y": y})


@pytest.fixture
def model(frame: pd.DataFrame) -> LogisticRegression:
    return LogisticRegression().fit(frame[["a", "b"]], frame["y"])


@pytest.fixture
def put_rows(tmp_path: Path) -> Callable[..., Path]:
    """Write rows (a table or CSV text) below ``tmp_path/test``."""

    def put(rows: pd.DataFrame | str, name: str = "part-00000.csv") -> Path:
        path = tmp_path / "test" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = rows if isinstance(rows, str) else rows.to_csv(index=False)
        path.write_text(text, encoding="utf-8")
        return path

    return put


@pytest.fixture
def put_model(tmp_path: Path) -> Callable[..., Path]:
    """Write files into ``tmp_path/model``: estimators as skops, bytes as they are."""

    def put(*, packed: bool = False, **files: Any) -> Path:
        directory = tmp_path / "model"
        directory.mkdir(exist_ok=True)
        contents = {
            name.replace("__", "."): content if isinstance(content, bytes) else dumps(content)
            for name, content in files.items()
        }
        if packed:
            contents = {"model.tar.gz": tar_of(contents)}
        for name, content in contents.items():
            (directory / name).write_bytes(content)
        return directory

    return put


@pytest.fixture
def ready(put_model: Any, put_rows: Any, model: LogisticRegression, frame: pd.DataFrame) -> None:
    """Put the model as model.tar.gz and the rows as one CSV file in their places."""
    put_model(packed=True, model__skops=model)
    put_rows(frame)


def dumps(estimator: Any) -> bytes:
    return skops.io.dumps(estimator)


def tar_of(contents: dict[str, bytes]) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return raw.getvalue()
