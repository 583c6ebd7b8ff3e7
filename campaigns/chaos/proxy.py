"""An HTTP proxy in front of a store that answers wrong, late, by half, or not at all, on order.

Rules are looked at in turn; the first that fits a request and is not used up decides. What a rule
does, where ``store`` stands for the server behind:

=========== ==============================================================================
refuse      503 Slow Down; the store is not asked
reset       the connection is closed; the store is not asked
cut         the store is asked and does it; the connection is closed without an answer
half        the store's answer breaks off in the middle of its body
late        the store is asked after ``seconds``
stale       the answer that was given to the same request the first time (listings)
=========== ==============================================================================
"""

from __future__ import annotations

import http.client
import re
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_SLOW_DOWN = (
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code>'
    b"<Message>Please reduce your request rate.</Message></Error>"
)


@dataclass
class Rule:
    """What happens to requests: by method, by a pattern in the path, so many times."""

    kind: str
    method: str = ""
    path: str = ""
    times: int = 1
    every: int = 1
    seconds: float = 0.0
    met: int = 0
    used: int = 0

    def takes(self, method: str, path: str) -> bool:
        """Tell whether the rule decides this request, and count it."""
        if self.used >= self.times or (self.method and method not in self.method.split("|")):
            return False
        if not re.search(self.path, path):
            return False
        self.met += 1
        if self.met % self.every:
            return False
        self.used += 1
        return True


@dataclass
class Faults:
    """The rules of a proxy, and the first answers it gave."""

    rules: list[Rule] = field(default_factory=list)
    first: dict[tuple[str, str], tuple[int, list[tuple[str, str]], bytes]] = field(
        default_factory=dict
    )
    lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, rules: Sequence[Rule]) -> None:
        """Let rules decide from now on; they begin anew."""
        with self.lock:
            self.rules = [replace(rule, met=0, used=0) for rule in rules]
            self.first.clear()

    def stop(self) -> int:
        """Let everything through again; return how many requests rules decided."""
        with self.lock:
            used = sum(rule.used for rule in self.rules)
            self.rules = []
            return used

    def rule_for(self, method: str, path: str) -> Rule | None:
        """Find the rule that decides a request."""
        with self.lock:
            return next((rule for rule in self.rules if rule.takes(method, path)), None)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _any(self) -> None:
        body = self._body()
        rule = self.server.faults.rule_for(self.command, self.path)
        kind = rule.kind if rule else ""
        if kind == "reset":
            self._close()
            return
        if kind == "refuse":
            self._answer(503, [("Content-Type", "application/xml")], _SLOW_DOWN)
            return
        if rule and kind == "late":
            time.sleep(rule.seconds)
        key = (self.command, self.path)
        answer = self.server.faults.first.get(key) if kind == "stale" else None
        status, headers, data = answer or self._ask(body)
        self.server.faults.first.setdefault(key, (status, headers, data))
        if kind == "cut":
            self._close()
        elif kind == "half":
            self._answer(status, headers, data, most=len(data) // 2)
            self._close()
        else:
            self._answer(status, headers, data)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _any  # noqa: N815 - the library's names

    def _body(self) -> bytes:
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        host, port = self.server.behind
        connection = http.client.HTTPConnection(host, port, timeout=60)
        headers = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in ("expect", "connection")
        }
        try:
            connection.request(self.command, self.path, body=body or None, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def _answer(
        self, status: int, headers: list[tuple[str, str]], data: bytes, most: int | None = None
    ) -> None:
        self.send_response_only(status)
        given = {name.lower() for name, _ in headers}
        for name, value in headers:
            if name.lower() not in ("connection", "transfer-encoding"):
                self.send_header(name, value)
        if "content-length" not in given:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data if most is None else data[:most])

    def _close(self) -> None:
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name there
        """Say nothing: thousands of requests."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, behind: tuple[str, int], faults: Faults) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind, self.faults = behind, faults

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that goes away is a part of the play."""


@contextmanager
def proxy(behind: str, faults: Faults) -> Iterator[str]:
    """Run a proxy for ``http://HOST:PORT``; yield its own address of that form."""
    host, _, port = behind.removeprefix("http://").partition(":")
    server = _Server((host, int(port)), faults)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
