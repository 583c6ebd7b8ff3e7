"""The prepare-tabular job: input → contract → split → fit on train → apply → publish."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.clock import Clock, new_run_id
from jobs.config import PrepareConfig
from jobs.errors import naming_damage
from jobs.files import Files
from jobs.learned import MOST_EXAMPLES, Prepared, check_balance, learned
from jobs.local_files import LocalFiles
from jobs.manifest import manifest_of
from jobs.prepare_tabular import parquet
from jobs.prepare_tabular.conform import BadRow, as_json
from jobs.prepare_tabular.csv_out import write_csv
from jobs.prepare_tabular.memory import check_fits, estimate
from jobs.prepare_tabular.table import Rows, TabularTask, open_tabular, read_rows
from jobs.publish.layout import QUARANTINE
from jobs.publish.output import OutputDirectory
from jobs.rows import NULL_TARGET, Balance, balance_from, bounded
from jobs.task import check_unchanged
from schemas.types import FLOATS
from transforms.counts import Tally
from transforms.fit_pandas import count_pandas
from transforms.preprocessor import Preprocessor
from transforms.preprocessor_json import preprocessor_to_json
from transforms.row_hash import SPLITS
from transforms.split_pandas import split_by_hash


@dataclass(frozen=True)
class _Outcomes:
    """The rows that keep the contract, without duplicates, and what becomes of each."""

    rows: pd.DataFrame
    outcome: npt.NDArray[np.object_]
    copies: Mapping[str, int]


def run(config: PrepareConfig) -> Prepared:
    """Prepare ``config.input`` and publish it to ``config.output``, all in memory.

    InputError: what the user can mend. UnsupportedError: Spark's alone. Both before publishing.
    """
    clock, run_id, files = Clock(), new_run_id(), LocalFiles()
    with clock.stage("open"):
        task = open_task(files, config)
        check_fits(estimate(files, task.table.source), task.table.source)
        output = OutputDirectory(files, config.output, run_id)
        output.check_free()
        met = output.open()
    try:
        with clock.stage("read"), naming_damage(files, task.table.source):
            rows = read_rows(files, task)
            found = _outcomes(task, rows.good)
        with clock.stage("fit"):
            counted = count_pandas(
                found.rows, plans=task.plans, options=config.fit, outcome=found.outcome,
                copies=found.copies, labels=task.applied is None,
            )  # fmt: skip
            balance = _balance(task, rows, counted)
            preprocessor, notes = learned(task, counted)
        with clock.stage("write"):
            _stage_bad(files, output, rows)
            written = _write(task, output, preprocessor, found)
            skipping = any(step.unseen == "skip" for step in preprocessor.steps)
            balance = balance.with_written(written, skipping=skipping)
            balance.check_splits(task.target)
        with clock.stage("publish"):
            check_unchanged(files, config, task.table.source)
            staged = output.staged_files(config.ending)
            text = preprocessor_to_json(preprocessor)
            listed = [*staged.values()]
            manifest = manifest_of(task, run_id, preprocessor, text, counted, balance, listed)
            manifest["seconds"] = clock.seconds
            manifest["versions"]["pandas"] = pd.__version__
            met += output.commit(staged, manifest, text)
    finally:
        output.close()
    return Prepared(output.path, manifest, (*task.table.notes, *notes, *met))


def open_task(files: Files, config: PrepareConfig) -> TabularTask:
    """Decide what is to be done; InputError also where the output's format cannot be written."""
    if config.format == "parquet":
        parquet.check_installed()
    return open_tabular(files, config)


def _outcomes(task: TabularTask, rows: pd.DataFrame) -> _Outcomes:
    """Name what becomes of each row, and keep one of rows equal in every column."""
    config, contract = task.config, task.contract
    if config.drop_duplicates:
        # A negative zero becomes zero, as in every Spark grouping.
        for column in contract.used:
            if column.type in FLOATS:
                rows[column.name] = rows[column.name] + 0.0
    types = {column.name: column.type for column in contract.used}
    key = {name: types[name] for name in contract.key or types}
    outcome = split_by_hash(rows, key=key, seed=config.seed, weights=config.weights)
    outcome[rows[task.target].isna().to_numpy()] = NULL_TARGET
    copies = Counter(outcome.tolist())
    if config.drop_duplicates:
        first = ~rows.duplicated().to_numpy()
        if not first.all():
            rows, outcome = rows[first], outcome[first]
    return _Outcomes(rows, outcome, copies)


def _balance(task: TabularTask, rows: Rows, counted: Tally) -> Balance:
    """Account for every row; InputProblemsError where a rule says that the run must fail."""
    reasons = bounded(Counter((row.rule, row.reason) for row in rows.bad))
    read = sum(counted.copies.values()) + len(rows.bad)
    balance = balance_from(counted, reasons, read=read)
    failing = [(row.source_file, row.row) for row in rows.bad if row.rule == "fail"]
    check_balance(task, balance, failing[:MOST_EXAMPLES])
    return balance


def _stage_bad(files: Files, output: OutputDirectory, rows: Rows) -> None:
    """Write the rows for the quarantine, one JSON object a line."""
    lines = [_quarantine_line(row) for row in rows.bad if row.rule == QUARANTINE]
    if lines:
        files.write_text(f"{output.staged_rule(QUARANTINE)}/part-00000.json", "".join(lines))


def _quarantine_line(row: BadRow) -> str:
    entry: dict[str, Any] = {"reason": row.reason, "source_file": row.source_file}
    if row.raw_line is not None:
        entry["raw_line"] = row.raw_line
    return as_json({**entry, "row": row.row}) + "\n"


def _write(
    task: TabularTask, output: OutputDirectory, preprocessor: Preprocessor, found: _Outcomes
) -> dict[str, int]:
    """Apply the preprocessor to each split and stage it as one file; count what was written."""
    types = [step.output_type for step in preprocessor.steps]
    codec = task.config.codec
    write = (
        partial(parquet.write_parquet, codec=codec)
        if codec
        else partial(write_csv, escape_formulas=task.config.escape_formulas)
    )
    written = {}
    for name in SPLITS:
        pdf = preprocessor.transform_pandas(found.rows[found.outcome == name])
        path = Path(output.staged_split(name).removeprefix("file:"))
        os.makedirs(path, exist_ok=True)
        write(pdf, str(path / f"part-00000.{task.config.format}"), types=types)
        written[name] = len(pdf)
    return written
