"""Spark's own history server on the event logs of a folder or an S3 prefix, on this machine."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from launch import class_archive
from launch.errors import LaunchError
from launch.history.event_logs import EventLogs, download_event_logs, find_event_logs, is_s3
from launch.history.settings import (
    HOST,
    S3Settings,
    history_environment,
    history_settings,
)
from launch.jars import spark_home
from launch.java import java_home
from launch.processes import Processes

DEFAULT_PORT = 18080
_POLL_SECONDS = 0.3


class HistoryError(LaunchError):
    """A history server that did not start, or ended by itself."""


class HistoryServer:
    """A history server that runs as long as the ``with`` block, bound to this machine alone.

    ``source`` is a folder or an ``s3://`` prefix. With ``jars`` (hadoop-aws and what it needs) the
    server reads S3 by itself and shows new applications as they come; without, the logs that are
    there now are downloaded first. ``s3`` is resolved as boto3 does where it is not given; keys of
    a role are taken as they are and not renewed. ``timeout`` seconds are given for the first
    application to be listed, ``settle`` for the others after it.

    Once entered, ``url`` answers, ``applications`` are the ids it lists, and ``notes`` say what
    turned out differently from what was asked for.
    """

    def __init__(
        self,
        source: str | Path,
        *,
        port: int = DEFAULT_PORT,
        s3: S3Settings | None = None,
        jars: Sequence[Path] = (),
        timeout: float = 60,
        settle: float = 15,
    ) -> None:
        self.source = source
        self.url = ""
        self.applications: tuple[str, ...] = ()
        self.notes: tuple[str, ...] = ()
        self._wished_port = port
        self._s3 = s3
        self._jars = tuple(jars)
        self._timeout = timeout
        self._settle = settle
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> HistoryServer:
        remote = is_s3(self.source)
        s3 = (self._s3 or S3Settings.from_environment()) if remote else None
        logs = find_event_logs(self.source, s3=s3)
        self._work = tempfile.TemporaryDirectory(prefix="spark-history-")
        self._processes = Processes(Path(self._work.name)).__enter__()
        try:
            location = logs.location
            if s3 and not self._jars:
                location = str(Path(self._work.name, "events"))
                download_event_logs(logs, Path(location), s3=s3)
                s3 = None
            self._start(location, s3)
            self._wait_until_listed(logs)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def wait(self) -> None:
        """Block while the server runs; HistoryError when it ends by itself."""
        assert self._process is not None
        code = self._process.wait()
        raise HistoryError(f"the history server ended with exit code {code}:\n{self._log_tail()}")

    def close(self) -> None:
        """End the server and remove its working files."""
        self._processes.stop()
        self._work.cleanup()

    def _start(self, location: str, s3: S3Settings | None) -> None:
        port = _free_port(self._wished_port)
        if self._wished_port not in (0, port):
            self.notes += (f"port {self._wished_port} is taken, so it is {port}",)
        self.url = f"http://{HOST}:{port}/"
        file = Path(self._work.name, "history.conf")
        settings = history_settings(location, port=port, s3=s3)
        # Written for java.util.Properties, where a backslash begins an escape.
        lines = (f"{key}={value}" for key, value in settings.items())
        file.write_text("\n".join(lines).replace("\\", "\\\\") + "\n", encoding="utf-8")
        home = java_home()
        base = {**class_archive.environment(home), **os.environ, "JAVA_HOME": str(home)}
        env = history_environment(base, s3=s3, jars=self._jars if s3 else ())
        command = [str(spark_home() / "bin" / "spark-class")]
        command += ["org.apache.spark.deploy.history.HistoryServer", "--properties-file", str(file)]
        self._process = self._processes.start("history", command, env=env)

    def _wait_until_listed(self, logs: EventLogs) -> None:
        assert self._process is not None
        deadline = time.monotonic() + self._timeout
        while True:
            listed = self._listed()
            if listed and len(listed) > len(self.applications):
                # While some are added, the others may follow.
                self.applications = tuple(sorted(listed))
                deadline = time.monotonic() + self._settle
            missing = sorted(logs.applications - set(self.applications))
            if not missing:
                return
            if self._process.poll() is not None:
                raise HistoryError(f"the history server did not start:\n{self._log_tail()}")
            if time.monotonic() > deadline:
                break
            time.sleep(_POLL_SECONDS)
        if not self.applications:
            raise HistoryError(
                f"the history server lists no application of {logs.location} after "
                f"{self._timeout:.0f} s:\n{self._log_tail()}"
            )
        self.notes += (f"not listed yet, or cut off or damaged: {', '.join(missing)}",)

    def _listed(self) -> set[str] | None:
        """Return the ids that the server lists; None while it does not answer."""
        # Without any proxy: it is this machine.
        opener = build_opener(ProxyHandler({}))
        try:
            with opener.open(f"{self.url}api/v1/applications", timeout=10) as answer:
                return {entry["id"] for entry in json.load(answer)}
        except (URLError, OSError, ValueError):
            return None

    def _log_tail(self) -> str:
        log = self._processes.log("history")
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])


def serve_history(
    source: str | Path,
    *,
    on_ready: Callable[[HistoryServer], None],
    port: int = DEFAULT_PORT,
    s3: S3Settings | None = None,
    jars: Sequence[Path] = (),
    open_browser: bool = False,
) -> int:
    """Serve the event logs until Ctrl-C or SIGTERM; return 0 then.

    ``on_ready`` is called once, when the applications are listed. EventLogError where there is no
    event log; HistoryError where the server does not start or ends by itself.
    """
    with _sigterm_as_ctrl_c():
        try:
            with HistoryServer(source, port=port, s3=s3, jars=jars) as server:
                on_ready(server)
                if open_browser:
                    webbrowser.open(server.url)
                server.wait()
        except KeyboardInterrupt:
            pass
    return 0


@contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    """End on SIGTERM as on Ctrl-C, so that the server does not outlive us."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _free_port(wished: int) -> int:
    """Return the wished port if nobody listens there, else any free one."""
    for port in (wished, 0):
        with socket.socket() as probe:
            # As Java does: connections just closed do not keep the port taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise HistoryError("no free port on this machine")
