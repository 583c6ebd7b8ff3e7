"""Kill a run where it changes the file system, look at what is left, and run again.

``python kill_points.py FOLDER`` does it at six changes over an old result; with ``--all`` before
and after each change, over an old result and over none. AssertionError where a reader finds
anything but the result that is due, whole, or where the next run leaves anything behind. Forks
instead of fresh processes: 2 s of imports are made once. The reader uses nothing of the jobs.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # whatever PYTHONPATH says

from campaigns.chaos import reader

CHANGES = ("mkdir", "rename", "replace", "fsync", "unlink", "rmdir")
TABLES = {"old": 40, "new": 60}
EXCHANGE = r"replace .*/manifest\.json"
SIX = (
    (r"replace .*/_alive", True),
    (r"rename .*/train/part", True),
    (EXCHANGE, False),
    (EXCHANGE, True),
    (r"replace .*/preprocessor\.json", True),
    (r"unlink .*/train/part", True),
)


def watch_changes(log: Path, point: int, *, after: bool) -> None:
    """Write down the system calls that change files, and end this process at the numbered one."""
    out, seen = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 0

    def watching(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **options: Any) -> Any:
            nonlocal seen
            seen += 1
            hit = seen == point
            os.write(out, f"{name} {arguments[-1]}\n".encode())
            if hit and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            try:
                return call(*arguments, **options)
            finally:
                if hit:
                    os.kill(os.getpid(), signal.SIGKILL)

        return watched

    for name in CHANGES:
        setattr(os, name, watching(name, getattr(os, name)))


def run(folder: Path, table: str, point: int = 0, *, after: bool = False) -> int:
    """Prepare a table in a process of its own; return its exit code, negative for a signal."""
    from jobs.main import main

    if not (child := os.fork()):
        watch_changes(folder / "changes", point, after=after)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        paths = [str(folder / f"{table}.csv"), str(folder / "out")]
        os._exit(main(["prepare-tabular", *paths, "--target", "y", "--key", "id"]))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def put(folder: Path, over: str) -> None:
    """Make what a run finds: an old result or nothing."""
    shutil.rmtree(folder / "out", ignore_errors=True)
    if over == "old":
        shutil.copytree(folder / "first", folder / "out")


def points_of(changes: Sequence[str], every: bool) -> list[tuple[int, bool]]:
    """Give the numbers of the changes at which to kill, and whether after them."""
    if every:
        return [(number, after) for number in range(1, len(changes) + 1) for after in (False, True)]
    return [(number_of(pattern, changes), after) for pattern, after in SIX]


def number_of(pattern: str, changes: Sequence[str]) -> int:
    """Give the number of the first change that a pattern describes."""
    return next(n for n, change in enumerate(changes, 1) if re.match(pattern, change))


def check_point(folder: Path, over: str, point: int, *, after: bool, due: str) -> None:
    """Kill a run at a point, see what a reader finds, and what the next run leaves."""
    put(folder, over)
    where = f"killed {'after' if after else 'before'} change {point} over {over}"
    assert run(folder, "new", point, after=after) == -signal.SIGKILL, where
    seen = reader.look(folder / "out", TABLES)
    assert (seen.table, seen.wrong) == (due, ""), (where, seen)
    assert run(folder, "new") == 0, (where, (folder / "log").read_text())
    seen = reader.look(folder / "out", TABLES)
    # Killed before it could say who it is, a run counts as dead after 15 minutes.
    strangers = [path for path in seen.strangers if "/._alive." not in path]
    assert (seen.table, seen.wrong, strangers) == ("new", "", []), (where, seen)


def main(folder: Path, *, every: bool) -> None:
    """Walk through the points; say how many there were."""
    import jobs.prepare_tabular.run  # noqa: F401 - before the forks

    for name, rows in TABLES.items():
        lines = [f"{i},{i % 7},{'ab'[i % 2]},{i % 3}\n" for i in range(rows)]
        (folder / f"{name}.csv").write_text("id,x,s,y\n" + "".join(lines))
    assert run(folder, "old") == 0, (folder / "log").read_text()
    (folder / "out").rename(folder / "first")
    for over in ("old", "nothing") if every else ("old",):
        put(folder, over)
        assert run(folder, "new") == 0, (folder / "log").read_text()
        changes = (folder / "changes").read_text().splitlines()
        exchange, points = number_of(EXCHANGE, changes), points_of(changes, every)
        for point, after in points:
            due = "new" if (point, after) >= (exchange, True) else over
            check_point(folder, over, point, after=after, due=due)
        print(f"killed at {len(points)} points over {over}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), every="--all" in sys.argv)
