"""What has to be so before anything is deployed."""

from __future__ import annotations

import dataclasses
import re
from datetime import date
from typing import Any

from launch.aws.session import client
from launch.check import Finding, check_account, check_job, check_request
from launch.deploy.handler import index
from launch.deploy.job_role import JOB_ROLE
from launch.deploy.names import stack_name
from launch.deploy.scheduled import PLACEHOLDER, Scheduled
from launch.deploy.stack import Deployed, refuse_unready
from launch.deploy.storage import BUCKET
from launch.description.dates import REFERENCE, dated
from launch.description.load import Description
from launch.errors import AwsError, LaunchError
from launch.runs.aws import readable_errors

_A_DAY = date(2026, 11, 23)
_PROJECT, _TARGET = "launch:project", "launch:target"


def job_findings(description: Description, scheduled: list[Scheduled]) -> list[Finding]:
    """Check the scheduled jobs and their requests, as they would be on some day."""
    found: list[Finding] = []
    for item in scheduled:
        name = item.schedule.job
        of_day = {**description.jobs, name: dated(description.job(name), _A_DAY)}
        found += check_job(dataclasses.replace(description, jobs=of_day), name)
        names = {PLACEHOLDER: f"{description.project}-{name}"}
        found += check_request(index.fill(item.data["request"], _A_DAY, names))
    return list(dict.fromkeys(found))


def account_findings(
    description: Description, scheduled: list[Scheduled], session: Any
) -> list[Finding]:
    """Ask the account for what the scheduled jobs need and the stack does not make.

    What lacks of a job's data is a warning: they may arrive before its first run.
    """
    target, at = description.target, f"targets.{description.target_name}"
    made = [f"{at}.bucket"] * target.create_bucket + [f"{at}.role"] * target.create_role
    found: list[Finding] = []
    for name in sorted({item.schedule.job for item in scheduled}):
        job = description.job(name)
        known = tuple(item for item in job.inputs if not re.search(REFERENCE, item.source))
        asked = {**description.jobs, name: job.model_copy(update={"inputs": known})}
        for item in check_account(dataclasses.replace(description, jobs=asked), name, session):
            if item.place in made:
                continue
            late = item.level == "error" and item.place.startswith("jobs.")
            found.append(dataclasses.replace(item, level="warning") if late else item)
    return list(dict.fromkeys(found))


def tags_of(description: Description) -> dict[str, str]:
    """Return the tags of the stack, which CloudFormation hands on to its resources."""
    ours = {_PROJECT: description.project, _TARGET: description.target_name}
    return {**description.target.tags, **ours}


def refuse_wrong_account(description: Description, session: Any) -> None:
    """Raise LaunchError where one is logged in to another account than the target's."""
    with readable_errors():
        account = client(session, "sts").get_caller_identity()["Account"]
    wanted = description.target.account or description.target.role.split(":")[4]
    if account != wanted:
        raise LaunchError(
            f"you are logged in to account {account}, and target {description.target_name} is in "
            f"{wanted}; log in there, or name a profile in the target"
        )


def refuse_wrong_stack(description: Description, deployed: Deployed | None) -> None:
    """Raise LaunchError where the stack is not ours, or in no state to be changed."""
    if deployed:
        refuse_foreign_stack(description, deployed)
        refuse_unready(stack_name(description), deployed.status)


def refuse_foreign_stack(description: Description, deployed: Deployed) -> None:
    """Raise LaunchError where a stack has our name by chance: the tags tell."""
    owner = (deployed.tags.get(_PROJECT), deployed.tags.get(_TARGET))
    if owner != (description.project, description.target_name):
        raise LaunchError(
            f"there is a stack {stack_name(description)} already, with other tags: it is not of "
            f"project {description.project} and target {description.target_name}. Rename one"
        )


def bucket_is_new(description: Description, deployed: Deployed | None, session: Any) -> bool:
    """Tell whether the stack has to make the bucket; LaunchError where somebody else has."""
    target = description.target
    if not target.create_bucket or (deployed and BUCKET in deployed.resources):
        return False
    if _there(client(session, "s3").head_bucket, forbidden=True, Bucket=target.bucket):
        raise LaunchError(
            f"create_bucket: the bucket {target.bucket} exists already, and not by this stack. "
            "Take create_bucket out to use it as it is, or name another bucket"
        )
    return True


def refuse_taken_role(description: Description, deployed: Deployed | None, session: Any) -> None:
    """Raise LaunchError where the role to be made exists, and not by this stack."""
    target = description.target
    if not target.create_role or (deployed and JOB_ROLE in deployed.resources):
        return
    name = target.role.rpartition("/")[2]
    if _there(client(session, "iam").get_role, forbidden=False, RoleName=name):
        raise LaunchError(
            f"create_role: the role {name} exists already, and not by this stack. Take create_role "
            "out to use it as it is, or name another role"
        )


def _there(ask: Any, *, forbidden: bool, **query: str) -> bool:
    """Tell whether something exists; ``forbidden`` where it may not be looked at.

    S3 says so of a bucket that is another account's. Of roles it says nothing.
    """
    from botocore.exceptions import ClientError

    try:
        with readable_errors():
            ask(**query)
    except AwsError as error:
        cause = error.__cause__
        if not isinstance(cause, ClientError):
            raise
        code = cause.response.get("Error", {}).get("Code")
        if code in ("404", "NoSuchBucket", "NoSuchEntity"):
            return False
        if code in ("403", "AccessDenied"):
            return forbidden
        raise
    return True
