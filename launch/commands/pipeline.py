"""``launch pipeline``: render, upsert, start."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from launch.commands.common import (
    JSON,
    description_options,
    note,
    print_json,
    read_description,
    where,
)
from launch.errors import LaunchError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from launch.description.load import Description
    from launch.description.pipelines import Pipeline
    from launch.pipeline.remote import RemotePipelines
    from launch.pipeline.render import Rendered

_EPILOG = """\b
Examples:
  launch pipeline render --out pipeline.json
  launch pipeline start --local
  launch pipeline upsert --dry-run
  launch pipeline start --wait --param AtLeast=0.9
"""


@click.group(epilog=_EPILOG)
def pipeline_command() -> None:
    """Chain prepare, train, evaluate and register as a SageMaker pipeline.

    NAME is a pipeline of launch.yaml; it may be left out where there is one only.
    """


@pipeline_command.command("render")
@click.argument("name", required=False)
@description_options
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write it there instead of to the screen.")  # fmt: skip
def render_command(
    name: str | None, file: Path | None, target: str, variables: tuple[str, ...], out: Path | None
) -> None:
    """Print the pipeline's definition; nothing is sent.

    The same launch.yaml and code give the same bytes: launch pipeline render --out pipeline.json
    """
    _, rendered = _render(read_description(file, target, variables), name)
    if out is None:
        click.echo(rendered.text, nl=False)
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(rendered.text, encoding="utf-8")
    except OSError as error:
        raise LaunchError(f"--out {out}: {error.strerror}") from None
    note(f"wrote {out}")


@pipeline_command.command("upsert")
@click.argument("name", required=False)
@description_options
@click.option("--dry-run", is_flag=True, help="Show what would change; change nothing.")
def upsert_command(
    name: str | None, file: Path | None, target: str, variables: tuple[str, ...], dry_run: bool
) -> None:
    """Create the pipeline in the account, or update it.

    Shows what changes. Look first, then do it: launch pipeline upsert --dry-run
    """
    from launch.pipeline.remote import changes

    description = read_description(file, target, variables)
    _, rendered = _render(description, name)
    remote = _remote(description)
    known = remote.find(rendered.name)
    diff = changes(known, rendered)
    if known is None:
        note(f"{rendered.name} is new: {len(rendered.definition['Steps'])} steps")
    elif diff:
        click.echo(diff)
    else:
        note(f"{rendered.name} is as launch.yaml has it")
    if dry_run:
        note("nothing was sent")
        return
    remote.upload(rendered.uploads, note)
    click.echo(remote.upsert(rendered))
    named = f" {name}" if name else ""
    note(f"next: launch pipeline start{named}{where(local=False)}")


@pipeline_command.command("start")
@click.argument("name", required=False)
@description_options
@click.option("--date", "day", metavar="DAY",
              help="The day for ${date}: 2026-11-23, today or yesterday (in UTC).")  # fmt: skip
@click.option("--input", "source", metavar="S3_URI", help="Other data than launch.yaml names.")
@click.option("--param", "given", multiple=True, metavar="NAME=VALUE",
              help="Another value of a parameter. May be repeated.")  # fmt: skip
@click.option("--wait", is_flag=True, help="Follow the steps; exit code 1 if one fails.")
@click.option("--poll", type=click.FloatRange(min=0.1), default=15.0, show_default=True,
              help="With --wait: seconds between looks.")  # fmt: skip
@click.option("--local", is_flag=True, help="Play the pipeline on this machine instead.")
@click.option("--cluster", type=click.Choice(["standalone", "yarn"]), default="standalone",
              show_default=True,
              help="With --local, for Spark jobs: Spark's own, or YARN and HDFS.")  # fmt: skip
@click.option("--no-cache", is_flag=True, help="With --local: run steps again that ran already.")
@click.option("--all-logs", is_flag=True, help="With --local: show Spark's own lines too.")
@JSON
def start_command(
    name: str | None, file: Path | None, target: str, variables: tuple[str, ...], **options: Any
) -> int:
    """Start the pipeline, or play it here with --local.

    Takes the fingerprint of the input first: a step whose input has not changed is not run again.
    Try it without an account: launch pipeline start --local
    """
    from launch.description.dates import read_day
    from launch.pipeline.render import choose

    description = read_description(file, target, variables)
    name, pipeline = choose(description, name)
    day = read_day(options["day"]) if options["day"] is not None else None
    if options["local"]:
        return _play(description, name, day, options)
    return _start(description, name, pipeline, day, options)


def _render(description: Description, name: str | None) -> tuple[str, Rendered]:
    from launch.pipeline.render import choose, render

    chosen, _ = choose(description, name)
    return chosen, render(description, chosen)


def _remote(description: Description) -> RemotePipelines:
    from launch.aws.session import open_session
    from launch.pipeline.remote import RemotePipelines

    return RemotePipelines(description, open_session(description.target))


def _start(
    description: Description,
    name: str,
    pipeline: Pipeline,
    day: date | None,
    options: Mapping[str, Any],
) -> int:
    from launch.commands.pipeline_table import say
    from launch.pipeline.fingerprint import fingerprint, list_s3
    from launch.pipeline.parameters import (
        FINGERPRINT,
        INPUT,
        deciding,
        start_values,
        with_given,
    )
    from launch.pipeline.render import full_name
    from launch.request.data import data_uploads
    from launch.runs.aws import readable_errors

    full = full_name(description, name)
    remote = _remote(description)
    known = remote.find(full)
    if known is None:
        raise LaunchError(f"there is no pipeline {full} here; `launch pipeline upsert` makes it")
    types = {item["Name"]: item["Type"] for item in known.definition["Parameters"]}
    values = start_values(description, pipeline, day=day, source=options["source"])
    values = with_given(values, types, options["given"])
    if options["source"] is None:
        data = data_uploads(description, description.job(pipeline.prepare.job))
        remote.upload(tuple(u for u in data if u.s3_uri.startswith(values[INPUT])), note)
    with readable_errors():
        values[FINGERPRINT] = fingerprint(deciding(values), list_s3(remote.s3, values[INPUT]))
    if unknown := sorted(set(values) - set(types)):
        raise LaunchError(
            f"{full} has no parameter {unknown[0]}: launch.yaml has changed since it was sent; "
            "`launch pipeline upsert` sends it again"
        )
    arn = remote.start(full, values)
    note(f"started {full} on {values[INPUT]} ({values[FINGERPRINT]})")
    if not options["wait"]:
        _print_started(arn, full, values, as_json=options["as_json"])
        return 0
    try:
        found = remote.follow(arn, full, on_step=say, note=note, poll_seconds=options["poll"])
    except KeyboardInterrupt:
        note(f"detached; {arn} goes on")
        return 130
    return _end(found, full, as_json=options["as_json"], local=False)


def _print_started(arn: str, full: str, values: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        print_json({"execution": arn, "pipeline": full, "parameters": values})
    else:
        click.echo(arn)


def _play(description: Description, name: str, day: date | None, options: Mapping[str, Any]) -> int:
    from launch.commands.log_printer import LogPrinter
    from launch.commands.pipeline_table import say
    from launch.pipeline.local import Listener
    from launch.pipeline.local_start import local_execution
    from launch.runs.model import LogLine

    execution = local_execution(
        description, name, day=day, source=options["source"], given=options["given"]
    )
    execution.cluster = options["cluster"]
    execution.use_cache = not options["no_cache"]
    printer = LogPrinter(everything=options["all_logs"], err=True)
    execution.listener = Listener(
        line=lambda host, line: printer.show(LogLine(host, 0, line)),
        note=note,
        begins=lambda step, run: note(f"{step}: playing {run}"),
        ends=say,
    )
    found = execution.run()
    return _end(found, found.pipeline, as_json=options["as_json"], local=True)


def _end(found: Any, full: str, *, as_json: bool, local: bool) -> int:
    """Show how an execution ended; return the exit code."""
    from launch.commands.pipeline_table import next_steps, show

    if as_json:
        print_json(found.to_json())
    else:
        show(found)
        click.echo(f"{full}: {found.status}")
    next_steps(found, local=local)
    return 0 if found.status == "Succeeded" else 1
