"""The proxy before the store does to requests what its rules say, and nothing else."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from campaigns.chaos.proxy import Faults, Rule, proxy

ASKED: list[str] = []


class Behind(BaseHTTPRequestHandler):
    """A store that notes what it is asked, and numbers its answers."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def do_GET(self) -> None:
        ASKED.append(f"{self.command} {self.path}")
        body = f"answer {len(ASKED)}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def address(faults: Faults) -> Iterator[str]:
    ASKED.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Behind)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with proxy(f"http://127.0.0.1:{server.server_address[1]}", faults) as url:
        yield url.removeprefix("http://")
    server.shutdown()
    server.server_close()
    thread.join()


def ask(address: str, method: str = "GET", path: str = "/b/k") -> tuple[int, str] | str:
    """Give status and body, or the name of what went wrong."""
    connection = http.client.HTTPConnection(address, timeout=5)
    try:
        connection.request(method, path, body=b"data" if method == "PUT" else None)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (http.client.HTTPException, OSError) as error:
        return type(error).__name__
    finally:
        connection.close()


def test_without_rules_all_goes_through(address: str) -> None:
    assert ask(address) == (200, "answer 1")
    assert ask(address, "PUT") == (200, "answer 2")
    assert ASKED == ["GET /b/k", "PUT /b/k"]


def test_refused_and_reset_do_not_reach_the_store(address: str, faults: Faults) -> None:
    faults.start([Rule("refuse", "PUT", times=1), Rule("reset", "GET", "/b/k", times=1)])
    refused = ask(address, "PUT")
    assert refused[0] == 503
    assert "SlowDown" in refused[1]
    assert ask(address) == "RemoteDisconnected"
    assert ASKED == []
    assert ask(address) == (200, "answer 1")
    assert faults.stop() == 2


def test_a_cut_answer_was_carried_out(address: str, faults: Faults) -> None:
    faults.start([Rule("cut", "PUT")])
    assert ask(address, "PUT") == "RemoteDisconnected"
    assert ASKED == ["PUT /b/k"]


def test_half_an_answer(address: str, faults: Faults) -> None:
    faults.start([Rule("half", "GET")])
    assert ask(address) == "IncompleteRead"


def test_a_stale_answer_is_the_first_one(address: str, faults: Faults) -> None:
    faults.start([Rule("stale", "GET", times=2)])
    assert [ask(address) for _ in range(3)] == [
        (200, "answer 1"),
        (200, "answer 1"),
        (200, "answer 2"),
    ]


def test_every_third(address: str, faults: Faults) -> None:
    faults.start([Rule("refuse", every=3, times=10)])
    assert [ask(address)[0] for _ in range(6)] == [200, 200, 503, 200, 200, 503]
