"""Replace ``${…}`` in launch.yaml: variables, the target's settings, the environment.

| written | becomes |
|---|---|
| ``${project}`` | the project's name |
| ``${var.NAME}`` | a variable: ``--var``, else the target's, else the file's |
| ``${target.NAME}`` | a setting of the chosen target, or its ``name`` |
| ``${env.NAME}`` | an environment variable; ``${env.NAME:-other}`` where it may be unset |
| ``$${`` | ``${`` itself |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

# Without an inner "${", so that the innermost reference of a nested one is replaced first.
_REFERENCE = re.compile(r"(?<!\$)\$\{((?:(?!\$\{)[^}])*)\}")
_LONGEST_CHAIN = 20


class VariableError(Exception):
    """A reference that leads nowhere; the message says which and what there is."""


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
        self._groups: dict[str, Callable[[str], str]] = {
            "var": lambda name: _scalar("var", name, variables),
            "target": lambda name: _scalar("target", name, target),
        }
        self._project = project
        self._environment = environment

    def replace(self, text: str) -> str:
        """Return the text without references; VariableError names one that leads nowhere."""
        for _ in range(_LONGEST_CHAIN):
            replaced = _REFERENCE.sub(lambda found: self._value(found[1]), text)
            if not _REFERENCE.search(replaced):
                return replaced.replace("$${", "${")
            text = replaced
        raise VariableError(f"${{…}} refers to itself: {text[:80]}")

    def _value(self, reference: str) -> str:
        if reference == "project":
            return self._project
        group, dot, name = reference.partition(".")
        if group == "env" and dot:
            name, has_default, default = name.partition(":-")
            value = self._environment.get(name)
            if value or (value is not None and not has_default):
                return value
            if has_default:
                return default
            raise VariableError(
                f"${{env.{name}}}: the environment variable {name} is not set; "
                f"set it, or write ${{env.{name}:-DEFAULT}}"
            )
        if group not in self._groups or not name:
            raise VariableError(
                f"${{{reference}}} is unknown; there are ${{project}}, ${{var.NAME}}, "
                "${target.NAME} and ${env.NAME}"
            )
        return self._groups[group](name)


def _scalar(group: str, name: str, values: Mapping[str, Any]) -> str:
    value = values.get(name)
    if value is None or isinstance(value, (dict, list)):
        known = sorted(
            key for key, given in values.items() if given and not isinstance(given, (dict, list))
        )
        raise VariableError(
            f"${{{group}.{name}}} is not defined; there is {', '.join(known) or 'nothing'}"
        )
    return str(value)
