"""Replace ``${…}`` in launch.yaml: variables, the target's settings, the environment.

| written | becomes |
|---|---|
| ``${project}`` | the project's name |
| ``${var.NAME}`` | a variable: ``--var``, else the target's, else the file's |
| ``${target.NAME}`` | a setting of the chosen target, or its ``name`` |
| ``${env.NAME}`` | an environment variable; ``${env.NAME:-other}`` where it may be unset or empty |
| ``${date}`` | the day a run works on; see :mod:`launch.description.dates` |
| ``${run}`` | the run's name, in the destination of an output alone |
| ``$${`` | ``${`` itself |

What comes from the environment is taken as it is; everything else may hold references in turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from launch.description.dates import is_date, wrong_format

# Stays as it is until a job is submitted: a run has its name then.
RUN = "${run}"
_LONGEST_CHAIN = 20
# Of all values together: what a job may be told is a few thousand characters.
_MOST_CHARACTERS = 1_000_000


class VariableError(Exception):
    """A reference that leads nowhere; the message says which and what there is."""


class BrokenValueError(VariableError):
    """A reference to a value that is wrong itself, and is reported where it stands."""


class TooLongError(Exception):
    """References to references that bring in more text than a launch.yaml can mean."""


class Variables:
    """The values that ``${…}`` may name."""

    def __init__(
        self,
        *,
        project: str,
        variables: Mapping[str, Any],
        target: Mapping[str, Any],
        environment: Mapping[str, str],
    ) -> None:
        self._groups = {"var": variables, "target": target}
        self._project = project
        self._environment = environment
        self._known: dict[str, str] = {}
        self._brought = 0

    def replace(self, text: str, depth: int = 0) -> str:
        """Return the text without references; VariableError names one that leads nowhere.

        TooLongError where all that was replaced so far comes to more than a million characters.
        """
        if depth > _LONGEST_CHAIN:
            raise VariableError(f"${{…}} refers to itself: {text[:80]}")
        done, position = "", 0
        while (start := text.find("${", position)) >= 0:
            if start > 0 and text[start - 1] == "$":
                done += text[position : start - 1] + "${"
                position = start + 2
                continue
            end = _closing(text, start + 2)
            value = self._value(text[start + 2 : end], depth)
            self._brought += len(value)
            if self._brought > _MOST_CHARACTERS:
                raise TooLongError(
                    f"${{…}} brings in more than {_MOST_CHARACTERS:,} characters up to here"
                )
            done += text[position:start] + value
            position = end + 1
        return done + text[position:]

    def _value(self, reference: str, depth: int) -> str:
        group, dot, name = reference.partition(".")
        if group == "env" and dot:
            return self._from_environment(name, depth)
        reference = self.replace(reference, depth + 1)
        group, dot, name = reference.partition(".")
        if reference == "project":
            return self._project
        if reference == "run":
            raise VariableError(f"{RUN} stands in the destination of an output, and nowhere else")
        if is_date(reference):
            if problem := wrong_format(reference):
                raise VariableError(problem)
            # Stays as it is until a job starts: a run has its day then.
            return f"${{{reference}}}"
        if group not in self._groups or not name:
            raise VariableError(
                f"${{{reference}}} is unknown; there are ${{project}}, ${{var.NAME}}, "
                "${target.NAME} and ${env.NAME}"
            )
        if reference in self._known:
            return self._known[reference]
        value = _scalar(group, name, self._groups[group])
        try:
            self._known[reference] = self.replace(value, depth + 1)
            return self._known[reference]
        except VariableError as error:
            if "refers to itself" in str(error):
                raise
            raise BrokenValueError(str(error)) from error

    def _from_environment(self, reference: str, depth: int) -> str:
        name, has_default, default = reference.partition(":-")
        value = self._environment.get(name)
        if value or (value is not None and not has_default):
            return value
        if has_default:
            return self.replace(default, depth + 1)
        raise VariableError(
            f"${{env.{name}}}: the environment variable {name} is not set; "
            f"set it, or write ${{env.{name}:-DEFAULT}}"
        )


def _closing(text: str, position: int) -> int:
    """Return where the brace closes that was opened just before a position."""
    depth = 1
    for number in range(position, len(text)):
        if text[number] == "{" and text[number - 1] == "$":
            depth += 1
        elif text[number] == "}":
            depth -= 1
            if depth == 0:
                return number
    raise VariableError(f"{text[position - 2 :][:80]} lacks its closing brace")


def _scalar(group: str, name: str, values: Mapping[str, Any]) -> str:
    value = values.get(name)
    if value is None or isinstance(value, (dict, list)):
        known = sorted(
            str(key)
            for key, given in values.items()
            if given and not isinstance(given, (dict, list))
        )
        raise VariableError(
            f"${{{group}.{name}}} is not defined; there is {', '.join(known) or 'nothing'}"
        )
    return str(value)
