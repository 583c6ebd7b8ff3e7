"""No process is left, however the one that started them ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from launch.processes import ProcessError, Processes

ROOT = Path(__file__).resolve().parents[3]
# A child, a grandchild in a session of its own, and an orphan whose parent is gone.
FAMILY = ["bash", "-c", "sleep 300 & setsid sleep 300 & (setsid sleep 300 &); echo ready; wait"]
STUBBORN = ["bash", "-c", "trap '' TERM; echo ready; while true; do sleep 1; done"]
OWNER = f"""
import os, sys, time
from pathlib import Path
from launch.processes import Processes
with Processes(Path(sys.argv[1]), patience=1) as processes:
    for name, command in (("family", {FAMILY}), ("stubborn", {STUBBORN})):
        processes.start(name, command)
        processes.wait_for(name, "ready", 20)
    time.sleep(0.3)
    print(*processes.pids(), flush=True)
    EXTRA
    time.sleep(300)
"""


def living(pids: list[int]) -> list[int]:
    found = []
    for pid in pids:
        try:
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                found.append(pid)
        except psutil.NoSuchProcess:
            pass
    return found


def all_gone(pids: list[int], within: float) -> bool:
    deadline = time.monotonic() + within
    while living(pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    return living(pids) == []


def start_family(processes: Processes) -> list[int]:
    before = set(processes.pids())
    processes.start("family", FAMILY)
    processes.wait_for("family", "ready", 20)
    deadline = time.monotonic() + 10
    # The guard, bash, and the three that sleep.
    while len(processes.pids()) < len(before) + 5 and time.monotonic() < deadline:
        time.sleep(0.05)
    pids = [pid for pid in processes.pids() if pid not in before]
    assert len(living(pids)) == 5
    return pids


def owner(logs: Path, extra: str = "") -> subprocess.Popen[str]:
    code = OWNER.replace("EXTRA", extra)
    return subprocess.Popen(
        [sys.executable, "-c", code, str(logs)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )


def pids_of(process: subprocess.Popen[str]) -> list[int]:
    assert process.stdout is not None
    pids = [int(pid) for pid in process.stdout.readline().split()]
    assert len(living(pids)) >= 7
    return pids


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 143), (signal.SIGINT, -signal.SIGINT)],
)
def test_nothing_is_left_when_the_owner_is_ended(number: int, code: int, tmp_path: Path) -> None:
    process = owner(tmp_path)
    pids = pids_of(process)
    process.send_signal(number)
    assert process.wait(10) == code
    # Only after SIGKILL do the guards outlive their owner by a moment.
    assert all_gone(pids, within=10 if number == signal.SIGKILL else 0.2)


def test_nothing_is_left_when_the_owner_raises_or_exits(tmp_path: Path) -> None:
    for number, extra in enumerate(("raise ValueError", "os._exit(3)")):
        process = owner(tmp_path / str(number), extra)
        assert process.stdout is not None
        pids = [int(pid) for pid in process.stdout.readline().split()]
        assert len(pids) >= 7
        assert process.wait(15) == (1, 3)[number]
        assert all_gone(pids, within=10)


def test_leaving_the_block_ends_children_grandchildren_and_orphans(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        pids = start_family(processes)
    assert living(pids) == []


def test_who_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    start = time.monotonic()
    with Processes(tmp_path, patience=0.5) as processes:
        processes.start("stubborn", STUBBORN)
        processes.wait_for("stubborn", "ready")
        pids = processes.pids()
    assert living(pids) == []
    assert time.monotonic() - start < 5


def test_terminate_ends_one_and_leaves_the_others(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        other = processes.start("other", ["sh", "-c", "echo ready; exec sleep 300"])
        processes.wait_for("other", "ready")
        pids = start_family(processes)
        family = processes._started["family"]
        family.terminate()
        assert family.wait(10) == 128 + signal.SIGTERM
        assert living(pids) == []
        assert other.poll() is None


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["sh", "-c", "exit 7"], 7),
        (["sh", "-c", "kill -9 $$"], 137),
        (["no-such-program"], 127),
        (["true"], 0),
    ],
)
def test_the_exit_code_is_the_commands(command: list[str], code: int, tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        assert processes.start("one", command).wait(10) == code


def test_what_a_command_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        process = processes.start("one", ["sh", "-c", "setsid sleep 300 & echo $!; sleep 0.3"])
        left = int(processes.wait_for("one", r"(\d+)")[1])
        assert process.wait(10) == 0
        assert living([left]) == []


def test_environment_folder_and_log(tmp_path: Path) -> None:
    with Processes(tmp_path / "logs") as processes:
        command = ["/bin/sh", "-c", 'echo "$A $PWD $HOME"; echo problem >&2']
        env = {"A": "b", "PYTHONPATH": "/nowhere"}
        processes.start("algo-1/one", command, env=env, cwd=tmp_path).wait(10)
        assert processes.log("algo-1/one") == tmp_path / "logs" / "algo-1" / "one.log"
        assert processes.log("algo-1/one").read_text() == f"b {tmp_path} \nproblem\n"


def test_wait_for_shows_why_a_process_died(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        processes.start("one", ["sh", "-c", "echo no such port; exit 3"])
        with pytest.raises(ProcessError, match=r"one ended with exit code 3; .*\nno such port"):
            processes.wait_for("one", "listening")
        assert processes.wait_for("one", "such (.*)$")[1] == "port"


def test_wait_for_gives_up(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        processes.start("one", ["sleep", "300"])
        with pytest.raises(ProcessError, match=r"one was not ready in 0\.2 s.*\n\(nothing\)"):
            processes.wait_for("one", "listening", 0.2)


def test_misuse_is_refused(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    with pytest.raises(RuntimeError, match="inside the with block"):
        processes.start("one", ["true"])
    with processes:
        processes.start("one", ["true"])
        with pytest.raises(ValueError, match="'one' was started already"):
            processes.start("one", ["true"])


def test_a_handler_of_the_programs_own_stays(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with Processes(tmp_path):
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)
    with Processes(tmp_path):
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) == before
    assert os.getpid() not in Processes(tmp_path).pids()
