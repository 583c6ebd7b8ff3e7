"""Check one job of launch.yaml, without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from launch.check import files, image, limits, paths, resources, settings
from launch.check.case import Case
from launch.check.finding import Finding
from launch.description.load import Description

# In the order of reading: what it runs on, what it runs, what it reads, how it is set, limits.
CHECKS: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    resources.instance_type,
    resources.sizing,
    image.version,
    image.own_image,
    files.app,
    files.inputs,
    files.data,
    files.jars,
    files.delta,
    paths.arguments,
    paths.sharded_inputs,
    paths.prefixes,
    settings.spark_settings,
    settings.unknown_keys,
    settings.spot,
    settings.network_isolation,
    settings.classifications,
    limits.job_name,
    limits.environment,
    limits.tags,
    limits.counts,
    limits.names,
    limits.jar_list,
    limits.keys,
    limits.runtime,
    limits.bucket,
    limits.role,
)
_ORDER = {"error": 0, "warning": 1, "note": 2}


def check_job(description: Description, job_name: str) -> list[Finding]:
    """Return everything to know about a job, errors first; LaunchError where it does not exist."""
    description.job(job_name)
    case = Case(description, job_name)
    found = [finding for check in CHECKS for finding in check(case)]
    return sorted(dict.fromkeys(found), key=lambda finding: _ORDER[finding.level])
