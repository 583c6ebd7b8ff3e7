"""What submitting a job would do: one request, and the files it needs in S3."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from launch.bundle import make_bundle
from launch.description.load import Description
from launch.description.model import JOB_NAME, SparkJob
from launch.description.secrets import secrets_in_arguments
from launch.errors import LaunchError

# Without them the event log tells no memory figures (they stay 0).
_EVENT_LOG_SETTINGS = {
    "spark.eventLog.logStageExecutorMetrics": "true",
    "spark.executor.processTreeMetrics.enabled": "true",
    "spark.executor.metrics.pollingInterval": "1000",
}


@dataclass(frozen=True)
class Upload:
    """A local file and the S3 object it becomes."""

    s3_uri: str
    local_path: Path

    def to_json(self) -> dict[str, str]:
        """Return it as plain data."""
        return {"s3_uri": self.s3_uri, "local_path": str(self.local_path)}


@dataclass(frozen=True)
class Artifacts:
    """The local files a Spark job needs, made or found before the SDK is asked."""

    app: Path
    bundle: Path
    jars: tuple[str, ...]
    configuration: list[dict[str, Any]]


@dataclass(frozen=True)
class Plan:
    """A request as plain data, the files it reads from S3, and the data that goes first.

    ``uploads`` belong to this run alone. ``data`` are shared by runs and copied only where S3 has
    no object of the same size.
    """

    name: str
    request: dict[str, Any]
    artifacts: Artifacts
    uploads: tuple[Upload, ...]
    data: tuple[Upload, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data, the data files after the run's own."""
        return {
            "request": self.request,
            "uploads": [upload.to_json() for upload in (*self.uploads, *self.data)],
        }


def job_name(description: Description, job: str, *, name: str | None = None) -> str:
    """Return a unique name, ``PROJECT-JOB-DATE-TIME-XXXX`` in UTC, or check the one given.

    A name starts with the project's, by which ``launch list`` and the others find its runs.
    """
    if name is None:
        moment = datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S")
        name = f"{description.project}-{job}-{moment}-{secrets.token_hex(2)}"
    elif not name.startswith(f"{description.project}-"):
        raise LaunchError(
            f"--name {name}: start it with {description.project}-, by which the project's runs are "
            "found"
        )
    # The pattern alone lets a longer one pass: it does not count hyphens.
    if len(name) > 63 or not re.fullmatch(JOB_NAME, name):
        raise LaunchError(
            f"the name {name!r} is not allowed: letters, digits, and hyphens between them, at most "
            "63 together"
        )
    return name


def with_arguments(job: SparkJob, extra: Sequence[str]) -> SparkJob:
    """Append arguments given on the command line, under the same rules as those in the file."""
    arguments = (*job.arguments, *extra)
    for number, kind in secrets_in_arguments(list(arguments)):
        raise LaunchError(
            f"argument {number + 1} looks like {kind}; everybody who may describe the job could "
            "read it. Keep it in Secrets Manager and let the job read it with its role"
        )
    too_long = [argument for argument in extra if len(argument) > 256]
    if too_long or len(arguments) > 100:
        raise LaunchError("a job takes at most 100 arguments of at most 256 characters each")
    return job.model_copy(update={"arguments": arguments})


def configuration_of(job: SparkJob, *, event_logs: bool) -> list[dict[str, Any]]:
    """Put Spark settings and the other classifications together, as configuration.json has them."""
    settings = {**(_EVENT_LOG_SETTINGS if event_logs else {}), **job.spark}
    parts = [part.model_dump(by_alias=True, exclude_defaults=True) for part in job.configuration]
    if settings:
        parts.insert(0, {"Classification": "spark-defaults", "Properties": settings})
    return parts


def stage(description: Description, job: SparkJob, *, event_logs: bool) -> Artifacts:
    """Make the bundle and fetch the jars; LaunchError names a file that is not there."""
    app = description.root / job.app
    if not app.is_file():
        raise LaunchError(f"app {job.app} is not a file below {description.root}")
    jars = tuple(_jars(description, job))
    names = [jar.rpartition("/")[2] for jar in jars]
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise LaunchError(f"jars: two are called {twins[0]}; the hosts would get one of them only")
    with tempfile.TemporaryDirectory(dir=folder(description)) as draft:
        packed = make_bundle(Path(draft) / "bundle.zip", root=description.root).read_bytes()
    return Artifacts(
        app=app,
        bundle=keep(description, "bundle.zip", packed),
        jars=jars,
        configuration=configuration_of(job, event_logs=event_logs),
    )


def folder(description: Description) -> Path:
    """Return the folder for what is made on the way to a request."""
    path = description.root / "dist" / "launch"
    path.mkdir(parents=True, exist_ok=True)
    return path


def keep(description: Description, name: str, content: bytes) -> Path:
    """Keep a file that goes to S3: same content, same path; two commands at once do no harm."""
    path = folder(description) / hashlib.sha256(content).hexdigest()[:12] / name
    path.parent.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
        draft.write(content)
    os.replace(draft.name, path)
    return path


def _jars(description: Description, job: SparkJob) -> Iterable[str]:
    from launch.jars import DELTA, JarError, fetch_jars

    given = list(job.jars)
    if job.adds_delta:
        given.extend(DELTA)
    coordinates = [jar for jar in given if jar.count(":") == 2 and "://" not in jar]
    for jar in given:
        if jar in coordinates:
            continue
        path = description.root / jar
        if not jar.startswith("s3://") and not path.is_file():
            raise LaunchError(f"jar {jar} is neither Maven coordinates nor a file nor on s3://")
        yield jar if jar.startswith("s3://") else str(path)
    if coordinates:
        try:
            yield from map(str, fetch_jars(coordinates))
        except JarError as error:
            raise LaunchError(str(error)) from error


def as_text(request: dict[str, Any]) -> str:
    """Return a request as indented JSON, in the order the SDK made it."""
    return json.dumps(request, indent=2)
