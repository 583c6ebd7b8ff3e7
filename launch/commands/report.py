"""``launch report``."""

from __future__ import annotations

import os
import shutil
import tempfile
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from launch.commands.common import (
    JSON,
    LOCAL,
    choose_run,
    description_options,
    note,
    open_runs,
    print_json,
    read_description,
    settled,
    where,
)
from launch.errors import LaunchError

if TYPE_CHECKING:
    from launch.description.load import Description
    from launch.report import Known, Report
    from launch.runs.model import Run, Runs

_EPILOG = """\b
Examples:
  launch report
  launch report prepare --open
  launch report --local --json
  launch report --event-log spark-events/application_1700000000000_0001 --out night.html
"""


@click.command(epilog=_EPILOG)
@click.argument("name", required=False)
@description_options
@click.option("--event-log", type=click.Path(path_type=Path), metavar="FILE",
              help="Report on this event log of Spark instead: plain, gzip or zstd.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Where the page goes; default: NAME-report.html, here.")  # fmt: skip
@click.option("--open", "open_browser", is_flag=True, help="Open it in the browser.")
@LOCAL
@JSON
def report_command(
    name: str | None,
    file: Path | None,
    target: str,
    variables: tuple[str, ...],
    event_log: Path | None,
    out: Path | None,
    open_browser: bool,
    local: bool,
    as_json: bool,
) -> None:
    """Show on one page what a Spark run did with its time, memory and money, and what to change.

    Reads Spark's event log: stages over time, where the cores' time went, spill, skew, memory,
    costs, and findings with advice. NAME is a run, a part of its name, or a job (its newest run);
    default: the newest. The page needs no network; --json prints its figures instead.
    """
    if event_log and (name or local):
        raise LaunchError("--event-log names the log itself: leave out NAME and --local")
    if event_log:
        report = from_file(event_log, out)
    else:
        description = read_description(file, target, variables)
        runs = open_runs(description, local=local)
        run = choose_run(runs, description, name)
        report = from_run(runs, run, description, local=local)
    path = None
    if out or open_browser or not as_json:
        path = write(report, out or page_of(report.case.known.name))
    settled(0)
    if as_json:
        from launch.report.data import report_json

        print_json(report_json(report))
    elif path:
        # Its bytes: a folder's name need be no text.
        click.echo(os.fsencode(path))
        summarize(report)
    if path and open_browser:
        webbrowser.open(path.resolve().as_uri())


def page_of(name: str) -> Path:
    """Return where the page goes that nobody named."""
    return Path(f"{name}-report.html")


def from_file(path: Path, out: Path | None = None) -> Report:
    """Report on an event log, of which nothing else is known.

    LaunchError where the page would be written over it, by its own name or by a link.
    """
    from launch.report import Known, find_logs, make_report

    logs = find_logs(path)
    name = path.resolve().name.removesuffix(".inprogress")
    name = os.fsencode(name).decode("utf-8", "replace")
    page = out or page_of(name)
    if any(_is_same(page, part) for log in logs for part in log.parts):
        raise LaunchError(f"the page {page} would replace the event log; --out names another")
    return make_report(logs, Known(name=name))


def _is_same(path: Path, other: Path) -> bool:
    """Tell whether two paths lead to one file, whatever the links between them."""
    try:
        return path.samefile(other)
    except OSError:
        return False


def from_run(runs: Runs, run: Run, description: Description, *, local: bool) -> Report:
    """Fetch a run's event logs and report on them."""
    from launch.report import group, make_report

    options = where(local=local)
    if not run.is_spark:
        raise LaunchError(
            f"{run.name} has no event log: only Spark jobs write one; "
            f"`launch logs {run.name}{options}` shows what it wrote"
        )
    with tempfile.TemporaryDirectory() as folder:
        try:
            fetched = runs.fetch_event_logs(run.name, Path(folder))
        except IsADirectoryError as error:
            raise LaunchError(
                f"{run.name} wrote a rolling event log; name its folder: "
                f"launch report --event-log {error.filename}"
            ) from None
        logs = group([path for path in fetched if path.stat().st_size])
        if not logs:
            raise LaunchError(
                f"{run.name} ({run.status}) left no event log: Spark writes it while the driver "
                "runs, unless event_logs is false in launch.yaml. "
                f"`launch why {run.name}{options}` reads what its hosts printed"
            )
        return make_report(logs, known_of(run, description, local=local))


def known_of(run: Run, description: Description, *, local: bool) -> Known:
    """Gather what a run's record tells: machines, region, the time that is paid for."""
    from launch.image.sizing import MODE_VARIABLE, STANDARD
    from launch.report import Known

    request = run.request or {}
    cluster = request.get("ProcessingResources", {}).get("ClusterConfig", {})
    mode = str((request.get("Environment") or {}).get(MODE_VARIABLE, STANDARD))
    jobs = [
        name for name in description.jobs if run.name.startswith(f"{description.project}-{name}-")
    ]
    return Known(
        name=run.name,
        outcome=run.status,
        job=max(jobs, key=len, default=""),
        instance_type=cluster.get("InstanceType", ""),
        instance_count=int(cluster.get("InstanceCount", 0)),
        region=description.target.region,
        mode=int(mode) if mode in ("1", "2") else STANDARD,
        seconds=(run.ended - run.started).total_seconds() if run.ended and run.started else None,
        local=local,
        options=where(local=local),
    )


def write(report: Report, path: Path) -> Path:
    """Write the page as a whole: what was there before stays until it is complete."""
    from launch.report.page import report_html

    page = report_html(report).encode("utf-8", "replace")
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(page)  # a pipe or a device: nothing takes its place
        else:
            _put(page, Path(os.path.realpath(path)))
    except OSError as error:
        raise LaunchError(
            f"{path} cannot be written: {error.strerror}; --out names another"
        ) from None
    return path


def _put(page: bytes, target: Path) -> None:
    draft = target.with_name(f".launch-{os.getpid()}.draft")
    try:
        draft.write_bytes(page)
        if target.exists():
            shutil.copymode(target, draft)
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def summarize(report: Report) -> None:
    """Say on stderr what was found."""
    for finding in report.findings:
        note(f"  {finding.level:8} {finding.title}")
    if not report.findings:
        note("  nothing to change")
