"""``launch list``, ``status``, ``logs`` and ``stop``."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

import click

from launch.commands.common import (
    JSON,
    LOCAL,
    choose_run,
    console,
    description_options,
    duration,
    note,
    open_runs,
    own_runs,
    print_json,
    read_description,
    where,
)
from launch.errors import LaunchError
from launch.runs.follow import follow
from launch.runs.model import ENDED, LogLine, Run

_SHOWN = 300
_COLOURS = {"Completed": "green", "Failed": "bold red", "Stopped": "yellow"}


@click.command()
@description_options
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True,
              help="How many at most.")  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="Runs of other projects too.")
@click.option("--status", type=click.Choice(["InProgress", "Stopping", *ENDED]), help="Only these.")
@LOCAL
@JSON
def list_command(
    file: Path | None,
    target: str,
    variables: tuple[str, ...],
    limit: int,
    everything: bool,
    status: str | None,
    local: bool,
    as_json: bool,
) -> None:
    """Show the newest runs."""
    from rich.table import Table

    description = read_description(file, target, variables)
    runs = open_runs(description, local=local)
    found = (
        list(runs.newest(limit=limit, status=status))
        if everything
        else own_runs(runs, description, limit=limit, status=status)
    )
    if as_json:
        print_json([run.to_json() for run in found])
        return
    if not found:
        what = f"no {status} runs" if status else "no runs"
        note(f"{what} of {description.project}; `launch submit JOB{where(local=local)}` makes one")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("NAME", "STATUS", "STARTED (UTC)", "TOOK"):
        table.add_column(title, justify="right" if title == "TOOK" else "left")
    now = datetime.now(timezone.utc)
    for run in found:
        began = (run.started or run.created).strftime("%Y-%m-%d %H:%M")
        table.add_row(run.name, _coloured(run), began, duration(run.seconds(now)))
    console().print(table)


@click.command()
@click.argument("name", required=False)
@description_options
@LOCAL
@JSON
def status_command(
    name: str | None,
    file: Path | None,
    target: str,
    variables: tuple[str, ...],
    local: bool,
    as_json: bool,
) -> None:
    """Show how a run is getting on. NAME may be cut short; default: the newest."""
    from rich.markup import escape

    description = read_description(file, target, variables)
    run = choose_run(open_runs(description, local=local), description, name)
    if as_json:
        print_json(run.to_json())
        return
    out = console()
    request = run.request or {}
    resources = request.get("ProcessingResources", {}).get("ClusterConfig", {})
    image = request.get("AppSpecification", {})
    out.print(f"[bold]{run.name}[/]  {_coloured(run)}  {_when(run)}")
    if resources:
        out.print(f"  hosts      {resources['InstanceCount']} x {resources['InstanceType']}")
    if image.get("ContainerArguments"):
        out.print(f"  arguments  {escape(' '.join(image['ContainerArguments']))}")
    for label, text in (("message", run.exit_message), ("reason", run.failure_reason)):
        # The first line is the cause, if the job left one; the image's own word is a long command.
        if text:
            out.print(f"  {label:10} {escape(text.splitlines()[0][:_SHOWN])}")
    if run.status == "Failed":
        out.print(f"  next       launch why {run.name}{where(local=local)}")


@click.command()
@click.argument("name", required=False)
@description_options
@click.option("--follow", "-f", "following", is_flag=True, help="Go on until the run has ended.")
@click.option("--host", help="Only this host, such as algo-1 (the driver's).")
@click.option("--tail", type=click.IntRange(min=1), help="Only the last so many lines.")
@click.option("--poll", type=click.FloatRange(min=0.1), default=5.0, show_default=True,
              help="Seconds between two looks.")  # fmt: skip
@LOCAL
@JSON
def logs_command(
    name: str | None,
    file: Path | None,
    target: str,
    variables: tuple[str, ...],
    following: bool,
    host: str | None,
    tail: int | None,
    poll: float,
    local: bool,
    as_json: bool,
) -> int:
    """Show what a run's hosts have written. NAME may be cut short; default: the newest."""
    description = read_description(file, target, variables)
    runs = open_runs(description, local=local)
    run = choose_run(runs, description, name)

    def show(line: LogLine) -> None:
        if host in (None, line.host):
            click.echo(_log_json(line) if as_json else f"[{line.host}] {line.text}")

    if following:
        ended = follow(runs, run.name, show=show, on_trouble=note, poll_seconds=poll, tail=tail)
        note(f"{ended.name}: {ended.status}")
        return 0 if ended.status == "Completed" else 1
    everything = runs.log(run.name).read()
    lines = [line for line in everything if host in (None, line.host)]
    if everything and not lines:
        hosts = ", ".join(sorted({line.host for line in everything}))
        raise LaunchError(f"{run.name} has no host {host!r}; it has: {hosts}")
    if not lines:
        note(f"{run.name} ({run.status}) has written nothing yet")
    for line in lines[-tail:] if tail else lines:
        show(line)
    return 0


@click.command()
@click.argument("name", required=False)
@description_options
@LOCAL
def stop_command(
    name: str | None, file: Path | None, target: str, variables: tuple[str, ...], local: bool
) -> None:
    """Stop a run. NAME may be cut short; default: the newest, if it is still going."""
    description = read_description(file, target, variables)
    runs = open_runs(description, local=local)
    run = choose_run(runs, description, name)
    if run.has_ended:
        note(f"{run.name} has ended already: {run.status}")
        return
    runs.stop(run.name)
    look = f"launch status {run.name}{where(local=local)}"
    note(f"asked {run.name} to stop; `{look}` tells when it has")


def _coloured(run: Run) -> str:
    colour = _COLOURS.get(run.status, "cyan")
    return f"[{colour}]{run.status}[/]"


def _when(run: Run) -> str:
    now = datetime.now(timezone.utc)
    took = duration(run.seconds(now))
    return f"took {took}" if run.has_ended else f"for {took}"


def _log_json(line: LogLine) -> str:
    return json.dumps({"host": line.host, "time": line.time, "text": line.text})
