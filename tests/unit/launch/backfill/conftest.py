"""An account in memory: its runs end after so many pauses, or are refused, as a test says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pauses import replace_pauses

from launch.backfill.days import Day, DayRuns
from launch.backfill.work import Backfill, Ways
from launch.errors import AwsError, NoSuchRunError
from launch.runs.model import LogLine, Run

START = datetime(2026, 11, 20, tzinfo=timezone.utc)
LAUNCH = """\
project: flights
targets:
  dev: &dev {region: us-east-1, role: "arn:aws:iam::123456789012:role/etl", bucket: b-shop}
  prod: *dev
jobs:
  prepare:
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


def refusal(code: str, message: str = "no") -> AwsError:
    """Return what a refused call becomes."""
    answer: Any = {"Error": {"Code": code, "Message": message}}
    error = AwsError(f"CreateProcessingJob: {message}")
    error.__cause__ = ClientError(answer, "CreateProcessingJob")
    return error


@dataclass
class Account:
    """Runs of flights-prepare. A pause of the backfill is a tick of the clock."""

    fates: dict[date, tuple[int, str]] = field(default_factory=dict)
    # What begin raises for a day, one after the other; the days whose run begins all the same.
    errors: dict[date, list[Exception]] = field(default_factory=dict)
    lost: set[date] = field(default_factory=set)
    # What get raises, one after the other.
    troubles_of_get: list[Exception] = field(default_factory=list)
    interrupt_at: int | None = None
    unexplained: bool = False

    now: int = 0
    begun: list[date] = field(default_factory=list)
    going_before: list[int] = field(default_factory=list)
    explained: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    moved: list[Day] = field(default_factory=list)
    checked: list[date] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    runs: dict[str, Run] = field(default_factory=dict)
    ends: dict[str, tuple[int, str]] = field(default_factory=dict)

    def backfill(self, days: Sequence[date], **options: Any) -> Backfill:
        ways = Ways(
            self.name, self.begin, self.explain,
            on_change=self.moved.append, on_trouble=self.said.append,
        )  # fmt: skip
        runs = DayRuns(self, "flights", "prepare")
        return Backfill(runs, days, ways, **{"parallel": 2, **options})

    def name(self, day: date) -> str:
        return f"flights-prepare-d{day:%Y%m%d}-{len(self.runs):04}"

    def add(self, day: date, status: str, **more: Any) -> Run:
        """Put a run of a day there; each is newer than the one before."""
        created = START + timedelta(minutes=len(self.runs))
        run = Run(self.name(day), status, created, **more)
        self.runs[run.name] = run
        looks, end = self.fates.get(day, (1, "Completed"))
        self.ends[run.name] = (self.now + looks, end)
        return run

    def begin(self, day: date, name: str) -> None:
        errors = self.errors.get(day, [])
        error = errors.pop(0) if errors else None
        if error is None or day in self.lost:
            assert name not in self.runs, "names are used once"
            self.going_before.append(sum(not run.has_ended for run in self._all()))
            assert self.add(day, "InProgress").name == name
            self.begun.append(day)
        if error is not None:
            raise error

    def explain(self, run: Run) -> str:
        self.explained.append(f"{run.name} after {len(self.begun)} were begun")
        if self.unexplained:
            raise refusal("AccessDenied", "no logs")
        return f"cause of {run.name}"

    def tick(self, seconds: float) -> None:
        self.now += 1
        if self.now == self.interrupt_at:
            raise KeyboardInterrupt

    def newest(self, *, limit: int, contains: str = "", status: str | None = None) -> list[Run]:
        found = sorted(self._all(), key=lambda run: run.created, reverse=True)
        return [run for run in found if contains in run.name][:limit]

    def get(self, name: str) -> Run:
        if self.troubles_of_get:
            raise self.troubles_of_get.pop(0)
        for run in self._all():
            if run.name == name:
                return run
        raise NoSuchRunError(name)

    def stop(self, name: str) -> None:
        self.stopped.append(name)

    def log(self, name: str) -> Account:
        return self

    def read(self) -> list[LogLine]:
        return []

    def fetch_event_logs(self, name: str, folder: Path) -> list[Path]:
        return []

    def _all(self) -> list[Run]:
        return [self._as_it_is(run) for run in self.runs.values()]

    def _as_it_is(self, run: Run) -> Run:
        tick, status = self.ends[run.name]
        if run.has_ended or self.now < tick:
            return run
        said = "" if status == "Completed" else "column 'x' is not there"
        return Run(
            run.name, status, run.created, run.created, run.created + timedelta(seconds=75),
            exit_message=said, failure_reason=said and f"AlgorithmError: {said}\nexit code: 2",
        )  # fmt: skip


@pytest.fixture
def make_account(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Account]:
    """Return what makes an account; every pause is a tick of the one that was made last."""
    made: list[Account] = []
    replace_pauses(monkeypatch, lambda seconds: made[-1].tick(seconds))

    def make(**given: Any) -> Account:
        made.append(Account(**given))
        return made[-1]

    return make


@pytest.fixture
def account(make_account: Callable[..., Account]) -> Account:
    """Return an account without runs."""
    return make_account()


@pytest.fixture
def typed(account: Account, tmp_path: Path, no_aws: pytest.MonkeyPatch) -> Account:
    """Put what the command begins into the account; what is played here ends with the command."""
    (tmp_path / "launch.yaml").write_text(LAUNCH)
    no_aws.chdir(tmp_path)

    @contextmanager
    def begins(task: Any, runs: Any) -> Iterator[Callable[[date, str], None]]:
        yield account.begin
        if task.local:
            account.ends.update(dict.fromkeys(account.ends, (account.now, "Stopped")))

    no_aws.setattr("launch.commands.backfill.open_runs", lambda *_, **__: account)
    no_aws.setattr("launch.commands.backfill.begins", begins)
    no_aws.setattr("launch.commands.backfill.check", lambda _, day: account.checked.append(day))
    no_aws.setattr("launch.commands.backfill_task.Task.run_name", lambda _, day: account.name(day))
    return account


@pytest.fixture
def refuse() -> Callable[..., AwsError]:
    """Return what makes an error as a refused call makes one."""
    return refusal
