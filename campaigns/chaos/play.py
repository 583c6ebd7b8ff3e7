"""Play a case: start a run, do something to it at its moment, look, run again, look again."""

from __future__ import annotations

import json
import shutil
import time
from typing import Any

from campaigns.chaos.cases import VICTIMS, Case
from campaigns.chaos.faults import FAULTS, Undo, nothing
from campaigns.chaos.outcome import NEW, OLD, Outcome
from campaigns.chaos.reader import look
from campaigns.chaos.scene import TABLES, Running, Scene, case_folder, undisturbed

_KILL = "kill "


def play(scene: Scene, case: Case) -> Outcome:
    """Play one case, look at what is left, run again and look again."""
    began = time.monotonic()
    fault = FAULTS.get(case.fault)
    own_disk = fault is not None and fault.own_disk
    with case_folder(scene.work, case.name, scene.work / "first", own_disk=own_disk) as folder:
        output = folder / "out"
        running = scene.start(NEW, output, case.point, fault.conf if fault else None)
        undo: Undo = nothing
        before = OLD
        try:
            reached = running.wait_for_point()
            if reached and fault is None:
                reached = _kill(scene, case, running)
            elif reached and fault is not None:
                before = look(output, TABLES).table
                undo = fault.do(scene, output, running)
            code = running.end()
        finally:
            with undisturbed():
                undo()
        seen = look(output, TABLES)
        if _hurts_cluster(case):
            scene.drop_cluster()
        again = scene.run_again(NEW, output)
        then = look(output, TABLES)
        seconds = round(time.monotonic() - began, 1)
        return Outcome(case, reached, code, seen, again, then, seconds, before)


def _kill(scene: Scene, case: Case, running: Running) -> bool:
    """Kill the victim; False where there was none within 20 s."""
    victim = case.fault.removeprefix(_KILL)
    if victim == "driver":
        running.kill()
        return True
    end = time.monotonic() + 20
    while not (found := scene.victims(victim)):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    found[0].kill()
    return True


def _hurts_cluster(case: Case) -> bool:
    if case.fault.startswith(_KILL):
        return case.fault.removeprefix(_KILL) in VICTIMS[2:]
    return FAULTS[case.fault].hurts_cluster


def first_result(scene: Scene) -> dict[str, Any]:
    """Publish the old result, and record an undisturbed run of the new table over a copy of it."""
    folder = scene.work / "record"
    folder.mkdir(parents=True, exist_ok=True)
    if scene.run_again(OLD, folder / "out") != 0:
        raise RuntimeError((folder / "again.log").read_text(errors="replace")[-2000:])
    shutil.copytree(folder / "out", scene.work / "first")
    running = scene.start(NEW, folder / "out", {"record": str(folder / "record.json")})
    if running.end():
        raise RuntimeError(running.log.read_text(errors="replace")[-2000:])
    found: dict[str, Any] = json.loads((folder / "record.json").read_text())
    return found
