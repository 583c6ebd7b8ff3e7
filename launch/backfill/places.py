"""Where the days of a job write: each to a place of its own, or all to one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from launch.description.dates import REFERENCE
from launch.description.model import BaseJob, SparkJob
from launch.description.variables import RUN

_OWN_APP = "jobs/main.py"


def shared_places(job: BaseJob) -> Iterator[str]:
    """Give the addresses that every day would write to: there is neither day nor run in them.

    Known of ``outputs`` and of this project's own Spark job, whose third word is its output.
    """
    for output in job.outputs:
        if RUN not in output.destination and not _has_day(output.destination):
            yield output.destination
    if isinstance(job, SparkJob) and job.app == _OWN_APP:
        words = job.arguments[:3]
        if len(words) == 3 and words[0] == "prepare" and not _has_day(words[2]):
            yield words[2]


def mixed_places(job: BaseJob) -> list[str]:
    """Return the outputs in which a day's second run leaves the files of its first.

    SageMaker's upload deletes nothing; where the run is named, each has a place of its own.
    """
    return [output.destination for output in job.outputs if RUN not in output.destination]


def only_one_has_day(job: BaseJob) -> bool:
    """Tell whether a Spark job of the user's own names the day once: in its input, perhaps."""
    if not isinstance(job, SparkJob) or job.app == _OWN_APP or job.outputs:
        return False
    return sum(_has_day(text) for text in (*job.arguments, *job.environment.values())) < 2


def _has_day(text: str) -> bool:
    return re.search(REFERENCE, text) is not None
