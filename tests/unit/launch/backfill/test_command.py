"""``launch backfill``: what it refuses, prints, and returns; the runs are kept in memory."""

from __future__ import annotations

import json
import shlex
from datetime import date
from typing import Any

import pytest

from launch.main import main

FIVE = ("--from", "2026-11-01", "--to", "2026-11-05")
QUICK = ("--poll", "0.1")
Shown = pytest.CaptureFixture[str]


def backfill(*words: str, job: str = "prepare") -> int:
    return main(["backfill", job, *words, *QUICK])


def nov(*days: int) -> list[date]:
    return [date(2026, 11, day) for day in days]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["plain", *FIVE], "plain has no ${date} in launch.yaml: every day would be the same run. "
                           "Write ${date} where the day belongs, such as s3://BUCKET/raw/day="),
        (["mixed", *FIVE], "every day would write to s3://b-shop/out/, the last over the "
                               "others. Write ${date} there too, such as day=${date}/; "
                               "--same-place allows it"),
        (["prepare", "--from", "2026-11-02", "--to", "2026-11-01"], "is after --to 2026-11-01"),
        (["prepare", "--from", "2026-11-02", "--to", "2999-01-01"], "has no data yet"),
        (["prepare", "--from", "1.11.2026", "--to", "2026-11-01"], "'1.11.2026' is no date"),
        (["prepare", "--from", "2026-11-02"], "Missing option '--to'"),
        (["prepare", *FIVE, "--parallel", "0"], "not in the range"),
        (["prepair", *FIVE], "did you mean prepare"),
        (["prepare", *FIVE, "--", "--token=abcdefgh"], "looks like a secret"),
        (["prepare", "--from", "2026-09-01", "--to", "2026-10-02"],
         "this would start 32 runs; --yes"),
    ],
)  # fmt: skip
def test_what_is_refused_is_exit_code_2_and_starts_nothing(
    typed: Any, capsys: Shown, words: list[str], message: str
) -> None:
    assert main(["backfill", *words]) == 2
    # The help of an option that is wrong is folded by its width.
    assert message in " ".join(capsys.readouterr().err.split())
    assert typed.begun == []


def test_one_place_may_be_allowed(typed: Any, capsys: Shown) -> None:
    assert backfill(*FIVE, "--same-place", job="mixed") == 0
    assert typed.begun == nov(1, 2, 3, 4, 5)
    assert backfill(*FIVE, job="own") == 0
    said = "own names the day once: is its output a place of the day's own?"
    assert said in capsys.readouterr().err
    assert backfill(*FIVE, "--same-place", job="own") == 0
    assert said not in capsys.readouterr().err


def test_redo_says_that_the_files_of_two_runs_are_mixed(typed: Any, capsys: Shown) -> None:
    said = "has left at s3://b-shop/out/${date}/ stays there beside the new files; ${run} behind"
    assert backfill(*FIVE, "--redo", "--dry-run") == 0
    assert said in capsys.readouterr().err
    assert backfill(*FIVE, "--dry-run") == 0
    assert said not in capsys.readouterr().err


def test_five_days_go_well(typed: Any, capsys: Shown) -> None:
    assert backfill(*FIVE) == 0
    shown = capsys.readouterr()
    assert [line.split()[:2] for line in shown.out.splitlines()[1:]] == [
        [f"2026-11-{day:02}", "Completed"] for day in range(1, 6)
    ]
    assert "1 min 15 s" in shown.out
    assert "5 Completed" in shown.err
    assert "not done" not in shown.err
    # Whatever is wrong with all days is wrong with the first.
    assert typed.checked == nov(1)

    assert backfill(*FIVE) == 0
    assert "5 skipped" in capsys.readouterr().err
    assert (len(typed.begun), typed.checked) == (5, nov(1)), "there is nothing to check for"


def test_a_bad_day_is_named_and_the_printed_command_runs_it_alone(
    typed: Any, capsys: Shown
) -> None:
    typed.fates = {nov(3)[0]: (1, "Failed")}
    assert backfill(*FIVE, "--target", "prod", "--parallel", "3") == 1
    shown = capsys.readouterr()
    assert "4 Completed, 1 Failed" in shown.err
    assert "not done: 2026-11-03\n" in shown.err
    assert "2026-11-03  Failed after 1 min 15 s: column 'x' is not there\n" in shown.err
    row = shown.out.splitlines()[3]
    assert row.startswith("2026-11-03  Failed     1 min 15 s  flights-prepare-d20261103-")
    assert row.rstrip().endswith("  column 'x' is not there")
    name = "flights-prepare-d20261103-0002"
    assert f"more on it: launch why {name} --target prod\n" in shown.err
    again = shown.err.rpartition("once it is mended: ")[2].strip()
    days = "--from 2026-11-03 --to 2026-11-03"
    assert again == f"launch backfill prepare {days} --target prod --parallel 3 --poll 0.1"

    typed.fates = {}
    assert main(shlex.split(again)[1:]) == 0
    assert typed.begun == nov(1, 2, 3, 4, 5, 3)
    assert backfill(*FIVE) == 0
    assert len(typed.begun) == 6


def test_days_and_the_commands_to_go_on_as_data(typed: Any, capsys: Shown) -> None:
    typed.fates = {nov(2)[0]: (1, "Stopped")}
    assert backfill("--from", "2026-11-01", "--to", "2026-11-02", "--json") == 1
    data = json.loads(capsys.readouterr().out)
    assert data["job"] == "prepare"
    assert [(row["outcome"], row["seconds"]) for row in data["days"]] == [
        ("Completed", 75.0), ("Stopped", 75.0),
    ]  # fmt: skip
    days = "--from 2026-11-02 --to 2026-11-02"
    assert data["again"] == [f"launch backfill prepare {days} --poll 0.1"]


def test_a_dry_run_says_what_each_day_needs(typed: Any, capsys: Shown) -> None:
    typed.fates = {nov(4)[0]: (99, "Completed")}
    for day, status in zip(nov(1, 2, 4), ("Completed", "Failed", "InProgress")):
        typed.add(day, status)
    words = (*FIVE, "--dry-run", "--target", "prod")
    assert backfill(*words) == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "2026-11-01  skip  flights-prepare-d20261101-0000 Completed",
        "2026-11-02  run   flights-prepare-d20261102-0001 Failed",
        "2026-11-03  run",
        "2026-11-04  wait  flights-prepare-d20261104-0002 InProgress",
        "2026-11-05  run",
    ]
    assert "3 of 5 days to run; nothing was started" in shown.err
    assert "launch submit prepare --date 2026-11-02 --dry-run --target prod\n" in shown.err
    assert typed.checked == nov(2)
    assert backfill(*words, "--json", "--redo") == 0
    assert [row["would"] for row in json.loads(capsys.readouterr().out)] == [
        "run", "run", "run", "wait", "run",
    ]  # fmt: skip
    assert typed.begun == []


def test_many_days_are_run_where_that_is_meant(typed: Any) -> None:
    days = ("--from", "2026-09-01", "--to", "2026-10-02")
    assert backfill(*days, "--yes", "--parallel", "9") == 0
    assert len(typed.begun) == 32
