"""Give the parts of a definition that are known late their values: what SageMaker does itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from launch.errors import LaunchError

_PATH = re.compile(r"\.?([^.\[\]']+)|\['([^']+)'\]|\[(\d+)\]")
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "GreaterThanOrEqualTo": lambda left, right: left >= right,
    "GreaterThan": lambda left, right: left > right,
    "LessThanOrEqualTo": lambda left, right: left <= right,
    "LessThan": lambda left, right: left < right,
    "Equals": lambda left, right: left == right,
}


class Resolver:
    """Knows an execution's parameters and variables, and what its steps have made so far."""

    def __init__(
        self,
        parameters: Mapping[str, Any],
        execution: Mapping[str, str],
        read_report: Callable[[str], Any],
    ) -> None:
        """Start an execution; ``read_report`` returns the JSON of ``Steps.X.PropertyFiles.Y``."""
        self._known: dict[str, Any] = {"Parameters": parameters, "Execution": execution}
        self._read_report = read_report
        self.steps: dict[str, Any] = {}

    def value(self, data: Any) -> Any:
        """Return data in which every Get, Std:Join and Std:JsonGet has its value."""
        if isinstance(data, list):
            return [self.value(item) for item in data]
        if not isinstance(data, dict):
            return data
        if set(data) == {"Get"}:
            return self._get(data["Get"])
        if set(data) == {"Std:Join"}:
            parts = data["Std:Join"]
            return parts["On"].join(as_text(self.value(item)) for item in parts["Values"])
        if set(data) == {"Std:JsonGet"}:
            asked = data["Std:JsonGet"]
            return look_up(self._read_report(asked["PropertyFile"]["Get"]), asked["Path"])
        return {key: self.value(item) for key, item in data.items()}

    def holds(self, condition: Mapping[str, Any]) -> bool:
        """Tell whether a condition holds; LaunchError for kinds that are not played here."""
        kind = condition["Type"]
        if kind not in COMPARISONS:
            raise LaunchError(f"a condition of kind {kind} is not played here")
        left, right = self.value(condition["LeftValue"]), self.value(condition["RightValue"])
        if left is None:
            raise LaunchError("the figure has no value: see the notes in the report")
        return COMPARISONS[kind](left, right)

    def _get(self, reference: str) -> Any:
        group, _, rest = reference.partition(".")
        if group == "Steps":
            name, _, rest = rest.partition(".")
            if name not in self.steps:
                raise LaunchError(f"{reference}: the step {name} has made nothing yet")
            return look_up(self.steps[name], rest)
        if group not in self._known or rest not in self._known[group]:
            raise LaunchError(f"{reference} has no value")
        return self._known[group][rest]


def look_up(data: Any, path: str) -> Any:
    """Follow ``a.b[0]`` or ``Outputs['name']`` into plain data; LaunchError where it ends early."""
    here = data
    for found in _PATH.finditer(path):
        key: Any = int(found[3]) if found[3] is not None else found[1] or found[2]
        try:
            here = here[key]
        except (KeyError, IndexError, TypeError):
            some = ", ".join(sorted(here)) if isinstance(here, dict) else type(here).__name__
            raise LaunchError(f"{path}: there is no {key} (there is: {some[:200]})") from None
    return here


def as_text(value: Any) -> str:
    """Write a value as a Join does: a whole float without its fraction keeps its point."""
    return str(value)
