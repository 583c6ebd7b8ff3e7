"""Which faults, and at which moments: drawn from one seed, so that any case can be repeated."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# The stages of prepare's clock, what comes before the first and what comes after the last.
STAGES = ("start", "open", "fit", "write", "publish", "after publish")
VICTIMS = ("driver", "executor", "worker", "master")
_DRIVER_KILLS = 10  # in each stage
_OTHER_KILLS = 14  # of each other victim, over the stages in turn


@dataclass(frozen=True)
class Case:
    """A fault at a moment: at a command of a stage, or ``after`` seconds of it.

    ``fault`` is ``kill VICTIM``, or a name of :data:`campaigns.chaos.faults.FAULTS` or
    :data:`campaigns.chaos.store.FAULTS`. What a store does wrong has no moment: its rules say to
    which requests it happens.
    """

    name: str
    fault: str
    stage: str = ""
    command: int = 0
    after: float = 0.0

    @property
    def point(self) -> dict[str, Any]:
        """The moment, as the driver takes it."""
        return {"stage": self.stage, "command": self.command, "after": self.after}


def kills(record: Mapping[str, Any], seed: int) -> list[Case]:
    """Draw the moments at which something is killed: ten of the driver a stage, and the others.

    ``record`` is what an undisturbed run wrote (:mod:`campaigns.chaos.driver`). Half of a stage's
    moments are before any of its commands, half while one of its Spark jobs is at work.
    """
    chance = random.Random(seed)
    cases = []
    for stage in STAGES:
        for number in range(_DRIVER_KILLS):
            inside = number % 2 == 1
            cases.append(_case("kill driver", stage, number, record, chance, inside=inside))
    for victim in VICTIMS[1:]:
        # There is no executor before the session is there.
        stages = STAGES[1:] if victim == "executor" else STAGES
        for number in range(_OTHER_KILLS):
            stage = stages[number % len(stages)]
            inside = number % 2 == 1
            cases.append(_case(f"kill {victim}", stage, number, record, chance, inside=inside))
    return cases


def others(faults: Mapping[str, Sequence[str]], record: Mapping[str, Any], seed: int) -> list[Case]:
    """Draw a moment for each fault and each stage in which it is to happen.

    Always before a command: the run stands still there until the fault is done.
    """
    chance = random.Random(seed)
    return [
        _case(fault, stage, number, record, chance, inside=False)
        for fault, stages in faults.items()
        for number, stage in enumerate(stages)
    ]


def _case(
    fault: str,
    stage: str,
    number: int,
    record: Mapping[str, Any],
    chance: random.Random,
    *,
    inside: bool,
) -> Case:
    command, after = _moment(stage, record, chance, inside=inside)
    name = f"{fault} {stage} {number}".replace(" ", "-")
    return Case(name, fault, stage, command, after)


def _moment(
    stage: str, record: Mapping[str, Any], chance: random.Random, *, inside: bool
) -> tuple[int, float]:
    long: Mapping[str, float] = record["long"].get(stage, {})
    if inside and long:
        command = chance.choice(sorted(long, key=int))
        return int(command), round(chance.uniform(0.05, 0.95) * long[command], 2)
    return chance.randint(1, max(1, record["counts"].get(stage, 1))), 0.0


def chosen(cases: Sequence[Case], names: Sequence[str]) -> list[Case]:
    """Pick cases by name or by the beginning of one; all where no name is given."""
    return [one for one in cases if not names or any(one.name.startswith(n) for n in names)]
