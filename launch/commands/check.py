"""``launch check``."""

from __future__ import annotations

from collections.abc import Sequence
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
)

if TYPE_CHECKING:
    from launch.check import Finding
    from launch.description.load import Description

_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}


@click.command()
@click.argument("jobs", nargs=-1, metavar="[JOB]…")
@description_options
@click.option("--offline", is_flag=True, help="Do not ask AWS whether role and bucket exist.")
@JSON
def check_command(
    jobs: tuple[str, ...],
    file: Path | None,
    target: str,
    variables: tuple[str, ...],
    offline: bool,
    as_json: bool,
) -> int:
    """Find what would go wrong, before anything is sent.

    Reads launch.yaml and holds each JOB (all of them by default) against the API's limits, the
    image's own sizing, and, where credentials allow, the account. Exit code 2 where an error was
    found.
    """
    description = read_description(file, target, variables)
    findings = {}
    for name in jobs or description.jobs:
        description.job(name)
        findings[name] = find(description, name, ask_aws=not offline)
    errors = sum(item.level == "error" for found in findings.values() for item in found)
    if as_json:
        print_json({name: [item.to_json() for item in found] for name, found in findings.items()})
    else:
        for name, found in findings.items():
            console().print(f"[bold]{name}[/] → {target}")
            show(found)
        note(f"{errors} error{'s' * (errors != 1)}" if errors else "nothing stands in the way")
    return 2 if errors else 0


def find(description: Description, job: str, *, ask_aws: bool) -> list[Finding]:
    """Collect the findings on a job: its description, its request, and the account."""
    from launch.check import check_account, check_job, check_request
    from launch.errors import LaunchError
    from launch.request.plan import job_name
    from launch.request.sdk import record

    findings = list(check_job(description, job))
    if not any(item.level == "error" for item in findings):
        plan = record(description, description.job(job), job_name(description, job))
        findings += check_request(plan.request)
    if ask_aws:
        from launch.aws.session import open_session

        try:
            findings += check_account(description, job, open_session(description.target))
        except LaunchError as error:
            note(f"account not checked: {error}")
    return findings


def show(findings: Sequence[Finding], *, err: bool = False) -> None:
    """Print findings, the worst first, each with what to write instead."""
    from rich.markup import escape

    out = console(err=err)
    for item in sorted(findings, key=lambda item: list(_STYLES).index(item.level)):
        style = _STYLES[item.level]
        place = f"{item.place}: " if item.place else ""
        out.print(f"  [{style}]{item.level:8}[/] {escape(place + item.message)}")
        if item.hint:
            out.print(f"           → {escape(item.hint)}")
