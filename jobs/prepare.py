"""The prepare job: input → contract → split → fit on train → apply → publish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.clock import Clock, new_run_id
from jobs.config import PrepareConfig
from jobs.errors import naming_damage
from jobs.files import Files
from jobs.manifest import manifest_of
from jobs.publish import SPLIT_COLUMN, Output
from jobs.rows import (
    COPIES,
    OUTCOME,
    Balance,
    balance_of,
    label_rows,
    published_rows,
    quarantined_rows,
)
from jobs.task import Task, open_task
from schemas.errors import InputProblemsError
from transforms.preprocessor import Preprocessor, preprocessor_to_json
from transforms.row_hash import SPLITS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from transforms.fit import Tally


@dataclass(frozen=True)
class Prepared:
    """What a run did: its manifest, and where its results are."""

    output: str
    manifest: dict[str, Any]
    notes: tuple[str, ...]


def run(spark: SparkSession, config: PrepareConfig) -> Prepared:
    """Prepare ``config.input`` and publish it to ``config.output``.

    Two reads of the input and a fixed number of Spark jobs, whatever the number of columns; a
    third read only where rows are quarantined. Raises InputError, before anything is published,
    for everything that is the user's to mend.
    """
    clock, files, run_id = Clock(), Files(spark), new_run_id()
    with clock.stage("open"):
        task = open_task(spark, files, config)
        output = Output(spark, files, config.output, run_id)
        output.check_free()
        output.open()
    try:
        with clock.stage("fit"), naming_damage(files, task.table.source):
            rows = label_rows(task, spark)
            counted = _count(task, rows)
            balance = balance_of(counted.outcomes, counted.copies)
            _check_balance(task, balance, spark)
            preprocessor, notes = _learn(task, counted)
        with clock.stage("write"):
            written = _write(task, output, preprocessor, rows)
            balance = balance.with_written(written, skipping=_skips(preprocessor))
            balance.check_splits(task.target)
            if balance.quarantined:
                quarantine = quarantined_rows(task, spark)
                balance.check_quarantine(output.stage_quarantine(quarantine))
        with clock.stage("publish"):
            staged = output.staged_files("parquet" if config.format == "delta" else config.format)
            listed = [*staged.values(), *(output.delta_files() if config.format == "delta" else ())]
            learned = preprocessor_to_json(preprocessor)
            manifest = manifest_of(task, run_id, preprocessor, learned, counted, balance, listed)
            manifest["seconds"] = clock.seconds
            manifest["versions"]["spark"] = spark.version
            output.commit(staged, manifest, learned)
    finally:
        output.close()
    return Prepared(output.path, manifest, (*task.table.notes, *notes))


def _count(task: Task, rows: DataFrame) -> Tally:
    """Read the input once: what becomes of each row, and all that is to be learned."""
    from pyspark.sql import functions as F

    from transforms.fit import tally
    from transforms.profile import LABEL, profile, slots_of

    slots = slots_of(task.plans)
    if task.applied is not None:
        slots = tuple(slot for slot in slots if slot.kind != LABEL)
    outcome = F.col(OUTCOME)
    frame = profile(
        rows,
        slots=slots,
        options=task.config.fit,
        train=outcome == "train",
        kept=outcome.isin(*SPLITS),
        outcome=outcome,
        copies=F.col(COPIES) if task.config.drop_duplicates else None,
    )
    return tally(frame.collect(), slots=slots, plans=task.plans)


def _learn(task: Task, counted: Tally) -> tuple[Preprocessor, tuple[str, ...]]:
    """Make the preprocessor from the counts, or take the one that was given."""
    from transforms.fit import learn

    if task.applied is not None:
        return task.applied, ()
    options = task.config.fit
    if options.unseen == "error":
        _check_no_unseen(counted)
    learned = learn(
        counted,
        plans=task.plans,
        options=options,
        train_rows=counted.outcomes["train"],
        target=task.target,
    )
    return learned.preprocessor, learned.notes


def _check_no_unseen(counted: Tally) -> None:
    problems = []
    for name, count in counted.columns.items():
        if count.labels or count.other_rows:
            if count.nulls:
                problems.append(f"column {name!r} is null in {count.nulls:,} rows")
            if count.other_rows:
                problems.append(
                    f"column {name!r} has labels without an index in {count.other_rows:,} rows"
                )
    if problems:
        problems.append("choose --unseen keep, separate or skip")
        raise InputProblemsError("--unseen error refuses nulls and unseen labels:", problems)


def _check_balance(task: Task, balance: Balance, spark: SparkSession) -> None:
    if balance.failing:
        examples = quarantined_rows(task, spark, rule="fail").limit(5).collect()
        raise InputProblemsError(
            f"{task.config.input} breaks its contract ({sum(balance.failing.values()):,} rows):",
            [f"{reason}: {count:,} rows" for reason, count in sorted(balance.failing.items())]
            + [f"for example {row['source_file']}: {row['row'][:200]}" for row in examples],
        )
    balance.check_splits(task.target)


def _write(
    task: Task, output: Output, preprocessor: Preprocessor, rows: DataFrame
) -> dict[str, int]:
    from pyspark.sql import functions as F

    delta = task.config.format == "delta"
    split = "split" if delta else SPLIT_COLUMN
    kept = published_rows(rows).withColumn(split, F.col(OUTCOME))
    out = preprocessor.transform(kept, passthrough=(split,))
    return output.write_delta(out) if delta else output.stage(out, task.config.format)


def _skips(preprocessor: Preprocessor) -> bool:
    return any(step.unseen == "skip" for step in preprocessor.steps)
