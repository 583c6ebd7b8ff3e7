"""Faults of the store: runs into S3 through a proxy that answers wrong, late, by half or not."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from campaigns.chaos.cases import Case
from campaigns.chaos.outcome import NEW, Outcome
from campaigns.chaos.proxy import Faults, Rule, proxy
from campaigns.chaos.reader import look
from campaigns.chaos.scene import TABLES, Scene, arguments
from campaigns.resident import LOCAL, Resident
from launch.emulate.cluster import spark_env
from launch.jars import S3A, fetch_jars

_BUCKET = "chaos"
_KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
_MANY = 10**9
_MANIFEST, _DATA, _LIST = "/manifest\\.json", "part-", "[?&]list-type="
# S3A as it comes repeats a request for minutes, and then a run for hours: here it gives up soon.
_S3A = {
    "path.style.access": "true",
    "connection.ssl.enabled": "false",
    "aws.credentials.provider": "com.amazonaws.auth.EnvironmentVariableCredentialsProvider",
    "attempts.maximum": "2",
    "retry.limit": "4",
    "retry.interval": "100ms",
    "retry.throttle.limit": "6",
    "retry.throttle.interval": "50ms",
    "connection.timeout": "4000",
}

FAULTS: dict[str, list[Rule]] = {
    # The store is busy: now and then, for all that is written, for the manifest alone.
    "s3 503 for every third": [Rule("refuse", every=3, times=_MANY)],
    "s3 503 for all data": [Rule("refuse", "PUT|POST", _DATA, times=_MANY)],
    "s3 503 for the manifest": [Rule("refuse", "PUT", _MANIFEST, times=_MANY)],
    "s3 503 for deletions": [Rule("refuse", "DELETE|POST", "[?&]delete|/[^?]*$", times=20)],
    # Connections break: before the store was asked, or after it did what was asked.
    "s3 connection reset": [Rule("reset", every=4, times=_MANY)],
    "s3 answer lost: data": [Rule("cut", "PUT", _DATA, times=3)],
    "s3 answer lost: manifest": [Rule("cut", "PUT", _MANIFEST)],
    "s3 answer always lost: manifest": [Rule("cut", "PUT", _MANIFEST, times=_MANY)],
    "s3 answer lost: deletion": [Rule("cut", "DELETE|POST", times=3)],
    "s3 half an answer": [Rule("half", "GET", every=3, times=_MANY)],
    # Slower than S3A waits for.
    "s3 late": [Rule("late", "PUT", _DATA, times=2, seconds=6)],
    "s3 late manifest": [Rule("late", "PUT", _MANIFEST, seconds=6)],
    # As S3 was before December 2020, and as other stores are.
    "s3 stale listing": [Rule("stale", "GET", _LIST, times=_MANY)],
    "s3 stale listing now and then": [Rule("stale", "GET", _LIST, every=3, times=_MANY)],
}


class Store:
    """A moto server, the proxy before it, and a Spark that knows the proxy alone."""

    def __init__(self, scene: Scene) -> None:
        import boto3
        from botocore.config import Config
        from moto.server import ThreadedMotoServer

        self._work = scene.work / "store"
        self._work.mkdir()
        self._first = scene.work / "first"
        self._tables = scene.work
        self._stack = ExitStack()
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request
        server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        server.start()
        self._stack.callback(server.stop)
        host, port = server.get_host_and_port()
        behind = f"http://{host}:{port}"
        self._faults = Faults()
        url = self._stack.enter_context(proxy(behind, self._faults))
        self._client = boto3.client(
            "s3", "us-east-1", endpoint_url=behind, aws_access_key_id="testing",
            aws_secret_access_key="testing", config=Config(retries={"total_max_attempts": 4}),
        )  # fmt: skip
        self._client.create_bucket(Bucket=_BUCKET)
        self._spark = Resident(
            list(_options(url)), {**spark_env(self._work), **_KEYS}, self._work / "spark.log"
        )
        self._stack.callback(self._spark.close)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def play(self, case: Case) -> Outcome:
        """Play one case over the old result, then once more without the fault."""
        began = time.monotonic()
        for path in self._first.rglob("*"):
            if path.is_file() and path.suffix != ".crc":
                key = f"{case.name}/{path.relative_to(self._first).as_posix()}"
                self._client.upload_file(str(path), _BUCKET, key)
        self._faults.start(FAULTS[case.fault])
        code, said = self._prepare(case)
        used = self._faults.stop()
        (self._work / f"{case.name}.log").write_text(said)
        seen = look(self._copy(case, "seen"), TABLES)
        again, said = self._prepare(case)
        (self._work / f"{case.name}-again.log").write_text(said)
        then = look(self._copy(case, "then"), TABLES)
        return Outcome(case, used > 0, code, seen, again, then, round(time.monotonic() - began, 1))

    def _prepare(self, case: Case) -> tuple[int | None, str]:
        table = self._tables / f"{NEW}.csv"
        return self._spark.run(arguments(table, f"s3a://{_BUCKET}/{case.name}"))

    def _copy(self, case: Case, name: str) -> Path:
        """Copy what lies in the store, past the proxy."""
        folder = self._work / case.name / name
        folder.mkdir(parents=True)
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=_BUCKET, Prefix=f"{case.name}/"):
            for one in page.get("Contents", ()):
                path = folder / one["Key"].partition("/")[2]
                if not one["Key"].endswith("/"):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    self._client.download_file(_BUCKET, one["Key"], str(path))
        return folder


def cases() -> list[Case]:
    """List a case for each fault."""
    return [Case(fault.replace(": ", "-").replace(" ", "-"), fault) for fault in FAULTS]


def _options(url: str) -> Iterator[str]:
    yield from LOCAL
    yield from ("--jars", ",".join(str(jar) for jar in fetch_jars(S3A)))
    for name, value in {**_S3A, "endpoint": url}.items():
        yield from ("--conf", f"spark.hadoop.fs.s3a.{name}={value}")
