"""A fixture ``aws``: the stand-in for AWS as a process, and how to reach it.

A test module takes it with ``aws = aws_fixture.aws``; one that plays jobs in its own way makes a
fixture of ``fake_aws_server(folder, play="module:function")``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped,unused-ignore]
import pytest
from botocore.config import Config  # type: ignore[import-untyped,unused-ignore]
from fake_player import LOG_GROUP, aws_environment

ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 60
# The program waits a minute for its player to end.
_END_SECONDS = 90
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


@dataclass(frozen=True)
class FakeAws:
    """A running stand-in: its URL, the whole environment for a process that uses it, its folder."""

    url: str
    env: dict[str, str]
    folder: Path

    def client(self, service: str, *, attempts: int = 1) -> Any:
        """Make a boto3 client; without retries, so that a test sees every answer."""
        return boto3.client(
            service,
            region_name=self.env["AWS_DEFAULT_REGION"],
            endpoint_url=self.url,
            aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"total_max_attempts": attempts}),
        )

    def faults(self, operation: str, kind: str, times: int = 1) -> None:
        """Let the next calls of an operation fail: throttle, drop or error500."""
        order = {"operation": operation, "kind": kind, "times": times}
        self._call("/fake/faults", json.dumps(order).encode())

    def requests(self) -> list[dict[str, Any]]:
        """Give the CreateProcessingJob requests so far."""
        found: list[dict[str, Any]] = self._call("/fake/requests")
        return found

    def make_bucket_and_role(
        self, bucket: str = "etl-bucket", role: str = "etl-role"
    ) -> tuple[str, str]:
        """Make a bucket, and a role that SageMaker may take; return its name and the role's ARN."""
        region = self.env["AWS_DEFAULT_REGION"]
        self.client("s3").create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region}
        )
        made = self.client("iam").create_role(
            RoleName=role, AssumeRolePolicyDocument=json.dumps(_TRUST)
        )
        return bucket, made["Role"]["Arn"]

    def wait_until_ended(self, job: str, *, timeout: float = 60) -> dict[str, Any]:
        """Wait for the end of a job, whatever it is; return its description."""
        client = self.client("sagemaker", attempts=5)
        deadline = time.monotonic() + timeout
        while True:
            found: dict[str, Any] = client.describe_processing_job(ProcessingJobName=job)
            if found["ProcessingJobStatus"] in ("Completed", "Failed", "Stopped"):
                return found
            assert time.monotonic() < deadline, f"{job} did not end: {found}"
            time.sleep(0.1)

    def logs(self, job: str) -> dict[str, list[str]]:
        """Give the log streams of a job, each with its lines."""
        client = self.client("logs", attempts=5)
        pages = client.get_paginator("filter_log_events").paginate(
            logGroupName=LOG_GROUP, logStreamNamePrefix=f"{job}/"
        )
        found: dict[str, list[str]] = {}
        for event in (event for page in pages for event in page["events"]):
            found.setdefault(event["logStreamName"], []).append(event["message"])
        return dict(sorted(found.items()))

    def _call(self, path: str, data: bytes | None = None) -> Any:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.url}{path}", data, timeout=30) as answer:
            return json.load(answer)


@contextmanager
def fake_aws_server(
    folder: Path, *, play: str | None = None, pythonpath: Path | None = None
) -> Iterator[FakeAws]:
    """Run the stand-in as a process; its output is ``folder``/aws.log.

    ``play`` is MODULE:FUNCTION, found below ``pythonpath``, the checkout or this folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    outside = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    program = [sys.executable, str(Path(__file__).with_name("fake_aws.py"))]
    program += ["--state", str(folder / "jobs"), *(["--play", play] if play else [])]
    paths = [str(path) for path in (pythonpath, ROOT) if path]
    with (folder / "url.txt").open("wb") as out, (folder / "aws.log").open("wb") as log:
        process = subprocess.Popen(
            program,
            env={**outside, "PYTHONPATH": os.pathsep.join(paths)},
            stdout=out,
            stderr=log,
        )
    try:
        url = _wait_for_url(process, folder)
        yield FakeAws(url, {**outside, **aws_environment(url)}, folder)
    finally:
        process.terminate()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for_url(process: subprocess.Popen[bytes], folder: Path) -> str:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        first, newline, _ = (folder / "url.txt").read_text().partition("\n")
        if newline:
            return first
        time.sleep(0.05)
    raise AssertionError(f"the AWS stand-in did not start:\n{(folder / 'aws.log').read_text()}")


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeAws]:
    """Give one stand-in to all tests, with a bucket ``etl-bucket`` and a role ``etl-role``."""
    with fake_aws_server(tmp_path_factory.mktemp("aws")) as server:
        server.make_bucket_and_role()
        yield server
