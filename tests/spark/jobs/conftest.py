"""Run a job in this process, or read an input as it does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from run_command import clean_csv, command, prepare, publish, refuses, table  # noqa: F401

from jobs.config import PrepareConfig
from jobs.engine import spark_engine
from jobs.lines import BLANK, HEADER
from jobs.task import Task, open_task
from schemas.names import quoted
from schemas.screen import FLAW

Rows = list[tuple[Any, ...]]


@pytest.fixture
def opened(spark: SparkSession, tmp_path: Path) -> Callable[..., Task]:
    """Open an input as prepare does; what is given goes into a contract, its target is y."""

    def run(source: object, **contract: Any) -> Task:
        given = tmp_path / "given.json"
        given.write_text(json.dumps(contract))
        config = PrepareConfig(
            str(source), str(tmp_path / "out"), "y", str(given) if contract else None
        )
        return open_task(spark_engine(spark), config)

    return run


@pytest.fixture
def read(spark: SparkSession, opened: Callable[..., Task]) -> Callable[..., Rows]:
    """Read rows, all of them good, in order: by the reader and, where jobs would, by lines."""

    def rows(df: DataFrame) -> Rows:
        # pyspark gives timestamps in the machine's time zone.
        shown = [F.col(quoted(n)).cast("string" if t == "timestamp" else t) for n, t in df.dtypes]
        found = df.select(*(cell.alias(n) for cell, n in zip(shown, df.columns))).collect()
        kept = [row for row in found if not str(row[FLAW]).startswith((BLANK, HEADER))]
        assert [row for row in kept if row[FLAW] is not None] == []
        order = [tuple((cell is not None, cell) for cell in tuple(row)[:-1]) for row in kept]
        return [tuple(cell for _, cell in row) for row in sorted(order)]

    def run(source: object, **contract: Any) -> Rows:
        opened_table, engine = opened(source, **contract).table, spark_engine(spark)
        parsed = rows(opened_table.screen(engine))
        if opened_table.header_line is not None:
            assert rows(opened_table.screen(engine, lines=True)) == parsed
        return parsed

    return run
