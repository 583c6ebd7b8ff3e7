"""What past runs took and cost."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from launch.image.prices import price_per_hour
from launch.runs.model import Run, Runs

_AT_ONCE = 8
# A word on the cause, beside the other columns of a table.
_CAUSE = 80


@dataclass(frozen=True)
class Machines:
    """The hosts of a run."""

    instance_type: str
    count: int

    def usd(self, seconds: float, region: str) -> float | None:
        """Estimate what they cost for a time; None where there is no price."""
        price = price_per_hour(self.instance_type, region)
        return price.usd_per_hour * self.count * seconds / 3600 if price else None

    def __str__(self) -> str:
        return f"{self.count} × {self.instance_type}"


@dataclass(frozen=True)
class Durations:
    """What several runs took, in seconds."""

    runs: int
    median: float
    p90: float


def machines_of(run: Run) -> Machines | None:
    """Return the hosts of a run; None where its request is not known."""
    resources = (run.request or {}).get("ProcessingResources") or {}
    cluster = resources.get("ClusterConfig") or {}
    try:
        return Machines(cluster["InstanceType"], int(cluster["InstanceCount"]))
    except (KeyError, TypeError, ValueError):
        return None


def with_details(runs: Runs, found: Sequence[Run]) -> list[Run]:
    """Ask for each run's request and start, which a list of runs does not tell; some at once."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda run: run if run.request else runs.get(run.name), found))


def durations(runs: Sequence[Run]) -> Durations | None:
    """Sum up what the runs that succeeded took; None where none did.

    ``p90`` is a run's own figure: nine of ten took no longer.
    """
    took = sorted(run.seconds(run.ended) for run in runs if run.status == "Completed" and run.ended)
    if not took:
        return None
    return Durations(len(took), statistics.median(took), took[math.ceil(0.9 * len(took)) - 1])


def short_cause(run: Run) -> str:
    """Say in a few words why a run did not succeed; empty where it did, or nothing is known."""
    text = run.exit_message or run.failure_reason
    if run.status == "Completed" or not text.strip():
        return ""
    # The first line is the cause, if the job left one; where it only announces it, the second too.
    first, _, rest = text.strip().partition("\n")
    second = rest.strip().partition("\n")[0].removeprefix("- ")
    line = f"{first} {second}" if first.endswith(":") else first
    return line if len(line) <= _CAUSE else f"{line[: _CAUSE - 1]}…"
