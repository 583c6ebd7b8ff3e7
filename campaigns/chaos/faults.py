"""Faults on the machines of a run, other than kills: disk, network, people, a second run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from campaigns.chaos.scene import Running, Scene

# What a fault does while the run stands at its point. It returns what puts the machine right again
# when the run has ended.
Undo = Callable[[], None]
Do = Callable[[Scene, Path, Running], Undo]
# Of the run whose network is cut: Spark gives a host up after this, not after two minutes.
_IMPATIENT = {
    "spark.network.timeout": "20s",
    "spark.network.timeoutInterval": "5s",
    "spark.executor.heartbeatInterval": "4s",
}


@dataclass(frozen=True)
class Fault:
    """What is done, in which stages, and what the run and the machine must be like for it."""

    do: Do
    stages: tuple[str, ...]
    conf: dict[str, str] = field(default_factory=dict)
    own_disk: bool = False
    hurts_cluster: bool = False
    alone: bool = False  # clusters of this machine share the addresses of their hosts
    needs_root: bool = False


def nothing() -> None:
    """Undo a fault that is over by itself."""


def _run(*command: str) -> None:
    # A session of its own: Ctrl-C at the terminal is not for it.
    subprocess.run(command, check=True, capture_output=True, start_new_session=True)


def _put_back(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _full_disk(_: Scene, output: Path, __: Running) -> Undo:
    """Fill the small file system on which the output lies."""
    filler = output / "_filler"
    with filler.open("wb", buffering=0) as stream:
        try:
            while True:
                stream.write(bytes(1 << 12))
        except OSError:
            pass
    return lambda: filler.unlink(missing_ok=True)


def _cut_network(scene: Scene, _: Path, __: Running) -> Undo:
    """Take a worker's address off the network until the run has ended."""
    (address,) = [a for a in scene.cluster.addresses.values() if not a.endswith(".11")]
    route = ["blackhole", f"{address}/32", "table", "local"]
    _run("ip", "route", "add", *route)
    return partial(_run, "ip", "route", "del", *route)


def _frozen_worker(scene: Scene, _: Path, running: Running) -> Undo:
    """Stop a worker and its executor for ten seconds, as a host that swaps."""
    frozen = [one for kind in ("executor", "worker") for one in scene.victims(kind)[:1]]
    for one in frozen:
        one.suspend()
    running.go.touch()
    time.sleep(10)
    for one in frozen:
        if one.is_running():
            one.resume()
    return nothing


def _terminate(_: Scene, __: Path, running: Running) -> Undo:
    """Send SIGTERM, as a stop from outside does."""
    running.process.send_signal(signal.SIGTERM)
    return nothing


def _interrupt(_: Scene, __: Path, running: Running) -> Undo:
    """Send SIGINT to all of the run, as Ctrl-C does."""
    os.killpg(running.process.pid, signal.SIGINT)
    return nothing


def _input_grows(scene: Scene, _: Path, __: Running) -> Undo:
    """Append rows to the input while it is being read."""
    table = scene.work / "new.csv"
    before = table.read_bytes()
    with table.open("a") as stream:
        stream.writelines(f"{i},1,1.5,a,1,1\n" for i in range(90_000, 95_000))
    return partial(_put_back, table, before)


def _input_goes(scene: Scene, _: Path, __: Running) -> Undo:
    """Remove the input while it is being read."""
    table = scene.work / "new.csv"
    before = table.read_bytes()
    table.unlink()
    return partial(_put_back, table, before)


def _staging_goes(_: Scene, output: Path, __: Running) -> Undo:
    """Remove the staging directory, as a person does who thinks that it is old."""
    for path in output.glob("_staging-*"):
        shutil.rmtree(path, ignore_errors=True)
    return nothing


def _second_run(scene: Scene, output: Path, _: Running) -> Undo:
    """Let another run publish another table into the same output."""
    if scene.run_again("other", output) != 0:
        raise RuntimeError((output.parent / "again.log").read_text(errors="replace")[-2000:])
    return nothing


def _taken_for_dead(scene: Scene, output: Path, running: Running) -> Undo:
    """Make the run look like one of another machine, a day old; let another run tidy up."""
    day = time.time() - 86_400
    for path in output.glob("_staging-*/_alive"):
        path.write_text(json.dumps({**json.loads(path.read_text()), "machine": "another"}))
    for top in output.glob("_staging-*"):
        for path in (*top.rglob("*"), top):
            os.utime(path, (day, day))
    return _second_run(scene, output, running)


def _unwritable(_: Scene, output: Path, __: Running) -> Undo:
    """Make the output immutable; permissions do not bind an administrator."""
    places = [str(path) for path in (output, *output.iterdir()) if path.is_dir()]
    undo = partial(_run, "chattr", "-i", *places)
    try:
        _run("chattr", "+i", *places)
    except BaseException:
        undo()
        raise
    return undo


def _damaged_manifest(_: Scene, output: Path, __: Running) -> Undo:
    """Cut the manifest off while the run is at work; it is somebody else's doing."""
    manifest = output / "manifest.json"
    before = manifest.read_bytes()
    half = before[: len(before) // 2]
    manifest.write_bytes(half)

    def undo() -> None:
        if manifest.read_bytes() == half:
            manifest.write_bytes(before)

    return undo


FAULTS: dict[str, Fault] = {
    "full disk": Fault(
        _full_disk, ("open", "fit", "write", "publish"), own_disk=True, needs_root=True
    ),
    "cut network": Fault(
        _cut_network,
        ("fit", "write"),
        _IMPATIENT,
        hurts_cluster=True,
        alone=True,
        needs_root=True,
    ),
    "frozen worker": Fault(_frozen_worker, ("fit", "write")),
    "terminate": Fault(_terminate, ("fit", "write", "publish")),
    "interrupt": Fault(_interrupt, ("open", "write", "publish")),
    "input grows": Fault(_input_grows, ("fit", "write")),
    "input goes": Fault(_input_goes, ("fit", "write")),
    "staging goes": Fault(_staging_goes, ("fit", "write", "publish")),
    "second run": Fault(_second_run, ("fit", "write", "publish")),
    "taken for dead": Fault(_taken_for_dead, ("fit", "write", "publish")),
    "unwritable": Fault(_unwritable, ("write", "publish"), needs_root=True),
    "damaged manifest": Fault(_damaged_manifest, ("write", "publish")),
}
