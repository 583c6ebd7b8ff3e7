"""Read Spark's event log: how often it read the input, what it shuffled, what it spilled."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Counters:
    """What Spark says it did. Unlike seconds, these do not depend on the machine's mood."""

    jobs: int = 0
    stages: int = 0
    tasks: int = 0
    bytes_read: int = 0
    shuffle_bytes: int = 0
    memory_spilled: int = 0
    disk_spilled: int = 0


def read_counters(folder: Path) -> Counters | None:
    """Add up the only event log in a folder; None where Spark did not get as far as writing one."""
    logs = sorted(folder.glob("*")) if folder.is_dir() else []
    if not logs:
        return None
    counters = Counters()
    with logs[0].open() as lines:
        for line in lines:
            # A killed run ends in the middle of a line.
            if line.endswith("\n"):
                _add(counters, json.loads(line))
    return counters


def _add(counters: Counters, event: dict[str, Any]) -> None:
    kind = event["Event"]
    if kind == "SparkListenerJobStart":
        counters.jobs += 1
    elif kind == "SparkListenerStageCompleted":
        counters.stages += 1
    elif kind == "SparkListenerTaskEnd":
        counters.tasks += 1
        # A task that was lost has none.
        metrics = event.get("Task Metrics")
        if metrics:
            counters.bytes_read += metrics["Input Metrics"]["Bytes Read"]
            counters.shuffle_bytes += metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"]
            counters.memory_spilled += metrics["Memory Bytes Spilled"]
            counters.disk_spilled += metrics["Disk Bytes Spilled"]
