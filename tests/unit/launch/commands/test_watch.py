"""``launch watch``: what it shows, and how it ends."""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from pauses import replace_pauses
from rich.console import Console

from launch.commands.watch_screen import Screen, Stages
from launch.cost.past import Durations
from launch.errors import LaunchError
from launch.main import main
from launch.runs.model import LogLine, Run

START = datetime(2026, 11, 23, 2, 0, tzinfo=timezone.utc)
NOW = START + timedelta(minutes=3)
GOING = Run("flights-prepare-1", "InProgress", START, started=START, request={})
SPARK = "26/11/23 02:01:00 INFO "


def stage_shown(*texts: str) -> str:
    stages = Stages()
    for text in texts:
        stages.read(text)
    return str(stages)


DRIVER = f"{SPARK}TaskSetManager: Finished task 3.0 in stage 2.0 (TID 9) in 40 ms on h (executor 1)"


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["Rows", "read 12"], ""),
        ([f"{SPARK}DAGScheduler: Submitting 40 missing tasks from ShuffleMapStage 2 (x)"],
         "stage 2: 0 of 40 tasks done"),
        ([f"{DRIVER} (4/200)"], "stage 2: 4 of 200 tasks done"),
        ([f"{DRIVER} (4/200)", f"{DRIVER} (3/200)"], "stage 2: 4 of 200 tasks done"),
        (["[app/1/stderr] Executor: Finished task 0.0 in stage 5.0 (TID 4). 1 bytes"] * 2,
         "stage 5: 2 tasks done"),
        (["\r[Stage 3:=====>      (12 + 4) / 200]"], "stage 3: 12 of 200 tasks done"),
        ([f"{DRIVER} (4/200)", "Executor: Finished task 0.0 in stage 1.0 (TID 1)"],
         "stage 2: 4 of 200 tasks done"),
        ([f"{DRIVER} (200/200)", "Executor: Finished task 0.0 in stage 3.0 (TID 1)"],
         "stage 3: 1 tasks done"),
    ],
)  # fmt: skip
def test_the_newest_stage_is_told_with_its_tasks(texts: list[str], said: str) -> None:
    assert stage_shown(*texts) == said


def drawn(screen: Screen, now: datetime = NOW, width: int = 80) -> str:
    console = Console(width=width, record=True, force_terminal=False, file=io.StringIO())
    console.print(screen.render(now, width=width))
    return console.export_text()


def test_a_screen_shows_everything() -> None:
    screen = Screen(GOING, Durations(14, 725, 900))
    screen.update(GOING, [Run("flights-other-2", "InProgress", START)])
    screen.add(LogLine("algo-1", 0, "Rows [read]"))
    screen.add(LogLine("algo-1", 0, f"{DRIVER} (4/200)"))
    screen.add(LogLine("algo-1", 0, "x" * 300))
    shown = drawn(screen, width=90)
    head, bar, stage, *_ = shown.splitlines()
    usual = "3 min 0 s of usually 12 min 5 s (median of 14 runs)"
    assert head == f"flights-prepare-1  InProgress  {usual}"
    assert bar.count("━") == 9
    assert stage == "stage 2: 4 of 200 tasks done"
    assert "flights-other-2  InProgress  3 min 0 s" in shown
    assert "[algo-1] Rows [read]" in shown
    assert "TaskSetManager" not in shown
    assert max(map(len, shown.splitlines())) <= 90


def test_trouble_is_shown_until_it_is_over() -> None:
    screen = Screen(GOING, None)
    screen.complain("Rate exceeded; asking again in 3 s")
    assert "Rate exceeded" in drawn(screen)
    assert "Rate exceeded" in screen.line(NOW)
    screen.update(GOING, [])
    assert screen.line(NOW) == "flights-prepare-1: InProgress, 3 min 0 s"


class Scripted:
    """Runs of which one ends as told after some looks; its log comes line by line."""

    def __init__(self, statuses: list[str], lines: list[str]) -> None:
        self.statuses, self.lines = statuses, lines
        self.interrupt = False

    def get(self, name: str) -> Run:
        if self.interrupt:
            raise KeyboardInterrupt
        if name == "flights-prepare-0":
            return self._past()
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        ended = NOW if status in ("Completed", "Failed") else None
        return Run(name, status, START, started=START, ended=ended, request={},
                   exit_message="no column x" if status == "Failed" else "")  # fmt: skip

    def newest(self, *, limit: int, contains: str = "", status: str | None = None) -> Sequence[Run]:
        past, going = self._past(), GOING
        return [run for run in (going, past) if status in (None, run.status)]

    def _past(self) -> Run:
        end = START + timedelta(minutes=2)
        return Run("flights-prepare-0", "Completed", START, START, end, request={"a": 1})

    def log(self, name: str) -> Scripted:
        return self

    def read(self) -> list[LogLine]:
        return [LogLine("algo-1", 0, self.lines.pop(0))] if self.lines else []

    def fetch_event_logs(self, name: str, folder: Path) -> list[Path]:
        return []

    stop: Any


