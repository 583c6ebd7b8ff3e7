"""Sum rounds up: medians, and the results that lie in a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.runs import STOPPED, Run

STARTUP = "startup.json"


@dataclass(frozen=True)
class Summary:
    """A contestant's rounds on one shape, in one line. Figures are medians."""

    contestant: str
    failed: str | None
    # Of who was stopped: how long it had taken by then. Other failures have no figures.
    seconds: float = 0.0
    fastest: float = 0.0
    slowest: float = 0.0
    cpu_seconds: float = 0.0
    # The highest of all rounds: a machine must hold that much.
    peak_bytes: int = 0
    bytes_read: int | None = None
    shuffle_bytes: int | None = None
    jobs: int | None = None
    tasks: int | None = None
    empty_files: int = 0

    @property
    def outcome(self) -> str:
        """``failed``, ``stopped`` or ``not available``; empty where all went well."""
        return self.failed.split(":")[0] if self.failed else ""


@dataclass(frozen=True)
class Result:
    """All that was measured of one shape, with where and when."""

    shape: str
    about: Mapping[str, Any]
    input: Mapping[str, int]
    runs: tuple[Run, ...]

    def summaries(self) -> dict[str, Summary]:
        """Sum up each contestant, in the order in which they ran."""
        names = dict.fromkeys(run.contestant for run in self.runs)
        return {n: summarize([run for run in self.runs if run.contestant == n]) for n in names}


def summarize(runs: Sequence[Run]) -> Summary:
    """Sum up the rounds of one contestant; one failure is a failure of all."""
    name = runs[0].contestant
    failed = next((run.failed for run in runs if run.failed), None)
    seconds = [run.seconds for run in runs]
    if failed:
        return Summary(name, failed, max(seconds) if failed.startswith(STOPPED) else 0.0)
    return Summary(
        name,
        None,
        seconds=median(seconds),
        fastest=min(seconds),
        slowest=max(seconds),
        cpu_seconds=median(run.cpu_seconds for run in runs),
        peak_bytes=max(run.peak_bytes for run in runs),
        bytes_read=_counter(runs, "bytes_read"),
        shuffle_bytes=_counter(runs, "shuffle_bytes"),
        jobs=_counter(runs, "jobs"),
        tasks=_counter(runs, "tasks"),
        empty_files=max(run.empty_files for run in runs),
    )


def _counter(runs: Sequence[Run], name: str) -> int | None:
    values = [run.counters[name] for run in runs if run.counters]
    return int(median(values)) if values else None


def save(result: Result, folder: Path) -> None:
    """Write a shape's result, with every round as it was, to ``<shape>.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(result), indent=1, ensure_ascii=False)
    (folder / f"{result.shape}.json").write_text(text + "\n")


def load(folder: Path, order: Sequence[str]) -> dict[str, Result]:
    """Read all results of a folder, in the order given."""
    results = {}
    for name in order:
        file = folder / f"{name}.json"
        if file.exists():
            data = json.loads(file.read_text())
            runs = tuple(Run(**run) for run in data.pop("runs"))
            results[name] = Result(**data, runs=runs)
    return results
