"""Plain Python, pandas and Spark by one interface: rows are dicts, columns have contract types."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timezone
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from transforms.counts import Tally
from transforms.fit_pandas import count_pandas
from transforms.learn import Learned, learn
from transforms.plan import ColumnPlan, FitOptions
from transforms.preprocessor import Preprocessor
from transforms.row_hash import SPLITS, row_bucket, split_of_row
from transforms.split_pandas import row_buckets
from transforms.split_pandas import split_by_hash as split_pandas

Row = dict[str, Any]
Types = dict[str, str]
WEIGHTS = (Fraction(7, 10), Fraction(3, 20), Fraction(3, 20))
UTC = timezone.utc
NAN, INF = float("nan"), float("inf")
# Cells of every type, with those at which engines differ.
CELLS: dict[str, st.SearchStrategy[Any]] = {
    "tinyint": st.integers(-128, 127),
    "int": st.integers(-(2**31), 2**31 - 1),
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "double": st.floats(-1e307, 1e307)
    | st.sampled_from([-0.0, 5e-324, 1e-300, 2.0**63, -(2.0**63), 0.1, NAN, INF]),
    "float": st.floats(width=32),
    "boolean": st.booleans(),
    "date": st.dates(date(1700, 1, 1), date(2200, 1, 1)),
    "timestamp": st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    # Sail casts one of more than 15 digits one bit off; jobs give way there.
    "decimal(15,6)": st.decimals(1 - 10**9, 10**9 - 1, places=6),
}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
TYPES = {name: name for name in CELLS}
DTYPES = {
    "tinyint": "Int8", "int": "Int32", "bigint": "Int64", "double": "float64", "float": "float32",
}  # fmt: skip


class Python:
    """One row at a time, as at serving time; it learns nothing."""

    def apply(self, preprocessor: Preprocessor, rows: Sequence[Row], types: Types) -> list[Row]:
        return [out for out in map(preprocessor.transform_row, rows) if out is not None]

    def split(self, rows: Sequence[Row], types: Types, seed: int) -> list[tuple[int, str]]:
        key: dict[str, Any] = {"key": types, "seed": seed}
        return [(row_bucket(r, **key), split_of_row(r, **key, weights=WEIGHTS)) for r in rows]


class Pandas:
    def frame(self, rows: Sequence[Row], types: Types) -> pd.DataFrame:
        columns = {n: [row[n] for row in rows] for n in types}
        return pd.DataFrame(
            {n: pd.Series(columns[n], dtype=DTYPES.get(t, "object")) for n, t in types.items()}
        )

    def count(
        self, rows: Sequence[Row], plans: Sequence[ColumnPlan], options: FitOptions,
        outcomes: Sequence[str],
    ) -> Tally:  # fmt: skip
        pdf = self.frame(rows, {plan.name: plan.type for plan in plans})
        outcome = np.array(outcomes, dtype=object)
        return count_pandas(pdf, plans=plans, options=options, outcome=outcome)

    def apply(self, preprocessor: Preprocessor, rows: Sequence[Row], types: Types) -> list[Row]:
        return preprocessor.transform_pandas(self.frame(rows, types)).to_dict("records")

    def split(self, rows: Sequence[Row], types: Types, seed: int) -> list[tuple[int, str]]:
        pdf = self.frame(rows, types)
        names = split_pandas(pdf, key=types, seed=seed, weights=WEIGHTS)
        return [*zip(row_buckets(pdf, key=types, seed=seed).tolist(), names.tolist())]


class Spark:
    """A session of Spark or, with ``--engine sail``, of Sail. Rows come back in order, by #."""

    def __init__(self, session: Any) -> None:
        self.session = session

    def frame(self, rows: Sequence[Row], types: Types, **more: Sequence[str]) -> Any:
        fields = {"#": "int", **types, **dict.fromkeys(more, "string")}
        schema = ", ".join(f"`{name}` {type_name}" for name, type_name in fields.items())
        cells = [
            (number, *(row[name] for name in types), *(column[number] for column in more.values()))
            for number, row in enumerate(rows)
        ]
        return self.session.createDataFrame(cells, schema).repartition(3)

    def count(
        self, rows: Sequence[Row], plans: Sequence[ColumnPlan], options: FitOptions,
        outcomes: Sequence[str],
    ) -> Tally:  # fmt: skip
        from pyspark.sql import functions as F

        from transforms.tally import count_rows

        outcome = F.col("outcome")
        return count_rows(
            self.frame(rows, {plan.name: plan.type for plan in plans}, outcome=outcomes),
            plans=plans,
            options=options,
            train=outcome == "train",
            kept=outcome.isin(*SPLITS),
            outcome=outcome,
        )

    def apply(self, preprocessor: Preprocessor, rows: Sequence[Row], types: Types) -> list[Row]:
        df = preprocessor.transform(self.frame(rows, types), passthrough=("#",))
        found = [row.asDict() for row in sorted(df.collect(), key=lambda row: row["#"])]
        return [{name: value for name, value in row.items() if name != "#"} for row in found]

    def split(self, rows: Sequence[Row], types: Types, seed: int) -> list[tuple[int, str]]:
        from transforms.split import split_by_hash

        df = self.frame(rows, types)
        df = split_by_hash(df, key=types, seed=seed, weights=WEIGHTS, output="split")
        found = sorted(df.select("#", "split_bucket", "split").collect())
        return [(row["split_bucket"], row["split"]) for row in found]


def learned(
    engine: Pandas | Spark, rows: Sequence[Row], plans: Sequence[ColumnPlan], *,
    outcomes: Sequence[str] | None = None, **options: Any,
) -> Learned:  # fmt: skip
    """Count with an engine, and learn; every row is one of train unless told otherwise."""
    chosen = FitOptions(**options)
    counted = engine.count(rows, plans, chosen, outcomes or ["train"] * len(rows))
    return learn(counted, plans=plans, options=chosen, train_rows=counted.outcomes.get("train", 0))


def bits(row: Row) -> dict[str, str | None]:
    """Write a row's numbers so that two are equal where all their bits are; NaN is null."""
    missing = {name for name, v in row.items() if v is None or v is pd.NA or v != v}
    return {name: None if name in missing else float(v).hex() for name, v in row.items()}