@pytest.fixture
def watching(
    monkeypatch: pytest.MonkeyPatch, project: Path
) -> Callable[[list[str], list[str]], Scripted]:
    """Return what plays runs by their next statuses and log lines, without pauses."""
    replace_pauses(monkeypatch, lambda seconds: None)

    def watch(statuses: list[str], lines: list[str]) -> Scripted:
        runs = Scripted(statuses, lines)
        monkeypatch.setattr("launch.commands.watch.open_runs", lambda *_, **__: runs)
        return runs

    return watch


def test_plain_lines_to_a_good_end(
    watching: Callable[..., Scripted], capsys: pytest.CaptureFixture[str]
) -> None:
    watching(["InProgress"] * 4 + ["Completed"], [f"{DRIVER} (4/9)"])
    assert main(["watch"]) == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert lines[0].startswith("flights-prepare-1: InProgress, ")
    assert "of usually 2 min 0 s (median of 1 run)" in lines[0]
    assert any("stage 2: 4 of 9 tasks done" in line for line in lines)
    # The first look, the stage, the end: a line only where something changes.
    assert len(lines) == 3
    assert "flights-prepare-1: Completed after 3 min 0 s" in shown.err


def test_a_failed_run_is_explained(
    watching: Callable[..., Scripted], capsys: pytest.CaptureFixture[str]
) -> None:
    watching(["InProgress", "InProgress", "Failed"], [])
    assert main(["watch", "flights-prepare-1"]) == 1
    assert "no column x" in capsys.readouterr().out


def test_a_run_that_has_ended_is_no_error(
    watching: Callable[..., Scripted], capsys: pytest.CaptureFixture[str]
) -> None:
    watching(["Completed"], [])
    assert main(["watch", "prepare"]) == 0
    assert "flights-prepare-1: Completed" in capsys.readouterr().out


def test_ctrl_c_leaves_the_run_alone(
    watching: Callable[..., Scripted],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs = watching(["InProgress"], [])

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    replace_pauses(monkeypatch, interrupt)
    assert main(["watch"]) == 130
    assert "left; flights-prepare-1 goes on. `launch watch flights-prepare-1` joins it" in (
        capsys.readouterr().err
    )
    assert runs.statuses == ["InProgress"]


def test_others_that_cannot_be_listed_do_no_harm(
    watching: Callable[..., Scripted], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = watching(["InProgress", "InProgress", "Completed"], [])
    newest = runs.newest

    def refuse(**given: Any) -> Sequence[Run]:
        if given.get("status") == "InProgress":
            raise LaunchError("ListProcessingJobs: Rate exceeded")
        return newest(**given)

    monkeypatch.setattr(runs, "newest", refuse)
    assert main(["watch", "flights-prepare-1"]) == 0


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """A console that takes itself for a terminal, and what it shows."""
    shown = io.StringIO()
    console = Console(force_terminal=True, file=shown, width=100)
    monkeypatch.setattr("launch.commands.watch.console", lambda: console)
    return shown


def test_on_a_terminal_the_screen_is_drawn_over_and_over(
    watching: Callable[..., Scripted], terminal: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching(["InProgress"] * 3 + ["Completed"], ["reading [1] file"])
    # The cursor goes up, to draw again: by a thread of its own, which is waited for.
    up = "\x1b[1A"

    def until_drawn_again(seconds: float) -> None:
        for _ in range(600):
            if up in terminal.getvalue():
                return
            threading.Event().wait(0.05)

    replace_pauses(monkeypatch, until_drawn_again)
    assert main(["watch"]) == 0
    shown = terminal.getvalue()
    assert "[algo-1] reading [1] file" in shown
    assert "\x1b[1mflights-prepare-1\x1b[0m" in shown
    assert up in shown


def test_q_leaves_as_a_good_end(
    watching: Callable[..., Scripted],
    terminal: io.StringIO,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def until_interrupted(seconds: float) -> None:
        threading.Event().wait(60)
        pytest.fail("q did not end the pause")

    watching(["InProgress"], [])
    replace_pauses(monkeypatch, until_interrupted)
    keyboard, far_end = os.openpty()
    with os.fdopen(far_end) as stdin, os.fdopen(keyboard, "wb", buffering=0) as keys:
        monkeypatch.setattr(sys, "stdin", stdin)
        keys.write(b"xq")
        assert main(["watch"]) == 0
    assert "left; flights-prepare-1 goes on" in capsys.readouterr().err
