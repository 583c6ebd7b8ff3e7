"""What a run of a job costs, what a month of them, and what other machines would cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from launch.cost.past import Durations, Machines, durations, machines_of
from launch.cron import next_runs
from launch.description.model import BaseJob, Schedule
from launch.image.instances import Instance, UnknownInstanceError, instance, processing_types
from launch.image.prices import price_per_hour
from launch.runs.model import Run

MONTH_DAYS = 365 / 12
_MOST_ALTERNATIVES = 6
# A schedule's moments that are looked at: of a nightly one, a whole year's.
_MOMENTS = 400


@dataclass(frozen=True)
class Alternative:
    """Another instance type with as many cores and as much memory, or more."""

    instance_type: str
    vcpu: int
    memory_mib: int
    usd_per_hour: float
    usd: float


@dataclass(frozen=True)
class Estimate:
    """What a job costs. Where ``usd`` is None, the table of prices lacks the machine or region.

    ``seconds`` is what a run takes, ``seconds_long`` what one of ten takes at least; ``basis``
    says where they come from.
    """

    machines: Machines
    region: str
    usd_per_hour: float | None
    as_of: str
    seconds: float
    seconds_long: float | None
    basis: str
    runs_a_month: float
    schedules: tuple[str, ...]
    alternatives: tuple[Alternative, ...]

    @property
    def usd(self) -> float | None:
        """What a run costs."""
        return self.machines.usd(self.seconds, self.region)

    @property
    def usd_long(self) -> float | None:
        """What a long run costs."""
        if self.seconds_long is None:
            return None
        return self.machines.usd(self.seconds_long, self.region)

    @property
    def usd_a_month(self) -> float | None:
        """What a month of scheduled runs costs."""
        return None if self.usd is None else self.usd * self.runs_a_month


def estimate(
    job: BaseJob,
    region: str,
    *,
    past: Sequence[Run],
    schedules: Mapping[str, Schedule],
    now: datetime,
    hours: float | None = None,
) -> Estimate:
    """Estimate what a job costs.

    Args:
        job: Its machines, and the time after which it is stopped.
        region: Where it runs.
        past: Its past runs with their requests.
        schedules: Those of the job.
        now: From when on its next runs are counted.
        hours: What a run takes, instead of what the past says.
    """
    machines = Machines(job.instance_type, job.instance_count)
    took, basis = _basis(job, machines, past, hours)
    price = price_per_hour(job.instance_type, region)
    enabled = {name: item for name, item in schedules.items() if item.enabled}
    return Estimate(
        machines=machines,
        region=region,
        usd_per_hour=price.usd_per_hour if price else None,
        as_of=price.as_of if price else "",
        seconds=took.median,
        seconds_long=took.p90 if took.runs > 1 else None,
        basis=basis,
        runs_a_month=sum(runs_a_month(item, now) for item in enabled.values()),
        schedules=tuple(enabled),
        alternatives=alternatives(machines, region, took.median),
    )


def _basis(
    job: BaseJob, machines: Machines, past: Sequence[Run], hours: float | None
) -> tuple[Durations, str]:
    """Say what a run takes, and why: as told, as the past has it, or the most it may."""
    if hours is not None:
        return Durations(1, hours * 3600, hours * 3600), "as --hours says"
    alike = durations([run for run in past if machines_of(run) == machines])
    if alike:
        return alike, f"median of {_count(alike.runs)}"
    others = durations(past)
    if others:
        return others, f"median of {_count(others.runs)} on other machines than these"
    seconds = float(job.max_runtime)
    return Durations(1, seconds, seconds), "at most: max_runtime, as no run has succeeded yet"


def _count(runs: int) -> str:
    return f"{runs} run{'s' * (runs != 1)}"


def runs_a_month(schedule: Schedule, now: datetime) -> float:
    """Count a schedule's runs in a twelfth of a year."""
    moments = next_runs(schedule.cron, after=now, count=_MOMENTS, zone=schedule.timezone)
    a_year = [moment for moment in moments if moment <= now + timedelta(days=365)]
    if len(a_year) < _MOMENTS:
        return len(a_year) / 12
    return len(a_year) * timedelta(days=MONTH_DAYS) / (a_year[-1] - now)


def alternatives(machines: Machines, region: str, seconds: float) -> tuple[Alternative, ...]:
    """Return machines with no fewer cores and no less memory, the cheapest first.

    Of those no GPU, no ARM, none that is slowed down after a while. As many hosts, and the same
    duration: newer processors are faster than that.
    """
    try:
        given = instance(machines.instance_type)
    except UnknownInstanceError:
        return ()
    found = []
    for name in processing_types():
        price = price_per_hour(name, region)
        other = _other(name, given)
        if price and other:
            usd = price.usd_per_hour * machines.count * seconds / 3600
            found.append(Alternative(name, other.vcpu, other.memory_mib, price.usd_per_hour, usd))
    found.sort(key=lambda item: (item.usd_per_hour, item.instance_type))
    return tuple(found[:_MOST_ALTERNATIVES])


def _other(name: str, given: Instance) -> Instance | None:
    try:
        other = instance(name)
    except UnknownInstanceError:
        return None
    slow = name.startswith("ml.t")
    small = other.vcpu < given.vcpu or other.memory_mib < given.memory_mib
    if name == given.name or slow or small or other.gpu or other.arm:
        return None
    return other
