"""What can go wrong before anything is sent: the user's input, said so that it can be mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class LaunchError(Exception):
    """Something the user can mend; the command ends with exit code 2 and this message."""

    exit_code = 2


class NoSuchRunError(LaunchError):
    """There is no run of that name."""


class AwsError(LaunchError):
    """What AWS refuses, or that it cannot be reached; exit code 1. The cause is kept."""

    exit_code = 1


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong in launch.yaml: where, what, and what to write instead."""

    line: int
    place: str
    message: str
    hint: str = ""


class DescriptionError(LaunchError):
    """Everything wrong with a launch.yaml, at once."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.file = file
        self.problems = tuple(sorted(set(problems)))
        count = len(self.problems)
        lines = [f"{file} has {count} problem{'s' if count != 1 else ''}:"]
        for problem in self.problems:
            place = f"{problem.place}: " if problem.place else ""
            lines.append(f"  line {problem.line}: {place}{problem.message}")
            if problem.hint:
                lines.append(f"      → {problem.hint}")
        super().__init__("\n".join(lines))
