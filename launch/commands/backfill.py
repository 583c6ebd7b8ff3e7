"""``launch backfill``."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from launch.backfill.days import (
    ENDED_BADLY,
    Day,
    DayRuns,
    in_progress,
    is_done,
    span,
    those,
    unbroken,
)
from launch.backfill.places import mixed_places, only_one_has_day, shared_places
from launch.backfill.work import Backfill, Ways
from launch.commands.backfill_table import counts, shown, whole
from launch.commands.backfill_task import Task, begins, check
from launch.commands.common import (
    JSON,
    console,
    description_options,
    note,
    open_runs,
    print_json,
    read_description,
)
from launch.commands.sending import CLUSTER, NO_CHECK, POLL, S3, with_extra
from launch.errors import LaunchError
from launch.runs.model import Run

_MANY = 31


@click.command()
@click.argument("job")
@click.argument("more", nargs=-1, metavar="[-- ARGUMENT…]")
@description_options
@click.option("--from", "first", required=True, metavar="DAY",
              help="The first day: 2026-11-01, today or yesterday (in UTC).")  # fmt: skip
@click.option("--to", "last", required=True, metavar="DAY", help="The last day; it is run, too.")
@click.option("--parallel", type=click.IntRange(1, 100),
              help="How many days at once; default: 2, with --local 1.")  # fmt: skip
@click.option("--redo", is_flag=True, help="Run days again that are done.")
@click.option("--stop-after-failures", "stop_after", type=click.IntRange(min=1), metavar="N",
              help="Start no other day after N that failed; default: all days.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what each day needs; start nothing.")
@click.option("--local", is_flag=True, help="Play the runs on this machine instead.")
@CLUSTER
@S3
@click.option("--same-place", is_flag=True,
              help="Allow that all days write to one place: the job keeps them apart.")  # fmt: skip
@click.option("--yes", is_flag=True, help=f"Start more than {_MANY} runs without asking.")
@click.option("--on-interrupt", type=click.Choice(["ask", "detach", "stop"]), default="ask",
              show_default=True,
              help="What Ctrl-C does to runs on SageMaker; those played here end.")  # fmt: skip
@POLL
@NO_CHECK
@JSON
def backfill_command(
    job: str, file: Path | None, target: str, first: str, last: str, **options: Any
) -> int:
    """Run JOB for each day of a range, as ${date} in launch.yaml has it, the oldest first.

    Days whose newest run is Completed are skipped, and runs that go on are waited for: typed again,
    it goes on where it stopped. A day that fails does not keep the others.

    Example: launch backfill JOB --from 2026-11-01 --to 2026-11-30 --parallel 4
    """
    from launch.description.dates import read_day

    given = read_description(file, target, options["variables"])
    description = with_extra(given, job, options["more"])
    days = span(read_day(first), read_day(last))
    task = Task(description, job, days, {**options, "file": file, "target": target})
    _refuse_one_place(task)
    runs = open_runs(description, local=task.local)
    found = DayRuns(runs, description.project, job)
    known = found.find(days)
    to_run = [
        day
        for day in days
        if not in_progress(known.get(day)) and (options["redo"] or not is_done(known.get(day)))
    ]
    if to_run:
        check(task, to_run[0])
    if options["dry_run"]:
        _print_plan(task, known, to_run)
        return 0
    if len(to_run) > _MANY and not options["yes"]:
        _confirm(len(to_run))
    return _work(task, found)


def _refuse_one_place(task: Task) -> None:
    """Refuse a job whose days would overwrite or mix each other's results."""
    from launch.description.dates import has_dates

    job, allowed = task.job, task.options["same_place"]
    wanted = task.description.job(job)
    if not has_dates(wanted):
        raise LaunchError(
            f"{job} has no ${{date}} in {task.description.file.name}: every day would be the same "
            "run. Write ${date} where the day belongs, such as s3://BUCKET/raw/day=${date}/"
        )
    places = list(shared_places(wanted))
    if places and not allowed:
        raise LaunchError(
            f"every day would write to {', '.join(places)}, the last over the others. Write "
            "${date} there too, such as day=${date}/; --same-place allows it, where the job keeps "
            "the days apart itself"
        )
    if only_one_has_day(wanted) and not allowed:
        note(f"{job} names the day once: is its output a place of the day's own?")
    if task.options["redo"] and (mixed := mixed_places(wanted)):
        note(
            f"what an earlier run of a day has left at {', '.join(mixed)} stays there beside the "
            "new files; ${run} behind ${date} would keep them apart"
        )


