"""``launch submit``."""

from __future__ import annotations

import os
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from launch.commands.common import (
    JSON,
    console,
    description_options,
    duration,
    note,
    print_json,
    read_description,
    where,
)
from launch.commands.log_printer import LogPrinter
from launch.commands.sending import (
    CLUSTER,
    NO_CHECK,
    POLL,
    S3,
    on_day,
    planned,
    refuse_errors,
    send_plan,
    with_extra,
)
from launch.errors import LaunchError, NoSuchRunError
from launch.runs.model import LogLine

if TYPE_CHECKING:
    from launch.description.load import Description
    from launch.request.plan import Plan
    from launch.runs.model import Run, Runs


@click.command(context_settings={"ignore_unknown_options": False})
@click.argument("job")
@click.argument("more", nargs=-1, metavar="[-- ARGUMENT…]")
@description_options
@click.option("--dry-run", is_flag=True, help="Print the request and every upload; send nothing.")
@click.option("--local", is_flag=True, help="Play the request on this machine instead.")
@click.option("--wait", is_flag=True, help="Follow the run to its end; exit code 1 if it fails.")
@click.option("--arg", "arguments", multiple=True, metavar="TEXT",
              help="One more argument for the job. May be repeated.")  # fmt: skip
@click.option("--date", "day", metavar="DAY",
              help="The day for ${date}: 2026-11-23, today or yesterday (in UTC).")  # fmt: skip
@click.option("--name", help="The run's name; default: PROJECT-JOB-DATE-TIME-XXXX.")
@CLUSTER
@S3
@click.option("--on-interrupt", type=click.Choice(["ask", "detach", "stop"]), default="ask",
              show_default=True, help="With --wait: what Ctrl-C does to the run.")  # fmt: skip
@POLL
@click.option("--all-logs", is_flag=True, help="Show Spark's own lines too.")
@NO_CHECK
@JSON
def submit_command(job: str, file: Path | None, target: str, **options: Any) -> int:
    """Send JOB to SageMaker, or play it here.

    Packs jobs/, transforms/ and schemas/ into one zip, where the job takes them, checks, uploads,
    and creates the processing job through the SageMaker SDK. Arguments after -- go to the job.

    A job with ${date} in launch.yaml is told the day: launch submit JOB --date yesterday
    """
    from launch.description.dates import read_day
    from launch.request.plan import job_name

    description = read_description(file, target, options["variables"])
    description = with_extra(description, job, (*options["arguments"], *options["more"]))
    day = read_day(options["day"]) if options["day"] is not None else None
    description = on_day(description, job, day)
    name = job_name(description, job, name=options["name"], day=day)
    plan = planned(description, job, name, checked=not options["no_check"])
    if options["dry_run"]:
        _print_plan(plan, as_json=options["as_json"])
        return 0
    if options["local"]:
        return _play(description, plan, options)
    return _send(description, job, plan, options)


def _print_plan(plan: Plan, *, as_json: bool) -> None:
    from launch.request.plan import as_text

    if as_json:
        print_json(plan.to_json())
        return
    click.echo(as_text(plan.request))
    note("")
    for upload in plan.uploads:
        note(f"would upload  {upload.local_path} → {upload.s3_uri}")
    for upload in plan.data:
        note(f"would upload  {upload.local_path} → {upload.s3_uri} (where it is not there yet)")
    note("nothing was sent")


def _play(description: Description, plan: Plan, options: dict[str, Any]) -> int:
    """Put the uploads where the request looks for them, and play it."""
    from launch.emulate.store import FolderStore, S3Store
    from launch.runs.local import FOLDER, LocalRuns

    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    store: FolderStore | S3Store
    if (options["s3"] or ("aws" if endpoint else "folder")) == "folder":
        store = FolderStore(description.root / FOLDER / "s3")
        note(f"s3:// is {store.root} here")
    else:
        from launch.aws.session import open_session

        store = S3Store(open_session(description.target), kms_key=description.target.kms_key)
    runs = LocalRuns(description.root)
    runs.refuse_used(plan.name)
    for upload in plan.data:
        if not store.is_there(upload):
            store.upload(upload.local_path, upload.s3_uri)
    for upload in plan.uploads:
        store.upload(upload.local_path, upload.s3_uri)
    note(f"playing {plan.name}")
    printer = LogPrinter(everything=options["all_logs"], err=options["as_json"])
    run = runs.play(
        plan.request,
        store=store,
        cluster=options["cluster"],
        show=lambda host, line: printer.show(LogLine(host, 0, line)),
        note=note,
    )
    return _end(run, runs, printer, local=True, as_json=options["as_json"])


