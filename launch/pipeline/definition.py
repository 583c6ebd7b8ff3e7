"""A pipeline's definition as plain data: what it refers to, and what SageMaker would refuse.

The published JSON Schema of definitions knows neither ``Std:Join`` in arguments nor lists of
exception types, both of which the SDK writes, so what matters is checked here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

VERSION = "2020-12-01"
LONGEST = 1_048_576
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST_PARAMETERS, _MOST_STEPS = 200, 50
_VARIABLES = (
    "StartDateTime", "CurrentDateTime", "PipelineName", "PipelineArn", "PipelineExecutionId",
    "PipelineExecutionArn",
)  # fmt: skip


def all_steps(steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give every step, those inside conditions as well, each after the one that holds it."""
    for step in steps:
        yield step
        if step["Type"] == "Condition":
            yield from all_steps(step["Arguments"]["IfSteps"])
            yield from all_steps(step["Arguments"]["ElseSteps"])


def references(data: Any) -> Iterator[str]:
    """Give what stands in every ``{"Get": …}``."""
    if isinstance(data, dict):
        if set(data) == {"Get"}:
            yield data["Get"]
            return
        for value in data.values():
            yield from references(value)
    elif isinstance(data, list):
        for value in data:
            yield from references(value)


def needs(step: Mapping[str, Any]) -> list[str]:
    """Name the steps that have to end before this one starts, in order of name."""
    own = dict(step["Arguments"])
    if step["Type"] == "Condition":
        own = {"Conditions": own["Conditions"]}
    found = {text.split(".")[1] for text in references(own) if text.startswith("Steps.")}
    return sorted(found | set(step.get("DependsOn", ())))


def problems_of(definition: Mapping[str, Any]) -> list[str]:
    """List what SageMaker would refuse about a definition; empty where that is nothing."""
    return list(_problems(definition))


def _problems(definition: Mapping[str, Any]) -> Iterator[str]:
    if definition.get("Version") != VERSION:
        yield f"Version is {definition.get('Version')!r}, not {VERSION!r}"
    if len(json.dumps(definition)) > LONGEST:
        yield f"it is longer than {LONGEST:,} characters"
    steps = list(all_steps(definition["Steps"]))
    parameters = [item["Name"] for item in definition.get("Parameters", ())]
    names = [step["Name"] for step in steps]
    for what, found, most in (
        ("parameters", parameters, _MOST_PARAMETERS),
        ("steps", names, _MOST_STEPS),
    ):
        if len(found) > most:
            yield f"{len(found)} {what}; SageMaker takes {most}"
        yield from (f"{what}: {n!r} stands twice" for n in sorted(set(found)) if found.count(n) > 1)
        yield from (
            f"{what}: {name!r} is not 1 to 64 letters, digits, - and _"
            for name in found
            if not _NAME.fullmatch(name)
        )
    for step in steps:
        yield from _lost_references(step, parameters, steps)
    yield from _circles({step["Name"]: needs(step) for step in steps})


def _lost_references(
    step: Mapping[str, Any], parameters: list[str], steps: list[dict[str, Any]]
) -> Iterator[str]:
    own = dict(step["Arguments"])
    if step["Type"] == "Condition":
        own = {"Conditions": own["Conditions"]}
    files = {
        f"Steps.{each['Name']}.PropertyFiles.{item['PropertyFileName']}"
        for each in steps
        for item in each.get("PropertyFiles", ())
    }
    names = {each["Name"] for each in steps}
    for text in references(own):
        group, _, rest = text.partition(".")
        name = rest.partition(".")[0]
        known = {
            "Parameters": name in parameters,
            "Execution": name in _VARIABLES,
            "Steps": name in names and (".PropertyFiles." not in text or text in files),
        }
        if not known.get(group):
            yield f"step {step['Name']}: {text} leads nowhere"
    for name in step.get("DependsOn", ()):
        if name not in names:
            yield f"step {step['Name']} depends on {name}, which is not there"


def _circles(edges: Mapping[str, list[str]]) -> Iterator[str]:
    """Take away, again and again, the steps that wait for nothing; what stays waits for itself."""
    left = {name: {other for other in found if other in edges} for name, found in edges.items()}
    while free := [name for name, found in left.items() if not found]:
        left = {name: found - set(free) for name, found in left.items() if name not in free}
    if left:
        yield f"these steps wait for each other: {', '.join(sorted(left))}"
