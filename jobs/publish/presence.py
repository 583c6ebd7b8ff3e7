"""Know whether a run that left files is still at work.

A run writes ``_alive`` into its staging directory and renews it once a minute, so that its files
are told apart from those of a run that was killed. On the same machine its process is asked for;
from elsewhere it counts as dead when it gave no sign for 15 minutes, by the clock of the store.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from typing import Any

from jobs.errors import ConflictError
from jobs.files import Files, escaped

ALIVE = "_alive"
RENEWED_EVERY = 60.0
DEAD_AFTER = 15 * 60.0
_LAST_SIGN = 60.0


class Presence:
    """The sign that a run is at work, renewed by a thread of its own until it is taken down."""

    def __init__(self, files: Files, staging: str, *, every: float = RENEWED_EVERY) -> None:
        self._files, self._path, self._every = files, f"{staging}/{ALIVE}", every
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="presence", daemon=True)
        try:
            self._files.write_text(self._path, json.dumps(this_process()))
        except OSError:
            # Another run that begins removed the directory between its making and this file's.
            self._files.write_text(self._path, json.dumps(this_process()))
        self._thread.start()

    def _renew(self) -> None:
        while not self._done.wait(self._every):
            try:
                self._files.write_text(self._path, json.dumps(this_process()))
            except Exception:  # noqa: BLE001 - a store that is away for a minute; next time
                continue

    def end(self) -> None:
        """Stop renewing; the caller removes the staging directory."""
        self._done.set()
        # A sign that is being written when the directory goes would bring it back; a store that
        # gives no answer must not keep the run from its end.
        self._thread.join(_LAST_SIGN)


def this_process() -> dict[str, Any]:
    """Describe this process so that others on this machine can ask for it.

    The boot and the namespace of process ids stand for the machine: names such as ``algo-1`` are
    given to many. Where the system has no ``/proc``, all but the id is None.
    """
    pid = os.getpid()
    return {"machine": _machine(), "pid": pid, "started": _started(pid)}


def is_running(process: Any) -> bool | None:
    """Tell whether a described process runs; None where that cannot be known from here."""
    if not isinstance(process, dict) or not isinstance(process.get("pid"), int):
        return None
    if process.get("machine") is None or process["machine"] != _machine():
        return None
    started = _started(process["pid"])
    if started is None and _is_hidden(process["pid"]):
        return None
    # Another process may have the id by now, but not since the same moment.
    return started == process.get("started")


def _machine() -> str | None:
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return None


def _started(pid: int) -> int | None:
    """Give the clock ticks between boot and start of a process; None where it does not run."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The command's name stands in brackets and may hold anything.
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    # proc_pid_stat(5): field 3 is the state, 22 the start. Z is a process that ended.
    return None if fields[0] == b"Z" else int(fields[19])


def _is_hidden(pid: int) -> bool:
    """Tell whether a process runs of which /proc shows nothing: another user's, under hidepid."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        pass
    return False


def is_dead(files: Files, staging: str, *, now: int) -> bool:
    """Tell whether the run of a staging directory is at work no more.

    ``now`` is the store's time in ms since 1970: that of a file that was just written there.
    """
    path = f"{staging}/{ALIVE}"
    process = None
    if files.exists(path):
        try:
            process = json.loads(files.read_bytes(path))
        except ValueError:
            process = None
        except Exception:  # noqa: BLE001 - it may have ended since; its files' age decides
            process = None
    running = is_running(process)
    if running is not None:
        return not running
    # Empty: its run is about to end or to begin, and one that begins makes it again.
    if not files.glob(f"{escaped(staging)}/*"):
        return True
    return now - files.newest(staging) > DEAD_AFTER * 1000


def taken_for_dead(output: str, gone: Sequence[str]) -> ConflictError:
    """Say that files of a run, which stood still too long, were removed by another."""
    return ConflictError(
        f"{len(gone)} files of this run were removed from {output} while it stood still "
        f"(the first: {gone[0]}): another run or clean took it for dead. Nothing of this "
        "run was published; run again"
    )
