"""``launch watch``."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from launch.commands.common import (
    LOCAL,
    choose_run,
    console,
    description_options,
    duration,
    note,
    open_runs,
    own_runs,
    read_description,
    where,
)
from launch.commands.watch_screen import Screen
from launch.errors import LaunchError, NoSuchRunError

if TYPE_CHECKING:
    from launch.cost.past import Durations
    from launch.description.load import Description
    from launch.runs.model import Run, Runs

# Of how many of the last runs that succeeded the usual duration is the median.
_USUAL = 10
_OTHERS = 8
# Without a terminal: a line at least so often, and wherever something changes.
_LINE_SECONDS = 60


@click.command(epilog="Example: launch watch prepare --target prod")
@click.argument("name", required=False, metavar="[RUN|JOB]")
@description_options
@click.option("--poll", type=click.FloatRange(min=0.1), default=5.0, show_default=True,
              help="Seconds between two looks.")  # fmt: skip
@LOCAL
def watch_command(
    name: str | None,
    file: Path | None,
    target: str,
    variables: tuple[str, ...],
    poll: float,
    local: bool,
) -> int:
    """Watch a run to its end: its time against the usual one, Spark's stage, its last lines.

    RUN may be cut short; JOB means its newest run; default: the newest that is going. q or Ctrl-C
    leaves, and the run goes on. Without a terminal it prints plain lines. Exit code 1 where the
    run fails.
    """
    description = read_description(file, target, variables)
    runs = open_runs(description, local=local)
    run = _chosen(runs, description, name)
    screen = Screen(run, _usual(runs, description, run))
    look = _look(runs, description, screen)
    keys = _Keys()
    try:
        if console().is_terminal and not run.has_ended:
            ended = _live(runs, screen, look, keys, poll)
        else:
            ended = _plain(runs, screen, look, poll)
    except KeyboardInterrupt:
        note(f"left; {run.name} goes on. `launch watch {run.name}{where(local=local)}` joins it")
        return 0 if keys.quit else 130
    return _end(runs, ended, local=local)


def _chosen(runs: Runs, description: Description, name: str | None) -> Run:
    """Return the run that was named, else the newest that is going, else the newest."""
    if name is None:
        for status in ("InProgress", "Stopping"):
            going = own_runs(runs, description, limit=1, status=status)
            if going:
                return runs.get(going[0].name)
    return choose_run(runs, description, name)


def _usual(runs: Runs, description: Description, run: Run) -> Durations | None:
    """Return what the last runs of the same job took; None where none has succeeded."""
    from launch.cost.past import durations, with_details

    start = f"{description.project}-"
    jobs = [job for job in description.jobs if run.name.startswith(f"{start}{job}-")]
    if not jobs:
        return None
    job = max(jobs, key=len)
    past = own_runs(runs, description, limit=_USUAL, job=job, status="Completed")
    try:
        return durations(with_details(runs, [item for item in past if item.name != run.name]))
    except NoSuchRunError:
        return None


def _look(runs: Runs, description: Description, screen: Screen) -> Callable[[Run], None]:
    """Return what takes each new look at the run, with the others that are going."""

    def look(run: Run) -> None:
        try:
            going = own_runs(runs, description, limit=_OTHERS + 1, status="InProgress")
        except LaunchError:
            going = []
        others = [item for item in going if item.name != run.name][:_OTHERS]
        screen.update(run, others)

    return look


def _live(runs: Runs, screen: Screen, look: Callable[[Run], None], keys: _Keys, poll: float) -> Run:
    from rich.live import Live

    from launch.runs.follow import follow

    out = console()
    live = Live(
        get_renderable=lambda: screen.render(_now(), width=out.width),
        console=out,
        refresh_per_second=2,
    )
    with keys.read(), live:
        return follow(
            runs,
            screen.run.name,
            show=screen.add,
            on_status=look,
            on_trouble=screen.complain,
            poll_seconds=poll,
        )


def _plain(runs: Runs, screen: Screen, look: Callable[[Run], None], poll: float) -> Run:
    from launch.runs.follow import follow

    said: list[tuple[str, str, float]] = []

    def on_status(run: Run) -> None:
        look(run)
        now = _now()
        state = (run.status, str(screen.stages))
        if not said or state != said[-1][:2] or now.timestamp() - said[-1][2] >= _LINE_SECONDS:
            said.append((*state, now.timestamp()))
            click.echo(screen.line(now))

    return follow(
        runs,
        screen.run.name,
        show=screen.add,
        on_status=on_status,
        on_trouble=note,
        poll_seconds=poll,
    )


def _end(runs: Runs, run: Run, *, local: bool) -> int:
    """Say how it ended, and where it failed, why."""
    from launch.commands.why import explain, show

    note(f"{run.name}: {run.status} after {duration(run.seconds(run.ended or _now()))}")
    if run.status == "Completed":
        return 0
    show(run, explain(runs, run, local=local))
    return 1


class _Keys:
    """Reads the keyboard beside the work: q ends it as Ctrl-C does."""

    def __init__(self) -> None:
        self.quit = False

    @contextmanager
    def read(self) -> Iterator[None]:
        """Take keys as they are typed; the terminal is as it was afterwards."""
        if not sys.stdin.isatty():
            yield
            return
        import termios
        import tty

        number = sys.stdin.fileno()
        before = termios.tcgetattr(number)
        ended = threading.Event()
        thread = threading.Thread(target=self._listen, args=(number, ended), daemon=True)
        try:
            tty.setcbreak(number, termios.TCSANOW)
            thread.start()
            yield
        finally:
            ended.set()
            thread.join(1)
            termios.tcsetattr(number, termios.TCSANOW, before)

    def _listen(self, number: int, ended: threading.Event) -> None:
        while not ended.is_set():
            ready, _, _ = select.select([number], [], [], 0.2)
            if ready and os.read(number, 1) in (b"q", b"Q"):
                self.quit = True
                os.kill(os.getpid(), signal.SIGINT)
                return


def _now() -> datetime:
    return datetime.now(timezone.utc)
