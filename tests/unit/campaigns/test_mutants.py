"""The gate of mutants: a survivor is named, a stale list is refused."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from campaigns.mutants.__main__ import LISTS, ROOT, Mutant, check, main, read_lists

CAUGHT = ("larger is smaller", "one > other", "one < other")
SURVIVOR = ("ties go to the first", "one > other", "one >= other")


def entry(what: str, was: str, becomes: str, tests: str = "tests") -> str:
    return (
        f"[[mutant]]\nwhat = '{what}'\nfile = 'larger.py'\nwas = '{was}'\n"
        f"becomes = '{becomes}'\ntests = ['{tests}/test_larger.py']\n"
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A function, a test that forgets ties, and a list folder beside."""
    root = tmp_path / "project"
    (root / "tests").mkdir(parents=True)
    (tmp_path / "lists").mkdir()
    (root / "larger.py").write_text("def larger(one, other):\n    return one > other\n")
    (root / "tests" / "test_larger.py").write_text(
        "from larger import larger\n\n\ndef test_larger():\n"
        "    assert larger(2, 1) and not larger(1, 2)\n"
    )
    subprocess.run(["git", "init", "-q", root], check=True)
    subprocess.run(["git", "add", "."], cwd=root, check=True)
    return root


def play(project: Path, *entries: str, only: str = "") -> int:
    lists = project.parent / "lists"
    (lists / "some.toml").write_text("\n".join(entries))
    return main(["--only", only], root=project, lists=lists)


def test_what_is_caught_and_what_survives(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (project / "larger.py").read_text()
    assert play(project, entry(*CAUGHT), entry(*SURVIVOR)) == 1
    assert (project / "larger.py").read_text() == before
    assert capsys.readouterr().out.splitlines() == [
        f"{'larger.py':<40} larger is smaller",
        "    tests/test_larger.py::test_larger",
        f"{'larger.py':<40} ties go to the first",
        "    SURVIVED",
        "2 mutants, 1 survived",
        "SURVIVED larger.py: ties go to the first",
    ]


@pytest.mark.parametrize(("only", "code"), [("Smaller", 0), ("ties", 1), ("x", 2)])
def test_only_those_of_a_word(
    project: Path, monkeypatch: pytest.MonkeyPatch, only: str, code: int
) -> None:
    def play_none(mutants: Sequence[Mutant], root: Path) -> list[str | None]:
        return ["a test" if one.what == CAUGHT[0] else None for one in mutants]

    monkeypatch.setattr("campaigns.mutants.__main__.play", play_none)
    assert play(project, entry(*CAUGHT), entry(*SURVIVOR), only=only) == code


@pytest.mark.parametrize(
    ("stale", "message"),
    [
        (entry("gone", "one >> other", "x"), "gone: `was` occurs 0 times in larger.py"),
        (entry("twice", "one", "x"), "twice: `was` occurs 2 times in larger.py"),
        (entry("no code", "one > other", "if"), "no code: larger.py is no Python with it"),
        (entry("moved", "one > other", "one", "unit"), "moved: there is no unit/test_larger.py"),
        ("[[mutant]]\nwhat = 'half'\n", "some.toml: half: has ['what'], not"),
    ],
)
def test_an_entry_that_does_not_fit_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str], stale: str, message: str
) -> None:
    assert play(project, entry(*CAUGHT), stale) == 2
    assert message in capsys.readouterr().err


def test_tests_that_fail_without_a_mutant_are_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "larger.py").write_text("def larger(one, other):\n    return one > other + 1\n")
    assert play(project, entry(*CAUGHT)) == 2  # uncommitted content counts
    assert "the tests fail without any mutant" in capsys.readouterr().err


def test_the_lists_fit_the_code() -> None:
    mutants = read_lists(LISTS)
    check(mutants, ROOT)
    assert len({one.what for one in mutants}) == len(mutants)
