"""Ctrl-C, a service that is gone: what goes on, what is printed, what the printed command does."""

from __future__ import annotations

import shlex
from datetime import date
from typing import Any

import click
import pytest

from launch.errors import AwsError, LaunchError
from launch.main import main

FIVE = ("prepare", "--from", "2026-11-01", "--to", "2026-11-05")
ONE, TWO, THREE, FOUR, LAST = (date(2026, 11, day) for day in range(1, 6))
LONG = (99, "Completed")
Shown = pytest.CaptureFixture[str]


def to_go_on(said: str) -> list[list[str]]:
    lead = "to go on: launch "
    return [
        shlex.split(line.removeprefix(lead)) for line in said.splitlines() if line.startswith(lead)
    ]


def test_what_goes_on_is_left_and_the_printed_command_comes_back_to_it(
    typed: Any, capsys: Shown
) -> None:
    typed.fates = {TWO: (3, "Completed"), THREE: (3, "Completed")}
    typed.interrupt_at = 2
    assert main(["backfill", *FIVE]) == 130
    said = capsys.readouterr().err
    second, third = list(typed.runs)[1:]
    assert f"detached; on SageMaker these go on: {second}, {third}\n" in said
    (words,) = to_go_on(said)
    assert words == ["backfill", "prepare", "--from", "2026-11-02", "--to", "2026-11-05"]
    assert main(words) == 0
    assert typed.begun == [ONE, TWO, THREE, FOUR, LAST], "each once"


def test_they_may_be_stopped_though_one_of_them_has_ended(
    typed: Any, capsys: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed.fates = {ONE: LONG, TWO: LONG}
    typed.interrupt_at = 2
    asked: list[str] = []

    def stop(name: str) -> None:
        asked.append(name)
        if len(asked) == 1:
            raise AwsError("StopProcessingJob: the processing job is in status Completed")

    monkeypatch.setattr(typed, "stop", stop)
    assert main(["backfill", *FIVE, "--on-interrupt", "stop"]) == 130
    said = capsys.readouterr().err
    assert asked == list(typed.runs)
    assert f"{asked[0]}: StopProcessingJob: the processing job is in status Completed\n" in said
    assert f"asked to stop: {', '.join(asked)}\n" in said
    (words,) = to_go_on(said)
    assert words[-2:] == ["--on-interrupt", "stop"]


@pytest.mark.parametrize(("terminal", "answer", "stops"), [
    (True, True, True), (True, False, False), (False, True, False),
])  # fmt: skip
def test_at_a_terminal_it_is_asked(
    typed: Any, monkeypatch: pytest.MonkeyPatch, terminal: bool, answer: bool, stops: bool
) -> None:
    typed.fates, typed.interrupt_at = {ONE: LONG, TWO: LONG}, 1
    monkeypatch.setattr("sys.stdin.isatty", lambda: terminal, raising=False)
    monkeypatch.setattr(click, "confirm", lambda *_, **__: answer)
    assert main(["backfill", *FIVE]) == 130
    assert typed.stopped == (list(typed.runs) if stops else [])


def test_what_is_played_here_has_ended_and_is_begun_again(typed: Any, capsys: Shown) -> None:
    typed.fates = {TWO: LONG}
    typed.interrupt_at = 2
    assert main(["backfill", *FIVE, "--local"]) == 130
    said = capsys.readouterr().err
    assert "detached" not in said
    (words,) = to_go_on(said)
    assert words == ["backfill", "prepare", "--from", "2026-11-02", "--to", "2026-11-05", "--local"]
    typed.fates = {}
    assert main(words) == 0
    assert typed.begun == [ONE, TWO, TWO, THREE, FOUR, LAST]


@pytest.mark.parametrize(
    ("error", "code"), [(AwsError("expired"), 1), (LaunchError("no AWS credentials"), 2)]
)
def test_a_service_that_cannot_be_asked_any_more(
    typed: Any, capsys: Shown, error: LaunchError, code: int
) -> None:
    typed.troubles_of_get = [error]
    # What Ctrl-C is to do says nothing about this: they go on.
    assert main(["backfill", *FIVE, "--on-interrupt", "stop"]) == code
    said = capsys.readouterr().err
    assert f"detached; on SageMaker these go on: {', '.join(typed.runs)}\n" in said
    assert [words[2:6] for words in to_go_on(said)] == [list(FIVE[1:])]
    assert said.endswith(f"error: {error}\n")
    assert typed.stopped == []


def test_redo_goes_on_without_doing_again_what_it_has_done(typed: Any, capsys: Shown) -> None:
    assert main(["backfill", *FIVE]) == 0
    typed.begun.clear()
    capsys.readouterr()
    typed.fates = {TWO: (1, "Failed")}
    typed.errors = {FOUR: [LaunchError("no data")]}
    typed.interrupt_at = typed.now + 3
    assert main(["backfill", *FIVE, "--redo", "--parallel", "1"]) == 130
    assert typed.begun == [ONE, TWO, THREE]
    commands = to_go_on(capsys.readouterr().err)
    assert ["--redo" in words for words in commands] == [False, True]
    typed.fates = {}
    typed.errors = {}
    assert [main(words) for words in commands] == [0, 0]
    assert typed.begun == [ONE, TWO, THREE, TWO, FOUR, LAST]


def test_redo_names_each_gap_by_a_command_of_its_own(typed: Any, capsys: Shown) -> None:
    assert main(["backfill", *FIVE]) == 0
    typed.begun.clear()
    capsys.readouterr()
    typed.errors = {day: [LaunchError("no data")] for day in (ONE, FOUR, LAST)}
    assert main(["backfill", *FIVE, "--redo"]) == 1
    lead = "once it is mended: launch "
    said = capsys.readouterr().err.splitlines()
    commands = [line.removeprefix(lead) for line in said if line.startswith(lead)]
    assert commands == [
        "backfill prepare --from 2026-11-01 --to 2026-11-01 --redo",
        "backfill prepare --from 2026-11-04 --to 2026-11-05 --redo",
    ]
    assert [main(shlex.split(text)) for text in commands] == [0, 0]
    assert typed.begun == [TWO, THREE, ONE, FOUR, LAST]
