"""Every row is accounted for: read = published + dropped + quarantined, or nothing goes out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from refusals import refused

from jobs import learned, rows
from jobs.learned import check_balance
from jobs.rows import DUPLICATE, NULL_TARGET, Balance, balance_of, bounded
from transforms.counts import ColumnCounts, Tally
from transforms.plan import FitOptions

WHOLE = {"train": 7, "validation": 2, "test": 1}
NONE = dict.fromkeys(WHOLE, 0)
TASK: Any = SimpleNamespace(config=SimpleNamespace(input="in.csv"), target="y")


def balance(published: dict[str, int] = WHOLE, read: int = 10, **more: dict[str, int]) -> Balance:
    return Balance(read, published, **more)


def test_outcomes_are_sorted_into_published_dropped_quarantined_and_failing() -> None:
    outcomes = {**WHOLE, NULL_TARGET: 1, "bad": 6, "a blank line": 9, "a header of f": 1}
    counted = Tally(outcomes, {**outcomes, "train": 9}, {})
    reasons = {("drop", "x: null"): 1, ("quarantine", "s: bad"): 2, ("fail", "y: null"): 3}
    assert balance_of(counted, reasons) == Balance(
        read=19,
        published=WHOLE,
        dropped={"a duplicate": 2, NULL_TARGET: 1, "x: null": 1},
        quarantined={"s: bad": 2},
        failing={"y: null": 3},
    )


@pytest.mark.parametrize("reasons", [{}, {("drop", "x: null"): 2}])
def test_bad_rows_that_are_not_as_many_at_the_second_look_end_the_run(reasons: Any) -> None:
    message = "the input changed while it was read: counted 1 bad rows, then [02]; run again"
    refused(balance_of, message, Tally({}, {"bad": 1}, {}), reasons)


@pytest.mark.parametrize(
    ("written", "skipping", "dropped"),
    [
        (WHOLE, False, 0),
        ({**WHOLE, "train": 6}, True, 1),
        ({"train": 7, "test": 1}, True, 2),
        ({**WHOLE, "train": 6}, False, None),
        ({**WHOLE, "train": 8}, False, None),
        ({**WHOLE, "test": 2, "train": 6}, True, None),
    ],
)
def test_written_rows_are_those_counted_but_for_skipped_ones(
    written: dict[str, int], skipping: bool, dropped: int | None
) -> None:
    if dropped is None:
        message = "the input changed while it was read: counted .*, wrote "
        refused(balance().with_written, message, written, skipping=skipping)
        return
    found = balance().with_written(written, skipping=skipping)
    assert found.published == {name: written.get(name, 0) for name in WHOLE}
    reason = "an unseen or null label (--unseen skip)"
    assert found.dropped == ({reason: dropped} if dropped else {})
    assert found.read == sum(found.published.values()) + dropped


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (balance({**WHOLE, "validation": 0}, 8), r"^validation got no rows \(8 rows in all\): gi"),
        (
            balance({**NONE, "train": 1}, 3, dropped={DUPLICATE: 1}, quarantined={"x: null": 1}),
            r"^validation and test got no rows \(1 rows in all; 1 left out: a duplicate; 1 left out"
            r": x: null\)",
        ),
        (balance(NONE, 0), "the input has a header and no rows"),
        (balance(NONE, 3, dropped={NULL_TARGET: 3}), "the target 'y' is null in all 3 rows that"),
        (
            balance(NONE, 3, quarantined={"x: not a int": 3}),
            "none of the 3 rows keeps the contract: x: not a int",
        ),
        (
            balance(failing={"x: null": 2, "s: null": 3}),
            r"in.csv breaks its contract \(5 rows\):\n  - s: null: 3 rows\n  - x: null: 2 rows\n"
            "  - for example b.csv: {}",
        ),
    ],
)
def test_a_result_with_an_empty_split_or_a_failing_row_is_refused(
    found: Balance, message: str
) -> None:
    refused(check_balance, message, TASK, found, [("b.csv", "{}")] if found.failing else [])
    check_balance(TASK, balance(), [])


def test_of_many_combinations_of_reasons_the_frequent_ones_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows, "MOST_REASONS", 2)
    monkeypatch.setattr(learned, "_MOST_REASONS", 2)
    reasons = {("drop", "a"): 1, ("drop", "b"): 3, ("fail", "c"): 2, ("fail", "d"): 1}
    others = "other combinations of reasons"
    assert bounded(reasons) == {
        ("drop", "b"): 3, ("fail", "c"): 2, ("drop", others): 1, ("fail", others): 1
    }  # fmt: skip
    failing = balance(failing={"a": 1, "b": 2, "c": 3})
    refused(check_balance, "c: 3 rows\n  - b: 2 rows\n  - and 1 more reasons", TASK, failing, [])


def test_unseen_labels_and_nulls_can_be_refused() -> None:
    counts = {"s": ColumnCounts(nulls=1, labels={"a": 9}, other_rows=2), "x": ColumnCounts(nulls=5)}
    task: Any = SimpleNamespace(
        applied=None, config=SimpleNamespace(fit=FitOptions(unseen="error")), plans=(), target="y"
    )
    message = (
        "--unseen error refuses nulls and unseen labels:\n  - column 's' is null in 1 rows\n"
        "  - column 's' has labels without an index in 2 rows\n  - choose --unseen"
    )
    refused(learned.learned, message, task, Tally({"train": 9}, {}, counts))
