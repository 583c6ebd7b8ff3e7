"""What a job will cost."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from launch.cost.estimate import Estimate, alternatives, estimate, runs_a_month
from launch.cost.past import Machines
from launch.description.jobs import SparkJob
from launch.description.schedules import Schedule
from launch.runs.model import Run

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
JOB = SparkJob.model_validate(
    {"kind": "spark", "instance_type": "ml.m5.xlarge", "instance_count": 3, "max_runtime": "2h"}
)


def run(minutes: float, instance_type: str = "ml.m5.xlarge") -> Run:
    cluster = {"InstanceType": instance_type, "InstanceCount": 3}
    request = {"ProcessingResources": {"ClusterConfig": cluster}}
    return Run("r", "Completed", NOW, NOW, NOW + timedelta(minutes=minutes), request=request)


def of(*past: Run, cron: str = "", **given: Any) -> Estimate:
    schedules = {"nightly": Schedule(job="prepare", cron=cron)} if cron else {}
    region = given.pop("region", "us-east-1")
    return estimate(JOB, region, past=past, schedules=schedules, now=NOW, **given)


def test_from_past_runs_on_the_same_machines() -> None:
    found = of(run(10), run(30), run(20), run(600, "ml.m5.24xlarge"), cron="cron(0 2 * * ? *)")
    assert (found.seconds, found.seconds_long) == (1200, 1800)
    assert found.basis == "median of 3 runs"
    assert found.usd == pytest.approx(3 * 0.2304 / 3)
    assert found.usd_long == pytest.approx(3 * 0.2304 / 2)
    assert found.runs_a_month == pytest.approx(30.4, abs=0.05)
    assert found.usd_a_month == pytest.approx(0.2304 * 365 / 12, rel=1e-3)


def test_from_other_machines_where_none_ran_on_these() -> None:
    assert of(run(5, "ml.c5.xlarge")).basis == "median of 1 run on other machines than these"


def test_without_past_runs_the_most_it_can_take() -> None:
    found = of()
    assert (found.seconds, found.seconds_long) == (7200, None)
    assert found.basis == "at most: max_runtime, as no run has succeeded yet"


def test_hours_come_before_the_past() -> None:
    assert of(run(10), hours=0.5).seconds == 1800


def test_without_a_price_nothing_is_made_up() -> None:
    found = of(run(10), region="mars-north-1", cron="rate(1 day)")
    assert (found.usd, found.usd_a_month, found.alternatives) == (None, None, ())


@pytest.mark.parametrize(
    ("cron", "runs"),
    [
        ("rate(1 day)", 30.4),
        ("rate(5 minutes)", 8760),
        ("cron(0 2 ? * MON-FRI *)", 21.75),
        ("cron(0 2 1 * ? *)", 1),
        ("cron(0 2 1 1 ? 2027)", 1 / 12),
        ("cron(0 2 1 1 ? 2020)", 0),
        ("cron(0/15 * * * ? *)", 2920),
    ],
)
def test_a_schedule_starts_so_many_runs_a_month(cron: str, runs: float) -> None:
    schedule = Schedule(job="prepare", cron=cron)
    assert runs_a_month(schedule, NOW) == pytest.approx(runs, rel=0.01)


def test_a_switched_off_schedule_costs_nothing() -> None:
    off = Schedule(job="prepare", cron="rate(1 day)", enabled=False)
    found = estimate(JOB, "us-east-1", past=(), schedules={"nightly": off}, now=NOW)
    assert (found.runs_a_month, found.schedules) == (0, ())


def test_alternatives_have_as_much_of_everything() -> None:
    found = alternatives(Machines("ml.m5.2xlarge", 2), "us-east-1", 3600)
    assert 3 <= len(found) <= 6
    assert all(item.vcpu >= 8 and item.memory_mib >= 32 * 1024 for item in found)
    prices = [item.usd_per_hour for item in found]
    assert prices == sorted(prices)
    names = {item.instance_type for item in found}
    assert "ml.m5.2xlarge" not in names
    assert not any(name.startswith(("ml.t", "ml.g", "ml.p")) for name in names)
    assert found[0].usd == pytest.approx(2 * found[0].usd_per_hour)
    assert alternatives(Machines("ml.x9.huge", 2), "us-east-1", 3600) == ()
