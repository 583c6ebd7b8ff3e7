"""Days that are played here: each a process, which has begun when its run is there."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from pauses import replace_pauses

from launch.backfill.local import LocalPlays
from launch.errors import LaunchError, NoSuchRunError
from launch.runs.model import Run


class Plays:
    """Stands for the processes and for their runs: both show after some looks, or never."""

    def __init__(self, logs: Path, patience: float = 0) -> None:
        self.logs = logs
        self.commands: dict[str, Sequence[str]] = {}
        self.looks = 0
        self.run_after, self.ended_after, self.code = 99, 99, 2
        self.said = ""
        self.left = False

    def __enter__(self) -> Plays:
        return self

    def __exit__(self, *_: object) -> None:
        self.left = True

    def start(self, name: str, command: Sequence[str]) -> None:
        self.commands[name] = command
        self.log(name).write_text(self.said)

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def exit_codes(self) -> dict[str, int]:
        self.looks += 1
        return dict.fromkeys(self.commands, self.code) if self.looks >= self.ended_after else {}

    def get(self, name: str) -> Run:
        if self.looks < self.run_after:
            raise NoSuchRunError(name)
        return Run(name, "InProgress", datetime.now(timezone.utc))


@pytest.fixture
def plays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plays:
    made = Plays(tmp_path)
    monkeypatch.setattr("launch.backfill.local.Processes", lambda logs, patience: made)
    replace_pauses(monkeypatch, lambda seconds: None)
    return made


def begin(plays: Any) -> None:
    with LocalPlays(plays) as local:
        local.begin("run-1", ["submit", "prepare", "--local"])
        assert not plays.left
    assert plays.left


def test_a_day_has_begun_when_its_run_is_there(plays: Plays) -> None:
    plays.run_after = 4
    begin(plays)
    command = [sys.executable, "-m", "launch.main", "submit", "prepare", "--local"]
    assert plays.commands == {"run-1": command}
    assert plays.looks == 4


def test_a_play_that_is_over_already_has_begun_too(plays: Plays) -> None:
    plays.run_after, plays.ended_after = 3, 3
    begin(plays)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("s3:// is here\nerror: there is no file x\nwrite y instead\n",
         "there is no file x\nwrite y instead"),
        ("Traceback\nKeyError: 'a'\n", "KeyError: 'a'"),
        ("", "it ended with exit code 2"),
    ],
)  # fmt: skip
def test_a_command_that_ends_without_a_run_says_why(plays: Plays, said: str, message: str) -> None:
    plays.said, plays.ended_after = said, 2
    with pytest.raises(LaunchError) as raised:
        begin(plays)
    assert str(raised.value) == message
    assert plays.left
