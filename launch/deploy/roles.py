"""The roles of the function and of EventBridge Scheduler."""

from __future__ import annotations

from typing import Any

from launch.deploy.names import Resources, arn, get
from launch.deploy.policies import allow, role
from launch.deploy.scheduled import Scheduled
from launch.deploy.starter import (
    FUNCTION,
    LOG_GROUP,
    QUEUE,
    SCHEDULER_ROLE,
    STARTER_ROLE,
    uses_scheduler,
)
from launch.description.load import Description


def starter_roles(description: Description, scheduled: list[Scheduled]) -> Resources:
    """Return the function's role, and Scheduler's where a schedule needs it."""
    made = {STARTER_ROLE: role("lambda", _starter_may(description))}
    if any(uses_scheduler(item.schedule) for item in scheduled):
        may = [
            allow("CallTheStarter", ["lambda:InvokeFunction"], get(FUNCTION)),
            allow("KeepWhatFailed", ["sqs:SendMessage"], get(QUEUE)),
        ]
        made[SCHEDULER_ROLE] = role("scheduler", may)
    return made


def _starter_may(description: Description) -> list[dict[str, Any]]:
    # SageMaker writes the names in its ARNs small.
    spelled = sorted({description.project, description.project.lower()})
    runs = [arn("sagemaker", f"processing-job/{project}-*") for project in spelled]
    start = [
        "sagemaker:AddTags",
        "sagemaker:CreateProcessingJob",
        "sagemaker:DescribeProcessingJob",
    ]
    to_sagemaker = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    return [
        allow("StartRuns", start, runs),
        # It takes no resource: a list is of the account.
        allow("SeeWhatIsGoing", ["sagemaker:ListProcessingJobs"], "*"),
        allow("GiveTheRole", ["iam:PassRole"], description.target.role, to_sagemaker),
        allow("WriteItsLog", ["logs:CreateLogStream", "logs:PutLogEvents"], get(LOG_GROUP)),
        allow("KeepWhatFailed", ["sqs:SendMessage"], get(QUEUE)),
    ]
