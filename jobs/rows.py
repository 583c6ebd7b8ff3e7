"""What becomes of each row: published, dropped or quarantined; and that none is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from schemas.errors import InputError
from schemas.names import RESERVED_PREFIX
from transforms.row_hash import SPLITS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.engine import Engine
    from jobs.task import Task
    from transforms.counts import Tally

OUTCOME = RESERVED_PREFIX + "outcome"
COPIES = RESERVED_PREFIX + "copies"
NULL_TARGET = "the target is null"
DUPLICATE = "a duplicate"
# Of 40 broken columns there are as many combinations as rows: the manifest names the frequent ones.
MOST_REASONS = 1000
OTHERS = "other combinations of reasons"


def label_rows(task: Task, engine: Engine, *, lines: bool = False, check: bool = True) -> DataFrame:
    """Read the input and name, in OUTCOME, what becomes of each row.

    ``lines`` and ``check`` are those of :meth:`jobs.read.Table.screen`.
    """
    from pyspark.sql import functions as F

    from schemas.screen import FLAW
    from transforms.drop_duplicates import drop_duplicates
    from transforms.drop_null_target import target_is_missing
    from transforms.split import split_by_hash, split_by_random

    config, contract = task.config, task.contract
    names = [column.name for column in contract.used]
    df = task.table.screen(engine, lines=lines, check=check)
    if config.drop_duplicates:
        df = drop_duplicates(df, count=COPIES)
    split = RESERVED_PREFIX + "drawn"
    if config.split_method == "random":
        df = split_by_random(df, seed=config.seed, weights=config.weights, output=split)
    else:
        types = {column.name: column.type for column in contract.columns}
        key = {name: types[name] for name in contract.key or names}
        df = split_by_hash(df, key=key, seed=config.seed, weights=config.weights, output=split)
    missing = target_is_missing(df, task.target)
    outcome = F.when(F.col(FLAW).isNotNull(), F.col(FLAW)).when(missing, F.lit(NULL_TARGET))
    outcome = outcome.otherwise(F.col(split))
    # Always true, but not deterministic to the optimizer, which would otherwise push the filter on
    # OUTCOME down to the file scan and with it compute hash, casts and checks several times a row
    # (flights: 5.7 s for the second read without it, 1.9 s with it).
    return df.withColumn(OUTCOME, F.when(F.spark_partition_id() >= 0, outcome))


def published_rows(rows: DataFrame) -> DataFrame:
    """Keep the rows that go into a split."""
    from pyspark.sql import functions as F

    return rows.where(F.col(OUTCOME).isin(*SPLITS))


def lines_hold(task: Task, counted: Tally, engine: Engine) -> bool:
    """Tell whether lines without a CSV parser were read as it would read them.

    They were where no line holds a quote, and each file begins with the same header, which stands
    nowhere else in it. (A native engine's headers were looked at before it began.)
    """
    from jobs.lines import HEADER, QUOTED

    headers = [n for outcome, n in counted.copies.items() if outcome.startswith(HEADER)]
    expected = [1] * len(task.table.source.files) if engine.has_corrupt_records else []
    return QUOTED not in counted.copies and headers == expected


def bad_rows(task: Task, engine: Engine) -> DataFrame:
    """Read the bad rows as they were written: rule, reason, source file, raw line, cells."""
    from pyspark.sql import functions as F

    from schemas.conform import RAW_LINE, RAW_ROW, REASON, RULE, SOURCE_FILE

    df = task.table.load(engine).where(F.col(RULE).isNotNull())
    line = F.col(RAW_LINE) if RAW_LINE in df.columns else F.lit(None).cast("string")
    return df.select(
        F.col(RULE),
        F.col(REASON).alias("reason"),
        F.col(SOURCE_FILE).alias("source_file"),
        line.alias("raw_line"),
        F.coalesce(F.col(RAW_ROW), F.lit("{}")).alias("row"),
    )


@dataclass(frozen=True)
class Balance:
    """Every row of the input, accounted for: read = published + dropped + quarantined."""

    read: int
    published: dict[str, int]
    dropped: dict[str, int] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)
    failing: dict[str, int] = field(default_factory=dict)

    def check_splits(self, target: str) -> None:
        """Raise InputError where nothing is left, or a split got no rows."""
        if self.read == 0:
            raise InputError("the input has a header and no rows")
        left = sum(self.published.values())
        if left == 0 and not self.failing:
            nulls = self.dropped.get(NULL_TARGET, 0)
            if nulls:
                raise InputError(
                    f"the target {target!r} is null in all {nulls:,} rows that keep the contract; "
                    "check its name, its type and the null tokens"
                )
            reasons = "; ".join([*self.quarantined, *self.dropped][:3])
            raise InputError(f"none of the {self.read:,} rows keeps the contract: {reasons}")
        empty = [name for name in SPLITS if not self.published[name]]
        if empty and not self.failing:
            gone = {**self.dropped, **self.quarantined}
            why = "".join(f"; {many:,} left out: {reason}" for reason, many in [*gone.items()][:3])
            raise InputError(
                f"{' and '.join(empty)} got no rows ({left:,} rows in all{why}): "
                "give more data, other --weights or another --seed"
            )

    def with_written(self, written: dict[str, int], *, skipping: bool) -> Balance:
        """Hold the rows found in the written files against those counted before.

        Policy ``skip`` leaves rows out while writing; any other difference means that the input
        changed between the two reads, and nothing is published.
        """
        missing = {name: self.published[name] - written.get(name, 0) for name in SPLITS}
        if any(count < 0 or (count and not skipping) for count in missing.values()):
            raise InputError(
                "the input changed while it was read: counted "
                f"{self.published}, wrote {written}; run again when it is complete"
            )
        skipped = sum(missing.values())
        if not skipped:
            return self
        counts = {name: self.published[name] - missing[name] for name in SPLITS}
        dropped = {**self.dropped, "an unseen or null label (--unseen skip)": skipped}
        return replace(self, published=counts, dropped=dropped)

    def to_dict(self) -> dict[str, Any]:
        """The rows' part of the manifest."""
        return {
            "read": self.read,
            "published": self.published,
            "dropped": self.dropped,
            "quarantined": self.quarantined,
        }


def balance_of(counted: Tally, reasons: Mapping[tuple[str, str], int]) -> Balance:
    """Sort the counted rows into published, dropped, quarantined and failing.

    ``reasons`` counts the bad rows by rule and reason. InputError where they are not as many as
    were counted.
    """
    from jobs.lines import BLANK, HEADER
    from schemas.screen import BAD

    copies = counted.copies
    if copies.get(BAD, 0) != sum(reasons.values()):
        raise InputError(
            f"the input changed while it was read: counted {copies.get(BAD, 0):,} bad rows, "
            f"then {sum(reasons.values()):,}; run again when it is complete"
        )
    no_rows = [name for name in copies if name == BLANK or name.startswith(HEADER)]
    read = sum(copies.values()) - sum(copies[name] for name in no_rows)
    return balance_from(counted, reasons, read=read)


def bounded(reasons: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """Keep the MOST_REASONS most frequent reasons, and count the rows of the others by rule."""
    order = sorted(reasons, key=lambda name: (-reasons[name], name))
    totals: dict[str, int] = {}
    for (rule, _), count in reasons.items():
        totals[rule] = totals.get(rule, 0) + count
    return with_others({name: reasons[name] for name in order[:MOST_REASONS]}, totals)


def with_others(
    most: Mapping[tuple[str, str], int], totals: Mapping[str, int]
) -> dict[tuple[str, str], int]:
    """Add to the most frequent reasons what is missing of each rule's rows."""
    out = dict(most)
    for rule, total in totals.items():
        rest = total - sum(count for (its_rule, _), count in most.items() if its_rule == rule)
        if rest:
            out[rule, OTHERS] = rest
    return out


def balance_from(counted: Tally, reasons: Mapping[tuple[str, str], int], *, read: int) -> Balance:
    """Do the same for ``read`` rows that were counted in one go."""
    outcomes, copies = counted.outcomes, counted.copies
    parts: dict[str, dict[str, int]] = {"drop": {}, "quarantine": {}, "fail": {}}
    duplicates = sum(copies[name] - outcomes[name] for name in SPLITS if name in outcomes)
    if duplicates:
        parts["drop"][DUPLICATE] = duplicates
    if NULL_TARGET in copies:
        parts["drop"][NULL_TARGET] = copies[NULL_TARGET]
    for (rule, reason), count in sorted(reasons.items()):
        parts[rule][reason] = count
    return Balance(
        read=read,
        published={name: outcomes.get(name, 0) for name in SPLITS},
        dropped=parts["drop"],
        quarantined=parts["quarantine"],
        failing=parts["fail"],
    )
