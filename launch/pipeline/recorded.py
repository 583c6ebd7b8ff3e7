"""The request of a job as a step has it: the one `launch submit` makes, with lasting uploads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from launch.description.load import Description
from launch.description.model import BaseJob
from launch.description.pipelines import JobStep, Pipeline
from launch.request.plan import Upload, with_arguments
from launch.request.sdk import record

# Not below runs/, whose files are removed some time after a run.
FOLDER = "pipelines"
# Stands for the model in a request until the training step is there.
MODEL = "s3://the-model-of-this-execution/model.tar.gz"
# Stands for the name until it is known what is uploaded.
_DRAFT = "draft-without-a-name-yet"
# What SageMaker compares before it takes an old result of a processing step.
CACHE_KEY = ("AppSpecification", "Environment", "ProcessingInputs")


@dataclass(frozen=True)
class Recorded:
    """A request whose files lie in a folder named by their content, and those files."""

    name: str
    request: dict[str, Any]
    uploads: tuple[Upload, ...]
    data: tuple[Upload, ...]


def record_step(description: Description, pipeline: Pipeline, step: JobStep) -> Recorded:
    """Return a job's request, its inputs replaced as the step says."""
    job: BaseJob = with_arguments(description.job(step.job), step.arguments)
    inputs = [
        item.model_copy(update={"source": source_uri(pipeline, step.inputs[item.name])})
        if item.name in step.inputs
        else item
        for item in job.inputs
    ]
    job = job.model_copy(update={"inputs": tuple(inputs)})
    plan = record(description, job, _DRAFT, below=FOLDER)  # type: ignore[arg-type]
    name = f"{step.job}-{_content_of(plan.uploads)}"
    uploads = [Upload(u.s3_uri.replace(_DRAFT, name), u.local_path) for u in plan.uploads]
    request = json.loads(json.dumps(plan.request).replace(_DRAFT, name))
    return Recorded(name, request, tuple(uploads), plan.data)


def source_uri(pipeline: Pipeline, source: str) -> str:
    """Return the address that stands for ``prepared/…`` or ``model`` until it is filled in."""
    return MODEL if source == "model" else pipeline.prepared + source.removeprefix("prepared/")


def digest(data: Any) -> str:
    """Return a short hash of plain data."""
    text = json.dumps(data, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def recipe_of(request: Mapping[str, Any]) -> str:
    """Return a hash of all that decides what a processing step writes, but for its input."""
    return digest([request.get(name) for name in CACHE_KEY])


def _content_of(uploads: tuple[Upload, ...]) -> str:
    """Return a hash of what is uploaded and where to, whatever the run's name."""
    found = [
        (upload.s3_uri, hashlib.sha256(upload.local_path.read_bytes()).hexdigest())
        for upload in uploads
    ]
    return digest(sorted(found))
