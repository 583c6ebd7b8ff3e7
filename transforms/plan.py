"""What each column gets, decided from the contract and the options before any row is read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from schemas.contract import Column, Contract, ContractError, default_treatment
from schemas.types import is_numeric

FILLS = ("mean", "median", "none")
UNSEEN = ("error", "skip", "keep", "separate")
# Bounds what fit brings to the driver: 100,000 labels of 20 bytes are about 10 MB there.
DEFAULT_MAX_LABELS = 100_000
UNLIMITED_LABELS = 2**31 - 1
INDEX_SUFFIX = "_indexed"


@dataclass(frozen=True)
class FitOptions:
    """How to fill, scale and index; one choice for the whole table.

    ``median_error`` is the greatest relative error of a median, 0 for the exact one.
    ``max_labels`` bounds a column's labels, ``UNLIMITED_LABELS`` does not.
    """

    fill: str = "mean"
    scale: bool = False
    unseen: str = "keep"
    min_frequency: int = 1
    max_labels: int = DEFAULT_MAX_LABELS
    median_error: float = 0.0

    def __post_init__(self) -> None:
        problems = []
        if self.fill not in FILLS:
            problems.append(f"fill {self.fill!r} is none of {', '.join(FILLS)}")
        if self.unseen not in UNSEEN:
            problems.append(f"unseen {self.unseen!r} is none of {', '.join(UNSEEN)}")
        if self.min_frequency < 1:
            problems.append(f"min_frequency must be 1 or more, not {self.min_frequency}")
        if self.max_labels < 1:
            problems.append(f"max_labels must be 1 or more, not {self.max_labels}")
        if not 0 <= self.median_error < 1:
            problems.append(f"median_error must be in [0, 1), not {self.median_error}")
        if problems:
            raise ContractError("the fit options are wrong:", problems)


@dataclass(frozen=True)
class ColumnPlan:
    """What one published column gets: ``action`` is keep, number or index."""

    name: str
    type: str
    action: str
    output: str
    output_type: str
    fill: str | None = None
    scale: bool = False


def plan_columns(contract: Contract, options: FitOptions) -> tuple[ColumnPlan, ...]:
    """Plan every column that is published, in the contract's order.

    Raises ContractError where two outputs would have one name (``a_indexed`` beside ``a``).
    """
    plans = []
    for column in contract.columns:
        treatment = default_treatment(contract, column)
        if treatment != "leave_out":
            plans.append(_plan(column, treatment, options))
    outputs = Counter(plan.output for plan in plans)
    twice = [plan for plan in plans if outputs[plan.output] > 1 and plan.action == "index"]
    if twice:
        raise ContractError(
            "output columns would have the same name:",
            [f"{plan.name!r} is indexed into {plan.output!r}, which exists" for plan in twice],
        )
    return tuple(plans)


def _plan(column: Column, treatment: str, options: FitOptions) -> ColumnPlan:
    plan = ColumnPlan(column.name, column.type, "keep", column.name, column.type)
    if treatment == "category":
        return replace(
            plan, action="index", output=column.name + INDEX_SUFFIX, output_type="double"
        )
    if treatment != "numeric":
        return plan
    # The type must not depend on whether this run's rows hold a null: a column that may be null
    # becomes double where nulls are filled, and one that may not keeps its type.
    fill = options.fill if column.nullable and options.fill != "none" else None
    changed = fill is not None or options.scale or not is_numeric(column.type)
    output_type = "double" if changed else column.type
    return replace(plan, action="number", output_type=output_type, fill=fill, scale=options.scale)
