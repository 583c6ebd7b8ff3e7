"""Count what a fit needs: outcomes, labels, nulls and exact sums, in one read of the rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from threading import Thread
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.utils import is_remote

from schemas.names import RESERVED_PREFIX
from schemas.types import INTEGERS
from transforms.counts import LABEL, RESIDUAL, SQUARE, SUM, VALUE, ColumnCounts, Tally
from transforms.exact_sum import INFINITE, square_error, total
from transforms.fixed_sum import (
    ERROR_SHIFT,
    SHIFT,
    fixed_sum_columns,
    fixed_sum_of,
    shifted,
    whole_sum_columns,
)
from transforms.plan import ColumnPlan, FitOptions
from transforms.profile import Slot, profile, slots_of
from transforms.spark_values import number_column
from transforms.stage_end import end_stage

_SUMS = (SUM, SQUARE, RESIDUAL)
_PATIENCE = 60.0


def count_rows(
    df: DataFrame,
    *,
    plans: Sequence[ColumnPlan],
    options: FitOptions,
    train: Column,
    kept: Column,
    outcome: Column,
    copies: Column | None = None,
    labels: bool = True,
    observe: bool = True,
) -> Tally:
    """Count in one Spark job what is to be learned, and what became of the rows.

    The arguments are those of :func:`transforms.profile.profile`; without ``labels`` none are
    counted. Sums are observed while the same job counts labels; with ``observe=False``, and on
    remote engines, the rows are read once more instead. Columns with numbers that :mod:`fixed_sum`
    does not hold are read again as well, those alone.
    """
    slots = tuple(slot for slot in slots_of(plans) if labels or slot.kind != LABEL)
    summed = [slot for slot in slots if slot.kind in _SUMS]
    counted = tuple(slot for slot in slots if slot.kind not in _SUMS)

    def melted(rows: DataFrame, some: Sequence[Slot]) -> Tally:
        out = profile(
            rows, slots=some, options=options, train=train, kept=kept, outcome=outcome,
            copies=copies,
        )  # fmt: skip
        return tally(out.collect(), slots=some, plans=plans)

    if not summed:
        return melted(df, counted)
    aggregates = _aggregates(summed, train, kept)
    if observe and not is_remote():
        from pyspark.sql import Observation

        observation = Observation()
        numbers = _with_numbers(end_stage(df), summed, train)
        found = melted(numbers.observe(observation, *aggregates), counted)
        sums = _observed(observation) if found.outcomes else {}
    else:
        found, sums = melted(df, counted), {}
    # Nothing is observed of an empty table; and a stage that lost its results and ran again is
    # observed twice, but counted once.
    if sums.get("rows") != sum(found.outcomes.values()):
        sums = _with_numbers(df, summed, train).agg(*aggregates).collect()[0].asDict()
    beyond = _add_sums(found, summed, sums)
    if beyond:
        again = melted(df, (counted[0], *beyond))
        for slot in beyond:
            _take_over(found.columns[slot.name], again.columns[slot.name], slot.kind)
    return found


def _observed(observation: Any) -> dict[str, Any]:
    """Wait for what was observed, a minute at most; nothing where it does not come.

    It comes by an event behind the job's end, which a busy driver may lose; and Spark before 3.5.8
    waits without end where it found the plan to be empty (SPARK-54620).
    """
    found: dict[str, Any] = {}
    waiting = Thread(target=lambda: found.update(observation.get), daemon=True)
    waiting.start()
    waiting.join(_PATIENCE)
    return dict(found)


def _with_numbers(df: DataFrame, slots: Sequence[Slot], train: Column) -> DataFrame:
    """Add what is summed: the training rows' number of each slot."""
    plans = [slot.plan for slot in slots if slot.plan is not None]
    xs = [number_column(plan.name, plan.type) for plan in plans]
    if any(slot.kind != SUM for slot in slots):
        # A square's error names its number twenty times: select it first.
        names = [f"{RESERVED_PREFIX}number_{i}" for i in range(len(xs))]
        df = df.select("*", *(x.alias(name) for x, name in zip(xs, names)))
        xs = [F.col(name) for name in names]
    columns = []
    for number, (slot, x) in enumerate(zip(slots, xs)):
        if slot.kind == SUM:
            column = F.coalesce(x.cast("bigint"), F.lit(0)) if _is_whole(slot) else shifted(x)
        elif slot.kind == SQUARE:
            column = shifted(x * x)
        else:
            column = shifted(square_error(x, x * x), shift=ERROR_SHIFT)
        columns.append(F.when(train, column).otherwise(0).alias(_summed(number)))
    return df.select("*", *columns)


