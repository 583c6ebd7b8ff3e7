"""``launch backfill``: what it refuses, prints, and returns; the runs are kept in memory."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from pauses import replace_pauses

from launch.commands.backfill_task import Task
from launch.errors import NoSuchRunError
from launch.main import main
from launch.runs.model import LogLine, Run

LAUNCH = """\
project: shop
targets:
  dev: &dev {region: us-east-1, role: "arn:aws:iam::123456789012:role/etl", bucket: b-shop}
  prod: *dev
jobs:
  load:
    kind: sklearn
    inputs:
      - {name: i, source: "s3://b-shop/raw/${date}/", destination: /opt/ml/processing/input}
    outputs:
      - {name: o, source: /opt/ml/processing/output, destination: "s3://b-shop/out/${date}/"}
  mixed:
    kind: spark
    arguments: [prepare, "s3://b-shop/raw/${date}/", "s3://b-shop/out/"]
  own: {kind: spark, app: jobs/own.py, arguments: ["s3://b-shop/raw/${date}/", "s3://b-shop/o/"]}
  plain: {kind: sklearn}
"""
START = datetime(2026, 11, 20, tzinfo=timezone.utc)
FIVE = ("--from", "2026-11-01", "--to", "2026-11-05")
QUICK = ("--poll", "0.1")


class Shop:
    """Runs that end on the next look, or as a day's fate says."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self.fates: dict[int, str] = {}
        self.begun: list[date] = []
        self.checked: list[date] = []

    def begin(self, day: date, name: str) -> None:
        self.begun.append(day)
        created = START + timedelta(minutes=len(self.runs))
        self.runs[name] = Run(name, "InProgress", created)

    def get(self, name: str) -> Run:
        if name not in self.runs:
            raise NoSuchRunError(name)
        run = self.runs[name]
        fate = self.fates.get(int(name.split("-")[2][-2:]), "Completed")
        if fate == "going" or run.has_ended:
            return run
        end = run.created + timedelta(seconds=75)
        word = "" if fate == "Completed" else "column 'x' is not there"
        self.runs[name] = Run(name, fate, run.created, run.created, end, exit_message=word,
                              failure_reason=word and f"AlgorithmError: {word}")  # fmt: skip
        return self.runs[name]

    def newest(self, *, limit: int, contains: str = "", status: str | None = None) -> list[Run]:
        found = sorted(self.runs.values(), key=lambda run: run.created, reverse=True)
        return [run for run in found if contains in run.name]

    def log(self, name: str) -> Shop:
        return self

    def read(self) -> list[LogLine]:
        return []

    def fetch_event_logs(self, name: str, folder: Path) -> list[Path]:
        return []


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    (tmp_path / "launch.yaml").write_text(LAUNCH)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LAUNCH_TARGET", raising=False)
    made = Shop()

    @contextmanager
    def begins(task: Task, runs: Any) -> Iterator[Callable[[date, str], None]]:
        yield made.begin

    monkeypatch.setattr("launch.commands.backfill.open_runs", lambda *_, **__: made)
    monkeypatch.setattr("launch.commands.backfill.begins", begins)
    monkeypatch.setattr("launch.commands.backfill.check", lambda _, day: made.checked.append(day))
    replace_pauses(monkeypatch, lambda seconds: None)
    return made


Shown = pytest.CaptureFixture[str]


def backfill(*words: str, job: str = "load") -> int:
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
        (["load", "--from", "2026-11-02", "--to", "2026-11-01"], "is after --to 2026-11-01"),
        (["load", "--from", "2026-11-02", "--to", "2999-01-01"], "has no data yet"),
        (["load", "--from", "1.11.2026", "--to", "2026-11-01"], "'1.11.2026' is no date"),
        (["load", "--from", "2026-11-02"], "Missing option '--to'"),
        (["load", *FIVE, "--parallel", "0"], "not in the range"),
        (["laod", *FIVE], "did you mean load"),
        (["load", *FIVE, "--", "--token=abcdefgh"], "looks like a secret"),
        (["load", "--from", "2026-09-01", "--to", "2026-10-02"], "this would start 32 runs; --yes"),
    ],
)  # fmt: skip
def test_what_is_refused_is_exit_code_2_and_starts_nothing(
    shop: Shop, capsys: Shown, words: list[str], message: str
) -> None:
    assert main(["backfill", *words]) == 2
    # The help of an option that is wrong is folded by its width.
    assert message in " ".join(capsys.readouterr().err.split())
    assert shop.begun == []


def test_one_place_may_be_allowed(shop: Shop, capsys: Shown) -> None:
    assert backfill(*FIVE, "--same-place", job="mixed") == 0
    assert shop.begun == nov(1, 2, 3, 4, 5)
    assert backfill(*FIVE, job="own") == 0
    said = "own names the day once: is its output a place of the day's own?"
    assert said in capsys.readouterr().err
    assert backfill(*FIVE, "--same-place", job="own") == 0
    assert said not in capsys.readouterr().err


