"""The gate: what a metric must reach, so that a pipeline can stop at a worse model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from schemas.errors import InputError, InputProblemsError

# The area under the ROC curve has three names: the usual one, the guide's, and SageMaker's.
_SAME = {"roc_auc": "auc_roc", "auc": "auc_roc"}


@dataclass(frozen=True)
class Gate:
    """One bound: ``metric`` must be at least (``lowest``) or at most ``bound``."""

    metric: str
    bound: float
    lowest: bool

    def __str__(self) -> str:
        return f"{self.metric} {'>=' if self.lowest else '<='} {self.bound:g}"


@dataclass(frozen=True)
class Outcome:
    """What became of a gate; ``why`` says what was seen."""

    gate: Gate
    value: Optional[float]
    passed: bool
    why: str

    def entry(self) -> dict[str, Any]:
        """The gate's entry in evaluation.json."""
        bound = "min" if self.gate.lowest else "max"
        return {
            "metric": self.gate.metric,
            bound: self.gate.bound,
            "value": self.value,
            "passed": self.passed,
            "why": self.why,
        }


def parse_gate(text: str, *, lowest: bool) -> Gate:
    """Read ``auc_roc=0.8``; InputError for anything else."""
    option = "--min" if lowest else "--max"
    name, _, number = text.partition("=")
    try:
        bound = float(number)
    except ValueError:
        bound = math.nan
    if not name.strip() or not math.isfinite(bound):
        raise InputError(f"{option} {text!r} is no gate; write it as {option} auc_roc=0.8")
    name = name.strip()
    return Gate(_SAME.get(name, name), bound, lowest)


def check_gates(gates: Sequence[Gate], names: Sequence[str]) -> None:
    """Raise InputProblemsError for gates on metrics that this model does not have."""
    problems = [
        f"{gate.metric!r} is no metric here; there are {', '.join(names)}"
        for gate in gates
        if gate.metric not in names
    ]
    if problems:
        raise InputProblemsError("a gate cannot be checked:", problems)


def judge(
    gates: Sequence[Gate], values: Mapping[str, float | None], reasons: Mapping[str, str]
) -> tuple[Outcome, ...]:
    """Hold each gate against its metric. A metric without a value misses it, and says why."""
    outcomes = []
    for gate in gates:
        value = values[gate.metric]
        if value is None:
            why = f"{gate.metric} has no value: {reasons.get(gate.metric, 'not known')}"
            outcomes.append(Outcome(gate, None, False, why))
            continue
        passed = value >= gate.bound if gate.lowest else value <= gate.bound
        outcomes.append(Outcome(gate, value, passed, f"{gate.metric} is {value:.6g}"))
    return tuple(outcomes)


def missed_text(outcomes: Sequence[Outcome]) -> str:
    """Say in one line which gates are missed, for the one who looks why a job has failed."""
    missed = [f"{outcome.gate} ({outcome.why})" for outcome in outcomes if not outcome.passed]
    return f"the model misses {'; '.join(missed)}"
