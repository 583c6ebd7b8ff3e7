"""Run a job day by day, some days at once, and follow all of them to their end."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone

from launch.backfill.days import Day, DayRuns, in_progress, is_done, those
from launch.errors import AwsError, LaunchError, NoSuchRunError
from launch.runs.follow import patiently
from launch.runs.model import Run

# What CreateProcessingJob says where the account has no machine left.
_NO_ROOM = "ResourceLimitExceeded"


@dataclass(frozen=True)
class Ways:
    """What a backfill does not do itself.

    ``name`` makes the name of a day's run, ``begin`` starts it, ``explain`` says why one failed;
    ``on_change`` gets each day that moved, ``on_trouble`` a word on each pause.
    """

    name: Callable[[date], str]
    begin: Callable[[date, str], None]
    explain: Callable[[Run], str]
    on_change: Callable[[Day], None] = lambda day: None
    on_trouble: Callable[[str], None] = lambda text: None


class Backfill:
    """One run for each day, the oldest first. ``days`` shows at any time how far it is.

    Days whose newest run is Completed are skipped; a run that goes on already is followed instead
    of a second one. So what was interrupted goes on where it stopped.
    """

    def __init__(
        self,
        found: DayRuns,
        days: Sequence[date],
        ways: Ways,
        *,
        parallel: int,
        redo: bool = False,
        stop_after: int | None = None,
        poll_seconds: float = 5.0,
    ) -> None:
        """``redo`` runs days again that are done; ``stop_after`` failures, none is started."""
        self._found = found
        self._days = {day: Day(day) for day in days}
        self._ways = ways
        self._parallel = parallel
        self._redo = redo
        self._stop_after = stop_after
        self._poll_seconds = poll_seconds
        self._halted = False
        self._ask = patiently(ways.on_trouble)

    @property
    def days(self) -> list[Day]:
        """Return every day as it stands, the oldest first."""
        return list(self._days.values())

    def run(self) -> list[Day]:
        """Start and follow until nothing is left to do; return every day."""
        known = self._ask(lambda: self._found.find(self._days))
        for which in self._days:
            self._adopt(which, known.get(which))
        ended: list[Day] = []
        while True:
            self._start_more()
            # Reading the logs of a run takes its time: the next one is on its way by then.
            for day in ended:
                self._report(day)
            if not those(self.days, "running"):
                break
            time.sleep(self._poll_seconds)
            ended = self._look()
        for day in those(self.days, "to come"):
            self._move(day.day, outcome="not started")
        return self.days

    def _adopt(self, day: date, run: Run | None) -> bool:
        """Follow or skip a day by the run it has; tell whether it needs none."""
        if run is not None and in_progress(run):
            self._move(day, outcome="running", run=run)
        elif is_done(run) and not self._redo:
            self._move(day, outcome="skipped", run=run)
        else:
            return False
        return True

    def _start_more(self) -> None:
        for day in those(self.days, "to come"):
            failures = len(those(self.days, "Failed", "Stopped"))
            enough = self._stop_after is not None and failures >= self._stop_after
            if self._halted or enough or len(those(self.days, "running")) >= self._parallel:
                return
            self._start(day.day)

    def _start(self, day: date) -> None:
        """Start a day's run, unless another has started one since the first look."""
        try:
            if self._adopt(day, self._ask(lambda: self._found.find([day])).get(day)):
                return
            name = self._ways.name(day)
            self._ask(lambda: self._begin(day, name))
        except AwsError as error:
            self._refused(day, error)
        except LaunchError as error:
            # Something about this day, such as a file that is missing: the others may go well.
            self._move(day, outcome="Failed", cause=str(error))
        else:
            made = Run(name, "InProgress", datetime.now(timezone.utc))
            self._move(day, outcome="running", run=made)

    def _begin(self, day: date, name: str) -> None:
        """Begin a run. It may have begun although an error came back: a lost answer."""
        try:
            self._ways.begin(day, name)
        except AwsError:
            try:
                self._found.runs.get(name)
            except NoSuchRunError:
                pass
            else:
                return
            raise

    def _refused(self, day: date, error: AwsError) -> None:
        """Go on with fewer at once where the account has no room, else start none any more."""
        going = len(those(self.days, "running"))
        if going and _code(error) == _NO_ROOM:
            self._parallel = going
            self._ways.on_trouble(f"{error}; going on with {going} at once")
            return
        self._halted = True
        self._move(day, outcome="not started", cause=str(error))

    def _look(self) -> list[Day]:
        """Ask about the runs that go on; return the days whose run has ended."""
        ended = []
        for day in those(self.days, "running"):
            name = day.run.name if day.run else ""
            run: Run = self._ask(lambda name=name: self._found.runs.get(name))
            outcome = run.status if run.has_ended else "running"
            moved = dataclasses.replace(day, run=run, outcome=outcome)  # type: ignore[arg-type]
            self._days[day.day] = moved
            if run.has_ended:
                ended.append(moved)
        return ended

    def _report(self, day: Day) -> None:
        """Say how a day's run ended, with the cause where it did not succeed."""
        cause = ""
        if day.run and day.outcome != "Completed":
            said = (day.run.exit_message or day.run.failure_reason).strip()
            try:
                cause = self._ways.explain(day.run)
            except LaunchError:
                cause = said.splitlines()[0] if said else "launch why tells more"
        self._move(day.day, cause=cause)

    def _move(self, day: date, **changes: object) -> None:
        self._days[day] = dataclasses.replace(self._days[day], **changes)  # type: ignore[arg-type]
        self._ways.on_change(self._days[day])


def _code(error: BaseException) -> str:
    response = getattr(error.__cause__, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
