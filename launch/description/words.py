"""Say pydantic's errors in our words: where in launch.yaml, what is wrong, what to write."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError

from launch.description.jobs import KINDS
from launch.description.model import (
    BaseJob,
    ContainerJob,
    Data,
    Input,
    Output,
    Project,
    SklearnJob,
    SparkJob,
    Target,
)
from launch.description.secrets import secret_in
from launch.description.yaml_lines import Document, Place
from launch.errors import Problem

_NO_SPOT = (
    "processing jobs have no Spot: the API has no such field. It exists for training jobs alone"
)
_JOBS: dict[str, type[BaseJob]] = dict(zip(KINDS, (SparkJob, SklearnJob, ContainerJob)))
_MODELS: tuple[type[BaseModel], ...] = (Project, Target, *_JOBS.values(), Input, Output, Data)
_KNOWN = sorted({name for model in _MODELS for name in model.model_fields})
_SHOWN = 60
_SHAPES = {
    "tuple_type": "must be a list: [a, b, c]",
    "dict_type": "must hold settings: name: value",
    "model_type": "must hold settings: name: value",
    "model_attributes_type": "must hold settings: name: value",
    "string_type": "must be a text",
    "int_type": "must be a whole number",
}
_EXAMPLES = {
    "project": "project: flights",
    "kind": "kind: spark, sklearn or container",
    "image_uri": "image_uri: ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG",
    "region": "region: us-east-1",
    "role": "role: arn:aws:iam::123456789012:role/NAME",
    "bucket": "bucket: NAME",
    "source": "source: s3://bucket/prefix/, or a local file",
    "destination": "destination: …",
}


def problems_of(
    error: ValidationError, document: Document, known: Collection[Place]
) -> Iterator[Problem]:
    """Give a problem for each error, but for places that are ``known`` to be wrong already."""
    found: dict[Place, Problem] = {}
    for item in error.errors(include_url=False):
        if not item["loc"]:
            yield _of_the_whole(item["msg"], document)
            continue
        place = _place_of(item, document)
        if place in known:
            continue
        first = found.get(place)
        if first is None:
            message, hint = _words(item)
            found[place] = Problem(document.line_of(place), spell(place), message, hint)
        elif _expected(item):  # by the other branch of a choice, such as S3Uri or false
            message = f"{first.message}; or write {_expected(item)}"
            found[place] = replace(first, message=message)
    yield from found.values()


def _of_the_whole(message: str, document: Document) -> Problem:
    """Read where ``schedules.nightly.job: there is no job …`` belongs from its first words."""
    text = message.removeprefix("Value error, ")
    dotted, _, rest = text.partition(": ")
    place: Place = tuple(dotted.split("."))
    if place in document.lines:
        return Problem(document.line_of(place), dotted, rest)
    return Problem(1, "", text)


def spell(place: Place) -> str:
    """Write a place as ``jobs.prepare.arguments.3``."""
    return ".".join(str(part) for part in place)


def _place_of(item: Any, document: Document) -> Place:
    """Drop what pydantic adds for its own use, such as the branch of a union."""
    place: Place = ()
    location = item["loc"]
    if location[0] == "jobs" and len(location) > 2:
        # The kind, which stands behind the job's name; ``spark`` is a setting's name as well.
        location = (*location[:2], *location[3:])
    for part in location:
        is_missing = item["type"] == "missing" and part == location[-1]
        if (*place, part) in document.lines or is_missing:
            place = (*place, part)
    return (*place, "kind") if item["type"].startswith("union_tag") else place


def _expected(item: Any) -> str:
    """Say what a literal allows, as YAML has it; nothing where it is another error."""
    text = str(item["ctx"]["expected"]) if item["type"] == "literal_error" else ""
    return text.lower() if text in ("True", "False") else text


def _words(item: Any) -> tuple[str, str]:
    kind, key = item["type"], str(item["loc"][-1])
    if kind == "extra_forbidden":
        return _unknown_setting(item["loc"], key)
    if kind == "union_tag_not_found":
        return "is missing", _EXAMPLES["kind"]
    if kind == "union_tag_invalid":
        near = difflib.get_close_matches(str(item["ctx"]["tag"]), KINDS, 1)
        hint = f"did you mean {near[0]}?" if near else ""
        return f"{item['ctx']['tag']!r}: it is 'spark', 'sklearn' or 'container'", hint
    if kind == "missing":
        return "is missing", _EXAMPLES.get(key, "")
    if kind in _SHAPES:
        return _SHAPES[kind], ""
    if kind == "literal_error":
        return f"{item['input']!r}: it is {_expected(item)}", ""
    message = item["msg"].removeprefix("Value error, ")
    pattern = (item.get("ctx") or {}).get("pattern")
    if kind == "string_pattern_mismatch":
        message, hint = "has not the expected form", f"expected form: {pattern}"
    else:
        hint = ""
    shown = item.get("input")
    if isinstance(shown, str) and not secret_in(shown, name=key) and repr(shown) not in message:
        text = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
        message = f"{text!r}: {message[0].lower()}{message[1:]}"
    return message, hint


def _unknown_setting(location: Sequence[int | str], key: str) -> tuple[str, str]:
    """Say that a setting does not exist, or that only other kinds of jobs have it."""
    if "spot" in key.lower():
        return f"there is no setting {key!r}: {_NO_SPOT}", "remove it"
    owners = [kind for kind, model in _JOBS.items() if key in model.model_fields]
    if location[0] == "jobs" and len(location) == 4 and owners:
        return (
            f"there is no setting {key!r} for kind {location[2]}",
            f"remove it; only kind {' and '.join(owners)} has it",
        )
    near = difflib.get_close_matches(key, _KNOWN, 1)
    return f"there is no setting {key!r}", f"did you mean {near[0]}?" if near else ""
