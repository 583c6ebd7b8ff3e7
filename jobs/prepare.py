"""The prepare job: input → contract → split → fit on train → apply → publish."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from jobs import __version__
from jobs.clock import Clock, new_run_id
from jobs.config import PrepareConfig
from jobs.engine import Engine
from jobs.errors import UnsupportedError, naming_damage
from jobs.learned import MOST_EXAMPLES, Prepared, check_balance, learned
from jobs.lines import BLANK
from jobs.manifest import manifest_of
from jobs.publish.layout import SPLIT_COLUMN
from jobs.publish.spark_output import Output
from jobs.rows import (
    COPIES,
    OUTCOME,
    bad_rows,
    balance_of,
    label_rows,
    lines_hold,
    published_rows,
)
from jobs.sizes import cut_evenly, own_cutting, read_tasks, write_tasks
from jobs.task import Task, check_unchanged, open_task
from schemas.contract_json import contract_to_dict
from schemas.screen import BAD
from transforms.preprocessor import Preprocessor
from transforms.preprocessor_json import preprocessor_to_json
from transforms.row_hash import SPLITS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from transforms.counts import Tally


def run(engine: Engine, config: PrepareConfig) -> Prepared:
    """Prepare ``config.input`` and publish it to ``config.output``.

    Two reads of the input and a fixed number of Spark jobs, whatever the number of columns; a
    third read only where rows break the contract. Raises InputError, before anything is published,
    for everything that is the user's to mend.
    """
    with own_cutting(engine):
        return _run(engine, config)


def _run(engine: Engine, config: PrepareConfig) -> Prepared:
    clock, run_id = Clock(), new_run_id()
    files = engine.files
    with clock.stage("open"):
        task = open_task(engine, config)
        output = Output(engine, config.output, run_id)
        output.check_free()
        cut_evenly(engine, task.table.source, read_tasks(engine, task.table.source))
        met = output.open()
    try:
        with clock.stage("fit"), naming_damage(files, task.table.source):
            lines, counted = _count(task, engine)
            reasons = output.stage_bad(bad_rows(task, engine)) if BAD in counted.copies else {}
            balance = balance_of(counted, reasons)
            examples = output.bad_examples("fail", MOST_EXAMPLES) if balance.failing else ()
            check_balance(task, balance, [(row[0], row[1]) for row in examples])
            preprocessor, notes = learned(task, counted)
        with clock.stage("write"):
            # Unchecked, headers are no rows any more, and what is drawn by a row's place moves on.
            check = config.split_method == "random"
            check = check or BAD in counted.copies or BLANK in counted.copies
            rows = label_rows(task, engine, lines=lines, check=check)
            written = _write(task, engine, output, preprocessor, rows)
            balance = balance.with_written(written, skipping=_skips(preprocessor))
            balance.check_splits(task.target)
        with clock.stage("publish"):
            check_unchanged(files, config, task.table.source)
            staged = output.staged_files(config.ending)
            listed = [*staged.values(), *(output.delta_files() if config.format == "delta" else ())]
            text = preprocessor_to_json(preprocessor)
            manifest = manifest_of(task, run_id, preprocessor, text, counted, balance, listed)
            manifest["seconds"] = clock.seconds
            manifest["versions"][engine.name] = engine.version
            if config.format == "delta":
                manifest["delta_version"] = output.delta_version()
            met += output.commit(staged, manifest, text)
    finally:
        output.close()
    return Prepared(output.path, manifest, (*task.table.notes, *notes, *met))


def _count(task: Task, engine: Engine) -> tuple[bool, Tally]:
    """Read the input once: what becomes of each row, and all that is to be learned.

    Returns also whether the lines could be cut without a CSV parser. Where that shows only while
    they are read (a quote far behind the sample), they are read once more.
    """
    from pyspark.sql import functions as F

    from transforms.tally import count_rows

    outcome = F.col(OUTCOME)
    for lines in (True, False) if task.table.header_line else (False,):
        counted = count_rows(
            label_rows(task, engine, lines=lines),
            plans=task.plans,
            options=task.config.fit,
            train=outcome == "train",
            kept=outcome.isin(*SPLITS),
            outcome=outcome,
            copies=F.col(COPIES) if task.config.drop_duplicates else None,
            labels=task.applied is None,
        )
        if not lines or lines_hold(task, counted, engine):
            break
        if not engine.has_corrupt_records:
            raise UnsupportedError("CSV with quotes")
    if BAD in counted.copies and not engine.has_corrupt_records:
        raise UnsupportedError("rows that break the contract")
    return lines, counted


def _write(
    task: Task, engine: Engine, output: Output, preprocessor: Preprocessor, rows: DataFrame
) -> dict[str, int]:
    from pyspark.sql import functions as F

    from transforms.escape_formulas import escape_formulas
    from transforms.stage_end import end_stage

    share = float(max(task.config.weights))
    source, size = task.table.source, task.config.target_file_size
    tasks = write_tasks(engine, source, target=size, largest_share=share)
    if task.config.split_method != "random":  # what is drawn depends on how the input is cut
        cut_evenly(engine, source, tasks)
    delta = task.config.format == "delta"
    split = "split" if delta else SPLIT_COLUMN
    kept = published_rows(end_stage(rows)).withColumn(split, F.col(OUTCOME))
    out = preprocessor.transform(kept, passthrough=(split,))
    if task.config.escape_formulas:
        out = escape_formulas(out)
    if tasks is not None:
        out = out.coalesce(tasks)
    codec = task.config.codec
    if delta:
        return output.write_delta(out, codec, _work(task, preprocessor))
    return output.stage(out, task.config.format, codec)


def _work(task: Task, preprocessor: Preprocessor) -> dict[str, Any]:
    """Describe all that decides the rows of the result."""
    return {
        "input": task.table.source.fingerprint,
        "contract": contract_to_dict(task.contract),
        "preprocessor": preprocessor_to_json(preprocessor),
        "options": asdict(task.config),
        "code": __version__,
    }


def _skips(preprocessor: Preprocessor) -> bool:
    return any(step.unseen == "skip" for step in preprocessor.steps)
