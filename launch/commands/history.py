"""``launch history``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from launch.commands.common import LOCAL, choose_run, description_options, note, read_description
from launch.errors import LaunchError

if TYPE_CHECKING:
    from launch.description.load import Description
    from launch.history import HistoryServer

_NEWEST = 10


@click.command()
@click.argument("name", required=False)
@description_options
@click.option("--event-logs", metavar="S3-URI|FOLDER",
              help="Show these event logs instead of the runs'.")  # fmt: skip
@click.option("--port", default=18080, show_default=True, help="Another is taken where it is busy.")
@click.option("--open", "open_browser", is_flag=True, help="Open it in the browser.")
@LOCAL
def history_command(
    name: str | None,
    file: Path | None,
    target: str,
    variables: tuple[str, ...],
    event_logs: str | None,
    port: int,
    open_browser: bool,
    local: bool,
) -> int:
    """Open Spark's history server on runs: stages, tasks, memory, plans. No Docker needed.

    Shows the run NAME, else the newest ten. Ctrl-C ends it.
    """
    from launch.history import serve_history
    from launch.runs.aws import readable_errors

    def ready(server: HistoryServer) -> None:
        for text in server.notes:
            note(text)
        click.echo(server.url)
        count = len(server.applications)
        note(f"{count} application{'s' * (count != 1)}; Ctrl-C ends it, --open opens the browser")

    if event_logs:
        with readable_errors():
            return serve_history(event_logs, port=port, on_ready=ready, open_browser=open_browser)
    with tempfile.TemporaryDirectory() as folder:
        _gather(Path(folder), name, read_description(file, target, variables), local=local)
        return serve_history(folder, port=port, on_ready=ready, open_browser=open_browser)


def _gather(folder: Path, name: str | None, description: Description, *, local: bool) -> None:
    """Copy the event logs of a run, or of the newest ones, into a folder."""
    from launch.commands.common import open_runs, own_runs, where

    runs = open_runs(description, local=local)
    if name:
        chosen = [choose_run(runs, description, name)]
        if not chosen[0].is_spark:
            options = where(local=local)
            raise LaunchError(
                f"{chosen[0].name} has no event log: only Spark jobs write one; "
                f"`launch logs {chosen[0].name}{options}` shows what it wrote"
            )
    else:
        chosen = own_runs(runs, description, limit=_NEWEST)
    if not chosen:
        raise LaunchError(
            f"{description.project} has no runs here; `launch submit JOB{where(local=local)}` "
            "makes the first"
        )
    found = [path for run in chosen for path in runs.fetch_event_logs(run.name, folder)]
    if not found:
        raise LaunchError(
            f"{name or description.project} has no event logs; only Spark jobs write them, while a "
            "run goes on, unless event_logs is false in launch.yaml"
        )
