"""A pipeline's definition: the same launch.yaml and code give the same bytes."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import Any

from launch.description.load import Description
from launch.description.pipelines import Pipeline
from launch.errors import LaunchError
from launch.pipeline.definition import problems_of
from launch.pipeline.recorded import FOLDER, record_step
from launch.pipeline.sdk import pipeline_session, require_sdk
from launch.pipeline.training import record_training
from launch.request.plan import Upload


@dataclass(frozen=True)
class Rendered:
    """A definition as plain data, the files its steps read, and the sample data."""

    name: str
    definition: dict[str, Any]
    uploads: tuple[Upload, ...]
    data: tuple[Upload, ...]

    @property
    def text(self) -> str:
        """Return the definition as indented JSON, keys in order."""
        return json.dumps(self.definition, indent=2, sort_keys=True) + "\n"


def choose(description: Description, name: str | None) -> tuple[str, Pipeline]:
    """Return the pipeline of a name, or the only one; LaunchError says which there are."""
    known = description.pipelines
    if not known:
        raise LaunchError(f"{description.file.name} has no pipelines; docs/pipelines.md has one")
    if name is None and len(known) == 1:
        name = next(iter(known))
    if name is None:
        raise LaunchError(f"which pipeline? There are {', '.join(known)}")
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise LaunchError(f"there is no pipeline {name!r}; {hint}")
    return name, known[name]


def full_name(description: Description, name: str) -> str:
    """Return the pipeline's name in the account."""
    return f"{description.project}-{name}"


def render(description: Description, name: str) -> Rendered:
    """Return the definition that the SDK makes of a chain, checked."""
    pipeline = description.pipelines[name]
    require_sdk()
    _refuse_own_input(description, pipeline)
    prepare = record_step(description, pipeline, pipeline.prepare)
    evaluate = record_step(description, pipeline, pipeline.evaluate)
    with pipeline_session(description) as session:
        from launch.pipeline.steps import make_pipeline

        train = record_training(description, pipeline, session)
        made = make_pipeline(
            description, pipeline, full_name(description, name), session, (prepare, train, evaluate)
        )
        definition = _without_nulls(json.loads(made.definition()))
    if problems := problems_of(definition):
        listed = "\n  ".join(problems)
        raise LaunchError(f"the definition of {name} would be refused:\n  {listed}")
    uploads = (*prepare.uploads, *train.uploads, *evaluate.uploads)
    return Rendered(full_name(description, name), definition, uploads, prepare.data)


def _refuse_own_input(description: Description, pipeline: Pipeline) -> None:
    target = description.target
    prefix = f"{target.prefix.strip('/')}/{FOLDER}/".lstrip("/")
    own = f"s3://{target.bucket}/{prefix}"
    if own.startswith(pipeline.input):
        raise LaunchError(
            f"input: the pipeline's own code goes to {own}, below {pipeline.input}; give the data "
            "a prefix of their own"
        )


def _without_nulls(data: Any) -> Any:
    """Leave out what says nothing, such as the SDK's ``"MlflowConfig": null``."""
    if isinstance(data, dict):
        return {key: _without_nulls(value) for key, value in data.items() if value is not None}
    return [_without_nulls(value) for value in data] if isinstance(data, list) else data
