"""All that is known at the end of an evaluation; the report's writers read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional

import numpy as np

from jobs.evaluate.curves import Curves
from jobs.evaluate.find_model import ModelFile
from jobs.evaluate.gate import Outcome
from jobs.evaluate.labels import Target
from jobs.evaluate.metrics import Measured
from jobs.evaluate.spread import Segment, Spread


@dataclass(frozen=True)
class Result:
    """What was measured, of what, and what became of the gates."""

    model: ModelFile
    target: Target
    threshold: Optional[float]
    rows_read: int
    rows_without_label: int
    measured: Measured
    confusion: np.ndarray
    spread: Mapping[str, Optional[Spread]]
    draws: int
    seed: int
    curves: Curves
    segment_column: Optional[str]
    segments: tuple[Segment, ...]
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...]
    versions: Mapping[str, str]

    @property
    def rows(self) -> int:
        """Count the rows that were measured."""
        return self.rows_read - self.rows_without_label

    @property
    def passed(self) -> bool:
        """Tell whether every gate was passed, or there is none."""
        return all(outcome.passed for outcome in self.outcomes)

    @property
    def all_notes(self) -> tuple[str, ...]:
        """The notes, and why metrics have no value."""
        whys = (f"{name} has no value: {why}" for name, why in self.measured.reasons.items())
        return (*self.notes, *whys)

    def support(self) -> dict[str, int]:
        """Count the rows of each true class."""
        return dict(zip(self.target.classes, self.confusion.sum(axis=1).tolist()))
