"""Run a job in this process, on the tests' own session, and look at what it said."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

import jobs.main


@dataclass
class Done:
    """A command's exit code and output, and readers for what it published."""

    code: int
    out: str
    err: str
    output: Path
    spark: SparkSession

    @property
    def manifest(self) -> dict[str, Any]:
        return json.loads((self.output / "manifest.json").read_text())

    @property
    def preprocessor(self) -> dict[str, Any]:
        return json.loads((self.output / "preprocessor.json").read_text())

    def split(self, name: str) -> DataFrame:
        return self.spark.read.parquet(str(self.output / name))

    def rows(self) -> int:
        return sum(self.manifest["rows"]["published"].values())


@pytest.fixture
def command(spark: SparkSession, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run ``main.py`` with arguments; the third is OUTPUT where the command is prepare."""

    def run(*arguments: object) -> Done:
        texts = [str(argument) for argument in arguments]
        capsys.readouterr()
        try:
            code = jobs.main.main(texts)
        except SystemExit as stop:  # argparse
            code = int(stop.code or 0)
        said = capsys.readouterr()
        output = Path(texts[2]) if texts[0] == "prepare" and len(texts) > 2 else Path()
        return Done(code, said.out, said.err, output, spark)

    return run


@pytest.fixture
def prepare(command: Callable[..., Done], tmp_path: Path) -> Callable[..., Done]:
    """Prepare ``tmp_path/out`` from an input, with target y unless told otherwise."""

    def run(
        source: object, *arguments: object, output: str = "out", target: str | None = "y"
    ) -> Done:
        chosen = ("--target", target) if target else ()
        return command("prepare", source, tmp_path / output, *chosen, *arguments)

    return run


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of bytes or text below tmp_path and return its path."""

    def write(content: str | bytes, name: str = "table.csv") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def clean_csv() -> str:
    """60 rows: id, x (a number), s (a string), y (the target)."""
    return "id,x,s,y\n" + "".join(f"{i},{i * 0.5},{'abc'[i % 3]},{i % 7}\n" for i in range(60))


@pytest.fixture
def both(command: Callable[..., Done], tmp_path: Path) -> Callable[..., tuple[Path, Path]]:
    """Prepare an input with pandas and with Spark; return the two outputs."""

    def run(source: Path, *options: object, format_name: str = "parquet") -> tuple[Path, Path]:
        shared = ("--format", format_name, *options)
        ours, sparks = tmp_path / "ours", tmp_path / "sparks"
        own = {"--scale": None, "--drop-duplicates": None}
        given = [o for o in shared if o not in own]
        given += [] if "--scale" in options else ["--no-scale"]
        given += [] if "--drop-duplicates" in options else ["--keep-duplicates"]
        fill = () if "--fill" in options else ("--fill", "median")
        done = command("prepare-tabular", source, ours, *given, *fill)
        assert done.code == 0, done.err
        expected = command("prepare", source, sparks, *shared, *fill)
        assert expected.code == 0, expected.err
        return ours, sparks

    return run
