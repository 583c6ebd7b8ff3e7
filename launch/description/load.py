"""Find and read launch.yaml: every error at once, each with its line and a hint."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from launch.description.dates import REFERENCE
from launch.description.model import Job, Pipeline, Project, Schedule, Target
from launch.description.secrets import secrets_in
from launch.description.variables import (
    RUN,
    BrokenValueError,
    TooLongError,
    VariableError,
    Variables,
)
from launch.description.words import problems_of, spell
from launch.description.yaml_lines import Document, Place, read_yaml
from launch.errors import DescriptionError, LaunchError, Problem

FILE = "launch.yaml"
_SECRET_HINT = "keep it in Secrets Manager or SSM, and let the job read it with its role"


@dataclass(frozen=True)
class Description:
    """A launch.yaml as one target sees it."""

    file: Path
    project: str
    target_name: str
    target: Target
    jobs: Mapping[str, Job]
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    pipelines: Mapping[str, Pipeline] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """The folder that paths in launch.yaml start from."""
        return self.file.parent

    def job(self, name: str) -> Job:
        """Return a job; LaunchError names the nearest where there is none of that name."""
        if name not in self.jobs:
            near = difflib.get_close_matches(name, self.jobs, 1)
            hint = f"; did you mean {near[0]}?" if near else ";"
            known = ", ".join(self.jobs)
            raise LaunchError(f"{self.file.name} has no job {name!r}{hint} it has: {known}")
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
    reader = _Reader(document, file.name, target)
    project = reader.read(variables or {}, environment)
    if reader.problems or project is None:
        raise DescriptionError(file.name, reader.problems)
    return Description(
        file=file.resolve(),
        project=project.project,
        target_name=target,
        target=project.targets[target],
        jobs=project.jobs,
        schedules=project.schedules,
        pipelines=project.pipelines,
    )


class _Reader:
    """Reads one document for one target, collecting problems on the way."""

    def __init__(self, document: Document, file: str, target: str) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self._file = file
        self._target = target
        self._wrong: set[Place] = set()

    def read(self, given: Mapping[str, str], environment: Mapping[str, str]) -> Project | None:
        """Choose the target, lay its overrides over the jobs, replace references, validate."""
        data = self._choose()
        self._merge_overrides(data)
        data = self._replace(data, self._variables(data, given, environment), ())
        for place, kind in secrets_in(data, ()):
            message = f"looks like {kind}; everybody who may describe the job could read it"
            self._report(place, message, _SECRET_HINT)
        try:
            return Project.model_validate(data)
        except ValidationError as error:
            self.problems.extend(problems_of(error, self.document, self._wrong))
            return None

    def _choose(self) -> dict[str, Any]:
        """Keep the chosen target alone: the others' variables need not be set here."""
        data = dict(self.document.data)
        targets = data.get("targets")
        if isinstance(targets, dict) and targets:
            if self._target not in targets:
                near = difflib.get_close_matches(self._target, targets, 1)
                hint = f" did you mean {near[0]}?" if near else ""
                raise LaunchError(
                    f"{self._file} has no target {self._target!r};{hint} "
                    f"it has: {', '.join(targets)}"
                )
            data["targets"] = {self._target: targets[self._target]}
        return data

    def _chosen(self, data: Mapping[str, Any]) -> dict[str, Any]:
        targets = data.get("targets")
        chosen = targets.get(self._target) if isinstance(targets, dict) else None
        return chosen if isinstance(chosen, dict) else {}

    def _merge_overrides(self, data: dict[str, Any]) -> None:
        """Lay a target's own settings of jobs over the jobs; inner mappings are merged."""
        jobs = data.get("jobs")
        if not isinstance(jobs, dict):
            return
        merged = dict(jobs)
        changed = set()
        for target, name, settings in self._overrides():
            here: Place = ("targets", target, "jobs", name)
            if name not in jobs:
                self._report(here, f"no job {name!r} to override")
            elif (
                target == self._target
                and isinstance(settings, dict)
                and isinstance(jobs[name], dict)
            ):
                merged[name] = _merge(jobs[name], settings)
                changed.add(name)
        data["jobs"] = merged
        # An error in a merged job names the line of the override.
        lines = self.document.lines
        for place in [place for place in lines if place[:3] == ("targets", self._target, "jobs")]:
            if len(place) > 4 and place[3] in changed:
                lines[("jobs", *place[3:])] = lines[place]

    def _overrides(self) -> Iterator[tuple[str, str, Any]]:
        """Give the overrides of all targets: a wrong name shows before it is needed."""
        targets = self.document.data.get("targets")
        for target, settings in targets.items() if isinstance(targets, dict) else ():
            jobs = settings.get("jobs") if isinstance(settings, dict) else None
            for name, job in jobs.items() if isinstance(jobs, dict) else ():
                yield target, name, job

    def _variables(
        self, data: Mapping[str, Any], given: Mapping[str, str], environment: Mapping[str, str]
    ) -> Variables:
        chosen = self._chosen(data)
        layers = [data.get("variables"), chosen.get("variables")]
        known = {k: v for layer in layers if isinstance(layer, dict) for k, v in layer.items()}
        for name in given:
            if name not in known:
                raise LaunchError(
                    f"--var {name}: {self._file} has no such variable; it has: "
                    f"{', '.join(known) or 'none'}"
                )
        return Variables(
            project=str(data.get("project") or ""),
            variables={**known, **given},
            target={**chosen, "name": self._target},
            environment=environment,
        )

    def _replace(self, value: Any, variables: Variables, place: Place) -> Any:
        if isinstance(value, dict):
            for key in value:
                if "${" in key:
                    self._report((*place, key), "a key takes no ${…}", "write it in the value")
            return {k: self._replace(v, variables, (*place, k)) for k, v in value.items()}
        if isinstance(value, list):
            return [self._replace(v, variables, (*place, n)) for n, v in enumerate(value)]
        if not isinstance(value, str):
            return value
        try:
            # Known when the job is submitted; see launch.request.common.
            of_output = place[-3:-2] == ("outputs",) and place[-1] == "destination"
            parts = value.split(RUN) if of_output else [value]
            done = RUN.join(variables.replace(part) for part in parts)
            if re.search(REFERENCE, done) and not _takes_dates(place):
                raise VariableError("${date} stands in jobs, pipelines and variables alone")
            return done
        except BrokenValueError:
            # Reported where that value stands.
            self._wrong.add(place)
        except VariableError as error:
            self._report(place, str(error))
        except TooLongError as error:
            # Of every value after it the same would be true.
            self._report(place, str(error))
            raise DescriptionError(self._file, self.problems) from None
        return value

    def _report(self, place: Place, message: str, hint: str = "") -> None:
        self._wrong.add(place)
        self.problems.append(Problem(self.document.line_of(place), spell(place), message, hint))


def _merge(job: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(job)
    for key, value in settings.items():
        old = job.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        merged[key] = {**old, **value} if both else value  # type: ignore[dict-item]
    return merged


def _takes_dates(place: Place) -> bool:
    inner = place[2:] if place[0] == "targets" else place
    return inner[:1] in (("jobs",), ("pipelines",), ("variables",))
