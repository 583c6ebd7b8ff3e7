"""Options and output that subcommands share."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from launch.description.load import Description, find_file, load
from launch.errors import LaunchError

if TYPE_CHECKING:
    from rich.console import Console

    from launch.runs.model import Run, Runs

F = TypeVar("F", bound=Callable[..., Any])
LOCAL = click.option("--local", is_flag=True, help="Runs that were played on this machine.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print data, for programs.")


def description_options(function: F) -> F:
    """Add --file, --target and --var."""
    for option in (
        click.option(
            "--var", "variables", multiple=True, metavar="NAME=VALUE",
            help="Set a variable of launch.yaml. May be repeated.",
        ),
        click.option(
            "--target", default="dev", show_default=True, envvar="LAUNCH_TARGET",
            help="Which target of launch.yaml.",
        ),
        click.option(
            "--file", type=click.Path(path_type=Path), metavar="FILE",
            help="The launch.yaml; default: here or in the nearest folder above.",
        ),
    ):  # fmt: skip
        function = option(function)
    return function


def read_description(file: Path | None, target: str, variables: Sequence[str]) -> Description:
    """Read launch.yaml with the options of the command line."""
    given = {}
    for text in variables:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise LaunchError(f"--var {text}: write NAME=VALUE")
        given[name] = value
    return load(file or find_file(), target=target, variables=given)


def open_runs(description: Description, *, local: bool) -> Runs:
    """Return the runs of a target, or those played here."""
    if local:
        from launch.runs.local import LocalRuns

        return LocalRuns(description.root)
    from launch.aws.session import open_session
    from launch.runs.aws import AwsRuns

    return AwsRuns(open_session(description.target))


def choose_run(runs: Runs, description: Description, name: str | None) -> Run:
    """Return the run of a name, or the project's newest; a name may be cut short."""
    if name:
        try:
            return runs.get(name)
        except LaunchError:
            near = runs.newest(limit=2, contains=name)
            if len(near) == 1:
                return runs.get(near[0].name)
            raise
    newest = runs.newest(limit=1, contains=f"{description.project}-")
    if not newest:
        raise LaunchError(
            f"{description.project} has no runs here; `launch submit JOB` makes the first"
        )
    return runs.get(newest[0].name)


def print_json(data: Any) -> None:
    """Print one JSON document to stdout."""
    click.echo(json.dumps(data, indent=2))


def note(text: str) -> None:
    """Print a line for people to stderr, so that data on stdout stay clean."""
    click.echo(text, err=True)


def console(*, err: bool = False) -> Console:
    """Return a console that marks nothing up by itself and never breaks words out of a pipe."""
    from rich.console import Console

    made = Console(stderr=err, highlight=False, soft_wrap=True)
    if not made.is_terminal:
        made.width = 200
    return made


def duration(seconds: float) -> str:
    """Write seconds as people say them: 45 s, 12 min 5 s, 3 h 4 min."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
