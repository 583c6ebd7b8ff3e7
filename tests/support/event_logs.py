"""Read Spark's event log: what a run really did."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass
class EventLog:
    """What Spark says it did: its jobs, and the bytes its tasks read."""

    jobs: int
    bytes_read: int
    shuffle_bytes: int
    hosts: set[str]


def read_event_log(directory: Path) -> EventLog:
    """Read the only event log in a directory."""
    (path,) = directory.iterdir()
    log = EventLog(0, 0, 0, set())
    for line in path.read_text().splitlines():
        event = json.loads(line)
        if event["Event"] == "SparkListenerJobStart":
            log.jobs += 1
        elif event["Event"] == "SparkListenerTaskEnd":
            metrics = event["Task Metrics"]
            log.bytes_read += metrics["Input Metrics"]["Bytes Read"]
            log.shuffle_bytes += metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"]
            log.hosts.add(event["Task Info"]["Host"])
    return log


def event_log_options(directory: Path, master: str = "local[2]") -> tuple[str, ...]:
    """Give the spark-submit options that write an event log into a directory."""
    directory.mkdir(parents=True)
    return (
        *("--master", master, "--conf", "spark.eventLog.enabled=true"),
        *("--conf", f"spark.eventLog.dir=file://{directory}"),
    )