def test_redo_says_that_the_files_of_two_runs_are_mixed(shop: Shop, capsys: Shown) -> None:
    said = "has left at s3://b-shop/out/${date}/ stays there beside the new files; ${run} behind"
    assert backfill(*FIVE, "--redo", "--dry-run") == 0
    assert said in capsys.readouterr().err
    assert backfill(*FIVE, "--dry-run") == 0
    assert said not in capsys.readouterr().err


def test_five_days_go_well(shop: Shop, capsys: Shown) -> None:
    assert backfill(*FIVE) == 0
    shown = capsys.readouterr()
    assert [line.split()[:2] for line in shown.out.splitlines()[1:]] == [
        [f"2026-11-{day:02}", "Completed"] for day in range(1, 6)
    ]
    assert "1 min 15 s" in shown.out
    assert "5 Completed" in shown.err
    assert "not done" not in shown.err
    # Whatever is wrong with all days is wrong with the first.
    assert shop.checked == nov(1)

    assert backfill(*FIVE) == 0
    assert "5 skipped" in capsys.readouterr().err
    assert (len(shop.begun), shop.checked) == (5, nov(1)), "there is nothing to check for"


def test_a_bad_day_is_named_and_the_printed_command_runs_it_alone(
    shop: Shop, capsys: Shown
) -> None:
    shop.fates = {3: "Failed"}
    assert backfill(*FIVE, "--target", "prod", "--parallel", "3") == 1
    shown = capsys.readouterr()
    assert "4 Completed, 1 Failed" in shown.err
    assert "not done: 2026-11-03\n" in shown.err
    assert "2026-11-03  Failed after 1 min 15 s: column 'x' is not there\n" in shown.err
    row = shown.out.splitlines()[3]
    assert row.startswith("2026-11-03  Failed     1 min 15 s  shop-load-d20261103-")
    assert row.rstrip().endswith("  column 'x' is not there")
    (name,) = [run.name for run in shop.runs.values() if run.status == "Failed"]
    assert f"more on it: launch why {name} --target prod\n" in shown.err
    again = shown.err.rpartition("once it is mended: ")[2].strip()
    days = "--from 2026-11-03 --to 2026-11-03"
    assert again == f"launch backfill load {days} --target prod --parallel 3 --poll 0.1"

    shop.fates = {}
    assert main(shlex.split(again)[1:]) == 0
    assert shop.begun == nov(1, 2, 3, 4, 5, 3)
    assert backfill(*FIVE) == 0
    assert len(shop.begun) == 6


def test_days_and_the_commands_to_go_on_as_data(shop: Shop, capsys: Shown) -> None:
    shop.fates = {2: "Stopped"}
    assert backfill("--from", "2026-11-01", "--to", "2026-11-02", "--json") == 1
    data = json.loads(capsys.readouterr().out)
    assert data["job"] == "load"
    assert [(row["outcome"], row["seconds"]) for row in data["days"]] == [
        ("Completed", 75.0), ("Stopped", 75.0),
    ]  # fmt: skip
    days = "--from 2026-11-02 --to 2026-11-02"
    assert data["again"] == [f"launch backfill load {days} --poll 0.1"]


def test_a_dry_run_says_what_each_day_needs(shop: Shop, capsys: Shown) -> None:
    shop.fates = {1: "Completed", 2: "Failed", 4: "going"}
    for day in nov(1, 2, 4):
        shop.begin(day, f"shop-load-d{day:%Y%m%d}-x")
        shop.get(f"shop-load-d{day:%Y%m%d}-x")
    shop.begun.clear()
    words = (*FIVE, "--dry-run", "--target", "prod")
    assert backfill(*words) == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "2026-11-01  skip  shop-load-d20261101-x Completed",
        "2026-11-02  run   shop-load-d20261102-x Failed",
        "2026-11-03  run",
        "2026-11-04  wait  shop-load-d20261104-x InProgress",
        "2026-11-05  run",
    ]
    assert "3 of 5 days to run; nothing was started" in shown.err
    assert "launch submit load --date 2026-11-02 --dry-run --target prod\n" in shown.err
    assert shop.checked == nov(2)
    assert backfill(*words, "--json", "--redo") == 0
    assert [row["would"] for row in json.loads(capsys.readouterr().out)] == [
        "run", "run", "run", "wait", "run",
    ]  # fmt: skip
    assert shop.begun == []


def test_many_days_are_run_where_that_is_meant(shop: Shop) -> None:
    days = ("--from", "2026-09-01", "--to", "2026-10-02")
    assert backfill(*days, "--yes", "--parallel", "9") == 0
    assert len(shop.begun) == 32
