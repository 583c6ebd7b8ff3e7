"""The rows that a run published, from its manifest, wherever the run put it.

A later run replaces the manifest of an earlier one at the same place. So one counts only where it
names the run; on a bucket with versioning the earlier ones are still found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from launch.runs.model import Run

_MANIFEST = "manifest.json"
# The clocks of a host and of S3 differ, and SageMaker uploads after the job's end.
_SLACK = timedelta(minutes=15)


@dataclass(frozen=True)
class Rows:
    """Where the rows of a run went."""

    read: int
    train: int
    validation: int
    test: int
    dropped: int
    quarantined: int

    @property
    def published(self) -> int:
        """The rows of all splits."""
        return self.train + self.validation + self.test


class Manifests(Protocol):
    """A place that keeps manifests."""

    def near(self, uri: str, first: datetime, last: datetime) -> Iterator[Any]:
        """Give what stands at an address and was written in a time, the newest first."""


def rows_of(run: Run, manifests: Manifests) -> Rows | None:
    """Return the rows a run published; None where no manifest says that it is this run's."""
    first = (run.started or run.created) - _SLACK
    last = (run.ended or datetime.max.replace(tzinfo=first.tzinfo) - _SLACK) + _SLACK
    for uri in _places(run):
        for manifest in manifests.near(uri, first, last):
            if isinstance(manifest, dict) and manifest.get("processing_job") == run.name:
                return _rows(manifest.get("rows"))
    return None


def _places(run: Run) -> Iterator[str]:
    """Give where a run may have put a manifest: an argument that is an address, or an output."""
    request = run.request or {}
    words = (request.get("AppSpecification") or {}).get("ContainerArguments") or ()
    found = [match[1] for word in words if (match := re.fullmatch(r"(?:-.*=)?(s3a?://.+)", word))]
    for output in (request.get("ProcessingOutputConfig") or {}).get("Outputs") or ():
        found.append(output.get("S3Output", {}).get("S3Uri", ""))
    for uri in dict.fromkeys(found):
        if uri and not uri.rpartition("/")[2].endswith((".json", ".csv", ".parquet", ".gz")):
            yield f"{uri.rstrip('/')}/{_MANIFEST}"


def _rows(data: Any) -> Rows | None:
    try:
        published = data["published"]
        return Rows(
            read=int(data["read"]),
            train=int(published.get("train", 0)),
            validation=int(published.get("validation", 0)),
            test=int(published.get("test", 0)),
            dropped=sum(data["dropped"].values()),
            quarantined=sum(data["quarantined"].values()),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


class FolderManifests:
    """Manifests below the folder that stands for S3 here; see ``FolderStore``."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def near(self, uri: str, first: datetime, last: datetime) -> Iterator[Any]:
        """Give the one that is there."""
        from launch.request.transfer import split_uri

        bucket, key = split_uri(uri)
        try:
            yield json.loads((self._root / bucket / key).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return


class S3Manifests:
    """Manifests in S3, and where the bucket keeps versions, those that were replaced too."""

    def __init__(self, session: Any) -> None:
        from launch.aws.session import client

        self._s3 = client(session, "s3")
        self._versions: dict[str, list[Any]] = {}
        self._read: dict[tuple[str, str], Any] = {}

    def near(self, uri: str, first: datetime, last: datetime) -> Iterator[Any]:
        """Give those written in a time; what may not be read is passed over."""
        from launch.request.transfer import split_uri

        bucket, key = split_uri(uri)
        for version in self._versions_of(bucket, key):
            if first <= version["LastModified"] <= last:
                yield self._content(bucket, key, version["VersionId"])

    def _versions_of(self, bucket: str, key: str) -> list[Any]:
        from botocore.exceptions import ClientError

        uri = f"{bucket}/{key}"
        if uri not in self._versions:
            try:
                page = self._s3.list_object_versions(Bucket=bucket, Prefix=key)
                found = [item for item in page.get("Versions", ()) if item["Key"] == key]
            except ClientError:
                found = self._newest(bucket, key)
            found.sort(key=lambda item: item["LastModified"], reverse=True)
            self._versions[uri] = found
        return self._versions[uri]

    def _newest(self, bucket: str, key: str) -> list[Any]:
        """Ask for the one that stands: not everybody may list versions."""
        from botocore.exceptions import ClientError

        try:
            head = self._s3.head_object(Bucket=bucket, Key=key)
        except ClientError:
            return []
        return [{"LastModified": head["LastModified"], "VersionId": "null"}]

    def _content(self, bucket: str, key: str, version: str) -> Any:
        from botocore.exceptions import ClientError

        wanted = (f"{bucket}/{key}", version)
        if wanted not in self._read:
            named = {} if version == "null" else {"VersionId": version}
            try:
                body = self._s3.get_object(Bucket=bucket, Key=key, **named)["Body"].read()
                self._read[wanted] = json.loads(body)
            except (ClientError, ValueError):
                self._read[wanted] = None
        return self._read[wanted]
