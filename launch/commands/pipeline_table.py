"""How ``launch pipeline`` shows the steps of an execution."""

from __future__ import annotations

import click

from launch.commands.common import console, duration, note, where
from launch.pipeline.outcome import Execution, StepOutcome

_WORDS = {"Executing": "runs", "Starting": "starts", "NotRun": "not run"}


def say(step: StepOutcome) -> None:
    """Tell a change of a step in a line to stderr."""
    took = f" after {duration(step.seconds)}" if step.seconds and step.status != "Executing" else ""
    note(f"{step.name}: {_WORDS.get(step.status, step.status.lower())}{took}")


def show(execution: Execution) -> None:
    """Print the steps as a table, and the reason where the execution failed."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("step", "outcome", "took", "what"):
        table.add_column(heading, no_wrap=heading != "what")
    for step in execution.steps:
        took = duration(step.seconds) if step.seconds is not None else ""
        table.add_row(
            step.name,
            _WORDS.get(step.status, step.status),
            "" if step.status == "Cached" else took,
            step.detail or step.run,
        )
    console().print(table)


def next_steps(execution: Execution, *, local: bool) -> None:
    """Name the step that failed and the command that says more, to stderr."""
    failed = execution.failed_step
    if execution.status == "Succeeded":
        return
    if failed is None:
        note(f"{execution.pipeline}: {execution.status}: {execution.reason}")
        return
    click.echo(f"error: step {failed.name} failed: {failed.detail or execution.reason}", err=True)
    if failed.run and (local or failed.kind == "ProcessingJob"):
        note(f"next: launch why {failed.run}{where(local=local)}")
