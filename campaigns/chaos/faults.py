"""Faults other than kills: of the disk, of hosts, of people, of a second run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from campaigns.chaos.cases import Case
from campaigns.chaos.scene import Running, Scene, freeze

# What a fault does while the run stands at its point. It returns what undoes it.
Undo = Callable[[], None]
Fault = Callable[[Scene, Path, Running], Undo]


def nothing() -> None:
    """Undo a fault that is over by itself."""


def full_disk(_: Scene, output: Path, __: Running) -> Undo:
    """Fill the small file system on which the output lies."""
    filler = output / "_filler"
    with filler.open("wb") as stream:
        try:
            while True:
                stream.write(bytes(1 << 16))
                stream.flush()
        except OSError:
            pass
    return lambda: filler.unlink(missing_ok=True)


def silent_worker(scene: Scene, _: Path, __: Running) -> Undo:
    """Stop a worker and its executors for 20 seconds: nothing comes from that host."""
    for kind in ("executor", "worker"):
        for process in scene.victims(kind)[:1]:
            freeze(process, 10)
    return nothing


def terminate(_: Scene, __: Path, running: Running) -> Undo:
    """Send SIGTERM, as a stop from outside does."""
    running.process.send_signal(signal.SIGTERM)
    return nothing


def interrupt(_: Scene, __: Path, running: Running) -> Undo:
    """Send SIGINT to all of the run, as Ctrl-C does."""
    os.killpg(running.process.pid, signal.SIGINT)
    return nothing


def input_grows(scene: Scene, _: Path, __: Running) -> Undo:
    """Append rows to the input between its two reads."""
    table = scene.work / "new.csv"
    before = table.read_bytes()
    with table.open("a") as stream:
        stream.writelines(f"{i},1.5,a,1,1\n" for i in range(90_000, 95_000))
    return lambda: _put_back(table, before)


def input_goes(scene: Scene, _: Path, __: Running) -> Undo:
    """Remove the input between its two reads."""
    table = scene.work / "new.csv"
    before = table.read_bytes()
    table.unlink()
    return lambda: _put_back(table, before)


def _put_back(table: Path, content: bytes) -> None:
    table.write_bytes(content)


def staging_goes(_: Scene, output: Path, __: Running) -> Undo:
    """Remove the staging directory, as a person does who thinks that it is old."""
    for path in output.glob("_staging-*"):
        shutil.rmtree(path)
    return nothing


def second_run(scene: Scene, output: Path, _: Running) -> Undo:
    """Let another run publish the same table into the same output."""
    if scene.run_again("new", output):
        raise RuntimeError((output.parent / "again.log").read_text(errors="replace")[-2000:])
    return nothing


def unwritable(_: Scene, output: Path, __: Running) -> Undo:
    """Make the output immutable; permissions do not bind an administrator."""
    places = [output, *(path for path in output.iterdir() if path.is_dir())]
    subprocess.run(["chattr", "+i", *map(str, places)], check=True, capture_output=True)
    return lambda: _writable(places)


def _writable(places: list[Path]) -> None:
    subprocess.run(["chattr", "-i", *map(str, places)], check=False, capture_output=True)


def damaged_manifest(_: Scene, output: Path, __: Running) -> Undo:
    """Cut the manifest off while the run is at work; it is somebody else's doing."""
    manifest = output / "manifest.json"
    before = manifest.read_bytes()
    manifest.write_bytes(before[: len(before) // 2])

    def undo() -> None:
        found = manifest.read_bytes()
        if found == before[: len(before) // 2]:
            manifest.write_bytes(before)

    return undo


def old_clock(_: Scene, output: Path, __: Running) -> Undo:
    """Set all times of the run's staging back by a day, as a host whose clock is wrong."""
    day = time.time() - 86_400
    for path in (p for top in output.glob("_staging-*") for p in (top, *top.rglob("*"))):
        os.utime(path, (day, day))
    return nothing


def strange_process(_: Scene, output: Path, __: Running) -> Undo:
    """Make the run look as if it were on another machine."""
    for path in output.glob("_staging-*/_alive"):
        said = json.loads(path.read_text())
        path.write_text(json.dumps({**said, "machine": "another"}))
    return nothing


FAULTS: dict[str, tuple[Fault, tuple[str, ...]]] = {
    "full-disk": (full_disk, ("fit", "write", "publish")),
    "silent-worker": (silent_worker, ("fit", "write")),
    "terminate": (terminate, ("fit", "write", "publish")),
    "interrupt": (interrupt, ("open", "write", "publish")),
    "input-grows": (input_grows, ("write",)),
    "input-goes": (input_goes, ("write",)),
    "staging-goes": (staging_goes, ("fit", "write", "publish")),
    "second-run": (second_run, ("fit", "write", "publish")),
    "unwritable": (unwritable, ("write", "publish")),
    "damaged-manifest": (damaged_manifest, ("write", "publish")),
    "old-clock-and-second-run": (old_clock, ("write",)),
    "strange-process": (strange_process, ("write",)),
}


def fault_cases() -> list[Case]:
    """List a case for each fault and stage, at the first command of the stage."""
    return [
        Case(f"{name}-{stage}", name, "", stage, 1)
        for name, (_, stages) in FAULTS.items()
        for stage in stages
    ]
