"""``launch why``."""

from __future__ import annotations

import dataclasses
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from launch.commands.common import (
    JSON,
    LOCAL,
    choose_run,
    console,
    description_options,
    open_runs,
    print_json,
    read_description,
    where,
)

if TYPE_CHECKING:
    from launch.diagnose import Diagnosis
    from launch.runs.model import Run, Runs


@click.command()
@click.argument("name", required=False)
@description_options
@LOCAL
@JSON
def why_command(
    name: str | None,
    file: Path | None,
    target: str,
    variables: tuple[str, ...],
    local: bool,
    as_json: bool,
) -> None:
    """Say why a run failed, in a few lines, and what to do about it.

    Reads the logs of all hosts and Spark's event log; what SageMaker calls the failure's reason is
    the command and its exit code. NAME may be cut short; default: the newest.
    """
    description = read_description(file, target, variables)
    runs = open_runs(description, local=local)
    run = choose_run(runs, description, name)
    diagnosis = explain(runs, run, local=local)
    if as_json:
        print_json({"name": run.name, "status": run.status, **diagnosis.to_json()})
    else:
        show(run, diagnosis)


def explain(runs: Runs, run: Run, *, local: bool) -> Diagnosis:
    """Gather a run's logs and event logs, and find the root cause."""
    from launch.diagnose import Evidence, diagnose

    logs: dict[str, list[str]] = {}
    for line in runs.log(run.name).read():
        logs.setdefault(line.host, []).append(line.text)
    with tempfile.TemporaryDirectory() as folder:
        evidence = Evidence(
            status=run.status,
            failure_reason=run.failure_reason or None,
            exit_message=run.exit_message or None,
            logs=logs,
            event_logs=runs.fetch_event_logs(run.name, Path(folder)),
            request=run.request or {},
        )
        found = diagnose(evidence)
    return dataclasses.replace(
        found, advice=tuple(typed_for(a, run, local=local) for a in found.advice)
    )


def typed_for(advice: str, run: Run, *, local: bool) -> str:
    """Complete the commands that advice names, so that they can be typed as they stand."""
    end = f"{run.name}{where(local=local)}"
    return re.sub(
        r"launch (logs|history|status)(?: JOB)?", lambda found: f"launch {found[1]} {end}", advice
    )


def show(run: Run, diagnosis: Diagnosis) -> None:
    """Print a diagnosis: the cause, where, what shows it, what to do."""
    from rich.markup import escape

    out = console()
    out.print(f"[bold]{run.name}[/] {run.status}")
    out.print(f"  [bold]cause[/]  {escape(diagnosis.cause)}")
    if diagnosis.where:
        out.print(f"  [bold]where[/]  {escape(diagnosis.where)}")
    for label, lines in (("seen", diagnosis.evidence), ("do", diagnosis.advice)):
        for number, line in enumerate(lines):
            out.print(f"  [bold]{label if number == 0 else '':5}[/]  {escape(line)}")
