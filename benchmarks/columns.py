"""Columns of the benchmark's tables: how each is made from a seed, and its line in a contract."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

KEY, TARGET = "id", "label"
FIRST_KEY = 10_000_001
# Near what words, cities and products look like: the first label has every fifth row or so.
ZIPF = 1.1
# Prime, so that ``rank * STRIDE`` visits every label once: frequent is not alphabetically first.
STRIDE = 7919


@dataclass(frozen=True)
class Column:
    """One column: its kind, how many values or decimals it has, and its share of nulls.

    Kinds: ``key`` (1, 2, 3, …), ``number`` (normal, ``size`` decimals), ``integer`` (uniform below
    ``size``), ``category`` (``size`` labels, Zipf), ``code`` (texts, uniform among ``size``).
    """

    name: str
    kind: str
    size: int = 0
    nulls: float = 0.0
    spread: float = 1.0

    @property
    def type(self) -> str:
        """The contract's name of the column's type."""
        return {"key": "bigint", "number": "double", "integer": "int"}.get(self.kind, "string")

    def contract_entry(self) -> dict[str, Any]:
        """The column's entry in a contract."""
        entry = {"name": self.name, "type": self.type, "nullable": self.nulls > 0}
        return {**entry, "treat": "category"} if self.type == "string" else entry

    def values(self, rng: np.random.Generator, start: int, rows: int) -> pa.Array:
        """Make the values of ``rows`` rows, the first of which is row number ``start``."""
        if self.kind == "key":
            return pa.array(np.arange(start, start + rows, dtype=np.int64) + FIRST_KEY)
        nulls = rng.random(rows) < self.nulls if self.nulls else None
        if self.kind == "number":
            exact = rng.normal(self.spread / 2, self.spread, rows)
            return pa.array(np.round(exact, self.size), mask=nulls)
        if self.kind == "integer":
            return pa.array(rng.integers(0, self.size, rows, dtype=np.int32), mask=nulls)
        if self.kind == "code":
            codes = pa.array(rng.integers(0, self.size, rows), mask=nulls)
            return pc.binary_join_element_wise("u", pc.cast(codes, pa.string()), "")
        ranks = np.searchsorted(_shares(self.size), rng.random(rows)).astype(np.int32)
        labels = pa.DictionaryArray.from_arrays(pa.array(ranks, mask=nulls), _labels(self.size))
        return labels.dictionary_decode()


@cache
def _shares(labels: int) -> np.ndarray:
    weights = np.arange(1, labels + 1) ** -ZIPF
    shares: np.ndarray = np.cumsum(weights) / weights.sum()
    shares[-1] = 1.0
    return shares


@cache
def _labels(labels: int) -> pa.Array:
    width = len(str(labels - 1))
    return pa.array([f"cat{rank * STRIDE % labels:0{width}d}" for rank in range(labels)])


def tall_columns() -> tuple[Column, ...]:
    """18 columns: a key, the target, 9 numbers, 7 categories of 3 to 20,000 labels."""
    return (
        Column(KEY, "key"),
        Column(TARGET, "number", 3, nulls=0.02, spread=100),
        Column("num_1", "number", 1, spread=50),
        Column("num_2", "number", 2, nulls=0.03, spread=1000),
        Column("num_3", "number", 3, spread=10),
        Column("num_4", "number", 4, nulls=0.1, spread=100),
        Column("num_5", "number", 5),
        Column("num_6", "number", 6, nulls=0.01),
        Column("num_7", "integer", 100),
        Column("num_8", "integer", 1_000_000, nulls=0.05),
        Column("num_9", "integer", 10_000),
        Column("cat_3", "category", 3),
        Column("cat_12", "category", 12, nulls=0.02),
        Column("cat_50", "category", 50),
        Column("cat_300", "category", 300, nulls=0.08),
        Column("cat_1000", "category", 1_000),
        Column("cat_5000", "category", 5_000, nulls=0.01),
        Column("cat_20000", "category", 20_000),
    )


def wide_columns(count: int) -> tuple[Column, ...]:
    """As many columns as asked for: a key, the target, numbers and categories in turn."""
    columns = [Column(KEY, "key"), Column(TARGET, "number", 4, nulls=0.02, spread=100)]
    for index in range(1, (count - 2) // 2 + 1):
        nulls = 0.03 if index % 3 == 0 else 0.0
        number = Column(f"num_{index}", "number", 1 + index % 6, nulls=nulls, spread=10)
        if index % 4 == 0:
            number = Column(f"num_{index}", "integer", 10_000, nulls=nulls)
        # 5 to 200 labels
        labels = 5 + index * 37 % 196
        columns += [number, Column(f"cat_{index}", "category", labels, nulls=0.05 - nulls)]
    return tuple(columns)


def high_cardinality_columns(rows: int) -> tuple[Column, ...]:
    """6 columns, one of them with nearly four distinct texts for every five rows."""
    return (
        Column(KEY, "key"),
        Column(TARGET, "number", 4, nulls=0.02, spread=100),
        Column("num_1", "number", 3, nulls=0.03, spread=10),
        Column("num_2", "integer", 10_000),
        Column("cat_50", "category", 50, nulls=0.02),
        # Of 2n values, n draws meet 2n(1 - e^-0.5) = 0.79n.
        Column("code", "code", 2 * rows, nulls=0.01),
    )
