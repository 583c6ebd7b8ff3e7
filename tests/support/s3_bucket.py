"""A bucket behind S3A, and one Spark that writes to it: ``aws``, ``folder``, ``run``."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_fixture
import pyarrow.parquet as pq
import pytest
from aws_fixture import FakeAws
from one_spark import Run, one_spark, write_tables

from launch.jars import MAGIC_COMMITTER, S3A, fetch_jars

aws = aws_fixture.aws
BUCKET = "etl-bucket"
# By environment, as `launch` gives it, and by a setting, as people do.
SECRETS = {"environment": "wJalrXUtnFEMI-environment-9q", "setting": "bPxRfiCYEXAMPLE-setting-7z"}
DEAD = "20130101T000000Z-0123abcd"


class Bucket:
    """What lies below a prefix, read by boto3 and pyarrow."""

    def __init__(self, aws: FakeAws, prefix: str) -> None:
        self.client, self.prefix = aws.client("s3", attempts=5), prefix

    @property
    def uri(self) -> str:
        return f"s3://{BUCKET}/{self.prefix}"

    def put(self, name: str, text: str) -> None:
        self.client.put_object(Bucket=BUCKET, Key=f"{self.prefix}/{name}", Body=text.encode())

    def get(self, name: str) -> bytes:
        found: bytes = self.client.get_object(Bucket=BUCKET, Key=f"{self.prefix}/{name}")[
            "Body"
        ].read()
        return found

    def names(self) -> set[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=BUCKET, Prefix=f"{self.prefix}/"
        )
        keys = [one["Key"] for page in pages for one in page.get("Contents", ())]
        return {key[len(self.prefix) + 1 :] for key in keys if not key.endswith("/")}

    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.get("manifest.json"))
        return found

    def ids(self) -> list[int]:
        """Give the ids of all rows that the manifest names, sorted; see that nothing else lies."""
        manifest = self.manifest()
        named = {file["path"] for file in manifest["files"]}
        assert self.names() == {*named, "manifest.json", "preprocessor.json"}
        assert self.get("preprocessor.json") == self.get(manifest["preprocessor"]["path"])
        files = [file["path"] for file in manifest["files"] if file["split"]]
        tables = [pq.read_table(io.BytesIO(self.get(path))) for path in files]
        return sorted(value for table in tables for value in table["id"].to_pylist())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tables(tmp_path_factory.mktemp("s3"))


@pytest.fixture(scope="module")
def run(aws: FakeAws, folder: Path) -> Iterator[Run]:
    """Give what runs command lines of jobs/main.py, all in one process."""
    s3a = {
        "endpoint": aws.url,
        "path.style.access": "true",
        "connection.ssl.enabled": "false",
        "aws.credentials.provider": "com.amazonaws.auth.EnvironmentVariableCredentialsProvider",
        "secret.key": SECRETS["setting"],
    }
    jars = [*fetch_jars(S3A), *fetch_jars(MAGIC_COMMITTER, transitive=False)]
    options = ["--jars", ",".join(str(jar) for jar in jars)]
    for name, value in s3a.items():
        options += ["--conf", f"spark.hadoop.fs.s3a.{name}={value}"]
    (folder / "events").mkdir()
    options += ["--conf", "spark.eventLog.enabled=true"]
    options += ["--conf", f"spark.eventLog.dir={(folder / 'events').as_uri()}"]
    env = {**aws.env, "AWS_SECRET_ACCESS_KEY": SECRETS["environment"]}
    with one_spark(folder, options, env) as run:
        yield run


def prepare(source: Path, bucket: Bucket) -> list[object]:
    return ["prepare", source, bucket.uri, "--target", "y", "--key", "id"]
