"""The parameters of a pipeline: what differs from one start to the next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from launch.description.dates import REFERENCE
from launch.description.load import Description
from launch.description.pipelines import Pipeline
from launch.errors import LaunchError

INPUT, FINGERPRINT = "Input", "InputFingerprint"
LIMITS = ("AtLeast", "AtMost")
_ISO = "%Y-%m-%d"


@dataclass(frozen=True)
class Parameter:
    """One of them; ``default`` is None where a start has to say it."""

    name: str
    kind: str
    default: str | float | None
    description: str


def limit_name(pipeline: Pipeline) -> str:
    """Return the name of the parameter that holds the limit of the metric."""
    return LIMITS[0] if pipeline.condition.at_least is not None else LIMITS[1]


def parameters_of(description: Description, pipeline: Pipeline) -> list[Parameter]:
    """Return all parameters of a pipeline, in the order the definition has them."""
    condition = pipeline.condition
    limit = condition.at_least if condition.at_least is not None else condition.at_most
    dated = bool(re.search(REFERENCE, pipeline.input))
    about = "hash over keys, sizes and ETags of the input's objects; has no default, so that no "
    return [
        Parameter(INPUT, "String", None if dated else pipeline.input, "what prepare reads"),
        Parameter(FINGERPRINT, "String", None, f"{about}step takes old results for new data"),
        *(
            Parameter(name, "String", None, f"the day of the run as {form}")
            for name, form in sorted(date_forms(description, pipeline).items())
        ),
        Parameter(limit_name(pipeline), "Float", limit, f"the limit of {condition.metric}"),
    ]


def date_forms(description: Description, pipeline: Pipeline) -> dict[str, str]:
    """Return a parameter's name for each form of ``${date:FORM}`` in the pipeline's jobs.

    A day inside ``input`` needs none: the whole of that is a parameter.
    """
    names: dict[str, str] = {}
    for text in _texts(description, pipeline):
        for found in re.finditer(REFERENCE, text.replace(pipeline.input, "")):
            form = found[1] or _ISO
            name = date_name(form)
            if names.setdefault(name, form) != form:
                raise LaunchError(
                    f"${{date:{names[name]}}} and ${{date:{form}}} would both be the parameter "
                    f"{name}; use one of the forms for both"
                )
    return names


def date_name(form: str | None) -> str:
    """Return ``Date`` for ``${date}``, ``Date-Y-m-d`` for ``${date:%Y/%m/%d}``."""
    if form in (None, _ISO):
        return "Date"
    return f"Date-{re.sub('[^A-Za-z0-9]+', '-', str(form)).strip('-')}"


def start_values(
    description: Description, pipeline: Pipeline, *, day: date | None, source: str | None
) -> dict[str, str]:
    """Return the values that a start has to give, but for the fingerprint.

    LaunchError where the jobs need a day and there is none, or the other way round.
    """
    forms = date_forms(description, pipeline)
    in_input = bool(re.search(REFERENCE, pipeline.input)) and source is None
    if day is None and (forms or in_input):
        raise LaunchError("the jobs have ${date}: give --date 2026-11-23, today or yesterday")
    if day is not None and not (forms or in_input):
        raise LaunchError("--date: neither the input nor the jobs of this pipeline have ${date}")
    if day is None:
        return {INPUT: _folder(source, pipeline.input)}

    def fill(found: re.Match[str]) -> str:
        assert day is not None
        return day.strftime(found[1] or _ISO)

    own = re.sub(REFERENCE, fill, pipeline.input)
    values = {name: day.strftime(form) for name, form in forms.items()}
    return {INPUT: _folder(source, own), **values}


def with_given(values: Mapping[str, str], known: Mapping[str, str], given: Any) -> dict[str, str]:
    """Lay ``NAME=VALUE`` of the command line over values; ``known`` has each parameter's type."""
    done = dict(values)
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise LaunchError(f"--param {text}: write NAME=VALUE")
        if name not in known:
            raise LaunchError(f"--param {name}: the pipeline has {', '.join(known)}")
        if name == FINGERPRINT:
            raise LaunchError(f"--param {name}: it follows from the input; --input says another")
        if name == INPUT:
            raise LaunchError("--param Input: write --input, so that its fingerprint is taken")
        if known[name] == "Float" and not re.fullmatch(r"-?\d+(\.\d+)?", value):
            raise LaunchError(f"--param {text}: {name} is a number")
        done[name] = value
    return done


def deciding(values: Mapping[str, str]) -> dict[str, str]:
    """Return the values that decide what prepare writes: all but the limit of the metric."""
    return {name: value for name, value in values.items() if name not in LIMITS}


def _folder(given: str | None, own: str) -> str:
    """Return the given prefix, with a slash at its end where the described one has it."""
    if given is None:
        return own
    if not given.startswith("s3://"):
        raise LaunchError(f"--input {given}: write s3://BUCKET/PREFIX/")
    return f"{given.rstrip('/')}/" if own.endswith("/") else given


def _texts(description: Description, pipeline: Pipeline) -> Iterator[str]:
    jobs = [description.job(step.job) for step in (pipeline.prepare, pipeline.evaluate)]
    yield from _strings([job.model_dump(exclude={"data", "description"}) for job in jobs])
    yield from _strings(pipeline.model_dump(exclude={"input", "description"}))


def _strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from _strings(value)
    elif isinstance(data, (list, tuple)):
        for value in data:
            yield from _strings(value)
