"""The days of a range, and which run decides about each."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from launch.backfill.days import Day, DayRuns, in_progress, is_done, span, those, unbroken
from launch.errors import LaunchError
from launch.runs.model import Run

START = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
TODAY = date(2026, 11, 26)


def nov(*days: int) -> list[date]:
    return [date(2026, 11, day) for day in days]


def test_a_span_has_both_its_ends() -> None:
    assert span(date(2024, 2, 27), date(2024, 3, 1), today=TODAY) == [
        date(2024, 2, 27), date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1),
    ]  # fmt: skip
    assert span(TODAY, TODAY, today=TODAY) == [TODAY]


def test_from_after_to_is_refused() -> None:
    with pytest.raises(LaunchError, match="--from 2026-11-02 is after --to 2026-11-01"):
        span(*nov(2, 1), today=TODAY)


def test_a_day_to_come_is_refused() -> None:
    with pytest.raises(LaunchError, match=r"after today \(2026-11-26 in UTC\).*--to yesterday"):
        span(*nov(1, 27), today=TODAY)


def test_today_is_that_of_utc() -> None:
    today = datetime.now(timezone.utc).date()
    assert span(today, today)
    with pytest.raises(LaunchError, match="after today"):
        span(today, today + timedelta(days=2))


def test_ranges_without_gaps() -> None:
    assert unbroken(nov(1, 2, 5, 7, 8)) == [nov(1, 2), nov(5), nov(7, 8)]
    assert unbroken([date(2026, 2, 28), date(2026, 3, 1)]) == [
        [date(2026, 2, 28), date(2026, 3, 1)]
    ]
    assert unbroken([]) == []


class Kept:
    """Runs by name and status, each newer than the one before; what was asked for."""

    def __init__(self, **statuses: str) -> None:
        self.asked: list[str] = []
        self.runs = [
            Run(name.replace("_", "-"), status, START + timedelta(minutes=number))
            for number, (name, status) in enumerate(statuses.items())
        ]

    def newest(self, *, limit: int, contains: str = "", status: str | None = None) -> list[Run]:
        self.asked.append(contains)
        return [run for run in reversed(self.runs) if contains in run.name][:limit]

    get: Any
    stop: Any
    log: Any
    fetch_event_logs: Any


def deciding_runs(runs: Kept, *days: int) -> dict[int, str]:
    known = DayRuns(runs, "flights", "prepare").find(nov(*days))
    return {day.day: run.name for day, run in known.items()}


def test_the_newest_run_decides() -> None:
    runs = Kept(
        flights_prepare_d20261101_a="Completed",
        flights_prepare_d20261101_b="Failed",
        flights_prepare_d20261102_c="Failed",
        flights_prepare_d20261102_d="Completed",
    )
    assert deciding_runs(runs, 1, 2, 3) == {
        1: "flights-prepare-d20261101-b",
        2: "flights-prepare-d20261102-d",
    }
    runs.runs.reverse()
    assert deciding_runs(runs, 1) == {1: "flights-prepare-d20261101-b"}, (
        "in whatever order they are told"
    )


@pytest.mark.parametrize("status", ["InProgress", "Stopping"])
def test_a_run_that_goes_on_beats_a_newer_one(status: str) -> None:
    runs = Kept(flights_prepare_d20261101_a=status, flights_prepare_d20261101_b="Completed")
    assert deciding_runs(runs, 1) == {1: "flights-prepare-d20261101-a"}
    runs.runs.reverse()
    assert deciding_runs(runs, 1) == {1: "flights-prepare-d20261101-a"}


def test_of_two_that_go_on_the_newer_decides() -> None:
    runs = Kept(flights_prepare_d20261101_a="InProgress", flights_prepare_d20261101_b="InProgress")
    assert deciding_runs(runs, 1) == {1: "flights-prepare-d20261101-b"}


@pytest.mark.parametrize(
    "name",
    [
        "my_flights_prepare_d20261101_a",
        "flights_prepare_tabular_d20261101_a",
        "flights_prepare_d20261102_d20261101_a",
        "flights_prepare_20261101_120000_abcd",
        "flights_prepare_d202611011_a",
        "flights_prepare_d20261101",
        "flights_prepare_d20261111_a",
    ],
)
def test_runs_of_other_jobs_and_days_are_not_confused(name: str) -> None:
    runs = Kept(**{name: "Completed"})
    assert deciding_runs(runs, 1, 3) == {}


def test_days_that_were_not_asked_for_are_left_out() -> None:
    runs = Kept(flights_prepare_d20261101_a="Completed", flights_prepare_d20261102_b="Completed")
    assert set(deciding_runs(runs, 1)) == {1}


def test_one_question_serves_all_days() -> None:
    runs = Kept()
    DayRuns(runs, "flights", "prepare").find(nov(1, 9))
    DayRuns(runs, "flights", "prepare").find([date(2025, 12, 31), date(2026, 1, 1)])
    DayRuns(runs, "flights", "prepare").find(nov(7))
    start = "flights-prepare-d"
    assert runs.asked == [f"{start}2026110", f"{start}202", f"{start}20261107"]


def test_more_runs_than_a_page_of_them() -> None:
    names = {f"flights_prepare_d20261101_{number:04}": "Failed" for number in range(2_000)}
    runs = Kept(flights_prepare_d20261102_old="Completed", **names)
    assert deciding_runs(runs, 1, 2)[2] == "flights-prepare-d20261102-old"


def test_a_run_is_done_in_progress_or_neither() -> None:
    runs = {status: Run("r", status, START) for status in ("Completed", "Failed", "Stopping")}
    assert [name for name, run in runs.items() if is_done(run)] == ["Completed"]
    assert [name for name, run in runs.items() if in_progress(run)] == ["Stopping"]
    assert not is_done(None)
    assert not in_progress(None)


def test_a_day_as_data_has_its_run_and_its_cause() -> None:
    run = Run("r", "Failed", START, START, START + timedelta(seconds=12.34))
    days = [Day(nov(1)[0], "Failed", run, "why"), Day(nov(2)[0])]
    assert [day.to_json() for day in days] == [
        {"day": "2026-11-01", "outcome": "Failed", "run": "r", "seconds": 12.3, "cause": "why"},
        {"day": "2026-11-02", "outcome": "to come", "run": None, "seconds": None, "cause": ""},
    ]
    assert those(days, "to come", "Stopped") == days[1:]
