"""Run a command of jobs/main.py in this process, and read what it said and published."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from refusals import assert_refused

import jobs.engine
import jobs.main
import jobs.session

SPLITS = ("train", "validation", "test")
Run = Callable[..., "Done"]


@dataclass
class Done:
    """A command's exit code and output, and readers for what it published."""

    code: int
    out: str
    err: str
    output: Path

    @property
    def manifest(self) -> dict[str, Any]:
        return json.loads((self.output / "manifest.json").read_text())

    @property
    def preprocessor(self) -> dict[str, Any]:
        return json.loads((self.output / "preprocessor.json").read_text())

    @property
    def steps(self) -> dict[str, dict[str, Any]]:
        """What was learned, by the column's name."""
        return {step["name"]: step for step in self.preprocessor["columns"]}

    @property
    def quarantine(self) -> list[dict[str, Any]]:
        parts = sorted((self.output / "quarantine").glob("*.json"))
        return [json.loads(line) for part in parts for line in part.read_text().splitlines()]

    def rows(self, *splits: str) -> list[dict[str, Any]]:
        """Read Parquet splits (default: all), in the order of ``id``."""
        from pyarrow import parquet

        tables = [parquet.read_table(self.output / name) for name in splits or SPLITS]
        return sorted((row for t in tables for row in t.to_pylist()), key=lambda row: row["id"])

    def column(self, name: str) -> dict[Any, Any]:
        """Map ``id`` to a published cell, over all splits."""
        return {row["id"]: row[name] for row in self.rows()}


@pytest.fixture
def command(
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Run ``main.py`` with arguments. The tests' Spark is there once a job asks for a session."""
    get_session = jobs.session.get_session

    def shared(*arguments: Any, **options: Any) -> Any:
        request.getfixturevalue("spark")
        return get_session(*arguments, **options)

    monkeypatch.setattr(jobs.session, "get_session", shared)
    monkeypatch.setattr(jobs.engine, "get_session", shared)

    def run(*arguments: object) -> Done:
        texts = [str(argument) for argument in arguments]
        capsys.readouterr()
        try:
            code = jobs.main.main(texts)
        except SystemExit as stop:  # argparse
            code = int(stop.code or 0)
        said = capsys.readouterr()
        output = Path(texts[2]) if texts[0].startswith("prepare") and texts[2:] else Path("-")
        return Done(code, said.out, said.err, output)

    return run


@pytest.fixture
def prepare(command: Run, tmp_path: Path) -> Run:
    """Prepare ``tmp_path/out``, which must succeed; the target is y unless told otherwise."""

    def run(
        source: object,
        *options: object,
        job: str = "prepare",
        output: str = "out",
        target: str | None = "y",
    ) -> Done:
        chosen = ("--target", target) if target else ()
        done = command(job, source, tmp_path / output, *chosen, *options)
        assert done.code == 0, done.err
        return done

    return run


@pytest.fixture
def publish(prepare: Run) -> Run:
    """Prepare an input on an engine (spark, sail or one machine without either), options alike."""

    def run(engine: str, source: object, *options: object, **more: Any) -> Done:
        more = {"output": engine, **more}
        if engine != "one machine":
            done = prepare(source, *options, "--engine", engine, **more)
            assert "gave up" not in done.err
            return done
        own = {"--scale": "--no-scale", "--drop-duplicates": "--keep-duplicates"}
        given = [option for option in options if option not in own]
        given += [other for option, other in own.items() if option not in options]
        fill = () if "--fill" in options else ("--fill", "mean")
        written = () if "--format" in options else ("--format", "parquet")
        return prepare(source, *given, *fill, *written, job="prepare-tabular", **more)

    return run


@pytest.fixture
def refuses(command: Run, tmp_path: Path) -> Run:
    """Check that a job refuses: exit code 2, the words on stderr, no trace, nothing written."""

    def run(
        source: object,
        *options: object,
        says: object,
        job: str = "prepare",
        output: str = "out",
        target: str | None = "y",
    ) -> Done:
        chosen = ("--target", target) if target else ()
        done = command(job, source, tmp_path / output, *chosen, *options)
        assert_refused(done, *(says if isinstance(says, tuple) else (says,)))
        return done

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
