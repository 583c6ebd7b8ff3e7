"""``kind: spark``: the SDK's PySparkProcessor, and what it sends along."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launch.description.load import Description
from launch.description.model import SparkJob
from launch.errors import LaunchError
from launch.request.common import processor_arguments, run_arguments
from launch.request.kept import keep, packed_project

# Without them the event log tells no memory figures (they stay 0).
_EVENT_LOG_SETTINGS = {
    "spark.eventLog.logStageExecutorMetrics": "true",
    "spark.executor.processTreeMetrics.enabled": "true",
    "spark.executor.metrics.pollingInterval": "1000",
}


@dataclass(frozen=True)
class SparkArtifacts:
    """The local files a Spark job needs, made or found before the SDK is asked."""

    job: SparkJob
    app: Path
    bundle: Path
    jars: tuple[str, ...]
    configuration: list[dict[str, Any]]

    @property
    def sources(self) -> list[Path]:
        """Return the files that are uploaded from where they lie."""
        return [self.app]

    @property
    def copied(self) -> list[Path]:
        """Return the files that the SDK copies to a folder of its own first."""
        return [*map(Path, self.jars), self.bundle]

    def run(self, description: Description, name: str, session: Any) -> None:
        """Let PySparkProcessor make its uploads and its request."""
        from sagemaker.core.spark.processing import PySparkProcessor

        job = self.job
        image: dict[str, Any] = {"image_uri": job.image_uri}
        if not job.image_uri:
            image = {
                "framework_version": job.framework_version,
                "py_version": job.py_version,
                "container_version": job.container_version,
            }
        common = processor_arguments(description, job, session, environment=job.environment)
        try:
            processor = PySparkProcessor(**common, **image)
        except ValueError as error:
            raise LaunchError(f"the image cannot be named: {error}") from error
        processor.run(
            submit_app=str(self.app),
            submit_py_files=[str(self.bundle)],
            submit_jars=list(self.jars) or None,
            configuration=self.configuration or None,
            spark_event_logs_s3_uri=event_log_uri(description, job, name),
            **run_arguments(description, job, name),
        )


def stage(description: Description, job: SparkJob) -> SparkArtifacts:
    """Make the bundle and fetch the jars; LaunchError names a file that is not there."""
    app = description.root / job.app
    if not app.is_file():
        raise LaunchError(f"app {job.app} is not a file below {description.root}")
    jars = tuple(_jars(description, job))
    names = [jar.rpartition("/")[2] for jar in jars]
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise LaunchError(f"jars: two are called {twins[0]}; the hosts would get one of them only")
    return SparkArtifacts(
        job=job,
        app=app,
        bundle=keep(description, "bundle.zip", packed_project(description)),
        jars=jars,
        configuration=configuration_of(job, event_logs=job.event_logs is not False),
    )


def configuration_of(job: SparkJob, *, event_logs: bool) -> list[dict[str, Any]]:
    """Put Spark settings and the other classifications together, as configuration.json has them."""
    settings = {**(_EVENT_LOG_SETTINGS if event_logs else {}), **job.spark}
    parts = [part.model_dump(by_alias=True, exclude_defaults=True) for part in job.configuration]
    if settings:
        parts.insert(0, {"Classification": "spark-defaults", "Properties": settings})
    return parts


def event_log_uri(description: Description, job: SparkJob, name: str) -> str | None:
    """Return where a run's event log goes: a folder of its own; None where it is switched off."""
    if job.event_logs is False:
        return None
    target = description.target
    prefix = f"{target.prefix.strip('/')}/spark-events".lstrip("/")
    base = job.event_logs or f"s3://{target.bucket}/{prefix}"
    return f"{base.rstrip('/')}/{name}/"


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