def _print_plan(task: Task, known: Mapping[date, Run], to_run: Sequence[date]) -> None:
    """Say what each day needs."""
    rows = []
    for day in task.days:
        run = known.get(day)
        would = "run" if day in to_run else "skip" if run and run.has_ended else "wait"
        rows.append({"day": str(day), "would": would, "newest": run.name if run else None,
                     "status": run.status if run else None})  # fmt: skip
    if task.options["as_json"]:
        print_json(rows)
        return
    for row in rows:
        newest = f"  {row['newest']} {row['status']}" if row["newest"] else ""
        click.echo(f"{row['day']}  {row['would']:4}{newest}".rstrip())
    note(f"{len(to_run)} of {len(rows)} days to run; nothing was started")
    if to_run:
        note(f"the request: {task.request(to_run[0])}")


def _confirm(number: int) -> None:
    if not sys.stdin.isatty():
        raise LaunchError(f"this would start {number} runs; --yes does so without asking")
    click.confirm(f"start {number} runs?", default=False, abort=True, err=True)


def _work(task: Task, found: DayRuns) -> int:
    """Run what is to be run, and say how it ended."""
    from launch.commands.why import explain

    given = task.options
    backfill: Backfill | None = None
    interrupted: KeyboardInterrupt | LaunchError | None = None
    with (
        begins(task, found.runs) as begin,
        shown(lambda: backfill.days if backfill else []) as on_change,
    ):
        ways = Ways(
            name=task.run_name,
            begin=begin,
            explain=lambda run: explain(found.runs, run, local=task.local).cause,
            on_change=on_change,
            on_trouble=note,
        )
        backfill = Backfill(
            found, task.days, ways, parallel=given["parallel"] or (1 if task.local else 2),
            redo=given["redo"], stop_after=given["stop_after"], poll_seconds=given["poll"],
        )  # fmt: skip
        try:
            days = backfill.run()
        except (KeyboardInterrupt, LaunchError) as error:
            interrupted = error
    if interrupted is None:
        return _end(task, days)
    _leave(task, found, backfill.days, ask=isinstance(interrupted, KeyboardInterrupt))
    if isinstance(interrupted, LaunchError):
        raise interrupted
    return 130


def _leave(task: Task, found: DayRuns, days: Sequence[Day], *, ask: bool) -> None:
    """Let the runs go on, or stop them, and say how to come back. Those played here have ended."""
    going = [day.run.name for day in those(days, "running") if day.run]
    choice = task.options["on_interrupt"] if ask else "detach"
    if going and not task.local:
        if choice == "ask":
            question = f"\nstop what goes on ({len(going)})?"
            stop = sys.stdin.isatty() and click.confirm(question, default=False, err=True)
            choice = "stop" if stop else "detach"
        for name in going if choice == "stop" else ():
            try:
                found.runs.stop(name)
            except LaunchError as error:
                # It may have ended since the last look; the others are to stop all the same.
                note(f"{name}: {error}")
        what = "asked to stop" if choice == "stop" else "detached; on SageMaker these go on"
        note(f"{what}: {', '.join(going)}")
    for command in _again(task, those(days, "running", "to come", *ENDED_BADLY)):
        note(f"to go on: {command}")


def _end(task: Task, days: Sequence[Day]) -> int:
    """Print every day; name those that are not done, and the command that runs just them."""
    bad = those(days, *ENDED_BADLY)
    commands = _again(task, bad)
    if task.options["as_json"]:
        rows = [day.to_json() for day in days]
        print_json({"job": task.job, "days": rows, "again": commands})
    else:
        console().print(whole(days))
    note(counts(days))
    if not bad:
        return 0
    note(f"not done: {', '.join(str(day.day) for day in bad)}")
    failed = [day.run.name for day in bad if day.run]
    if failed:
        note(f"more on it: {task.why(failed[0])}")
    for command in commands:
        note(f"once it is mended: {command}")
    return 1


def _again(task: Task, left: Sequence[Day]) -> list[str]:
    """Return what runs the days that are not done, and no other: those that are, it skips."""
    if not task.options["redo"]:
        return [task.again([day.day for day in left])] if left else []
    # A day that was done before and has no newer run would be skipped; and --redo skips none, so
    # its ranges have no gaps.
    begun = [day.day for day in left if day.run]
    without = [day.day for day in left if not day.run]
    return [
        *([task.again(begun)] if begun else []),
        *(task.again(part, redo=True) for part in unbroken(without)),
    ]
