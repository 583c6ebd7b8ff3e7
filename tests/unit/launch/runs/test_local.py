"""Runs that were played here, without a cluster: the player is replaced."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from launch.emulate.play import Outcome, Player
from launch.emulate.store import FolderStore
from launch.errors import LaunchError
from launch.runs.local import LocalRuns
from launch.runs.model import Run


def play(runs: LocalRuns, name: str) -> Run:
    return runs.play(
        {"ProcessingJobName": name},
        store=FolderStore(runs.root),
        cluster="standalone",
        show=lambda host, line: None,
        note=lambda text: None,
    )


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalRuns:
    def fake(self: Player) -> Outcome:
        self.log("algo-1", "one")
        self.log("algo-2", "two")
        events = self.work / "algo-1/opt/ml/processing/spark-events"
        events.mkdir(parents=True)
        (events / "app-1").write_text("{}")
        if self.request["ProcessingJobName"].startswith("bad"):
            return Outcome("Failed", 2, "message", "reason")
        if self.request["ProcessingJobName"].startswith("stop"):
            raise KeyboardInterrupt
        return Outcome("Completed", 0)

    monkeypatch.setattr(Player, "play", fake)
    return LocalRuns(tmp_path)


def test_a_run_is_kept_with_its_logs(runs: LocalRuns, tmp_path: Path) -> None:
    run = play(runs, "good-1")
    assert (run.status, run.request) == ("Completed", {"ProcessingJobName": "good-1"})
    assert run.ended is not None
    reader = runs.log("good-1")
    assert [(line.host, line.text) for line in reader.read()] == [
        ("algo-1", "one"),
        ("algo-2", "two"),
    ]
    assert reader.read() == []
    fetched = runs.fetch_event_logs("good-1", tmp_path / "events")
    assert [path.name for path in fetched] == ["app-1"]


def test_newest_first_filtered_and_limited(runs: LocalRuns) -> None:
    for name in ("good-1", "bad-2", "good-3"):
        play(runs, name)
    assert [run.name for run in runs.newest(limit=2)] == ["good-3", "bad-2"]
    assert [run.name for run in runs.newest(limit=9, contains="good")] == ["good-3", "good-1"]
    assert [run.name for run in runs.newest(limit=9, status="Failed")] == ["bad-2"]
    assert runs.get("bad-2").failure_reason == "reason"


def test_an_interrupted_run_is_stopped(runs: LocalRuns) -> None:
    with pytest.raises(KeyboardInterrupt):
        play(runs, "stop-1")
    assert runs.get("stop-1").status == "Stopped"


@pytest.mark.parametrize(
    "process",
    [
        # Beyond Linux's largest process id; and an id that belongs to another by now.
        [2**22 + 1, 0.0],
        [os.getpid(), 1.0],
    ],
)
def test_a_run_whose_process_is_gone_has_failed(
    runs: LocalRuns, tmp_path: Path, process: list[float]
) -> None:
    play(runs, "good-1")
    path = tmp_path / ".launch/runs/good-1/run.json"
    record = json.loads(path.read_text())
    changes: dict[str, Any] = {"status": "InProgress", "ended": None, "process": process}
    path.write_text(json.dumps({**record, **changes}))
    assert runs.get("good-1").status == "Failed"
    assert "from outside" in runs.get("good-1").failure_reason


def test_a_name_is_used_once(runs: LocalRuns) -> None:
    play(runs, "good-1")
    with pytest.raises(LaunchError, match="already; names are used once"):
        play(runs, "good-1")


def test_unknown_and_ended_runs(runs: LocalRuns) -> None:
    with pytest.raises(LaunchError, match="no run 'none'"):
        runs.get("none")
    play(runs, "good-1")
    with pytest.raises(LaunchError, match="has ended already: Completed"):
        runs.stop("good-1")


def test_a_damaged_record_hides_no_other(runs: LocalRuns, tmp_path: Path) -> None:
    play(runs, "good-1")
    play(runs, "good-2")
    (tmp_path / ".launch/runs/good-1/run.json").write_text("{")
    assert [run.name for run in runs.newest(limit=9)] == ["good-2"]
    with pytest.raises(LaunchError, match="is damaged"):
        runs.get("good-1")
