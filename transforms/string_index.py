"""Turn labels into indexes, with StringIndexer's semantics and a choice for null and unseen."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.utils import is_remote

from schemas.names import RESERVED_PREFIX, quoted
from transforms.fit import fit
from transforms.plan import DEFAULT_MAX_LABELS, INDEX_SUFFIX, ColumnPlan, FitOptions
from transforms.spark_values import label_column


def fit_labels(
    df: DataFrame,
    *,
    columns: Sequence[str],
    min_frequency: int = 1,
    max_labels: int = DEFAULT_MAX_LABELS,
) -> dict[str, tuple[str, ...]]:
    """Learn the labels of ``columns`` from all rows of ``df``, in one read.

    Most frequent first, ties in code point order (as StringIndexer's frequencyDesc but for
    characters beyond U+FFFF). Nulls are no label. Labels rarer than ``min_frequency`` or beyond
    the first ``max_labels`` are left out, and count as unseen later.
    """
    types = dict(df.dtypes)
    plans = [ColumnPlan(n, types[n], "index", n + INDEX_SUFFIX, "double") for n in columns]
    options = FitOptions(min_frequency=min_frequency, max_labels=max_labels)
    return {step.name: step.labels or () for step in fit(df, plans=plans, options=options).steps}


def index_strings(
    df: DataFrame, *, labels: Mapping[str, Sequence[str]], unseen: str = "keep"
) -> DataFrame:
    """Replace each column of ``labels`` by ``{column}_indexed``, a double, in its place.

    With policy ``skip`` the rows that hold an unseen label or a null are dropped.
    """
    names = df.columns
    df, found = join_labels(df, labels=labels_to_join(labels))

    def index(name: str) -> Column:
        label, known = label_column(name), labels[name]
        if name not in found:
            return index_column(label, labels=known, unseen=unseen, name=name)
        return unseen_as(found[name], label, count=len(known), unseen=unseen, name=name)

    out = df.select(
        *(index(n).alias(n + INDEX_SUFFIX) if n in labels else F.col(quoted(n)) for n in names)
    )
    if unseen == "skip":
        for name in labels:
            out = out.where(F.col(quoted(name + INDEX_SUFFIX)).isNotNull())
    return out


def labels_to_join(labels: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Choose the columns whose labels are looked up by a join: on native engines all.

    They do that best (2 M rows: 0.1 s against 11.8 s). On Spark a constant of the plan is quicker,
    but every executor holds it whole; what is larger than the default allows is joined there too.
    """
    if is_remote():
        return dict(labels)
    return {name: known for name, known in labels.items() if len(known) > DEFAULT_MAX_LABELS}


def join_labels(
    df: DataFrame, *, labels: Mapping[str, Sequence[str]]
) -> tuple[DataFrame, dict[str, Column]]:
    """Look labels up by joins.

    Returns the rows, and for each column of ``labels`` where its index stands in them.
    """
    found = {}
    for number, (name, known) in enumerate(labels.items()):
        label, index = f"{RESERVED_PREFIX}label_{number}", f"{RESERVED_PREFIX}index_{number}"
        rows = [(text, float(i)) for i, text in enumerate(known)]
        table = df.sparkSession.createDataFrame(rows, f"{label} string, {index} double")
        # The labels stand left, where engines build their hash table: built of the rows it takes
        # all memory (8 M rows: 3.6 GB; so 0.6 GB).
        df = table.join(df, label_column(name) == F.col(label), "right")
        found[name] = F.col(index)
    return df, found


def index_column(
    label: Column, *, labels: Sequence[str], unseen: str = "keep", name: str = "the column"
) -> Column:
    """Give each label its place in ``labels`` as a double; null and unseen as ``unseen`` says.

    | label    | error  | skip | keep   | separate   |
    |----------|--------|------|--------|------------|
    | known    | index  | index| index  | index      |
    | unseen   | raises | null | n      | n          |
    | null     | raises | null | n      | n + 1      |

    with n = ``len(labels)``. For ``skip`` the caller drops the rows that come out null.
    """
    return unseen_as(_lookup(label, labels), label, count=len(labels), unseen=unseen, name=name)


def unseen_as(found: Column, label: Column, *, count: int, unseen: str, name: str) -> Column:
    """Give what stands for null and unseen where a label was not ``found`` among ``count``."""
    if unseen == "skip":
        return found
    if unseen == "keep":
        return F.coalesce(found, F.lit(float(count)))
    if unseen == "separate":
        return F.when(label.isNull(), F.lit(count + 1.0)).otherwise(
            F.coalesce(found, F.lit(float(count)))
        )
    what = F.when(label.isNull(), F.lit("a null")).otherwise(
        F.concat(F.lit("the label '"), label, F.lit("', unseen in training"))
    )
    message = F.concat(F.lit(f"column '{name}' holds "), what)
    return F.when(found.isNotNull(), found).otherwise(F.raise_error(message).cast("double"))


def _lookup(label: Column, labels: Sequence[str]) -> Column:
    """Look a label up in a constant hash table: an array of small maps, found by CRC-32.

    Spark searches a constant map from front to end, which for 4,043 tail numbers and 336,776
    flights is a billion comparisons. The table goes to the executors inside the plan, once; it is
    handed over as JSON and parsed when the plan is optimized, one call instead of one a label.
    """
    if not labels:
        return F.lit(None).cast("double")
    size = 1 << (len(labels) - 1).bit_length()
    buckets: list[dict[str, float]] = [{} for _ in range(size)]
    for index, text in enumerate(labels):
        buckets[zlib.crc32(text.encode()) & (size - 1)][text] = float(index)
    table = F.from_json(F.lit(json.dumps(buckets)), "array<map<string,double>>")
    bucket = F.crc32(label).bitwiseAND(F.lit(size - 1)).cast("int")
    return table[bucket][label]
