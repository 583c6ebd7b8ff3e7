"""The machines of a run: what they cost, and which others would do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from launch.image.instances import Instance, UnknownInstanceError, instance
from launch.image.prices import Price, price_per_hour
from launch.image.sizing import STANDARD, Sizing, executors_that_start, size_cluster

_NAME = re.compile(r"ml\.(?P<letter>[cmr])(?P<generation>\d+[a-z]*)\.(?P<size>\w+)")
# By memory for each core: 2, 4 and 8 GiB.
_LETTERS = ("c", "m", "r")
_SIZES = (
    "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "9xlarge", "12xlarge", "16xlarge",
    "18xlarge", "24xlarge",
)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What is known of a run beside its event log; ``seconds`` is the time that is paid for."""

    name: str
    outcome: str = ""
    job: str = ""
    instance_type: str = ""
    instance_count: int = 0
    region: str = ""
    mode: int = STANDARD
    seconds: float | None = None
    local: bool = False
    options: str = ""  # by which a command that is printed finds the run, a blank before them


@dataclass(frozen=True)
class Machine:
    """The instances that a run had, and what an hour of one costs; None where not known."""

    instance: Instance
    count: int
    price: Price | None
    sizing: Sizing
    seconds: float

    @property
    def cost(self) -> float | None:
        """Return what the run cost: hours times instances times price."""
        return cost(self.price, self.count, self.seconds)


@dataclass(frozen=True)
class Choice:
    """Another machine: its name and count, and what the run would cost on it."""

    name: str
    count: int
    memory_mib: int
    vcpu: int
    cost: float | None


def cost(price: Price | None, count: int, seconds: float) -> float | None:
    """Return hours times instances times price."""
    return None if price is None else seconds / 3600 * count * price.usd_per_hour


def machine_of(known: Known, log_seconds: float) -> Machine | None:
    """Return the machines of a run; None where they are not known, or it was played here."""
    if known.local or not known.instance_type or not known.instance_count:
        return None
    try:
        found = instance(known.instance_type)
    except UnknownInstanceError:
        return None
    return Machine(
        instance=found,
        count=known.instance_count,
        price=price_per_hour(known.instance_type, known.region),
        sizing=size_cluster(found, known.instance_count, mode=known.mode),
        seconds=log_seconds if known.seconds is None else known.seconds,
    )


def relatives(machine: Machine) -> Iterator[Instance]:
    """Yield the types of the same generation, with less and more memory for each core."""
    found = _NAME.fullmatch(machine.instance.name)
    if found is None:
        return
    for letter in _LETTERS:
        for size in _SIZES:
            try:
                yield instance(f"ml.{letter}{found['generation']}.{size}")
            except UnknownInstanceError:
                continue


def with_memory(machine: Machine, need_mib: float, *, more: bool) -> Choice | None:
    """Choose the cheapest type with as many cores or more that has the memory which is needed.

    Args:
        machine: What the run had.
        need_mib: The memory a host needs; where ``more`` is asked for, an executor's heap.
        more: Look for larger ones, where what Spark's image makes of them decides; else for
            cheaper ones.
    """
    price = machine.price
    fitting = []
    for other in relatives(machine):
        sizing = size_cluster(other, machine.count, mode=machine.sizing.mode)
        offered = sizing.executor_memory_mib if more else other.memory_mib
        starts = executors_that_start(sizing) >= executors_that_start(machine.sizing) > 0
        if other.vcpu < machine.instance.vcpu or offered < need_mib or not starts:
            continue
        if (other.memory_mib > machine.instance.memory_mib) is not more:
            continue
        its = price_per_hour(other.name, price.region) if price else None
        fitting.append((cost(its, machine.count, machine.seconds), other))
    fitting = [(usd, other) for usd, other in fitting if usd is not None or price is None]
    if not fitting:
        return None
    usd, other = min(fitting, key=lambda item: (item[0] or 0.0, item[1].memory_mib, item[1].vcpu))
    if not more and (usd is None or machine.cost is None or usd >= machine.cost):
        return None
    return Choice(other.name, machine.count, other.memory_mib, other.vcpu, usd)
