"""Spark's event logs where they lie: in a folder or below an S3 prefix, known by their names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from launch.errors import LaunchError
from launch.history.settings import S3Settings

# YARN, standalone, local and Kubernetes ids; an attempt's number, a compression, or "still running"
# may follow. SageMaker's image copies a finished log under the plain id.
_NAME = re.compile(
    r"(?:eventlog_v2_)?"
    r"(?P<id>application_\d+_\d+|app-\d+-\d+|local-\d+|spark-[0-9a-f]+)"
    r"(?:_\d+)?(?:\.(?:zstd|lz4|lzf|snappy))?(?:\.inprogress)?"
)


class EventLogError(LaunchError):
    """Event logs that are not there or cannot be read."""


def application_id(name: str) -> str | None:
    """Return the application's id in the name of an event log; None for any other name."""
    found = _NAME.fullmatch(name)
    return found["id"] if found else None


@dataclass(frozen=True)
class EventLogs:
    """The event logs at one place: where, their names, and the applications they tell of."""

    location: str
    names: tuple[str, ...]

    @property
    def applications(self) -> frozenset[str]:
        """Return the ids of the applications."""
        return frozenset(found for name in self.names if (found := application_id(name)))


def find_event_logs(source: str | Path, *, s3: S3Settings | None = None) -> EventLogs:
    """List the event logs directly in a folder or below an ``s3://`` prefix.

    Empty files are passed over, as Spark does. EventLogError where there is no event log, with the
    sub-folders that hold some.
    """
    if is_s3(source):
        location = f"s3://{'/'.join(_bucket_and_prefix(str(source)))}"
        listed = list(_s3_names(str(source), s3 or S3Settings.from_environment()))
    else:
        folder = Path(str(source).removeprefix("file://")).resolve()
        if not folder.is_dir():
            hint = f"; give its folder: {folder.parent}" if folder.is_file() else ""
            raise EventLogError(f"{folder} is not a folder of event logs{hint}")
        location = str(folder)
        files = (path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
        listed = [path.relative_to(folder).as_posix() for path in files]
    tops = sorted({name.split("/", 1)[0] for name in listed})
    names = tuple(name for name in tops if application_id(name))
    if not names:
        raise EventLogError(_nothing_found(location, listed))
    return EventLogs(location, names)


def download_event_logs(logs: EventLogs, folder: Path, *, s3: S3Settings) -> None:
    """Copy event logs from S3 into a folder, under the names they have."""
    client = s3.client()
    bucket, prefix = _bucket_and_prefix(logs.location)
    for name in _s3_names(logs.location, s3):
        if name.split("/", 1)[0] in logs.names:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            client.download_file(bucket, prefix + name, str(target))


def is_s3(source: str | Path) -> bool:
    """Tell an S3 address (s3, s3a or s3n) from a path."""
    return re.match(r"s3[an]?://", str(source)) is not None


def _bucket_and_prefix(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    path = parts.path.strip("/")
    return parts.netloc, f"{path}/" if path else ""


def _s3_names(address: str, s3: S3Settings) -> Iterator[str]:
    """List the objects below a prefix, relative to it; empty ones left out."""
    from botocore.exceptions import (  # type: ignore[import-untyped,unused-ignore]
        BotoCoreError,
        ClientError,
    )

    bucket, prefix = _bucket_and_prefix(address)
    pages = s3.client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    try:
        for page in pages:
            for entry in page.get("Contents", ()):
                if entry["Size"]:
                    yield entry["Key"][len(prefix) :]
    except (BotoCoreError, ClientError) as error:
        raise EventLogError(f"cannot list {address}: {error}") from error


def _nothing_found(location: str, listed: list[str]) -> str:
    folders = sorted(
        {
            parent
            for name in listed
            for parent, _, last in [name.rpartition("/")]
            if parent and application_id(last)
        }
    )
    if folders:
        more = f" and {len(folders) - 3} more" if len(folders) > 3 else ""
        return (
            f"{location} holds no event log itself, but these folders below it do: "
            f"{', '.join(folders[:3])}{more}; name one of them"
        )
    return (
        f"{location} holds no event log (a file named application_…, app-…, local-… or spark-…, "
        f"not empty; {len(listed)} other files are there). A job writes one with "
        "spark.eventLog.enabled=true"
    )
