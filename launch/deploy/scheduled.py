"""The requests of scheduled jobs as data: made as `launch submit` makes them, name and day open."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from launch.deploy.handler import index
from launch.deploy.names import below, own_name, stack_name
from launch.description.dates import REFERENCE, has_dates
from launch.description.load import Description
from launch.description.model import BaseJob, Schedule
from launch.errors import LaunchError
from launch.request.kept import folder, keep
from launch.request.plan import Upload
from launch.request.sdk import record
from launch.zips import write_zip

# Stands for the run's name until it starts.
PLACEHOLDER = "launch-names-the-run-when-it-starts"
# What of a job is in its request; the rest is packed and uploaded when it is deployed.
_IN_REQUEST = {
    "arguments", "command", "environment", "event_logs", "image_uri", "inputs", "outputs", "tags",
}  # fmt: skip
_SHOWN = 16


@dataclass(frozen=True)
class Scheduled:
    """A schedule, what the function needs to know of it, and what S3 must have for its runs."""

    name: str
    schedule: Schedule
    data: dict[str, Any]
    uploads: tuple[Upload, ...]
    shared: tuple[Upload, ...]


@dataclass(frozen=True)
class Starter:
    """The function's zip, and where it goes."""

    upload: Upload
    key: str


def scheduled_runs(description: Description) -> list[Scheduled]:
    """Return every schedule with its request; LaunchError where one cannot be started so."""
    made = []
    for name, schedule in sorted(description.schedules.items()):
        job = description.job(schedule.job)
        _refuse_late_dates(name, job)
        kept = tuple(item for item in job.data if not re.search(REFERENCE, item.destination))
        plan = record(description, job.model_copy(update={"data": kept}), PLACEHOLDER)
        request, uploads = _by_content(description, plan.request, plan.uploads)
        data = _data_for(description, name, job, request)
        made.append(Scheduled(name, schedule, data, uploads, plan.data))
    return made


def starter_of(description: Description, scheduled: list[Scheduled]) -> Starter:
    """Pack the function: its code, and the requests as data; the same input, the same bytes."""
    known = {
        "stack": stack_name(description),
        "rules": {own_name(description, item.name): item.name for item in scheduled},
        "schedules": {item.name: item.data for item in scheduled},
    }
    members = {
        "index.py": resources.files(index.__package__ or "").joinpath("index.py").read_bytes(),
        "requests.json": json.dumps(known, indent=1, sort_keys=True).encode(),
    }
    with tempfile.TemporaryDirectory(dir=folder(description)) as draft:
        content = write_zip(Path(draft) / "starter.zip", members).read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:_SHOWN]
    key = f"{below(description, 'deployed')}{digest}/starter.zip"
    uri = f"s3://{description.target.bucket}/{key}"
    return Starter(Upload(uri, keep(description, "starter.zip", content)), key)


def _refuse_late_dates(name: str, job: BaseJob) -> None:
    """Refuse the day in what is uploaded once, when the schedule is deployed."""
    for setting, value in job.model_dump(exclude=_IN_REQUEST | {"data"}).items():
        if re.search(REFERENCE, str(value)):
            raise LaunchError(
                f"schedules.{name}: jobs.….{setting} holds ${{date}}, and is uploaded when the "
                "schedule is deployed, not when a run starts; give the day as an argument or in "
                "the environment"
            )
    for item in job.inputs:
        if not item.source.startswith("s3://") and re.search(REFERENCE, item.source):
            raise LaunchError(
                f"schedules.{name}: the input {item.name} is a local file with ${{date}} in its "
                "name; a scheduled run has no local files. Name a prefix on s3://"
            )


def _by_content(
    description: Description, request: dict[str, Any], uploads: tuple[Upload, ...]
) -> tuple[dict[str, Any], tuple[Upload, ...]]:
    """Move a run's uploads to a prefix that is named by their content, and stays."""
    bucket = description.target.bucket
    of_run = f"s3://{bucket}/{below(description, 'runs')}{PLACEHOLDER}/"
    digest = hashlib.sha256()
    for upload in sorted(uploads, key=lambda item: item.s3_uri):
        content = hashlib.sha256(upload.local_path.read_bytes()).hexdigest()
        digest.update(f"{upload.s3_uri}\0{content}\n".encode())
    kept = f"s3://{bucket}/{below(description, 'deployed')}{digest.hexdigest()[:_SHOWN]}/"
    moved = tuple(Upload(up.s3_uri.replace(of_run, kept), up.local_path) for up in uploads)
    text = json.dumps(request).replace(of_run, kept)
    return json.loads(text), moved


def _data_for(
    description: Description, name: str, job: BaseJob, request: dict[str, Any]
) -> dict[str, Any]:
    """Return what the function has to know of a schedule; LaunchError where no name fits."""
    schedule, project = description.schedules[name], description.project
    longer = [other for other in description.jobs if other.startswith(f"{schedule.job}-")]
    data = {
        "days_back": schedule.days_back,
        "dated": has_dates(job),
        "job": schedule.job,
        "others": [f"{project}-{other}-" for other in longer],
        "overlap": schedule.overlap,
        "placeholder": PLACEHOLDER,
        "request": request,
        "stack": stack_name(description),
        "start": f"{project}-{schedule.job}-",
        "timezone": schedule.timezone,
    }
    run, _ = index.request_for(name, data, index.moment_of({"time": "2026-11-23T02:00:00Z"}))
    if len(run) > 63:
        raise LaunchError(
            f"schedules.{name}: its runs would be called {run}, {len(run)} characters of which 63 "
            "are allowed; shorten the name of the project or of the job"
        )
    return data
