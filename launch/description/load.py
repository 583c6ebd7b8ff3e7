"""Find and read launch.yaml: every error at once, each with its line and a hint."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from launch.description.model import Data, Input, Job, Project, SparkJob, Target
from launch.description.secrets import secret_in, secrets_in_arguments
from launch.description.variables import VariableError, Variables
from launch.description.yaml_lines import Document, Place, read_yaml
from launch.errors import DescriptionError, LaunchError, Problem

FILE = "launch.yaml"
_NO_SPOT = (
    "processing jobs have no Spot: the API has no such field. It exists for training jobs alone"
)
_HINTS = {
    "string_pattern_mismatch": "expected form: {pattern}",
    "missing": "add the key",
}
_SECRET_HINT = "keep it in Secrets Manager or SSM, and let the job read it with its role"
_KNOWN = {model.__name__: set(model.model_fields) for model in (Project, Target, SparkJob)}
_KNOWN |= {"Input": set(Input.model_fields), "Data": set(Data.model_fields)}


@dataclass(frozen=True)
class Description:
    """A launch.yaml as one target sees it."""

    file: Path
    project: str
    target_name: str
    target: Target
    jobs: Mapping[str, Job]

    @property
    def root(self) -> Path:
        """The folder that paths in launch.yaml start from."""
        return self.file.parent

    def job(self, name: str) -> Job:
        """Return a job; LaunchError names the nearest where there is none of that name."""
        if name not in self.jobs:
            near = difflib.get_close_matches(name, self.jobs, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            known = ", ".join(self.jobs)
            raise LaunchError(f"{self.file.name} has no job {name!r}{hint} It has: {known}")
        return self.jobs[name]


def find_file(start: Path | None = None) -> Path:
    """Return the launch.yaml of a folder or of the nearest one above it."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder / FILE
    raise LaunchError(
        f"no {FILE} in {start} or above it; change to the project's folder, or give --file"
    )


