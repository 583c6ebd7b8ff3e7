"""What plays a processing job of the AWS stand-in is given; no moto in here."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
_FLUSH_SECONDS = 0.5
_LINES_A_BATCH = 1000


def aws_environment(url: str) -> dict[str, str]:
    """Give the variables by which every AWS client finds this server, and nothing else."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


class PlayContext:
    """What a player is given: where AWS is, where to log, and whether it is to stop."""

    def __init__(self, job: str, *, endpoint: str, region: str, folder: Path) -> None:
        self.endpoint = endpoint
        self.region = region
        self.folder = folder
        self.stopping = threading.Event()
        self._job = job
        self._pending: dict[str, list[dict[str, Any]]] = {}
        self._streams: dict[str, str] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def log(self, host: str, line: str) -> None:
        """Add a line to the CloudWatch stream of a host; it is sent within half a second."""
        event = {"timestamp": int(time.time() * 1000), "message": line or " "}
        with self._lock:
            self._pending.setdefault(host, []).append(event)

    def open(self) -> None:
        """Start to send what is logged."""
        import boto3  # type: ignore[import-untyped,unused-ignore]

        self._client = boto3.client("logs", endpoint_url=self.endpoint, region_name=self.region)
        self._sender = threading.Thread(target=self._send_until_closed, daemon=True)
        self._sender.start()

    def close(self) -> None:
        """Send what is left."""
        self._closed.set()
        self._sender.join()
        self._send()

    def _send_until_closed(self) -> None:
        while not self._closed.wait(_FLUSH_SECONDS):
            self._send()

    def _send(self) -> None:
        with self._lock:
            pending, self._pending = self._pending, {}
        for host, events in pending.items():
            stream = self._streams.get(host) or self._make_stream(host)
            for first in range(0, len(events), _LINES_A_BATCH):
                batch = events[first : first + _LINES_A_BATCH]
                self._client.put_log_events(
                    logGroupName=LOG_GROUP, logStreamName=stream, logEvents=batch
                )

    def _make_stream(self, host: str) -> str:
        with suppress(self._client.exceptions.ResourceAlreadyExistsException):
            self._client.create_log_group(logGroupName=LOG_GROUP)
        stream = f"{self._job}/{host}-{int(time.time()):010d}"
        self._client.create_log_stream(logGroupName=LOG_GROUP, logStreamName=stream)
        self._streams[host] = stream
        return stream


Play = Callable[[dict[str, Any], PlayContext], tuple[int, str]]


def play_nothing(request: dict[str, Any], context: PlayContext) -> tuple[int, str]:
    """Wait a second, log two lines a host, and succeed."""
    hosts = request["ProcessingResources"]["ClusterConfig"]["InstanceCount"]
    for number in range(1, hosts + 1):
        context.log(f"algo-{number}", f"started on algo-{number}")
    context.stopping.wait(1)
    for number in range(1, hosts + 1):
        context.log(f"algo-{number}", f"ended on algo-{number}")
    return 0, ""
