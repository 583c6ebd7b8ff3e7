"""What submitting a job would do: one request, and the files it needs in S3."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any, Protocol, TypeVar

from launch.description.load import Description
from launch.description.model import JOB_NAME, BaseJob
from launch.description.secrets import secrets_in_arguments
from launch.errors import LaunchError

AnyJob = TypeVar("AnyJob", bound=BaseJob)


@dataclass(frozen=True)
class Upload:
    """A local file and the S3 object it becomes."""

    s3_uri: str
    local_path: Path

    def to_json(self) -> dict[str, str]:
        """Return it as plain data."""
        return {"s3_uri": self.s3_uri, "local_path": str(self.local_path)}


class Artifacts(Protocol):
    """The local files a job needs, and the way by which its kind is sent."""

    @property
    def sources(self) -> list[Path]:
        """Return the files and folders that are uploaded from where they lie."""

    @property
    def copied(self) -> list[Path]:
        """Return the files that the SDK copies to a folder of its own first."""

    def run(self, description: Description, name: str, session: Any) -> None:
        """Let the SDK's processor make its uploads and its request, by an SDK session."""


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


def job_name(
    description: Description, job: str, *, name: str | None = None, day: date | None = None
) -> str:
    """Return a unique name, ``PROJECT-JOB-DATE-TIME-XXXX`` in UTC, or check the one given.

    The run of a day is ``PROJECT-JOB-dDAY-DATE-TIME-XXXX``, by which backfill knows which days are
    done.

    A name starts with the project's, by which ``launch list`` and the others find its runs.
    """
    if name is None:
        moment = datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S")
        of_day = f"{day_mark(day)}-" if day else ""
        name = f"{description.project}-{job}-{of_day}{moment}-{secrets.token_hex(2)}"
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


def day_mark(day: date) -> str:
    """Return what the names of a day's runs hold: ``d20261123``."""
    return f"d{day:%Y%m%d}"


def with_arguments(job: AnyJob, extra: Sequence[str]) -> AnyJob:
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


def as_text(request: dict[str, Any]) -> str:
    """Return a request as indented JSON, in the order the SDK made it."""
    return json.dumps(request, indent=2)
