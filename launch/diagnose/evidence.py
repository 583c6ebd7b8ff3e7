"""What goes into a diagnosis, and what comes out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

QUOTE = 300


@dataclass(frozen=True)
class Evidence:
    """Everything known about a job: what the service says, its logs, Spark's event logs."""

    status: str
    failure_reason: str | None
    exit_message: str | None
    logs: Mapping[str, Sequence[str]]
    event_logs: Sequence[Path]
    request: Mapping[str, Any]

    @property
    def said(self) -> str:
        """Return what the service itself says about the end."""
        return "\n".join(text for text in (self.failure_reason, self.exit_message) if text)

    @property
    def cluster(self) -> str:
        """Name the hosts as a person would: ``2 × ml.m5.xlarge``."""
        config = (self.request.get("ProcessingResources") or {}).get("ClusterConfig") or {}
        kind, count = config.get("InstanceType"), config.get("InstanceCount")
        return f"{count} × {kind}" if kind and count else "this cluster"

    @property
    def max_runtime(self) -> int | None:
        """Return the seconds the job may take; None where the request does not say."""
        seconds = (self.request.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds")
        return int(seconds) if seconds else None

    @property
    def seconds(self) -> float | None:
        """Return how long the job ran; None where the times are not given."""
        times = [_time(self.request.get(f"Processing{end}Time")) for end in ("Start", "End")]
        start, end = times
        return end - start if start is not None and end is not None else None


def _time(value: object) -> float | None:
    """Read a time as boto3 gives it, or as JSON has it."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value.timestamp()
    return float(value) if isinstance(value, (int, float)) else None


@dataclass(frozen=True)
class Diagnosis:
    """Why a job ended as it did: one line, where, what shows it, and what to do."""

    kind: str
    cause: str
    where: str | None
    evidence: tuple[str, ...]
    advice: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        data = asdict(self)
        return {**data, "evidence": list(self.evidence), "advice": list(self.advice)}


@dataclass(frozen=True)
class Clue:
    """One statement of what went wrong, and the line to quote for it."""

    source: str
    text: str
    where: str | None = None
    executor: bool = False
    host: str | None = None

    def quote(self, found: re.Match[str] | None = None) -> str:
        """Return the line of the text that shows it, with its source."""
        # Py4J's own first line says nothing; the JVM's error stands below it.
        told = re.search(
            r"^: (?=\S)(?!An error)|\A(?!.*An error occurred while calling)",
            self.text,
            re.MULTILINE,
        )
        at = found.start() if found else (told.end() if told else 0)
        start = self.text.rfind("\n", 0, at) + 1
        line = self.text[start:].split("\n", 1)[0].removeprefix(": ")
        if at - start > QUOTE // 2:  # the telling part of a very long line, not its beginning
            line = f"…{line[at - start - 100 :]}"
        return f"{self.source}: {shorten(line)}"


def shorten(text: str, limit: int = QUOTE) -> str:
    """Cut a text to one line of a readable length."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def short_path(path: str) -> str:
    """Name a source file as its author would: ``jobs/main.py``, without the container's folders."""
    inside = re.split(r"\.zip/|\.egg/|/input/code/|/userFiles-[^/]*/", path)[-1]
    return "/".join(inside.strip("/").split("/")[-2:])
