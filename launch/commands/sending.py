"""From launch.yaml and the command line to a plan, and on to SageMaker: for submit and backfill."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from launch.commands.common import note
from launch.commands.findings import show
from launch.errors import LaunchError

if TYPE_CHECKING:
    from launch.check import Finding
    from launch.description.load import Description
    from launch.request.plan import Plan

CLUSTER = click.option(
    "--cluster", type=click.Choice(["standalone", "yarn"]), default="standalone",
    show_default=True, help="With --local, for Spark jobs: Spark's own, or YARN and HDFS.",
)  # fmt: skip
S3 = click.option(
    "--s3", type=click.Choice(["folder", "aws"]), default=None,
    help="With --local: where s3:// is. folder: .launch/s3 (default); aws: the real "
    "buckets (default where AWS_ENDPOINT_URL is set).",
)  # fmt: skip
NO_CHECK = click.option(
    "--no-check", is_flag=True, help="Send it even where launch check finds errors."
)
POLL = click.option(
    "--poll", type=click.FloatRange(min=0.1), default=5.0, show_default=True,
    help="Seconds between looks at what goes on.",
)  # fmt: skip


def with_extra(description: Description, job: str, extra: Sequence[str]) -> Description:
    """Return the description with more arguments for one job."""
    from launch.request.plan import with_arguments

    changed = with_arguments(description.job(job), extra)
    return dataclasses.replace(description, jobs={**description.jobs, job: changed})


def on_day(description: Description, job: str, day: date | None) -> Description:
    """Return the description with the day filled into one job.

    LaunchError where the job has to be told a day and is not, or is told one it has no use for.
    """
    from pydantic import ValidationError

    from launch.description.dates import dated, has_dates

    wanted = description.job(job)
    if not has_dates(wanted):
        if day is not None:
            raise LaunchError(
                f"{job} has no ${{date}} in {description.file.name}: the day {day} would change "
                "nothing. Write ${date} where the day belongs, in its input or output, or leave "
                "the day out"
            )
        return description
    if day is None:
        raise LaunchError(
            f"{job} has ${{date}}: say which day's data it works on, with --date 2026-11-23, "
            f"--date today or --date yesterday; `launch backfill {job} --from … --to …` runs many"
        )
    try:
        changed = dated(wanted, day)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise LaunchError(f"{job} on {day}: {place}: {first['msg']}") from None
    return dataclasses.replace(description, jobs={**description.jobs, job: changed})


def day_places(description: Description, job: str) -> set[str]:
    """Name the places that hold ${date}, as findings do: what is wrong there is a day's own."""
    from launch.description.dates import REFERENCE

    def walk(value: Any, place: str) -> Iterator[str]:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in pairs:
            if isinstance(item, (dict, list, tuple)):
                yield from walk(item, f"{place}.{key}")
            elif isinstance(item, str) and re.search(REFERENCE, item):
                yield f"{place}.{key}"

    return set(walk(description.job(job).model_dump(), f"jobs.{job}"))


def refuse_errors(job: str, found: Sequence[Finding]) -> None:
    """Print what check finds wrong or doubtful; LaunchError where something would fail."""
    findings = [item for item in found if item.level != "note"]
    errors = [item for item in findings if item.level == "error"]
    show(findings, err=True)
    if errors:
        raise LaunchError(
            f"{job} would fail ({len(errors)} error{'s' * (len(errors) != 1)} above); nothing was "
            "sent. --no-check sends it anyway"
        )


def planned(description: Description, job: str, name: str, *, checked: bool = True) -> Plan:
    """Return what sending a run would do, after the checks that need no network."""
    from launch.check import check_job, check_request
    from launch.request.sdk import record

    if checked:
        refuse_errors(job, check_job(description, job))
    plan = record(description, description.job(job), name)
    if checked:
        refuse_errors(job, check_request(plan.request))
    return plan


def send_plan(description: Description, plan: Plan, session: Any) -> None:
    """Upload what is missing and create the job. A session sends one plan and no other."""
    from launch.aws.session import client
    from launch.request.sdk import send
    from launch.request.transfer import is_there, upload_file
    from launch.runs.aws import readable_errors

    with readable_errors():
        s3 = client(session, "s3")
        for upload in plan.data:
            if not is_there(s3, upload):
                note(f"uploading {upload.local_path.name} → {upload.s3_uri}")
                upload_file(s3, upload, kms_key=description.target.kms_key)
        send(description, plan, session)
