"""S3 as the emulator sees it: a folder of this machine, or a real service."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from launch.errors import LaunchError
from launch.request.plan import Upload
from launch.request.transfer import is_there, split_uri, upload_file

_S3A = "org.apache.hadoop.fs.s3a.S3AFileSystem"
_VIEW = "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme"


class Store(Protocol):
    """What the emulator needs of S3."""

    def keys(self, uri: str) -> Iterator[str]:
        """Give the addresses of all objects whose key starts as this one does, in order."""

    def download(self, uri: str, path: Path) -> None:
        """Copy one object to a file."""

    def upload(self, path: Path, uri: str) -> None:
        """Copy one file to an object."""

    def spark_settings(self, buckets: Sequence[str]) -> dict[str, str]:
        """Give the settings by which Spark reads and writes s3:// here."""

    def jars(self) -> list[Path]:
        """Give the jars those settings need."""

    def environment(self) -> dict[str, str]:
        """Give the variables Spark's processes need, credentials among them."""


@dataclass(frozen=True)
class FolderStore:
    """``s3://bucket/key`` is the file ``root/bucket/key``: nothing to install, nothing sent."""

    root: Path

    def path_of(self, uri: str) -> Path:
        """Return the file that stands for an object; LaunchError where it would lie outside."""
        bucket, key = split_uri(uri)
        path = self.root / bucket / key
        if bucket.startswith(".") or ".." in key.split("/"):
            raise LaunchError(f"{uri}: '..' has no meaning on S3")
        return path

    def keys(self, uri: str) -> Iterator[str]:
        """Give the addresses of all objects below a prefix; a prefix matches by its text."""
        bucket, key = split_uri(uri)
        base = self.path_of(f"s3://{bucket}/")
        found = {path.relative_to(base).as_posix(): path for path in base.rglob("*")}
        for name, path in sorted(found.items()):
            # Hadoop keeps its checksums beside the files; S3 has none.
            checksum = path.name.startswith(".") and path.suffix == ".crc"
            if path.is_file() and not checksum and name.startswith(key):
                yield f"s3://{bucket}/{name}"

    def download(self, uri: str, path: Path) -> None:
        """Copy one object to a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.path_of(uri), path)

    def upload(self, path: Path, uri: str) -> None:
        """Copy one file to an object; it appears whole."""
        target = self.path_of(uri)
        target.parent.mkdir(parents=True, exist_ok=True)
        # Named like a checksum, so that no listing shows it; unique for two uploads at once.
        with (
            tempfile.NamedTemporaryFile(
                dir=target.parent, prefix=".", suffix=".crc", delete=False
            ) as draft,
            path.open("rb") as source,
        ):
            shutil.copyfileobj(source, draft)
        os.replace(draft.name, target)

    def is_there(self, upload: Upload) -> bool:
        """Tell whether an object of this name and size is there."""
        path = self.path_of(upload.s3_uri)
        return path.is_file() and path.stat().st_size == upload.local_path.stat().st_size

    def spark_settings(self, buckets: Sequence[str]) -> dict[str, str]:
        """Mount each bucket's folder under s3:// and s3a://, by Hadoop's own view file system."""
        settings = {f"spark.hadoop.fs.{scheme}.impl": _VIEW for scheme in ("s3", "s3a")}
        overload = "spark.hadoop.fs.viewfs.overload.scheme.target.file.impl"
        settings[overload] = "org.apache.hadoop.fs.LocalFileSystem"
        for bucket in buckets:
            folder = self.root / bucket
            folder.mkdir(parents=True, exist_ok=True)
            mount = f"spark.hadoop.fs.viewfs.mounttable.{bucket}.linkFallback"
            settings[mount] = folder.resolve().as_uri()
        return settings

    def jars(self) -> list[Path]:
        """Give none: Spark's own Hadoop can do it."""
        return []

    def environment(self) -> dict[str, str]:
        """Give none."""
        return {}


@dataclass(frozen=True)
class S3Store:
    """A real service by the S3 protocol: AWS, or whatever AWS_ENDPOINT_URL names."""

    session: Any
    kms_key: str | None = None
    _client: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        from launch.aws.session import client

        object.__setattr__(self, "_client", client(self.session, "s3"))

    def keys(self, uri: str) -> Iterator[str]:
        """Give the addresses of all objects whose key starts as this one does, in order."""
        bucket, key = split_uri(uri)
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
        for page in pages:
            for item in page.get("Contents", ()):
                yield f"s3://{bucket}/{item['Key']}"

    def download(self, uri: str, path: Path) -> None:
        """Copy one object to a file."""
        bucket, key = split_uri(uri)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._client.download_file(bucket, key, str(path))

    def upload(self, path: Path, uri: str) -> None:
        """Copy one file to an object."""
        upload_file(self._client, Upload(uri, path), kms_key=self.kms_key)

    def is_there(self, upload: Upload) -> bool:
        """Tell whether an object of this name and size is there."""
        return is_there(self._client, upload)

    def spark_settings(self, buckets: Sequence[str]) -> dict[str, str]:
        """Set S3A for both schemes, with this session's endpoint and region."""
        endpoint = _own_endpoint(os.environ)
        settings = {
            "spark.hadoop.fs.s3.impl": _S3A,
            "spark.hadoop.fs.s3a.impl": _S3A,
            "spark.hadoop.fs.s3a.aws.credentials.provider":
                "com.amazonaws.auth.EnvironmentVariableCredentialsProvider",
        }  # fmt: skip
        if endpoint:
            settings["spark.hadoop.fs.s3a.endpoint"] = endpoint
            settings["spark.hadoop.fs.s3a.path.style.access"] = "true"
            secure = str(endpoint.startswith("https")).lower()
            settings["spark.hadoop.fs.s3a.connection.ssl.enabled"] = secure
        else:
            settings["spark.hadoop.fs.s3a.endpoint.region"] = self.session.region_name
        return settings

    def jars(self) -> list[Path]:
        """Give hadoop-aws and what it needs (275 MB, fetched once)."""
        from launch.jars import S3A, JarError, fetch_jars

        try:
            return fetch_jars(S3A)
        except JarError as error:
            raise LaunchError(str(error)) from error

    def environment(self) -> dict[str, str]:
        """Give the session's credentials: by environment, as a command line shows in ps."""
        found = self.session.get_credentials()
        if found is None:
            raise LaunchError("no AWS credentials; run `aws configure`, or set AWS_PROFILE")
        keys = found.get_frozen_credentials()
        values = {"AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key}
        if keys.token:
            values["AWS_SESSION_TOKEN"] = keys.token
        return values


def _own_endpoint(environment: Mapping[str, str]) -> str | None:
    """Return the endpoint where it is not AWS's own."""
    return environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
