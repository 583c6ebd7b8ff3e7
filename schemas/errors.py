"""The root of every error that is the user's to mend."""

from __future__ import annotations

from collections.abc import Sequence


class InputError(ValueError):
    """Say that the input, a file or an option is wrong; the command ends with exit code 2.

    The message names the thing, what was seen, what was expected and what to do next.
    """


class InputErrors(InputError):
    """Carry every discrepancy found at once, one a line."""

    def __init__(self, heading: str, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(heading + "".join(f"\n  - {problem}" for problem in self.problems))
