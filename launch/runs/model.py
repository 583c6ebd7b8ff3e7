"""A run, its log lines, and what can be asked of a place that keeps runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from launch.image.kind import runs_spark

ENDED = ("Completed", "Failed", "Stopped")


@dataclass(frozen=True)
class Run:
    """One processing job, in DescribeProcessingJob's words. Times are in UTC.

    A list of runs knows no details: ``request`` is empty there.
    """

    name: str
    status: str
    created: datetime
    started: datetime | None = None
    ended: datetime | None = None
    exit_message: str = ""
    failure_reason: str = ""
    request: Mapping[str, Any] | None = None

    @property
    def has_ended(self) -> bool:
        """Tell whether its status is final."""
        return self.status in ENDED

    @property
    def is_spark(self) -> bool:
        """Tell whether Spark's image runs it; true where the request is not known."""
        return runs_spark(self.request or {})

    def seconds(self, now: datetime) -> float:
        """Return how long it took, or how long it has been going."""
        return ((self.ended or now) - (self.started or self.created)).total_seconds()

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data, times in ISO form."""
        return {
            "name": self.name,
            "status": self.status,
            "created": self.created.isoformat(),
            "started": self.started.isoformat() if self.started else None,
            "ended": self.ended.isoformat() if self.ended else None,
            "exit_message": self.exit_message,
            "failure_reason": self.failure_reason,
            "request": dict(self.request) if self.request else None,
        }


@dataclass(frozen=True)
class LogLine:
    """A line of a host's log; ``time`` in milliseconds since 1970, 0 where it is not known."""

    host: str
    time: int
    text: str


class LogReader(Protocol):
    """Reads a run's log on from where it stopped."""

    def read(self) -> list[LogLine]:
        """Return what is new, all hosts, in order of time."""


class Runs(Protocol):
    """A place that keeps runs."""

    def newest(self, *, limit: int, contains: str = "", status: str | None = None) -> Sequence[Run]:
        """Return the newest runs first."""

    def get(self, name: str) -> Run:
        """Return one run with its request; LaunchError where there is none of that name."""

    def stop(self, name: str) -> None:
        """Ask a run to stop."""

    def log(self, name: str) -> LogReader:
        """Open a run's log at its beginning."""

    def fetch_event_logs(self, name: str, folder: Path) -> list[Path]:
        """Copy a run's event logs into a folder; none where there are none."""
