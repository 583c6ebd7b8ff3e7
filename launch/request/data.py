"""The data of a job: files that S3 must have before it starts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from launch.description.load import Description
from launch.description.model import BaseJob
from launch.errors import LaunchError
from launch.request.plan import Upload
from launch.request.transfer import split_uri
from launch.sample import extract_flights


def data_uploads(description: Description, job: BaseJob) -> Iterator[Upload]:
    """Give each file with the object it becomes; LaunchError where two become the same one."""
    taken: set[str] = set()
    for item in job.data:
        path = _local_data(description, item.source)
        # A key that ends with a slash would be a folder to Spark.
        bucket, key = split_uri(item.destination)
        key = f"{key}{path.name}" if not key or key.endswith("/") else key
        uri = f"s3://{bucket}/{key}"
        if uri in taken:
            raise LaunchError(f"data: two files go to {uri}")
        taken.add(uri)
        yield Upload(uri, path)


def _local_data(description: Description, source: str) -> Path:
    if source != "sample:flights":
        path = description.root / source
        if not path.is_file():
            raise LaunchError(f"data: {source} is not a file in {description.root}")
        return path
    try:
        return extract_flights(description.root / "data" / "flights.csv")
    except LookupError as error:
        raise LaunchError(str(error)) from error
