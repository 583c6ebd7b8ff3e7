"""Check a CreateProcessingJob request against the API's own description, as botocore has it.

botocore checks types, required fields and lower limits before it sends. Upper limits, patterns
and lists of values it leaves to the service, although it knows them; here they are checked too.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from launch.aws.session import profile_found
from launch.check.finding import Finding, error

OPERATION = "CreateProcessingJob"
_LOCAL = "/opt/ml/processing/"
# Java's character classes, which Python's re does not have.
_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": r"\s"}


def check_request(request: Mapping[str, Any]) -> list[Finding]:
    """Return everything that the API would refuse in a request; places are its own names."""
    from botocore.validate import ParamValidator

    shape = _model().operation_model(OPERATION).input_shape
    report = ParamValidator().validate(dict(request), shape).generate_report()
    # Lower limits are found again below, with their place.
    lines = [line for line in report.splitlines() if line and "valid min" not in line]
    found = [error("", line) for line in lines]
    found.extend(_walk(shape, dict(request), ""))
    found.extend(_local_paths(request))
    found.extend(_one_kind_of_type(request))
    return list(dict.fromkeys(found))


def shape_findings(shape: str, value: Any, place: str) -> list[Finding]:
    """Check one value against a shape of the API by its name."""
    return list(_walk(_model().shape_for(shape), value, place))


def most(shape: str) -> int:
    """Return the upper limit of a shape of the API: characters, items, or a number."""
    return int(_model().shape_for(shape).metadata["max"])


@functools.cache
def _model() -> Any:
    import botocore.session

    with profile_found():
        return botocore.session.Session().get_service_model("sagemaker")


def _walk(shape: Any, value: Any, place: str) -> Iterator[Finding]:
    """Check a value and what it holds; a value of the wrong type is left to botocore."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, Mapping):
        for name, member in shape.members.items():
            if value.get(name) is not None:
                yield from _walk(member, value[name], _join(place, name))
    elif kind == "list" and isinstance(value, (list, tuple)):
        yield from _between(shape, len(value), place, "items")
        for number, item in enumerate(value):
            yield from _walk(shape.member, item, _join(place, number))
    elif kind == "map" and isinstance(value, Mapping):
        yield from _between(shape, len(value), place, "entries")
        for key, item in value.items():
            yield from _walk(shape.key, key, _join(place, key))
            yield from _walk(shape.value, item, _join(place, key))
    elif kind == "string" and isinstance(value, str):
        yield from _between(shape, len(value), place, "characters")
        yield from _text(shape, value, place)
    elif kind in ("integer", "long") and isinstance(value, int):
        yield from _between(shape, value, place, "")


def _between(shape: Any, number: int, place: str, unit: str) -> Iterator[Finding]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    shown = f"{number} {unit}".strip()
    if most is not None and number > most:
        yield error(place, f"{shown}; at most {most}")
    if least is not None and number < least:
        yield error(place, f"{shown}; at least {least}")


def _text(shape: Any, value: str, place: str) -> Iterator[Finding]:
    shown = value if len(value) <= 60 else f"{value[:57]}…"
    if shape.enum and value not in shape.enum:
        known = f"one of: {', '.join(shape.enum)}" if len(shape.enum) < 20 else ""
        yield error(place, f"the API does not know {shown!r}", known)
    pattern = shape.metadata.get("pattern")
    if pattern and not _compile(pattern).fullmatch(value):
        hint = "one line" if pattern == ".*" else f"expected form: {pattern}"
        yield error(place, f"{shown!r} has characters or a form that the API refuses", hint)


@functools.cache
def _compile(pattern: str) -> re.Pattern[str]:
    for java, python in _CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern)


def _local_paths(request: Mapping[str, Any]) -> Iterator[Finding]:
    """Check what only the API's documentation says: local paths are below one folder."""
    outputs = (request.get("ProcessingOutputConfig") or {}).get("Outputs") or []
    parts = {
        "ProcessingInputs": ("S3Input", request.get("ProcessingInputs") or []),
        "ProcessingOutputConfig.Outputs": ("S3Output", outputs),
    }
    for place, (key, items) in parts.items():
        for number, item in enumerate(items):
            path = (item.get(key) or {}).get("LocalPath", _LOCAL)
            if not path.startswith(_LOCAL):
                where = f"{place}.{number}.{key}.LocalPath"
                yield error(where, f"{path} is refused", f"a path below {_LOCAL}")


def _one_kind_of_type(request: Mapping[str, Any]) -> Iterator[Finding]:
    cluster = (request.get("ProcessingResources") or {}).get("ClusterConfig") or {}
    if bool(cluster.get("InstanceType")) == bool(cluster.get("InstancePreferences")):
        place = "ProcessingResources.ClusterConfig.InstanceType"
        yield error(place, "give InstanceType or InstancePreferences, one of the two")


def _join(place: str, name: object) -> str:
    return f"{place}.{name}" if place else str(name)
