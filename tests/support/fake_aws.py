"""AWS on this machine, for tests: S3, SageMaker Processing, CloudWatch Logs, IAM and STS over HTTP.

    python tests/support/fake_aws.py --port 0 --state DIR [--play MODULE:FUNCTION]
        [--bucket NAME] [--role NAME]

A moto server whose processing jobs are played by a function ``play(request, context)``, which
returns an exit code and an exit message (see ``PlayContext`` in fake_player.py); without one,
each job takes a second and succeeds. The first line on stdout is the URL. Ends on SIGTERM.

    GET  /fake/requests   the CreateProcessingJob requests so far
    POST /fake/faults     {"operation": "DescribeProcessingJob", "kind": "throttle", "times": 3}

A fault meets the next calls of an operation of SageMaker or Logs: ``throttle`` refuses with
ThrottlingException, ``drop`` closes the connection without an answer, ``error500`` answers 500.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped,unused-ignore]
from fake_player import Play, aws_environment, play_nothing
from fake_processing import ProcessingJobs, install
from moto.logs.responses import LogsResponse
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

KINDS = ("throttle", "drop", "error500")
ENDING_SECONDS = 60
_ERRORS = {
    "throttle": (400, "ThrottlingException", "Rate exceeded"),
    "error500": (500, "InternalFailure", "The request processing has failed"),
}
WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


class FaultyApp:
    """The moto application, with faults on order and its own few addresses below /fake/."""

    def __init__(self, app: WsgiApp) -> None:
        self.jobs: ProcessingJobs | None = None
        self._app = app
        self._faults: dict[str, list[str]] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/fake/"):
            return self._answer(Request(environ))(environ, start_response)
        operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        with self._lock:
            waiting = self._faults.get(operation)
            kind = waiting.pop(0) if waiting else None
        if kind is None:
            return self._app(environ, start_response)
        Request(environ).get_data()
        if kind == "drop":
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionResetError("closed on purpose")
        status, code, message = _ERRORS[kind]
        body = json.dumps({"__type": code, "message": message})
        response = Response(body, status, content_type="application/x-amz-json-1.1")
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if (request.method, request.path) == ("GET", "/fake/requests") and self.jobs:
            return _json(200, self.jobs.requests())
        if (request.method, request.path) != ("POST", "/fake/faults"):
            return _json(404, {"error": f"there is no {request.method} {request.path}"})
        order = request.get_json(force=True)
        if order["kind"] not in KINDS:
            return _json(400, {"error": f"kind is one of {', '.join(KINDS)}"})
        with self._lock:
            waiting = self._faults.setdefault(order["operation"], [])
            waiting += [order["kind"]] * order.get("times", 1)
        return _json(200, {"waiting": len(waiting)})


def _json(status: int, data: object) -> Response:
    return Response(json.dumps(data), status, content_type="application/json")


def load_play(name: str | None) -> Play:
    """Import ``MODULE:FUNCTION``."""
    if name is None:
        return play_nothing
    module, _, function = name.partition(":")
    found: Play = getattr(importlib.import_module(module), function)
    return found


def filter_log_events(self: LogsResponse) -> str:
    """Answer FilterLogEvents as AWS does: moto ignores the prefix, and the order in time."""
    names = self._get_param("logStreamNames", [])
    prefix = self._get_param("logStreamNamePrefix")
    group = self._get_param("logGroupName")
    if prefix and group in self.logs_backend.groups:
        streams = list(self.logs_backend.groups[group].streams)
        # moto takes no name for every name; no stream is called so.
        names = [name for name in streams if name.startswith(prefix)] or [":"]
    events, token, searched = self.logs_backend.filter_log_events(
        group,
        names,
        self._get_param("startTime"),
        self._get_param("endTime"),
        self._get_param("limit"),
        self._get_param("nextToken"),
        self._get_param("filterPattern"),
        interleaved=True,
    )
    return json.dumps({"events": events, "nextToken": token, "searchedLogStreams": searched})


def make_bucket_and_role(bucket: str | None, role: str | None) -> None:
    """Make what a person who tries the commands would have on AWS already."""
    if bucket:
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=bucket)
    if role:
        service = {"Service": "sagemaker.amazonaws.com"}
        trust = [{"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"}]
        policy = json.dumps({"Version": "2012-10-17", "Statement": trust})
        iam = boto3.client("iam", region_name="us-east-1")
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=policy)


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path, required=True, help="a folder for each job")
    parser.add_argument("--play", metavar="MODULE:FUNCTION", help="what a job does")
    parser.add_argument("--bucket", help="make this bucket")
    parser.add_argument("--role", help="make this role")
    options = parser.parse_args(arguments)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    app = FaultyApp(DomainDispatcherApplication(create_backend_app))
    server = make_server(
        "127.0.0.1", options.port, app, threaded=True, request_handler=MotoRequestHandler
    )
    url = f"http://127.0.0.1:{server.server_port}"
    # A player, and the processes it starts, talk to this AWS and to no other.
    for stray in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[stray]
    os.environ.update(aws_environment(url))
    app.jobs = ProcessingJobs(options.state, endpoint=url, play=load_play(options.play))
    install(app.jobs)
    setattr(LogsResponse, "filter_log_events", filter_log_events)  # noqa: B010 - typed as a method
    threading.Thread(target=server.serve_forever, daemon=True).start()
    make_bucket_and_role(options.bucket, options.role)
    print(url, flush=True)
    ended.wait()
    app.jobs.close(ENDING_SECONDS)
    server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
