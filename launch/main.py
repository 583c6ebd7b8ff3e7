"""The ``launch`` command. Each subcommand is loaded when it is asked for, so --help is quick."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

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
    try:
        result: Any = cli.main(args=arguments, prog_name="launch", standalone_mode=False)
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except LaunchError as error:
        click.echo(f"error: {error}", err=True)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    sys.exit(main())
