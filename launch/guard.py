"""Run one command and end everything it started, also when whoever asked for it is gone.

Run as ``python -I guard.py FD SECONDS COMMAND …``, by launch.processes. FD is the reading
end of a pipe that nobody writes to: it reports its end when the owner closes the other one, or
dies, however it dies. The command is then ended with all its descendants, first politely, after
SECONDS by SIGKILL. SIGTERM to the guard does the same.

A process that has lost its parent is no longer found below the command: a YARN container whose
NodeManager died, a daemon that put itself in the background. On Linux the guard therefore makes
itself the one whom such orphans fall to ("child subreaper"), so that nothing escapes it. Elsewhere
it finds what still has its parent when the end comes, and the command's own process group.

PR_SET_PDEATHSIG was the other way: it reaches one process and none of its children, is tied to the
thread that started it, and exists on Linux only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time

import psutil

PR_SET_CHILD_SUBREAPER = 36
POLL_SECONDS = 0.1


def main(arguments: list[str]) -> int:
    """Run the command to its end, the owner's, or SIGTERM; return its exit code as a shell does."""
    owner, patience, command = int(arguments[0]), float(arguments[1]), arguments[2:]
    _adopt_orphans()
    asked_to_end: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _: asked_to_end.append(received))
    # A session of its own: what the command sends to its process group does not reach the guard.
    try:
        child = subprocess.Popen(command, start_new_session=True)
    except OSError as error:
        print(f"cannot start {command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    while child.poll() is None and not asked_to_end:
        if select.select([owner], [], [], POLL_SECONDS)[0]:
            break
    end_tree(child, patience)
    code = child.wait()
    _reap()
    return code if code >= 0 else 128 - code


def end_tree(child: subprocess.Popen[bytes], patience: float) -> None:
    """End every descendant of this process; return when none is left."""
    killing_from = time.monotonic() + patience
    told: set[psutil.Process] = set()
    while living := _descendants():
        polite = time.monotonic() < killing_from
        # Once is enough to be polite; but processes may start others until the moment they end.
        for process in [one for one in living if one not in told or not polite]:
            told.add(process)
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGTERM if polite else signal.SIGKILL)
        time.sleep(POLL_SECONDS)
        child.poll()
    if sys.platform != "linux":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)


def _descendants() -> list[psutil.Process]:
    """Return the living processes below this one."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _reap() -> None:
    """Take note of orphans that have ended, so that they leave the list of processes."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _adopt_orphans() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
