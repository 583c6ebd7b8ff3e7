"""The one aggregate that everything learned comes from.

Every row is turned into one small row for each thing to learn of it, ``(slot, label, x)``, where a
slot is a column and a kind of statistic. One GROUP BY then counts labels and sums numbers for all
columns together: one read of the input and one shuffle of the distinct values, whatever the number
of columns. (As one wide aggregate, 300 columns make code that the JVM refuses to compile; as one
aggregate a column, the input is read 300 times.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from transforms.counts import LABEL, OUTCOME, RESIDUAL, SQUARE, SUM, VALUE
from transforms.exact_sum import bin_column, low_of, middle_of, scaled_column, square_error
from transforms.plan import ColumnPlan, FitOptions
from transforms.spark_values import learned_label, number_column

GROUP = ("slot", "label", "value", "bin")


@dataclass(frozen=True)
class Slot:
    """One thing to learn: a kind of statistic of one column (None for the rows' outcome)."""

    kind: int
    plan: ColumnPlan | None = None

    @property
    def name(self) -> str:
        """The column's name; empty for the rows' outcome."""
        return self.plan.name if self.plan else ""


def slots_of(plans: Sequence[ColumnPlan]) -> tuple[Slot, ...]:
    """List what has to be learned for these plans, ordered by kind; the outcome is slot 0."""
    slots = [Slot(OUTCOME)]
    for plan in plans:
        if plan.action == "index":
            slots.append(Slot(LABEL, plan))
        if plan.fill == "mean" or plan.scale:
            slots.append(Slot(SUM, plan))
        if plan.scale:
            slots += [Slot(SQUARE, plan), Slot(RESIDUAL, plan)]
        if plan.fill == "median":
            slots.append(Slot(VALUE, plan))
    return tuple(sorted(slots, key=lambda slot: slot.kind))


def profile(
    df: DataFrame,
    *,
    slots: Sequence[Slot],
    options: FitOptions,
    train: Column,
    kept: Column,
    outcome: Column,
    copies: Column | None = None,
) -> DataFrame:
    """Aggregate every row once into the statistics of ``slots``.

    ``kept`` says which rows are published, ``train`` which of them are learned from, ``outcome``
    names what becomes of a row, ``copies`` how many input rows it stands for (null: one).
    Labels beyond ``options.max_labels`` or below ``options.min_frequency``, and values away from
    the median, come as one row with ``other`` true: the result is bounded whatever the input.
    """
    first = {kind: _first_slot(slots, kind) for kind in range(LABEL + 1)}
    kinds = {slot.kind for slot in slots}
    counts = [
        F.count(F.lit(1)).alias("rows"),
        F.sum(F.col("train").cast("bigint")).alias("train_rows"),
    ]
    if copies is None and kinds <= {OUTCOME, LABEL}:
        elements = _labels_melted(df, slots, train, kept, outcome)
        grouped = _without_numbers(elements.groupBy("slot", "label").agg(*counts))
    else:
        cut = _cut(_melted(df, slots, train, kept, outcome, copies), first, options)
        sums = [F.sum(name).alias(name) for name in ("high", "middle", "low")]
        grouped = cut.groupBy(*GROUP).agg(*counts, *sums)
    return _bounded(grouped, options)


def _first_slot(slots: Sequence[Slot], kind: int) -> int:
    return sum(slot.kind < kind for slot in slots)


def _melted(
    df: DataFrame,
    slots: Sequence[Slot],
    train: Column,
    kept: Column,
    outcome: Column,
    copies: Column | None,
) -> DataFrame:
    no_label, no_number = F.lit(None).cast("string"), F.lit(None).cast("double")

    def element(number: int, slot: Slot) -> Column:
        label, x = no_label, no_number
        if slot.plan is None:
            # Nullable as every other slot's number: Sail's arrays take one kind alone.
            count = no_number if copies is None else F.when(copies > 0, copies)
            label, x = outcome, count.cast("double")
        elif slot.kind == LABEL:
            label = learned_label(slot.plan.name, slot.plan.type)
        else:
            x = number_column(slot.plan.name, slot.plan.type)
        return F.struct(F.lit(number).alias("slot"), label.alias("label"), x.alias("x"))

    elements = [element(number, slot) for number, slot in enumerate(slots)]
    each = F.when(kept, F.array(*elements)).otherwise(F.array(elements[0]))
    return df.select(train.alias("train"), F.explode_outer(each).alias("e")).select("train", "e.*")


def _labels_melted(
    df: DataFrame, slots: Sequence[Slot], train: Column, kept: Column, outcome: Column
) -> DataFrame:
    """Melt texts alone: without numbers beside them, a native engine takes 0.3 s of 1.5 s less."""
    plans = [slot.plan for slot in slots]
    texts = [learned_label(plan.name, plan.type) if plan else outcome for plan in plans]
    each = F.when(kept, F.array(*texts)).otherwise(F.array(texts[0]))
    # Spark generates no code for rows of more than 100 columns, but for the two of this select.
    rows = df.select(train.alias("train"), each.alias("each"))
    return rows.select("train", F.posexplode_outer("each").alias("slot", "label"))


def _without_numbers(grouped: DataFrame) -> DataFrame:
    """Give counts of labels alone the columns that cut numbers have; all of them are null."""
    nothing = F.lit(None).cast("bigint")
    return grouped.select(
        "*",
        F.lit(None).cast("double").alias("value"),
        F.lit(None).cast("int").alias("bin"),
        *(nothing.alias(name) for name in ("high", "middle", "low")),
    )


def _cut(elements: DataFrame, first: dict[int, int], options: FitOptions) -> DataFrame:
    """Cut numbers into exact parts. One select a step, so that no part is computed twice."""
    slot, x = F.col("slot"), F.col("x")
    square = x * x
    is_value = (slot >= first[VALUE]) & (slot < first[LABEL])
    summed = (
        F.when(slot < first[SQUARE], x)
        .when(slot < first[RESIDUAL], square)
        .when(slot < first[VALUE], square_error(x, square))
    )
    value = F.when(is_value, _rounded(x, options.median_error))
    learned = F.col("train") | (slot == 0)
    part = F.floor(F.col("middle"))
    return (
        elements.select("train", "slot", "label", summed.alias("x"), value.alias("value"))
        .select("*", bin_column(x).alias("bin"))
        .select("*", F.when(learned, scaled_column(x, F.col("bin"))).alias("scaled"))
        .select("*", F.floor("scaled").alias("high"))
        .select("*", middle_of(F.col("scaled"), F.col("high")).alias("middle"))
        .select("train", *GROUP, "high", part.alias("middle"), low_of(F.col("middle")).alias("low"))
    )


def _rounded(x: Column, error: float) -> Column:
    """Round to as many bits as the relative error allows (Veltkamp); 0 rounds nothing."""
    if error <= 0:
        return x
    bits = next(bits for bits in range(1, 54) if 2.0**-bits <= error or bits == 53)
    scaled = x * F.lit(2.0 ** (53 - bits) + 1)
    return F.when(F.abs(x) < 2.0**900, scaled - (scaled - x)).otherwise(x)


def _bounded(grouped: DataFrame, options: FitOptions) -> DataFrame:
    label, value = F.col("label"), F.col("value")
    known = F.when(value.isNotNull(), F.col("train_rows")).otherwise(0)
    # Labels first, most frequent first, ties in code point order; then a slot's nulls or values.
    order = [label.isNull(), F.when(label.isNotNull(), -F.col("train_rows")), label, value]
    by_rank = Window.partitionBy("slot").orderBy(*order)
    upto = by_rank.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    frequent = F.col("train_rows") >= options.min_frequency
    is_label = frequent & (F.col("rank") <= options.max_labels)
    reaches = F.col("reached")
    lower, upper = F.floor((F.col("known") + 1) / 2), F.floor(F.col("known") / 2) + 1
    is_middle = F.lit(False)
    for rank in (lower, upper):
        is_middle = is_middle | ((reaches >= rank) & (reaches - F.col("train_rows") < rank))
    other = (
        F.when(value.isNotNull(), ~is_middle)
        .when(label.isNotNull() & (F.col("slot") > 0), ~is_label)
        .otherwise(F.lit(False))
    )
    ranked = grouped.select(
        "*",
        F.row_number().over(by_rank).alias("rank"),
        F.sum(known).over(upto).alias("reached"),
        F.sum(known).over(Window.partitionBy("slot")).alias("known"),
    )
    return (
        ranked.select("*", other.alias("other"))
        .groupBy(
            "slot",
            F.when(~F.col("other"), label).alias("label"),
            F.when(~F.col("other"), value).alias("value"),
            "bin",
            "other",
        )
        .agg(
            F.count(F.lit(1)).alias("distinct"),
            F.sum((F.col("train_rows") > 0).cast("bigint")).alias("train_distinct"),
            *(F.sum(n).alias(n) for n in ("rows", "train_rows", "high", "middle", "low")),
        )
    )
