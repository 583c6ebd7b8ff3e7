"""A finding: what was seen, by which rule, what to change; and what rules look at."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from launch.report.figures import DRIVER, Figures, seconds
from launch.report.machine import Choice, Known, Machine
from launch.report.numbers import dollars
from launch.report.record import Record, Stage
from launch.report.thresholds import WORTH_SHARE

MOST_STAGES = 4
# Spark's own default.
_PARTITIONS = 200


@dataclass(frozen=True)
class Finding:
    """Something to change. ``lost`` is an estimate of core-seconds, by which they are ordered."""

    kind: str
    level: Literal["problem", "advice"]
    title: str
    seen: tuple[str, ...]
    rule: str
    do: tuple[str, ...]
    stages: tuple[int, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    lost: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "kind": self.kind,
            "level": self.level,
            "title": self.title,
            "seen": list(self.seen),
            "rule": self.rule,
            "do": list(self.do),
            "stages": list(self.stages),
            "figures": dict(self.figures),
        }


@dataclass(frozen=True)
class Case:
    """One run: what is known of it, what its log says, what was calculated, its machines."""

    known: Known
    record: Record
    figures: Figures
    machine: Machine | None

    @property
    def stages(self) -> list[Stage]:
        """Return the stages that ran tasks, in the order in which they began."""
        found = (stage for stage in self.record.stages.values() if stage.done)
        return sorted(found, key=lambda stage: (stage.number, stage.attempt))

    @property
    def is_local_mode(self) -> bool:
        """Tell whether the driver ran the tasks itself (``local[*]``)."""
        driver = self.record.executors.get(DRIVER)
        return driver is not None and driver.cores > 0

    def seconds(self, stage: Stage) -> float:
        """Return how long a stage took."""
        return seconds(stage, self.record)

    def worth(self, gain: float) -> bool:
        """Tell whether a gain of some seconds matters to the run as a whole."""
        return gain >= WORTH_SHARE * self.figures.seconds

    def joins_partitions(self, stage: Stage) -> bool:
        """Tell whether Spark joined a shuffle's partitions: more of them are then not more tasks.

        It does so by default, and where a stage has fewer tasks than there are partitions, it did.
        """
        settings = self.record.settings
        given = settings.get("spark.sql.shuffle.partitions", "")
        partitions = int(given) if re.fullmatch(r"\d{1,18}", given) else _PARTITIONS
        keys = ("spark.sql.adaptive.enabled", "spark.sql.adaptive.coalescePartitions.enabled")
        on = all(settings.get(key, "true") == "true" for key in keys)
        return on and stage.tasks < partitions

    def setting(self, text: str) -> str:
        """Say where a Spark setting is changed."""
        where = f"jobs: {self.known.job}: spark:" if self.known.job else "a job's spark:"
        return f"set {text} (launch.yaml, under {where})"

    def instead(self, choice: Choice | None) -> str:
        """Say what another machine is called and costs; nothing where there is none."""
        if choice is None:
            return ""
        size = f"{choice.vcpu} cores, {choice.memory_mib / 1024:g} GiB"
        text = f"{choice.count} × {choice.name} ({size})"
        now = self.machine.cost if self.machine else None
        if choice.cost is not None and now is not None:
            change = choice.cost - now
            word = "more" if change > 0 else "less"
            text += f": {dollars(choice.cost)} a run, {dollars(abs(change))} {word}"
        return text


def title_of(stage: Stage) -> str:
    """Name a stage: ``stage 3 (aggregate by key)``."""
    what = ", ".join(stage.operations) or stage.name
    attempt = f", attempt {stage.attempt + 1}" if stage.attempt else ""
    return f"stage {stage.number}{attempt} ({what})" if what else f"stage {stage.number}{attempt}"


def listed(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the first lines, and how many more there are."""
    more = len(lines) - MOST_STAGES
    rest = (f"and {more} more stage{'s' * (more != 1)}",) if more > 0 else ()
    return (*lines[:MOST_STAGES], *rest)
