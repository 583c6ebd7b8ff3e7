"""Event logs found by name; the server's settings; Spark's history server as a real process."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest

from launch.history import HistoryError, HistoryServer

ROOT = Path(__file__).resolve().parents[3]


def write_log(folder: Path, application: str, name: str = "prepare") -> Path:
    """Write the few events by which Spark lists a finished application."""
    start = {
        "Event": "SparkListenerApplicationStart",
        "App Name": name,
        "App ID": application,
        "Timestamp": 1763900000000,
        "User": "someone",
    }
    end = {"Event": "SparkListenerApplicationEnd", "Timestamp": 1763900060000}
    version = {"Event": "SparkListenerLogStart", "Spark Version": "3.5.8"}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / application
    # Without blanks, as Spark writes: it looks for the beginning {"Event":"SparkListener….
    lines = (json.dumps(event, separators=(",", ":")) for event in (version, start, end))
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def listening_addresses(pid: int) -> set[str]:
    return {
        connection.laddr.ip
        # The process itself and what it guards.
        for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True))
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }


def test_server_lists_the_applications_on_loopback_and_ends(tmp_path: Path) -> None:
    folder = tmp_path / "my events \\ here"
    write_log(folder, "application_1763900000000_0001", "prepare flights")
    write_log(folder, "local-1763900000001")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wished = taken.getsockname()[1]
        with HistoryServer(folder, port=wished) as server:
            assert server.applications == ("application_1763900000000_0001", "local-1763900000001")
            assert len(server.notes) == 1
            assert f"port {wished} is taken, so it is" in server.notes[0]
            with urllib.request.urlopen(f"{server.url}api/v1/applications") as answer:
                names = {entry["name"] for entry in json.load(answer)}
            process = server._process
            assert process is not None
            addresses = listening_addresses(process.pid)
    assert names == {"prepare flights", "prepare"}
    assert {address.removeprefix("::ffff:") for address in addresses} == {"127.0.0.1"}
    assert process.poll() is not None


def java_below(pid: int) -> psutil.Process:
    """The guard's child is spark-class, which becomes Java."""
    return psutil.Process(pid).children(recursive=True)[0]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGKILL, -9)])
def test_the_server_does_not_outlive_its_owner(tmp_path: Path, number: int, code: int) -> None:
    write_log(tmp_path, "local-1763900000000")
    program = (
        "from launch.history import serve_history\n"
        "def ready(server): print(server._process.pid, flush=True)\n"
        f"raise SystemExit(serve_history({str(tmp_path)!r}, port=0, on_ready=ready))\n"
    )
    ours = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert ours.stdout is not None
    java = java_below(int(ours.stdout.readline()))
    assert "org.apache.spark.deploy.history.HistoryServer" in java.cmdline()
    ours.send_signal(number)
    assert ours.wait(timeout=30) == code
    ours.stdout.close()
    java.wait(timeout=10)
    assert not java.is_running()


def test_a_server_that_dies_is_reported(tmp_path: Path) -> None:
    write_log(tmp_path, "local-1763900000000")
    with HistoryServer(tmp_path, port=0) as server:
        assert server._process is not None
        java_below(server._process.pid).kill()
        with pytest.raises(HistoryError, match="ended with exit code 137"):
            server.wait()


def test_a_damaged_log_is_noted_and_the_rest_is_served(tmp_path: Path) -> None:
    write_log(tmp_path, "local-1763900000000")
    (tmp_path / "local-1763900000001").write_text("no event\n")
    with HistoryServer(tmp_path, port=0, settle=2) as server:
        assert server.applications == ("local-1763900000000",)
    assert server.notes == ("not listed yet, or cut off or damaged: local-1763900000001",)
