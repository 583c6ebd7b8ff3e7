"""What a check reports: where, what happens, and what to write instead."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing to know about a job.

    With an error the job would be refused, hang or lose data; with a warning it may; a note
    only informs.
    """

    level: Level
    place: str
    message: str
    hint: str = ""

    def to_json(self) -> dict[str, str]:
        """Return the finding as plain data."""
        return dataclasses.asdict(self)


def error(place: str, message: str, hint: str = "") -> Finding:
    """Make a finding that must be mended before the job is sent."""
    return Finding("error", place, message, hint)


def warning(place: str, message: str, hint: str = "") -> Finding:
    """Make a finding that is worth a second thought."""
    return Finding("warning", place, message, hint)


def note(place: str, message: str, hint: str = "") -> Finding:
    """Make a finding that only informs."""
    return Finding("note", place, message, hint)
