"""Options and output that subcommands share."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from launch.description.load import Description, find_file, load
from launch.errors import LaunchError, NoSuchRunError

if TYPE_CHECKING:
    from rich.console import Console

    from launch.runs.model import Run, Runs

_LOOKED_AT = 100
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


def where(given: Mapping[str, Any] | None = None, *, local: bool) -> str:
    """Return the options, with a blank before them, by which a printed command means the same.

    ``given`` are the options as they were typed; those of the command that is running by default.
    """
    if given is None:
        context = click.get_current_context(silent=True)
        given = context.params if context else {}
    words = ["--file", str(given["file"])] if given.get("file") else []
    target = given.get("target", "dev")
    # A dev that was typed has to be typed again where the environment names another.
    is_default = target == "dev" and not os.environ.get("LAUNCH_TARGET")
    words += [] if is_default else ["--target", target]
    words += [word for text in given.get("variables", ()) for word in ("--var", text)]
    words += ["--local"] if local else []
    return "".join(f" {shlex.quote(word)}" for word in words)


def open_runs(description: Description, *, local: bool) -> Runs:
    """Return the runs of a target, or those played here."""
    if local:
        from launch.runs.local import LocalRuns

        return LocalRuns(description.root)
    from launch.aws.session import open_session
    from launch.runs.aws import AwsRuns

    return AwsRuns(open_session(description.target))


def choose_run(runs: Runs, description: Description, name: str | None) -> Run:
    """Return the run of a name or a part of one, the newest of a job, or the newest of all."""
    if name and name not in description.jobs:
        try:
            return runs.get(name)
        except NoSuchRunError:
            near = [
                run for run in own_runs(runs, description, limit=_LOOKED_AT) if name in run.name
            ]
            if len(near) > 1:
                some = ", ".join(run.name for run in near[:5])
                raise LaunchError(f"{name!r} fits several runs: {some}") from None
            if not near:
                raise
            return runs.get(near[0].name)
    newest = own_runs(runs, description, limit=1, job=name)
    if not newest:
        from launch.runs.local import LocalRuns

        what = f"{description.project}-{name}" if name else description.project
        same = where(local=isinstance(runs, LocalRuns))
        raise LaunchError(
            f"{what} has no runs here; `launch submit {name or 'JOB'}{same}` makes the first"
        )
    return runs.get(newest[0].name)


def own_runs(
    runs: Runs,
    description: Description,
    *,
    limit: int,
    job: str | None = None,
    status: str | None = None,
) -> list[Run]:
    """Return a project's newest runs, of one job or of all.

    AWS finds names that hold a text anywhere: those of another project that ends alike are left
    out here, and so are those of ``prepare-tabular`` where ``prepare`` is asked for.
    """
    start = f"{description.project}-{job}-" if job else f"{description.project}-"
    longer = [name for name in description.jobs if job and name.startswith(f"{job}-")]
    others = tuple(f"{description.project}-{name}-" for name in longer)
    found = runs.newest(limit=max(limit, _LOOKED_AT), contains=start, status=status)
    chosen = [run for run in found if run.name.startswith(start)]
    return [run for run in chosen if not run.name.startswith(others)][:limit]


def settled(code: int) -> None:
    """Note the exit code before it is printed: whoever reads may not read to the end."""
    context = click.get_current_context(silent=True)
    if context and isinstance(context.obj, dict):
        context.obj["code"] = code


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
