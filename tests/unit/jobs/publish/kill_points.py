"""Kill a run before and after each change it makes to the file system, and look at what is left.

``python kill_points.py FOLDER`` prints a JSON line for each point: what a reader of the manifest
found after the kill, and after the run that followed. Forks instead of fresh processes: 2 s of
imports are made once. The reader, :mod:`campaigns.chaos.reader`, uses nothing of the jobs.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from campaigns.chaos import reader

CHANGES = ("mkdir", "rename", "replace", "fsync", "unlink", "rmdir")
TABLES = {"old": 40, "new": 60}


def look(output: Path) -> tuple[str, list[str]]:
    """Read an output by its manifest: "ids 0 to HIGH" or what is wrong, and files nobody names."""
    seen = reader.look(output, TABLES)
    whole = f"ids 0 to {TABLES[seen.table] - 1}" if seen.table in TABLES else seen.table
    return seen.wrong or whole, list(seen.strangers)


def kill_at(number: int, *, after: bool) -> None:
    """Make the system calls that change files count, and the numbered one end this process."""
    seen = 0

    def counting(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == number and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            try:
                return call(*arguments, **options)
            finally:
                if seen == number and after:
                    os.kill(os.getpid(), signal.SIGKILL)

        return counted

    for name in CHANGES:
        setattr(os, name, counting(getattr(os, name)))


def run(source: Path, output: Path, *, point: int = 0, after: bool = False) -> int:
    """Prepare a table in a process of its own; return its exit code, negative for a signal."""
    from jobs.main import main

    if not (child := os.fork()):
        kill_at(point, after=after)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(os.open(output.parent / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        arguments = ["prepare-tabular", str(source), str(output), "--target", "y", "--key", "id"]
        os._exit(main(arguments))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(folder: Path) -> None:
    """Walk through all points until a run ends by itself, over an old result and over none."""
    import jobs.prepare_tabular.run  # noqa: F401 - before the forks

    for name, rows in TABLES.items():
        lines = [f"{i},{i % 7},{'ab'[i % 2]},{i % 3}\n" for i in range(rows)]
        (folder / f"{name}.csv").write_text("id,x,s,y\n" + "".join(lines))
    first = folder / "first"
    assert run(folder / "old.csv", first) == 0, (folder / "log").read_text()
    for over in ("an old result", "nothing"):
        for after in (False, True):
            point, code = 0, -signal.SIGKILL
            while code == -signal.SIGKILL:
                point += 1
                case = folder / "case"
                shutil.rmtree(case, ignore_errors=True)
                if over == "an old result":
                    shutil.copytree(first, case)
                code = run(folder / "new.csv", case, point=point, after=after)
                said = {"over": over, "point": point, "after": after, "code": code}
                said["found"], _ = look(case)
                said["again"] = run(folder / "new.csv", case)
                said["then"], said["strangers"] = look(case)
                print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
