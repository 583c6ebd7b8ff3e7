"""Run a job over the files of this machine, as far as it comes without reading a row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from run_command import Run, clean_csv, command, prepare, refuses, table  # noqa: F401

from jobs.engine import Engine
from jobs.local_files import LocalFiles


@pytest.fixture
def engine_without_session() -> Engine:
    """Reach files as ``prepare`` does, but for Hadoop, and cannot read a row."""
    session: Any = None
    return Engine("spark", session, LocalFiles(), "3.5", is_classic=False)


@pytest.fixture(name="command")
def command_without_session(
    command: Run,  # noqa: F811
    engine_without_session: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Run ``main.py`` with arguments; jobs that need Spark come as far as their first row."""

    @contextmanager
    def opened(*_: object, **__: object) -> Iterator[Engine]:
        yield engine_without_session

    monkeypatch.setattr("jobs.engine.open_engine", opened)
    monkeypatch.setattr("jobs.session.get_session", lambda *_, **__: None)
    monkeypatch.setattr("jobs.infer.spark_engine", lambda _: engine_without_session)
    return command