def load(
    file: Path,
    *,
    target: str = "dev",
    variables: Mapping[str, str] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Description:
    """Read a launch.yaml for one target; DescriptionError lists everything that is wrong."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise LaunchError(f"cannot read {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise LaunchError(f"{file} is no text in UTF-8") from None
    document = read_yaml(text, file.name)
    if not isinstance(document.data, dict):
        raise DescriptionError(file.name, [Problem(1, "", "it needs project, targets, jobs")])
    problems: list[Problem] = []
    data = _choose(document, target, file.name)
    _merge_overrides(document, data, target, problems)
    data = _replace(document, data, _variables(data, target, variables, environment), problems)
    problems.extend(_secrets(document, data))
    project = _validate(document, data, problems)
    if problems or project is None:
        raise DescriptionError(file.name, problems)
    return Description(
        file=file.resolve(),
        project=project.project,
        target_name=target,
        target=project.targets[target],
        jobs=project.jobs,
    )


def _choose(document: Document, target: str, file: str) -> dict[str, Any]:
    """Keep the chosen target alone: the others' variables need not be set here."""
    data = dict(document.data)
    targets = data.get("targets")
    if isinstance(targets, dict) and targets:
        if target not in targets:
            raise LaunchError(
                f"{file} has no target {target!r}; it has: {', '.join(map(str, targets))}"
            )
        data["targets"] = {target: targets[target]}
    return data


def _merge_overrides(
    document: Document, data: dict[str, Any], target: str, problems: list[Problem]
) -> None:
    """Lay a target's own settings of jobs over the jobs; dictionaries are merged one level deep."""
    chosen = (data.get("targets") or {}).get(target)
    overrides = chosen.get("jobs") if isinstance(chosen, dict) else None
    jobs = data.get("jobs")
    if not isinstance(overrides, dict) or not isinstance(jobs, dict):
        return
    merged = dict(jobs)
    for name, settings in overrides.items():
        here: Place = ("targets", target, "jobs", name)
        if name not in jobs or not isinstance(settings, dict) or not isinstance(jobs[name], dict):
            message = f"no job {name!r} to override"
            problems.append(Problem(document.line_of(here), _spell(here), message))
            continue
        job = dict(jobs[name])
        for key, value in settings.items():
            old = job.get(key)
            both = isinstance(old, dict) and isinstance(value, dict)
            job[key] = {**old, **value} if both else value  # type: ignore[dict-item]
            for place in [place for place in document.lines if place[:5] == (*here, key)]:
                document.lines[("jobs", name, *place[4:])] = document.lines[place]
        merged[name] = job
    data["jobs"] = merged


def _variables(
    data: Mapping[str, Any],
    target: str,
    given: Mapping[str, str] | None,
    environment: Mapping[str, str],
) -> Variables:
    chosen = (data.get("targets") or {}).get(target) or {}
    chosen = chosen if isinstance(chosen, dict) else {}
    layers = (data.get("variables"), chosen.get("variables"), given)
    return Variables(
        project=str(data.get("project", "")),
        variables={k: v for layer in layers if isinstance(layer, dict) for k, v in layer.items()},
        target={**chosen, "name": target},
        environment=environment,
    )


def _replace(
    document: Document, value: Any, variables: Variables, problems: list[Problem], place: Place = ()
) -> Any:
    if isinstance(value, dict):
        return {
            key: _replace(document, item, variables, problems, (*place, key))
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [
            _replace(document, item, variables, problems, (*place, number))
            for number, item in enumerate(value)
        ]
    if not isinstance(value, str) or "${" not in value:
        return value
    try:
        return variables.replace(value)
    except VariableError as error:
        # A value that others refer to: said once, where it stands.
        if str(error) not in [problem.message for problem in problems]:
            problems.append(Problem(document.line_of(place), _spell(place), str(error)))
        return value


def _secrets(document: Document, data: dict[str, Any]) -> Iterator[Problem]:
    jobs = data.get("jobs")
    for name, job in jobs.items() if isinstance(jobs, dict) else ():
        if not isinstance(job, dict):
            continue
        found: list[tuple[Place, str]] = []
        arguments = job.get("arguments")
        if isinstance(arguments, list):
            for number, kind in secrets_in_arguments([str(item) for item in arguments]):
                found.append((("jobs", name, "arguments", number), kind))
        for part in ("environment", "spark"):
            settings = job.get(part)
            for key, value in settings.items() if isinstance(settings, dict) else ():
                kind_or_none = secret_in(str(value), name=str(key))
                if kind_or_none:
                    found.append((("jobs", name, part, key), kind_or_none))
        for place, kind in found:
            message = f"looks like {kind}; everybody who may describe the job could read it"
            yield Problem(document.line_of(place), _spell(place), message, _SECRET_HINT)


def _validate(document: Document, data: dict[str, Any], problems: list[Problem]) -> Project | None:
    try:
        return Project.model_validate(data)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            place = _place_of(item["loc"], document)
            # A reference that leads nowhere was reported as such; its text breaks rules as well.
            if isinstance(item.get("input"), str) and "${" in item["input"]:
                continue
            message, hint = _words(item)
            problems.append(Problem(document.line_of(place), _spell(place), message, hint))
        return None


def _place_of(location: Sequence[int | str], document: Document) -> Place:
    """Drop what pydantic adds for its own use, such as the branch of a union."""
    place: Place = ()
    for part in location:
        if (*place, part) in document.lines or part == location[-1]:
            place = (*place, part)
    return place


def _words(item: Any) -> tuple[str, str]:
    """Say a pydantic error in our words, with a hint."""
    kind, key = item["type"], str(item["loc"][-1])
    if kind == "extra_forbidden":
        if "spot" in key.lower():
            return f"there is no setting {key!r}: {_NO_SPOT}", "remove it"
        known = {name for names in _KNOWN.values() for name in names}
        near = difflib.get_close_matches(key, known, 1)
        return f"there is no setting {key!r}", f"did you mean {near[0]}?" if near else ""
    if kind == "missing":
        return "is missing", ""
    message = item["msg"].removeprefix("Value error, ")
    context = item.get("ctx") or {}
    shown = item.get("input")
    if isinstance(shown, (str, int, float)) and repr(shown) not in message:
        message = f"{shown!r}: {message[0].lower()}{message[1:]}"
    hint = _HINTS.get(kind, "")
    return message, hint.format(**context) if hint else ""


def _spell(place: Place) -> str:
    return ".".join(str(part) for part in place)
