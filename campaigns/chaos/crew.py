"""Cases shared out among processes, each with a cluster, tables and an old result of its own.

A case waits most of its time for programs that start and for timeouts; two at once keep two cores
at work.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campaigns.chaos import store
from campaigns.chaos.cases import Case, chosen, kills, others
from campaigns.chaos.faults import FAULTS
from campaigns.chaos.outcome import Outcome
from campaigns.chaos.play import first_result, play
from campaigns.chaos.scene import Scene

# A case at its worst: to its point, a second run, to its end and once more, five minutes each.
_PATIENCE = 1500.0


@dataclass(frozen=True)
class Shared:
    """What the processes share: which case is next, who is ready, what became of cases."""

    number: Any
    ready: Any
    outcomes: Any


def left_out() -> list[str]:
    """Name the faults that only an administrator can cause, where this user is none."""
    return [name for name, fault in FAULTS.items() if fault.needs_root and os.geteuid() != 0]


def play_all(
    work: Path, seed: int, names: Sequence[str], *, processes: int
) -> Generator[Outcome, None, None]:
    """Play the cases whose names begin so, those of machines first; give outcomes as they come.

    Raises RuntimeError where a process died, or none told of an outcome for 25 minutes.
    """
    context = multiprocessing.get_context("spawn")
    shared = Shared(context.Value("i", 0), context.Barrier(processes), context.Queue())
    crew = [
        context.Process(target=_member, args=(number, work / str(number), seed, names, shared))
        for number in range(processes)
    ]
    left = processes
    try:
        for one in crew:
            one.start()
        while left:
            outcome = _next(shared.outcomes, crew)
            if outcome is None:
                left -= 1
            else:
                yield outcome
    finally:
        for one in crew:
            if left:  # who is done is leaving by itself
                one.terminate()
        for one in crew:
            one.join(120)
            if one.is_alive():
                one.kill()
                one.join()


def _next(outcomes: Any, crew: Sequence[Any]) -> Outcome | None:
    """Wait for an outcome; None is what a process leaves that is done."""
    waited = 0.0
    while waited < _PATIENCE:
        try:
            found: Outcome | None = outcomes.get(timeout=1)
        except queue.Empty:
            waited += 1
            if any(one.exitcode for one in crew):
                raise RuntimeError("a process of the campaign died; see above why") from None
        else:
            return found
    raise RuntimeError(f"no case ended for {_PATIENCE / 60:g} minutes")


def _member(number: int, work: Path, seed: int, names: Sequence[str], shared: Shared) -> None:
    """Play what is next until there is none; first, alone, what all clusters would feel."""
    _end_with_parent()
    work.mkdir(parents=True)
    stages = {name: fault.stages for name, fault in FAULTS.items() if name not in left_out()}
    with Scene(work) as scene, ExitStack() as stack:
        record = first_result(scene)
        machines = chosen([*others(stages, record, seed), *kills(record, seed)], names)
        alone = [case for case in machines if _alone(case)]
        if alone:
            if number:
                scene.drop_cluster()
            shared.ready.wait()
            for case in alone if number == 0 else ():
                shared.outcomes.put(play(scene, case))
        shared.ready.wait()
        cases = [*(case for case in machines if not _alone(case)), *chosen(store.cases(), names)]
        of_store: Callable[[Case], Outcome] | None = None
        while (place := _take(shared.number)) < len(cases):
            case = cases[place]
            if case.fault not in store.FAULTS:
                shared.outcomes.put(play(scene, case))
                continue
            if of_store is None:
                scene.drop_cluster()
                of_store = stack.enter_context(store.Store(scene)).play
            shared.outcomes.put(of_store(case))
    shared.outcomes.put(None)


def _end_with_parent() -> None:
    """Leave all ``with`` blocks when the campaign ends this process, or is gone itself.

    Ctrl-C reaches all processes at once; it is the campaign's to end the others. SIG_IGN would be
    handed on to the runs, of which some are to be interrupted.
    """
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, leave)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def leave(*_: object) -> None:
    """Leave all ``with`` blocks, once: a second SIGTERM must not break off what they put right."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(143)


def _alone(case: Case) -> bool:
    return case.fault in FAULTS and FAULTS[case.fault].alone


def _take(number: Any) -> int:
    with number.get_lock():
        place: int = number.value
        number.value += 1
    return place
