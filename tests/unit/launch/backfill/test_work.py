"""Run a job day by day: what is started when, what ends it, what is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from launch.backfill.days import Day
from launch.errors import AwsError, LaunchError

Refuse = Callable[..., AwsError]
FIVE = [date(2026, 11, day) for day in range(1, 6)]
ONE, TWO, THREE, FOUR, _ = FIVE
FULL = ("ResourceLimitExceeded", "The account-level service limit is 2 Instances")


def outcomes(days: list[Day]) -> list[str]:
    return [day.outcome for day in days]


def test_five_days_one_of_them_bad(account: Any) -> None:
    account.fates = {THREE: (1, "Failed")}
    days = account.backfill(FIVE).run()
    assert outcomes(days) == ["Completed"] * 2 + ["Failed"] + ["Completed"] * 2
    assert account.begun == FIVE, "the oldest first, each once"
    assert account.going_before == [0, 1, 0, 1, 0]
    assert [day.cause for day in days if day.cause] == ["cause of flights-prepare-d20261103-0002"]
    assert all(day.run.ended for day in days)

    account.fates = {}
    again = account.backfill(FIVE).run()
    assert outcomes(again) == ["skipped"] * 2 + ["Completed"] + ["skipped"] * 2
    assert account.begun == [*FIVE, THREE]
    assert again[0].run.name == "flights-prepare-d20261101-0000"


def test_a_run_that_goes_on_is_followed_and_counted(account: Any) -> None:
    account.fates = {TWO: (3, "Completed")}
    account.add(TWO, "InProgress")
    days = account.backfill(FIVE[:3]).run()
    assert outcomes(days) == ["Completed"] * 3
    assert account.begun == [ONE, THREE]
    assert account.going_before == [1, 1]


def test_more_that_go_on_than_may_are_all_followed(account: Any) -> None:
    for day in FIVE[1:4]:
        account.add(day, "InProgress")
    days = account.backfill(FIVE, parallel=1).run()
    assert outcomes(days) == ["Completed"] * 5
    assert account.going_before == [0, 0]


def test_a_run_that_another_has_started_meanwhile_is_followed(account: Any) -> None:
    account.fates = {TWO: (2, "Completed")}
    tick = account.tick

    def start_another(seconds: float) -> None:
        # The first look at all days is past by then, and the second day has not begun.
        if account.now == 0:
            account.add(TWO, "InProgress")
        tick(seconds)

    account.tick = start_another
    assert outcomes(account.backfill(FIVE[:2], parallel=1).run()) == ["Completed"] * 2
    assert account.begun == [ONE]


def test_redo_runs_what_is_done_and_follows_what_goes_on(account: Any) -> None:
    account.add(ONE, "Completed")
    account.add(TWO, "InProgress")
    days = account.backfill(FIVE[:3], redo=True).run()
    assert outcomes(days) == ["Completed"] * 3
    assert account.begun == [ONE, THREE]


@pytest.mark.parametrize(("stop_after", "begun"), [(1, 3), (2, 4), (3, 5), (None, 5)])
def test_enough_failures_end_the_starts(account: Any, stop_after: int | None, begun: int) -> None:
    # The second is over at once, the first goes on for some time, and to its end.
    account.fates = {ONE: (9, "Completed"), TWO: (1, "Completed"), THREE: (1, "Failed"),
                     FOUR: (1, "Stopped")}  # fmt: skip
    days = account.backfill(FIVE, stop_after=stop_after).run()
    assert account.begun == FIVE[:begun]
    assert outcomes(days)[0] == "Completed"
    assert outcomes(days)[begun:] == ["not started"] * (5 - begun)


def test_a_refusal_ends_the_starts_and_what_goes_on_is_followed(
    account: Any, refuse: Refuse
) -> None:
    account.errors = {TWO: [refuse("AccessDeniedException", "may not")]}
    account.fates = {ONE: (3, "Completed")}
    days = account.backfill(FIVE).run()
    assert outcomes(days) == ["Completed", *["not started"] * 4]
    assert [day.cause for day in days] == ["", "CreateProcessingJob: may not", "", "", ""]
    assert account.begun == [ONE]


def test_an_account_without_room_goes_on_with_fewer(account: Any, refuse: Refuse) -> None:
    account.errors = {THREE: [refuse(*FULL)]}
    days = account.backfill(FIVE, parallel=4).run()
    assert outcomes(days) == ["Completed"] * 5
    assert account.begun == FIVE
    # Two had room; not more are tried at once any more.
    assert account.going_before == [0, 1, 0, 1, 0]
    assert account.said == [f"CreateProcessingJob: {FULL[1]}; going on with 2 at once"]


def test_an_account_without_any_room_ends_it(account: Any, refuse: Refuse) -> None:
    account.errors = {ONE: [refuse(*FULL)]}
    days = account.backfill(FIVE).run()
    assert outcomes(days) == ["not started"] * 5
    assert FULL[1] in days[0].cause
    assert account.begun == []


def test_a_lost_answer_starts_no_second_run(account: Any, refuse: Refuse) -> None:
    account.lost = {TWO}
    account.errors = {TWO: [refuse("InternalFailure", "lost")]}
    assert outcomes(account.backfill(FIVE[:3]).run()) == ["Completed"] * 3
    assert account.begun == FIVE[:3]


def test_a_lost_answer_and_no_second_one_either_starts_no_second_run(
    account: Any, refuse: Refuse
) -> None:
    account.lost = {ONE}
    account.errors = {ONE: [refuse("ThrottlingException")]}
    account.troubles_of_get = [refuse("ThrottlingException", "slower")]
    begin = account.begin

    def begin_once(day: date, name: str) -> None:
        # What the service says the second time.
        if name in account.runs:
            raise refuse("ResourceInUse", "in use")
        begin(day, name)

    account.begin = begin_once
    assert outcomes(account.backfill([ONE]).run()) == ["Completed"]
    assert account.begun == [ONE]
    assert "slower; asking again in" in account.said[0]


def test_what_may_pass_is_waited_for(account: Any, refuse: Refuse) -> None:
    account.errors = {ONE: [refuse("ThrottlingException", "slower")] * 3}
    assert outcomes(account.backfill([ONE]).run()) == ["Completed"]
    assert account.begun == [ONE]
    assert len(account.said) == 3


def test_a_day_that_cannot_begin_does_not_keep_the_others(account: Any) -> None:
    account.errors = {TWO: [LaunchError("there is nothing at s3://b/raw/2026-11-02/")]}
    days = account.backfill(FIVE[:3]).run()
    assert outcomes(days) == ["Completed", "Failed", "Completed"]
    assert days[1].cause == "there is nothing at s3://b/raw/2026-11-02/"
    assert days[1].run is None


def test_days_that_cannot_begin_count_as_failures(account: Any) -> None:
    account.errors = {day: [LaunchError("nothing there")] for day in FIVE}
    days = account.backfill(FIVE, stop_after=2).run()
    assert outcomes(days) == ["Failed"] * 2 + ["not started"] * 3


def test_the_next_is_on_its_way_while_logs_are_read(account: Any) -> None:
    account.fates = {ONE: (1, "Failed")}
    account.backfill(FIVE[:2], parallel=1).run()
    assert account.explained == ["flights-prepare-d20261101-0000 after 2 were begun"]


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({"failure_reason": "AlgorithmError: bad\nexit code: 2"}, "AlgorithmError: bad"),
        ({"failure_reason": "x", "exit_message": "no column x\n(in read.py)"}, "no column x"),
        ({}, "launch why tells more"),
    ],
)
def test_without_logs_the_services_own_words_are_the_cause(
    account: Any, given: dict[str, str], cause: str
) -> None:
    account.unexplained = True
    # Ends by itself on the first look: it is told as ended, with these words.
    account.ends[account.add(ONE, "InProgress").name] = (9, "Failed")
    backfill = account.backfill([ONE])
    tick = account.tick

    def end(seconds: float) -> None:
        tick(seconds)
        (name,) = account.runs
        account.runs.clear()
        account.ends.clear()
        assert account.add(ONE, "Failed", **given).name == name

    account.tick = end
    (day,) = backfill.run()
    assert (day.outcome, day.cause) == ("Failed", cause)


def test_every_move_is_told_once_and_what_is_done_in_order(account: Any) -> None:
    account.fates = {TWO: (1, "Failed")}
    account.add(THREE, "Completed")
    account.add(FOUR, "Completed")
    account.backfill(FIVE[:4], parallel=1).run()
    assert [(day.day, day.outcome, bool(day.cause)) for day in account.moved] == [
        (THREE, "skipped", False), (FOUR, "skipped", False), (ONE, "running", False),
        (TWO, "running", False), (ONE, "Completed", False), (TWO, "Failed", True),
    ]  # fmt: skip


def test_a_service_that_cannot_be_asked_any_more_is_told(account: Any, refuse: Refuse) -> None:
    account.troubles_of_get = [refuse("ExpiredTokenException", "expired")]
    backfill = account.backfill(FIVE)
    with pytest.raises(AwsError, match="expired"):
        backfill.run()
    # Enough is known to say what goes on and what is left.
    assert outcomes(backfill.days) == ["running"] * 2 + ["to come"] * 3
