"""What past runs took and cost."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from launch.cost.past import Durations, Machines, durations, machines_of, short_cause, with_details
from launch.runs.model import Run

START = datetime(2026, 11, 23, 2, 0, tzinfo=timezone.utc)


def run(seconds: float, status: str = "Completed", **more: Any) -> Run:
    ended = START + timedelta(seconds=seconds)
    return Run("flights-prepare-1", status, START, started=START, ended=ended, **more)


def test_median_and_ninety_percent_are_of_runs_that_succeeded() -> None:
    runs = [run(seconds) for seconds in (100, 300, 200, 1000)]
    assert durations([*runs, run(5, "Failed"), run(7, "Stopped")]) == Durations(4, 250, 1000)
    assert durations([run(60)]) == Durations(1, 60, 60)
    assert durations([run(n) for n in range(1, 11)]) == Durations(10, 5.5, 9)
    assert durations([run(5, "Failed")]) is None


def test_a_run_is_timed_from_its_start_not_from_its_request() -> None:
    waited = Run("a", "Completed", START - timedelta(hours=1), START, START + timedelta(minutes=1))
    assert durations([waited]) == Durations(1, 60, 60)


def test_machines_cost_their_price_times_the_time() -> None:
    assert Machines("ml.m5.xlarge", 3).usd(1800, "us-east-1") == pytest.approx(0.3456)
    assert Machines("ml.m5.xlarge", 3).usd(1800, "mars-north-1") is None


@pytest.mark.parametrize(
    ("request_", "machines"),
    [
        ({"InstanceType": "ml.m5.xlarge", "InstanceCount": 2}, Machines("ml.m5.xlarge", 2)),
        ({"InstanceType": "ml.m5.xlarge"}, None),
        ({}, None),
    ],
)
def test_machines_of_a_request(request_: dict[str, Any], machines: Machines | None) -> None:
    request = {"ProcessingResources": {"ClusterConfig": request_}}
    assert machines_of(run(1, request=request)) == machines
    assert machines_of(run(1)) is None
    assert machines_of(run(1, request={"ProcessingResources": None})) is None


def test_the_cause_is_the_first_line_cut_short() -> None:
    failed = run(1, "Failed", exit_message="no column x\n(InputError)", failure_reason="Algorithm")
    assert short_cause(failed) == "no column x"
    assert short_cause(run(1, "Failed", failure_reason="ClientError: no data")) == (
        "ClientError: no data"
    )
    assert short_cause(run(1, "Failed", exit_message="x" * 200)) == "x" * 79 + "…"
    several = "the options are wrong:\n  - no column y\n  - no column z"
    assert short_cause(run(1, "Failed", exit_message=several)) == (
        "the options are wrong: no column y"
    )
    assert short_cause(run(1, exit_message="done")) == ""
    assert short_cause(run(1, "Failed", exit_message=" \n")) == ""


def test_details_are_asked_for_where_a_list_has_none() -> None:
    class Kept:
        asked: list[str] = []

        def get(self, name: str) -> Run:
            self.asked.append(name)
            return run(1, request={"known": True})

    known = run(2, request={"known": True})
    runs: Any = Kept()
    assert with_details(runs, [known, run(3)]) == [known, run(1, request={"known": True})]
    assert Kept.asked == ["flights-prepare-1"]
