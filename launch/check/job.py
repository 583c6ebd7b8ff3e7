"""Check one job of launch.yaml, without a network."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import TypeVar

from launch.check import cost, files, image, limits, paths, resources, scripts, settings
from launch.check.case import Case, ContainerCase, SklearnCase, SparkCase
from launch.check.finding import Finding, error
from launch.description.dates import dated
from launch.description.load import Description
from launch.description.model import SklearnJob, SparkJob

# In the order of reading: what it runs on, what it runs, what it reads, how it is set, limits.
SPARK: tuple[Callable[[SparkCase], Iterator[Finding]], ...] = (
    resources.instance_type,
    resources.sizing,
    image.version,
    image.own_image,
    files.app,
    files.jars,
    files.delta,
    paths.arguments,
    paths.sharded_inputs,
    settings.spark_settings,
    settings.unknown_keys,
    settings.network_isolation,
    settings.classifications,
    limits.jar_list,
)
SKLEARN: tuple[Callable[[SklearnCase], Iterator[Finding]], ...] = (
    scripts.instance_type,
    image.sklearn_version,
    scripts.image_address,
    image.own_image,
    files.app,
    scripts.arguments,
    scripts.outputs,
    scripts.network_isolation,
)
CONTAINER: tuple[Callable[[ContainerCase], Iterator[Finding]], ...] = (
    scripts.instance_type,
    scripts.image_address,
    image.own_image,
    scripts.code,
    scripts.arguments,
    scripts.outputs,
    scripts.entrypoint,
    scripts.network_isolation,
)
COMMON: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    files.inputs,
    files.data,
    cost.local_inputs,
    paths.prefixes,
    settings.spot,
    limits.environment,
    limits.tags,
    limits.counts,
    limits.names,
    limits.keys,
    limits.runtime,
    limits.bucket,
    limits.role,
)
AnyCase = TypeVar("AnyCase", bound=Case)
_ORDER = {"error": 0, "warning": 1, "note": 2}


def check_job(description: Description, job_name: str, *, day: date | None = None) -> list[Finding]:
    """Return everything to know about a job, errors first; LaunchError where it does not exist.

    A ``day`` is filled in where the job has ``${date}``.
    """
    job = description.job(job_name)
    # By the job as it is written: the names of its runs hold the day where it takes one.
    found = list(limits.job_name(Case(description, job_name)))
    if day:
        job = dated(job, day)
        description = dataclasses.replace(description, jobs={**description.jobs, job_name: job})
    if isinstance(job, SparkJob):
        found += _all(SPARK, SparkCase(description, job_name))
    elif isinstance(job, SklearnJob):
        found += _all(SKLEARN, SklearnCase(description, job_name))
    else:
        found += _all(CONTAINER, ContainerCase(description, job_name))
    found += _all(COMMON, Case(description, job_name))
    return sorted(dict.fromkeys(found), key=lambda finding: _ORDER[finding.level])


def _all(checks: Iterable[Callable[[AnyCase], Iterator[Finding]]], case: AnyCase) -> list[Finding]:
    found: list[Finding] = []
    for check in checks:
        try:
            found.extend(check(case))
        except OSError as failed:
            message = f"{failed.filename} cannot be read: {failed.strerror}"
            found.append(error(case.at(), message))
    return found
