"""The ``launch`` command. Each subcommand is loaded when it is asked for, so --help is quick."""

from __future__ import annotations

import errno
import importlib
import os
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import click

from launch.errors import LaunchError

# Name -> module, function, and the line that --help shows without loading the module.
_COMMANDS = {
    "check": ("launch.commands.check", "Find what would go wrong, before anything is sent."),
    "submit": ("launch.commands.submit", "Send a job to SageMaker, or play it here (--local)."),
    "backfill": ("launch.commands.backfill", "Run a job for each day of a range."),
    "list": ("launch.commands.runs", "Show the newest runs."),
    "status": ("launch.commands.runs", "Show how a run is getting on."),
    "logs": ("launch.commands.runs", "Show what a run's hosts have written."),
    "why": ("launch.commands.why", "Say why a run failed, in a few lines."),
    "report": ("launch.commands.report", "Show on one page what a run did, and what to change."),
    "stop": ("launch.commands.runs", "Stop a run."),
    "history": ("launch.commands.history", "Open Spark's history server on runs."),
    "runs": ("launch.commands.run_table", "Compare the last runs: time, rows, cost, outcome."),
    "watch": ("launch.commands.watch", "Watch a run until it ends."),
    "cost": ("launch.commands.cost", "Estimate what a job costs, a run and a month."),
    "deploy": ("launch.commands.deploy", "Set up schedules, alerts, storage and roles."),
    "diff": ("launch.commands.deploy", "Show what deploy would change."),
    "destroy": ("launch.commands.deploy", "Take down what deploy set up; data stay."),
    "pipeline": ("launch.commands.pipeline", "Chain prepare, train, evaluate, register."),
    "schema": ("launch.commands.schema", "Print the JSON Schema of launch.yaml, for editors."),
}
_LONGEST = 500
_EPILOG = """\b
Examples:
  launch check
  launch submit prepare --dry-run
  launch submit prepare --local
  launch submit prepare --target prod --wait
  launch why

Exit codes: 0 done, 1 the job or AWS failed, 2 your input is wrong, 130 Ctrl-C.
"""


class _Lazy(click.Group):
    """A group that imports a command's module when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module, _ = _COMMANDS[name]
        command = getattr(importlib.import_module(module), f"{name}_command")
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


def _version() -> str:
    """Read the project's one version where it stands; launch imports no jobs."""
    text = (Path(__file__).parents[1] / "jobs" / "__init__.py").read_text(encoding="utf-8")
    return text.partition('__version__ = "')[2].partition('"')[0]


@click.command(cls=_Lazy, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(_version(), package_name="spark-etl-for-ml")
def cli() -> None:
    """Run the jobs of launch.yaml on Amazon SageMaker Processing, or play them on this machine."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit code."""
    code, say = _run(arguments)
    try:
        say()
    except OSError:
        _let_go(sys.stderr)
    return code


def _run(arguments: list[str] | None) -> tuple[int, Callable[[], None]]:
    """Run a command; return its exit code, and what is left to say about it."""
    # A command that knows its exit code before it prints puts it here.
    outcome = {"code": 1}
    try:
        result: Any = cli.main(
            args=arguments, prog_name="launch", standalone_mode=False, obj=outcome
        )
        outcome["code"] = result if isinstance(result, int) else 0
        sys.stdout.flush()
    except (click.exceptions.Abort, KeyboardInterrupt):
        return 130, _nothing
    except click.ClickException as error:
        return error.exit_code, error.show
    except LaunchError as error:
        return error.exit_code, partial(click.echo, f"error: {error}", err=True)
    except BrokenPipeError:
        _let_go(sys.stdout)
    except SystemExit as ended:
        # 1 is what click and rich make of a reader that went away; a signal has another code.
        if ended.code != 1:
            raise
        _let_go(sys.stdout)
    except Exception as error:  # noqa: BLE001 - every error ends as one line and an exit code
        return 1, partial(_unexpected, error)
    return outcome["code"], _nothing


def _nothing() -> None:
    """Say nothing."""


def _unexpected(error: Exception) -> None:
    """Say on one line what nobody foresaw, or that the disk is full."""
    text = " ".join(str(error).split())[:_LONGEST]
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        click.echo(f"error: the disk is full: {text}", err=True)
        _let_go(sys.stdout)
        return
    if os.environ.get("LAUNCH_DEBUG"):
        trace = traceback.format_exception(type(error), error, error.__traceback__)
        click.echo("".join(trace), err=True)
    hint = "report it; LAUNCH_DEBUG=1 shows the trace"
    click.echo(f"error: internal error: {type(error).__name__}: {text} ({hint})", err=True)


def _let_go(stream: TextIO) -> None:
    """Let a stream that takes nothing more lead nowhere: Python writes the rest at its end."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        return  # it is no file


if __name__ == "__main__":
    sys.exit(main())
