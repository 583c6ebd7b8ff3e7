"""What a run learns, refuses and returns; the same whatever counted the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.rows import Balance
from jobs.task import Described
from schemas.errors import InputProblemsError
from transforms.counts import Tally
from transforms.learn import learn
from transforms.preprocessor import Preprocessor
from transforms.row_hash import SPLITS

MOST_EXAMPLES = 5
_MOST_REASONS = 20


@dataclass(frozen=True)
class Prepared:
    """What a run did: its manifest, and where its results are."""

    output: str
    manifest: dict[str, Any]
    notes: tuple[str, ...]


def check_balance(task: Described, balance: Balance, examples: Sequence[tuple[str, str]]) -> None:
    """Raise InputProblemsError where a rule says that the run must fail, or a split is empty.

    ``examples`` are failing rows: source file and cells.
    """
    if balance.failing:
        raise InputProblemsError(
            f"{task.config.input} breaks its contract ({sum(balance.failing.values()):,} rows):",
            _most_frequent(balance.failing)
            + [f"for example {place}: {row[:200]}" for place, row in examples],
        )
    balance.check_splits(task.target)


def _most_frequent(failing: Mapping[str, int]) -> list[str]:
    reasons = sorted(failing, key=lambda reason: (-failing[reason], reason))
    out = [f"{reason}: {failing[reason]:,} rows" for reason in reasons[:_MOST_REASONS]]
    more = len(reasons) - len(out)
    return [*out, f"and {more:,} more reasons"] if more else out


def learned(task: Described, counted: Tally) -> tuple[Preprocessor, tuple[str, ...]]:
    """Make the preprocessor from the counts, or take the one that was given."""
    if task.applied is not None:
        return task.applied, ()
    options = task.config.fit
    if options.unseen == "error":
        _check_no_unseen(counted)
    found = learn(
        counted,
        plans=task.plans,
        options=options,
        train_rows=counted.outcomes[SPLITS[0]],
        target=task.target,
    )
    return found.preprocessor, found.notes


def _check_no_unseen(counted: Tally) -> None:
    problems = []
    for name, count in counted.columns.items():
        if count.labels or count.other_rows:
            if count.nulls:
                problems.append(f"column {name!r} is null in {count.nulls:,} rows")
            if count.other_rows:
                problems.append(
                    f"column {name!r} has labels without an index in {count.other_rows:,} rows"
                )
    if problems:
        problems.append("choose --unseen keep, separate or skip")
        raise InputProblemsError("--unseen error refuses nulls and unseen labels:", problems)
