"""Kill a run before and after each change it makes to the file system, and look at what is left.

``python kill_points.py FOLDER`` prints a JSON line for each point: what a reader of the manifest
found after the kill, and after the run that followed. Forks instead of fresh processes: 2 s of
imports are made once. The reader (:func:`look`) uses nothing of the project.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

CHANGES = ("mkdir", "rename", "replace", "fsync", "unlink", "rmdir")
SPLITS = ("train", "validation", "test")


def look(output: Path) -> str:
    """Read an output by its manifest: "ids LOW to HIGH", or what is wrong with it."""
    manifest = json.loads((output / "manifest.json").read_text())
    ids: list[int] = []
    for file in manifest["files"]:
        path = output / file["path"]
        if not path.is_file() or path.stat().st_size != file["bytes"]:
            return f"{file['path']} is missing or of another size"
        if file["split"] in SPLITS:
            with path.open(newline="") as stream:
                ids += [int(row["id"]) for row in csv.DictReader(stream)]
    learned = (output / manifest["preprocessor"]["path"]).read_bytes()
    if hashlib.sha256(learned).hexdigest() != manifest["preprocessor"]["sha256"]:
        return "another run's preprocessor"
    if len(ids) != sum(manifest["rows"]["published"].values()):
        return f"{len(ids)} rows where the manifest says {manifest['rows']['published']}"
    if sorted(ids) != list(range(len(ids))):
        return "rows are lost or doubled"
    return f"ids 0 to {len(ids) - 1}"


def strangers(output: Path) -> list[str]:
    """List what lies in an output and is neither named by its manifest nor known by name."""
    manifest = json.loads((output / "manifest.json").read_text())
    known = {file["path"] for file in manifest["files"]} | {"manifest.json", "preprocessor.json"}
    files = [path for path in output.rglob("*") if path.is_file()]
    return sorted({path.relative_to(output).as_posix() for path in files} - known)


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

    for name, rows in (("old", 40), ("new", 60)):
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
                there = (case / "manifest.json").exists()
                said = {"over": over, "point": point, "after": after, "code": code}
                said["found"] = look(case) if there else "nothing"
                said["again"] = run(folder / "new.csv", case)
                said["then"], said["strangers"] = look(case), strangers(case)
                print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
