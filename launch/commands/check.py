"""``launch check``."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from launch.commands.common import (
    JSON,
    console,
    description_options,
    note,
    print_json,
    read_description,
    settled,
)
from launch.commands.findings import show
from launch.commands.sending import day_places, on_day

if TYPE_CHECKING:
    from launch.check import Finding
    from launch.description.load import Description


@click.command()
@click.argument("jobs", nargs=-1, metavar="[JOB]…")
@description_options
@click.option("--date", "day", metavar="DAY",
              help="The day for ${date}: 2026-11-23, today or yesterday, by which jobs that take "
              "one are checked; its data are looked for then.")  # fmt: skip
@click.option("--offline", is_flag=True, help="Do not ask AWS whether role and bucket exist.")
@JSON
def check_command(
    jobs: tuple[str, ...],
    file: Path | None,
    target: str,
    variables: tuple[str, ...],
    day: str | None,
    offline: bool,
    as_json: bool,
) -> int:
    """Find what would go wrong, before anything is sent.

    Reads launch.yaml and holds each JOB (all of them by default) against the API's limits, the
    image's own sizing, and, where credentials allow, the account. Exit code 2 where an error was
    found.
    """
    from launch.description.dates import read_day

    description = read_description(file, target, variables)
    given = read_day(day) if day is not None else None
    findings = {}
    for name in jobs or description.jobs:
        description.job(name)
        findings[name] = find(description, name, ask_aws=not offline, day=given)
    errors = sum(item.level == "error" for found in findings.values() for item in found)
    settled(2 if errors else 0)
    if as_json:
        print_json({name: [item.to_json() for item in found] for name, found in findings.items()})
    else:
        for name, found in findings.items():
            console().print(f"[bold]{name}[/] → {target}")
            show(found)
        note(f"{errors} error{'s' * (errors != 1)}" if errors else "nothing stands in the way")
    return 2 if errors else 0


def find(
    description: Description, job: str, *, ask_aws: bool, day: date | None = None
) -> list[Finding]:
    """Collect the findings on a job: its description, its request, and the account.

    A job with ``${date}`` is checked with a day; where none was asked for, with yesterday, whose
    data need not be there.
    """
    from launch.description.dates import has_dates, read_day

    if not has_dates(description.job(job)):
        return _find(description, description, job, None, ask_aws=ask_aws)
    example = day or read_day("yesterday")
    filled = on_day(description, job, example)
    findings = _find(description, filled, job, example, ask_aws=ask_aws)
    of_day = day_places(description, job) if day is None else ()
    return [
        dataclasses.replace(item, level="note", message=f"{item.message} (on {example})")
        if item.level == "error" and item.place in of_day
        else item
        for item in findings
    ]


def _find(
    description: Description, filled: Description, job: str, day: date | None, *, ask_aws: bool
) -> list[Finding]:
    """Collect the findings on a job as it is written, and on what a day makes of it."""
    from launch.check import check_account, check_job, check_request
    from launch.errors import LaunchError
    from launch.request.plan import job_name
    from launch.request.sdk import record

    findings = list(check_job(description, job, day=day))
    if not any(item.level == "error" for item in findings):
        name = job_name(description, job, day=day)
        findings += check_request(record(filled, filled.job(job), name).request)
    if ask_aws:
        from launch.aws.session import open_session

        try:
            findings += check_account(filled, job, open_session(description.target))
        except LaunchError as error:
            note(f"account not checked: {error}")
    return findings