def _summed(number: int) -> str:
    return f"{RESERVED_PREFIX}summed_{number}"


def _aggregates(slots: Sequence[Slot], train: Column, kept: Column) -> list[Column]:
    out = [F.count(F.lit(1)).alias("rows"), F.count(F.when(kept, 1)).alias("kept")]
    out.append(F.count(F.when(train, 1)).alias("train"))
    for number, slot in enumerate(slots):
        assert slot.plan is not None
        if slot.kind == SUM:
            x = number_column(slot.plan.name, slot.plan.type)
            out.append(F.count(F.when(kept, x)).alias(f"{number}_kept"))
            out.append(F.count(F.when(train, x)).alias(f"{number}_train"))
        sums = whole_sum_columns if _is_whole(slot) else fixed_sum_columns
        out += sums(F.col(_summed(number)), name=str(number))
    return out


def _is_whole(slot: Slot) -> bool:
    return slot.kind == SUM and slot.plan is not None and slot.plan.type in INTEGERS[:3]


def _add_sums(found: Tally, slots: Sequence[Slot], sums: Mapping[str, int]) -> list[Slot]:
    """Put observed sums into the tally; return the slots that need another way of summing."""
    beyond = []
    for number, slot in enumerate(slots):
        counts = found.columns[slot.name]
        shift = ERROR_SHIFT if slot.kind == RESIDUAL else SHIFT
        got = fixed_sum_of(sums, name=str(number), shift=shift, whole=_is_whole(slot))
        if got.beyond:
            beyond.append(slot)
        counts.sums[slot.kind] = got.sum
        if slot.kind == SUM:
            counts.values_by_kind[SUM] = sums[f"{number}_train"]
            counts.nulls = sums["kept"] - sums[f"{number}_kept"]
            counts.train_nulls = sums["train"] - sums[f"{number}_train"]
    return beyond


def _take_over(counts: ColumnCounts, again: ColumnCounts, kind: int) -> None:
    counts.sums[kind] = again.sums[kind]
    counts.infinite = again.infinite


def tally(rows: Iterable[Any], *, slots: Sequence[Slot], plans: Sequence[ColumnPlan]) -> Tally:
    """Put the collected rows of :func:`transforms.profile.profile` together."""
    outcomes: dict[str, int] = defaultdict(int)
    copies: dict[str, int] = defaultdict(int)
    counts: dict[str, ColumnCounts] = {plan.name: ColumnCounts() for plan in plans}
    for row in rows:
        slot = slots[row["slot"]]
        if slot.plan is None:
            outcomes[row["label"]] += row["rows"]
            copies[row["label"]] += _copies(row)
        else:
            _count(counts[slot.plan.name], slot.kind, row)
    return Tally(dict(outcomes), dict(copies), counts)


def _copies(row: Any) -> int:
    """Count the input rows behind an outcome: the summed copies, or the rows themselves."""
    if row["bin"] is None:
        return int(row["rows"])
    return int(total([(row["bin"], row["high"], row["middle"], row["low"])]))


def _count(counts: ColumnCounts, kind: int, row: Any) -> None:
    if kind in (SUM, SQUARE, RESIDUAL) and row["bin"] is not None:
        parts = (row["bin"], row["high"] or 0, row["middle"] or 0, row["low"] or 0)
        counts.sums[kind] += total([parts])
        counts.values_by_kind[kind] += row["train_rows"]
        counts.infinite += row["train_rows"] if row["bin"] == INFINITE else 0
        return
    if row["other"]:
        counts.cut_labels += row["train_distinct"]
        counts.other_rows += row["rows"]
        counts.values_by_kind[kind] += row["train_rows"]
    elif kind == LABEL and row["label"] is not None:
        counts.labels[row["label"]] = row["train_rows"]
        counts.values_by_kind[kind] += row["train_rows"]
    elif kind == VALUE and row["value"] is not None:
        counts.median.append(row["value"])
        counts.values_by_kind[kind] += row["train_rows"]
    else:
        counts.nulls, counts.train_nulls = row["rows"], row["train_rows"]
