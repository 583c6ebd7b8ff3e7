"""The commands that a backfill prints and starts mean what was asked for."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launch.commands.backfill import backfill_command
from launch.commands.backfill_task import Task, begins
from launch.commands.submit import submit_command
from launch.commands.why import why_command

DAYS = [date(2026, 11, 2), date(2026, 11, 4)]
# Whatever a shell lets be typed.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
WORD = st.sampled_from(["a", "--scale", "-x", "--", "a b", "'", "é=$HOME", "*"])


def typed(name: str, *options: Any) -> st.SearchStrategy[list[str]]:
    """An option with each of its values, or left out."""
    return st.one_of(st.just([]), *(st.just([name, str(value)]) for value in options))


def flag(name: str) -> st.SearchStrategy[list[str]]:
    return st.sampled_from([[], [name]])


OPTIONS = st.tuples(
    typed("--file", "launch.yaml", "my project é/launch.yaml"), typed("--target", "dev", "prod"),
    st.lists(TEXT, max_size=2).map(lambda found: [w for text in found for w in ("--var", text)]),
    typed("--parallel", 1, 7), typed("--stop-after-failures", 1, 3), flag("--redo"),
    flag("--local"),
    typed("--cluster", "standalone", "yarn"), typed("--s3", "folder", "aws"), flag("--same-place"),
    flag("--yes"), typed("--on-interrupt", "ask", "stop"), typed("--poll", "0.1", "5", "12.345678"),
    flag("--no-check"), st.lists(WORD, max_size=3).map(lambda words: ["--", *words]),
).map(lambda parts: [word for part in parts for word in part])  # fmt: skip


def parsed(command: click.Command, text: str) -> dict[str, Any]:
    launch, _, *words = shlex.split(text)
    assert launch == "launch"
    return command.make_context(str(command.name), words).params


def task_of(*words: str) -> tuple[Task, dict[str, Any]]:
    context = backfill_command.make_context(
        "backfill", ["load", "--from", "2026-11-01", "--to", "2026-11-05", *words]
    )
    unused: Any = None
    return Task(unused, "load", DAYS, context.params), context.params


@given(words=OPTIONS, redo=st.booleans(), preset=st.sampled_from(["", "prod"]))
def test_the_command_to_go_on_is_the_command_that_was_typed(
    words: list[str], redo: bool, preset: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAUNCH_TARGET", preset)
        task, asked = task_of(*words)
        again = parsed(backfill_command, task.again(DAYS, redo=redo))
    expected = {**asked, "first": "2026-11-02", "last": "2026-11-04", "redo": redo}
    if not asked["local"]:
        # Without --local they say nothing.
        expected |= {"cluster": "standalone", "s3": None}
    assert again == expected


def test_a_dev_that_was_typed_stays_dev_where_the_environment_says_prod(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LAUNCH_TARGET", "prod")
    task, _ = task_of("--target", "dev")
    assert "--target dev" in task.again(DAYS)
    assert "--target dev" in task.why("shop-load-1")
    monkeypatch.delenv("LAUNCH_TARGET")
    assert "--target" not in task.again(DAYS)


def test_the_shortest_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAUNCH_TARGET", raising=False)
    task, _ = task_of()
    assert task.again(DAYS) == "launch backfill load --from 2026-11-02 --to 2026-11-04"
    assert task.again(DAYS[:1]).endswith("--from 2026-11-02 --to 2026-11-02")
    assert task.why("shop-load-1") == "launch why shop-load-1"


@given(words=OPTIONS)
def test_the_commands_beside_it_are_about_the_same_runs(words: list[str]) -> None:
    task, asked = task_of(*words)
    request = parsed(submit_command, task.request(DAYS[0]))
    why = parsed(why_command, task.why("shop-load-1"))
    for name in ("file", "target", "variables", "local"):
        assert request[name] == why[name] == asked[name]
    assert (request["day"], request["dry_run"]) == ("2026-11-02", True)
    assert request["more"] == asked["more"]
    assert why["name"] == "shop-load-1"


class Plays:
    """What begins the days that are played here: it keeps the words."""

    def __init__(self, runs: Any) -> None:
        self.begun: list[tuple[str, Sequence[str]]] = []

    def begin(self, name: str, words: Sequence[str]) -> None:
        self.begun.append((name, words))


Played = Callable[..., dict[str, Any]]


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Played:
    """Return what submit is told to play for a day."""
    made: list[Plays] = []

    @contextmanager
    def plays(runs: Any) -> Iterator[Plays]:
        made.append(Plays(runs))
        yield made[-1]

    monkeypatch.setattr("launch.backfill.local.LocalPlays", plays)

    def play(*words: str) -> dict[str, Any]:
        unused: Any = None
        with begins(task_of("--local", *words)[0], unused) as begin:
            begin(DAYS[0], "shop-load-d20261102-x")
        ((name, said),) = made[-1].begun
        assert name == "shop-load-d20261102-x"
        return parsed(submit_command, shlex.join(["launch", *said]))

    return play


def test_a_day_is_played_by_submit(played: Played) -> None:
    given = played("--target", "prod", "--var", "a=b c", "--", "--scale")
    expected = {
        "job": "load", "day": "2026-11-02", "name": "shop-load-d20261102-x", "local": True,
        "target": "prod", "variables": ("a=b c",), "more": ("--scale",), "cluster": "standalone",
        "s3": None, "file": None, "dry_run": False, "wait": False,
        # The first day was checked for all of them.
        "no_check": True,
    }  # fmt: skip
    assert {name: given[name] for name in expected} == expected


def test_a_day_is_played_as_all_are(played: Played) -> None:
    given = played("--file", "x/launch.yaml", "--cluster", "yarn", "--s3", "aws")
    assert (given["file"], given["cluster"], given["s3"]) == (Path("x/launch.yaml"), "yarn", "aws")
