"""What becomes of each row: published, dropped or quarantined; and that none is lost."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from schemas.conform import RAW_LINE, RAW_ROW, REASON, RULE, SOURCE_FILE
from schemas.errors import InputError
from schemas.names import RESERVED_PREFIX, quoted
from transforms.row_hash import SPLITS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from jobs.task import Task

OUTCOME = RESERVED_PREFIX + "outcome"
COPIES = RESERVED_PREFIX + "copies"
NULL_TARGET = "drop: the target is null"
DUPLICATE = "a duplicate"


def label_rows(task: Task, spark: SparkSession) -> DataFrame:
    """Read the input and name, in OUTCOME, what becomes of each row."""
    from pyspark.sql import functions as F

    from transforms.drop_duplicates import drop_duplicates
    from transforms.drop_null_target import target_is_missing
    from transforms.split import split_by_hash, split_by_random

    config, contract = task.config, task.contract
    names = [column.name for column in contract.used]
    df = task.table.load(spark).select(*(F.col(quoted(n)) for n in names), RULE, REASON)
    if config.drop_duplicates:
        df = drop_duplicates(df, count=COPIES)
    split = RESERVED_PREFIX + "drawn"
    if config.split_method == "random":
        df = split_by_random(df, seed=config.seed, weights=config.weights, output=split)
    else:
        types = {column.name: column.type for column in contract.columns}
        key = {name: types[name] for name in contract.key or names}
        df = split_by_hash(df, key=key, seed=config.seed, weights=config.weights, output=split)
    bad = F.concat(F.col(RULE), F.lit(": "), F.col(REASON))
    missing = target_is_missing(df, task.target)
    outcome = F.when(F.col(RULE).isNotNull(), bad).when(missing, F.lit(NULL_TARGET))
    outcome = outcome.otherwise(F.col(split))
    # Always true, but not deterministic to the optimizer, which would otherwise push the filter on
    # OUTCOME down to the file scan and with it compute hash, casts and checks several times a row
    # (flights: 5.7 s for the second read without it, 1.9 s with it).
    return df.withColumn(OUTCOME, F.when(F.spark_partition_id() >= 0, outcome))


def published_rows(rows: DataFrame) -> DataFrame:
    """Keep the rows that go into a split."""
    from pyspark.sql import functions as F

    return rows.where(F.col(OUTCOME).isin(*SPLITS))


def quarantined_rows(task: Task, spark: SparkSession, *, rule: str = "quarantine") -> DataFrame:
    """Read the bad rows again, as they were written: reason, source file, raw line, cells."""
    from pyspark.sql import functions as F

    df = task.table.load(spark).where(F.col(RULE) == rule)
    line = F.col(RAW_LINE) if RAW_LINE in df.columns else F.lit(None).cast("string")
    return df.select(
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
            nulls = self.dropped.get(NULL_TARGET.split(": ", 1)[1], 0)
            if nulls:
                raise InputError(
                    f"the target {target!r} is null in all {nulls:,} rows that keep the contract; "
                    "check its name, its type and the null tokens"
                )
            reasons = "; ".join([*self.quarantined, *self.dropped][:3])
            raise InputError(f"none of the {self.read:,} rows keeps the contract: {reasons}")
        empty = [name for name in SPLITS if not self.published[name]]
        if empty and not self.failing:
            raise InputError(
                f"{' and '.join(empty)} got no rows ({left:,} rows in all): "
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

    def check_quarantine(self, written: int) -> None:
        """Raise InputError where another number of rows was quarantined than counted."""
        counted = sum(self.quarantined.values())
        if counted != written:
            raise InputError(
                f"the input changed while it was read: counted {counted:,} bad rows, "
                f"wrote {written:,}; run again when it is complete"
            )

    def to_dict(self) -> dict[str, Any]:
        """The rows' part of the manifest."""
        return {
            "read": self.read,
            "published": self.published,
            "dropped": self.dropped,
            "quarantined": self.quarantined,
        }


def balance_of(outcomes: dict[str, int], copies: dict[str, int]) -> Balance:
    """Sort the counted outcomes into published, dropped, quarantined and failing.

    ``copies`` counts every row of the input, ``outcomes`` equal rows once.
    """
    parts: dict[str, dict[str, int]] = {"drop": {}, "quarantine": {}, "fail": {}}
    published = dict.fromkeys(SPLITS, 0)
    duplicates = sum(copies[name] - outcomes[name] for name in SPLITS if name in outcomes)
    if duplicates:
        parts["drop"][DUPLICATE] = duplicates
    for outcome, count in sorted(copies.items()):
        if outcome in published:
            published[outcome] = outcomes[outcome]
        else:
            rule, reason = outcome.split(": ", 1)
            parts[rule][reason] = count
    return Balance(
        read=sum(copies.values()),
        published=published,
        dropped=parts["drop"],
        quarantined=parts["quarantine"],
        failing=parts["fail"],
    )
