"""What a backfill was asked for: as an object, as a command, and as runs that begin."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

from launch.commands.common import note, where
from launch.commands.sending import day_places, on_day, planned, refuse_errors, send_plan
from launch.errors import LaunchError

if TYPE_CHECKING:
    from launch.description.load import Description
    from launch.runs.model import Runs

Begin = Callable[[date, str], None]
# What --poll is where it is not typed.
_POLL_SECONDS = 5.0


class Task:
    """What was asked for: a job, its days, and the options as they were typed."""

    def __init__(
        self, description: Description, job: str, days: Sequence[date], options: Mapping[str, Any]
    ) -> None:
        self.description = description
        self.job = job
        self.days = days
        self.options = options

    @property
    def local(self) -> bool:
        """Tell whether the runs are played on this machine."""
        return bool(self.options["local"])

    def where(self) -> list[str]:
        """Return the options that say which runs are meant, for a command that is typed again."""
        return shlex.split(where(self.options, local=self.local))

    def own_words(self) -> list[str]:
        """Return those, and how runs are played here."""
        given, words = self.options, self.where()
        if given["local"]:
            words += ["--cluster", given["cluster"]] if given["cluster"] != "standalone" else []
            words += ["--s3", given["s3"]] if given["s3"] else []
        return words

    def again(self, days: Sequence[date], *, redo: bool = False) -> str:
        """Return the command that runs some days again, as it is typed."""
        given = self.options
        words = ["launch", "backfill", self.job, "--from", str(min(days)), "--to", str(max(days))]
        words += self.own_words()
        words += ["--parallel", str(given["parallel"])] if given["parallel"] else []
        words += ["--stop-after-failures", str(given["stop_after"])] if given["stop_after"] else []
        words += ["--same-place"] if given["same_place"] else []
        words += ["--no-check"] if given["no_check"] else []
        words += ["--yes"] if given["yes"] else []
        words += ["--on-interrupt", given["on_interrupt"]] if given["on_interrupt"] != "ask" else []
        words += ["--poll", str(given["poll"])] if given["poll"] != _POLL_SECONDS else []
        words += ["--redo"] if redo else []
        return shlex.join([*words, *self.more()])

    def request(self, day: date) -> str:
        """Return the command that shows what a day's run would send."""
        words = ["launch", "submit", self.job, "--date", str(day), "--dry-run", *self.own_words()]
        return shlex.join([*words, *self.more()])

    def why(self, name: str) -> str:
        """Return the command that says more on a run that failed."""
        return shlex.join(["launch", "why", name, *self.where()])

    def more(self) -> list[str]:
        """Return the job's own arguments, as they are typed."""
        return ["--", *self.options["more"]] if self.options["more"] else []

    def run_name(self, day: date) -> str:
        """Return a name for a run of a day."""
        from launch.request.plan import job_name

        return job_name(self.description, self.job, day=day)


@contextmanager
def begins(task: Task, runs: Runs) -> Iterator[Begin]:
    """Give what begins the run of a day; those that are played here end with the block."""
    if not task.local:
        yield lambda day, name: _send(task, day, name)
        return
    from launch.backfill.local import LocalPlays

    def words(day: date, name: str) -> list[str]:
        own = ["--date", str(day), "--name", name, "--no-check", *task.own_words()]
        return ["submit", task.job, *own, *task.more()]

    with LocalPlays(runs) as plays:
        yield lambda day, name: plays.begin(name, words(day, name))


def _send(task: Task, day: date, name: str) -> None:
    """Send a day's run as submit does; LaunchError where the day's own data are not there."""
    from launch.aws.session import open_session
    from launch.check import check_account

    description = on_day(task.description, task.job, day)
    # A new one each time: it sends one plan, and reads credentials that may be new by now.
    session = open_session(description.target)
    if not task.options["no_check"]:
        found = check_account(description, task.job, session)
        missing = [item.message for item in found if item.level == "error"]
        if missing:
            raise LaunchError("; ".join(missing))
    plan = planned(description, task.job, name, checked=False)
    send_plan(description, plan, session)


def check(task: Task, day: date) -> None:
    """Check the job by the first day that is to run; what concerns that day alone is left to it."""
    from launch.check import check_account, check_job, check_request

    if task.options["no_check"]:
        return
    description, job = task.description, task.job
    of_day = day_places(description, job)
    filled = on_day(description, job, day)
    found = [item for item in check_job(description, job, day=day) if item.place not in of_day]
    if not task.local:
        from launch.aws.session import open_session

        session = open_session(description.target)
        asked = check_account(filled, job, session)
        found += [item for item in asked if item.place not in of_day]
    refuse_errors(job, found)
    try:
        plan = planned(filled, job, task.run_name(day), checked=False)
    except LaunchError as error:
        note(f"{day}: {error}")
        return
    refuse_errors(job, check_request(plan.request))
