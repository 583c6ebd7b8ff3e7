"""What a fit is made from, whoever counted it: Spark, another engine, or pandas."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction

# The kinds of statistic, in the order in which they are counted.
OUTCOME, SUM, SQUARE, RESIDUAL, VALUE, LABEL = range(6)


@dataclass
class ColumnCounts:
    """What was counted in one column: all published rows, and the training rows alone."""

    nulls: int = 0
    train_nulls: int = 0
    values_by_kind: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    labels: dict[str, int] = field(default_factory=dict)
    # Of labels that get no index: how many different ones train had, how many rows hold one.
    cut_labels: int = 0
    other_rows: int = 0
    median: list[float] = field(default_factory=list)
    infinite: int = 0
    sums: dict[int, Fraction] = field(default_factory=lambda: defaultdict(Fraction))

    @property
    def train_values(self) -> int:
        """How many training rows hold a value; each kind of statistic counted the same ones."""
        return max(self.values_by_kind.values(), default=0)


@dataclass(frozen=True)
class Tally:
    """The counts behind a fit: what became of the rows, and each column's statistics.

    ``copies`` counts the rows of the input, ``outcomes`` those that are left without duplicates.
    """

    outcomes: dict[str, int]
    copies: dict[str, int]
    columns: dict[str, ColumnCounts]
