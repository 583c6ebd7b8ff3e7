"""Runs that were played here: a folder each, below .launch/runs."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import psutil

from launch.emulate.play import ClusterKind, Outcome, Player
from launch.emulate.store import Store
from launch.errors import LaunchError, NoSuchRunError
from launch.runs.model import LogLine, Run

FOLDER = ".launch"


class LocalRuns:
    """Runs kept below a project's folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._runs = root / FOLDER / "runs"

    def newest(self, *, limit: int, contains: str = "", status: str | None = None) -> list[Run]:
        """Return the newest runs first."""
        found = [run for path in self._runs.glob("*/run.json") if (run := _read(path))]
        chosen = [run for run in found if contains in run.name and status in (None, run.status)]
        return sorted(chosen, key=lambda run: run.created, reverse=True)[:limit]

    def get(self, name: str) -> Run:
        """Return one run with its request; LaunchError where there is none of that name."""
        path = self._runs / name / "run.json"
        if not path.is_file():
            raise NoSuchRunError(
                f"no run {name!r} was played here; `launch list --local` shows them"
            )
        run = _read(path)
        if run is None:
            raise LaunchError(f"{path} is damaged; remove its folder")
        return run

    def stop(self, name: str) -> None:
        """Ask a run to stop."""
        run = self.get(name)
        if run.has_ended:
            raise LaunchError(f"{name} has ended already: {run.status}")
        data = json.loads((self._runs / name / "run.json").read_text(encoding="utf-8"))
        process = _process(data)
        if process:
            process.send_signal(signal.SIGTERM)

    def log(self, name: str) -> FileReader:
        """Open a run's log at its beginning."""
        return FileReader(self._runs / name / "logs")

    def fetch_event_logs(self, name: str, folder: Path) -> list[Path]:
        """Copy a run's event logs into a folder; none where there are none."""
        found = sorted((self._runs / name).glob("work/algo-1/opt/ml/processing/spark-events/*"))
        folder.mkdir(parents=True, exist_ok=True)
        return [Path(shutil.copy(path, folder)) for path in found]

    def refuse_used(self, name: str) -> None:
        """Raise LaunchError where a run has this name."""
        if (self._runs / name).exists():
            raise LaunchError(f"there is a run {name!r} here already; names are used once")

    def play(
        self,
        request: dict[str, Any],
        *,
        store: Store,
        cluster: ClusterKind,
        show: Callable[[str, str], None],
        note: Callable[[str], None],
    ) -> Run:
        """Play a request and keep it as a run."""
        name = request["ProcessingJobName"]
        self.refuse_used(name)
        folder = self._runs / name
        (folder / "logs").mkdir(parents=True)
        record: dict[str, Any] = {
            "name": name, "status": "InProgress", "created": _now(), "started": _now(),
            "ended": None, "request": request, "process": _identity(),
        }  # fmt: skip
        self._write(folder, record)

        def log(host: str, line: str) -> None:
            with (folder / "logs" / f"{host}.log").open("a", encoding="utf-8") as out:
                out.write(line + "\n")
            show(host, line)

        outcome = Outcome("Failed", 1, "", "the emulator failed")
        try:
            player = Player(
                request, store, folder / "work", cluster=cluster, log=log, note=note,
            )  # fmt: skip
            outcome = player.play()
        except LaunchError as error:
            outcome = Outcome("Failed", 1, "", f"ClientError: {error}"[:1024])
            raise
        except BaseException as error:
            outcome = Outcome("Stopped", 130, "", f"{type(error).__name__}")
            raise
        finally:
            record |= {
                "status": outcome.status, "ended": _now(), "exit_message": outcome.exit_message,
                "failure_reason": outcome.failure_reason or "",
            }  # fmt: skip
            self._write(folder, record)
        return self.get(name)

    def _write(self, folder: Path, record: dict[str, Any]) -> None:
        draft = folder / "run.json.draft"
        draft.write_text(json.dumps(record, indent=2), encoding="utf-8")
        draft.replace(folder / "run.json")


class FileReader:
    """Reads the hosts' log files on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, int] = {}

    def read(self) -> list[LogLine]:
        """Return what is new, host by host; lines here have no times."""
        lines = []
        for path in sorted(self._folder.glob("*.log")):
            with path.open("rb") as source:
                source.seek(self._read.get(path, 0))
                new = source.read()
            self._read[path] = self._read.get(path, 0) + len(new)
            for line in new.decode("utf-8", errors="replace").splitlines():
                lines.append(LogLine(path.stem, 0, line))
        return lines


def _read(path: Path) -> Run | None:
    """Read a run's record; None where it is damaged."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["status"] == "InProgress" and _process(data) is None:
            data |= {"status": "Failed", "failure_reason": "the emulator was ended from outside"}
        times = {key: _time(data[key]) for key in ("created", "started", "ended")}
        data.pop("process")
        return Run(**{**data, **times})
    except (ValueError, KeyError, TypeError):
        return None


def _identity() -> list[float]:
    """Return what tells this process from a later one with the same id."""
    return [os.getpid(), psutil.Process().create_time()]


def _process(data: dict[str, Any]) -> psutil.Process | None:
    """Return the process that plays a run; None where it is gone, or its id is another's now."""
    pid, created = data["process"]
    try:
        process = psutil.Process(int(pid))
        return process if process.create_time() == created else None
    except psutil.NoSuchProcess:
        return None


def _now() -> str:
    return datetime.now(timezone.utc).isoformat()


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