def _send(description: Description, job: str, plan: Plan, options: dict[str, Any]) -> int:
    """Upload what is missing and create the job; wait for it where that was asked for."""
    from launch.aws.session import open_session
    from launch.check import check_account
    from launch.runs.aws import AwsRuns

    session = open_session(description.target)
    runs = AwsRuns(session)
    if not options["no_check"]:
        refuse_errors(job, check_account(description, job, session))
    if options["name"]:
        _refuse_used(runs, plan.name)
    send_plan(description, plan, session)
    note(f"submitted {plan.name}")
    if not options["wait"]:
        if options["as_json"]:
            print_json({"name": plan.name, "status": "InProgress"})
        else:
            click.echo(plan.name)
            same = where(local=False)
            note(
                f"next: launch logs {plan.name} --follow{same}   "
                f"or: launch status {plan.name}{same}"
            )
        return 0
    return wait_for(runs, plan.name, options)


def _refuse_used(runs: Runs, name: str) -> None:
    """Raise LaunchError where a run has this name: its uploads would be written over."""
    try:
        runs.get(name)
    except NoSuchRunError:
        return
    raise LaunchError(f"there is a run {name!r} already; names are used once")


def wait_for(runs: Runs, name: str, options: dict[str, Any]) -> int:
    """Follow a run to its end, with a progress line; Ctrl-C detaches or stops it."""
    printer = LogPrinter(everything=options["all_logs"], err=options["as_json"])
    try:
        run = _follow(runs, name, printer, options["poll"])
    except KeyboardInterrupt:
        return _interrupted(runs, name, options["on_interrupt"])
    return _end(run, runs, printer, local=False, as_json=options["as_json"])


def _follow(runs: Runs, name: str, printer: LogPrinter, poll_seconds: float) -> Run:
    from launch.runs.follow import follow

    with console(err=True).status(f"{name}: submitted") as line:

        def on_status(run: Run) -> None:
            took = duration(run.seconds(datetime.now(timezone.utc)))
            line.update(f"{name}: {run.status}, {took}")

        return follow(
            runs,
            name,
            show=printer.show,
            on_status=on_status,
            on_trouble=note,
            poll_seconds=poll_seconds,
        )


def _interrupted(runs: Runs, name: str, choice: str) -> int:
    same = where(local=False)
    if choice == "ask":
        stop = sys.stdin.isatty() and click.confirm(f"\nstop {name}?", default=False, err=True)
        choice = "stop" if stop else "detach"
    if choice == "stop":
        runs.stop(name)
        note(f"asked {name} to stop; `launch status {name}{same}` tells when it has")
    else:
        note(f"detached; {name} goes on. `launch logs {name} --follow{same}` joins it again")
    return 130


def _end(run: Run, runs: Runs, printer: LogPrinter, *, local: bool, as_json: bool) -> int:
    """Say how a run ended; anything but Completed is exit code 1."""
    from launch.commands.why import explain, show

    succeeded = run.status == "Completed"
    diagnosis = None if succeeded else explain(runs, run, local=local)
    if as_json:
        found = diagnosis.to_json() if diagnosis else None
        print_json({"name": run.name, "status": run.status, "diagnosis": found})
        return 0 if succeeded else 1
    took = duration(run.seconds(run.ended or run.created))
    note(f"{run.name}: {run.status} after {took}")
    if diagnosis:
        show(run, diagnosis)
    same = where(local=local)
    if printer.hidden:
        note(f"{printer.hidden:,} lines of Spark's own not shown; launch logs has them all")
    history = f"launch history {run.name}{same}   or: " if run.is_spark else ""
    note(f"next: {history}launch logs {run.name}{same}")
    return 0 if succeeded else 1
