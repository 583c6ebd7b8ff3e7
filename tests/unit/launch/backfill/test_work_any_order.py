"""Whatever the runs do: each day ends once, never too many go on, what is done stays as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launch.errors import LaunchError

ENDS = st.sampled_from(["Completed", "Failed", "Stopped"])
BEFORE = st.sampled_from([None, None, "Completed", "Failed", "Stopped", "InProgress"])
# How long a day's run takes, how it ends, what there was before, and whether it can begin.
DAYS = st.lists(st.tuples(st.integers(0, 5), ENDS, BEFORE, st.booleans()), min_size=1, max_size=12)
MakeAccount = Callable[..., Any]


def with_days(make_account: MakeAccount, plan: list[Any]) -> tuple[Any, list[date]]:
    days = [date(2026, 2, 20) + timedelta(days=number) for number in range(len(plan))]
    # What goes on already does so for a look at least.
    fates = {
        day: (looks + (before == "InProgress"), end)
        for day, (looks, end, before, _) in zip(days, plan)
    }
    errors = {day: [LaunchError("no data")] for day, item in zip(days, plan) if not item[3]}
    account = make_account(fates=fates, errors=errors)
    for day, (_, _, before, _) in zip(days, plan):
        if before:
            account.add(day, before)
    return account, days


@given(plan=DAYS, parallel=st.integers(1, 4), redo=st.booleans())
def test_each_day_ends_once_and_never_too_many_go_on(
    make_account: MakeAccount, plan: list[Any], parallel: int, redo: bool
) -> None:
    account, days = with_days(make_account, plan)
    ended = account.backfill(days, parallel=parallel, redo=redo).run()
    assert [day.day for day in ended] == days
    for day, (_, end, before, can_begin) in zip(ended, plan):
        if before == "InProgress":
            assert day.outcome == end
        elif before == "Completed" and not redo:
            assert day.outcome == "skipped"
        else:
            assert day.outcome == (end if can_begin else "Failed")
            assert (day.run is not None) == can_begin
        assert bool(day.cause) == (day.outcome in ("Failed", "Stopped"))
    due = [item[3] and item[2] != "InProgress" and (redo or item[2] != "Completed")
           for item in plan]  # fmt: skip
    assert account.begun == [day for day, is_due in zip(days, due) if is_due]
    assert all(going < parallel for going in account.going_before)
    last_words = Counter(day.day for day in account.moved if day.outcome != "running")
    assert last_words == Counter(days)


@given(plan=DAYS, parallel=st.integers(1, 4), stop_after=st.integers(1, 3))
def test_after_enough_failures_none_is_started(
    make_account: MakeAccount, plan: list[Any], parallel: int, stop_after: int
) -> None:
    account, days = with_days(make_account, plan)
    ended = account.backfill(days, parallel=parallel, stop_after=stop_after).run()
    bad = sum(day.outcome in ("Failed", "Stopped") for day in ended)
    left = [day for day in ended if day.outcome == "not started"]
    assert not left or bad >= stop_after
    # Those that went on at the time may have failed too; that is all.
    followed = sum(item[2] == "InProgress" for item in plan)
    assert bad < stop_after + max(parallel, followed)


@given(plan=DAYS, parallel=st.integers(1, 4), at=st.integers(1, 12))
def test_what_was_interrupted_goes_on_where_it_stopped(
    make_account: MakeAccount, plan: list[Any], parallel: int, at: int
) -> None:
    account, days = with_days(make_account, plan)
    account.interrupt_at = at
    try:
        account.backfill(days, parallel=parallel).run()
    except KeyboardInterrupt:
        pass
    else:
        return
    begun = list(account.begun)
    newest = {run.name.split("-")[2]: run.status for run in reversed(account.newest(limit=999))}
    ended = account.backfill(days, parallel=parallel).run()
    due = [day for day in days if newest.get(f"d{day:%Y%m%d}") not in ("Completed", "InProgress")]
    again = account.begun[len(begun) :]
    # A day that could not begin the first time can now: an error is raised once.
    cannot = {day.day for day in ended if day.outcome == "Failed" and day.run is None}
    assert again == [day for day in due if day not in cannot]
    assert all(going < parallel for going in account.going_before)
    for day, (_, end, before, _) in zip(ended, plan):
        if end == "Completed" and before != "Completed" and day.day not in cannot:
            assert day.outcome in ("Completed", "skipped")


@pytest.mark.parametrize("parallel", [1, 3, 100])
def test_as_many_go_on_as_may(account: Any, parallel: int) -> None:
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(20)]
    account.fates = dict.fromkeys(days, (3, "Completed"))
    account.backfill(days, parallel=parallel).run()
    assert max(account.going_before) == min(parallel, 20) - 1
