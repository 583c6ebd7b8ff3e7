"""The function that starts runs, and what calls it: rules in UTC, schedules in a time zone."""

from __future__ import annotations

import json
from typing import Any

from launch.deploy.names import Resources, arn, get, logical, names_of, own_name, ref
from launch.deploy.scheduled import Scheduled, Starter
from launch.description.load import Description
from launch.description.model import Schedule

FUNCTION, QUEUE, LOG_GROUP = "Starter", "DeadLetters", "StarterLog"
STARTER_ROLE, SCHEDULER_ROLE = "StarterRole", "SchedulerRole"
STATE_CHANGE = "SageMaker Processing Job State Change"
# Lambda repeats a call for this long where it has no room for it, so a night is late rather than
# lost; one that failed, twice, after 1 and 2 minutes (developer guide, "Asynchronous invocation").
_RETRY_SECONDS = 2 * 3600
_QUEUE_SECONDS = 14 * 86_400


def starter_resources(
    description: Description, scheduled: list[Scheduled], starter: Starter
) -> Resources:
    """Return the function, its log, its dead-letter queue and its triggers."""
    made = {
        **_function(description, starter),
        **_queue(description),
    }
    for item in scheduled:
        made |= _trigger(description, item)
    if any(item.schedule.alarm_after for item in scheduled):
        made |= _successes(description, scheduled)
    return made


def uses_scheduler(schedule: Schedule) -> bool:
    """Tell whether EventBridge Scheduler is needed: a rule knows no time zone."""
    return schedule.timezone != "UTC"


def _function(description: Description, starter: Starter) -> Resources:
    name = own_name(description, "starter")
    function = {
        "FunctionName": name,
        "Description": f"Starts the scheduled runs of {description.project}",
        "Runtime": "python3.13",
        "Architectures": ["arm64"],
        "Handler": "index.handler",
        "Role": get(STARTER_ROLE),
        "Timeout": 60,
        "MemorySize": 256,
        "Code": {"S3Bucket": description.target.bucket, "S3Key": starter.key},
        "LoggingConfig": {"LogGroup": ref(LOG_GROUP)},
    }
    log = {
        "LogGroupName": f"/aws/lambda/{name}",
        "RetentionInDays": description.target.retention.logs,
    }
    retries = {
        "FunctionName": ref(FUNCTION),
        "Qualifier": "$LATEST",
        "MaximumRetryAttempts": 2,
        "MaximumEventAgeInSeconds": _RETRY_SECONDS,
        "DestinationConfig": {"OnFailure": {"Destination": get(QUEUE)}},
    }
    return {
        LOG_GROUP: {"Type": "AWS::Logs::LogGroup", "Properties": log},
        FUNCTION: {"Type": "AWS::Lambda::Function", "Properties": function},
        "StarterRetries": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": retries},
    }


def _queue(description: Description) -> Resources:
    """Return the queue of what could not be started, and who may put something into it."""
    queue = {
        "QueueName": own_name(description, "dead-letters"),
        "MessageRetentionPeriod": _QUEUE_SECONDS,
        "SqsManagedSseEnabled": True,
    }
    statement = {
        "Sid": "RulesOfThisStack",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": get(QUEUE),
        "Condition": {"ArnLike": {"aws:SourceArn": arn("events", f"rule/{names_of(description)}")}},
    }
    policy = {
        "Queues": [ref(QUEUE)],
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }
    return {
        QUEUE: {"Type": "AWS::SQS::Queue", "Properties": queue},
        "DeadLettersPolicy": {"Type": "AWS::SQS::QueuePolicy", "Properties": policy},
    }


def _trigger(description: Description, item: Scheduled) -> Resources:
    schedule, called = item.schedule, logical(item.name)
    common = {
        "Name": own_name(description, item.name),
        "Description": f"Starts {schedule.job}: {schedule.cron}, {schedule.timezone}",
        "ScheduleExpression": schedule.cron,
        "State": "ENABLED" if schedule.enabled else "DISABLED",
    }
    if not uses_scheduler(schedule):
        return _rule(f"{called}Rule", {**common, "Targets": [{"Id": "starter", **_target()}]})
    # What Scheduler calls context attributes, it fills in; a repeated call has the same time.
    event = {"schedule": item.name, "time": "<aws.scheduler.scheduled-time>"}
    target = {**_target(), "RoleArn": get(SCHEDULER_ROLE), "Input": json.dumps(event)}
    zoned = {
        **common,
        "ScheduleExpressionTimezone": schedule.timezone,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": target,
    }
    return {f"{called}Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": zoned}}


def _successes(description: Description, scheduled: list[Scheduled]) -> Resources:
    """Return the rule that tells the function of runs that succeeded; it counts them."""
    starts = sorted({item.data["start"] for item in scheduled if item.schedule.alarm_after})
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": [STATE_CHANGE],
        "detail": {
            "ProcessingJobStatus": ["Completed"],
            "ProcessingJobName": [{"prefix": start} for start in starts],
        },
    }
    return _rule(
        "OnSucceeded",
        {
            # A schedule's name never starts with a hyphen, so this one is free.
            "Name": own_name(description, "-succeeded"),
            "Description": "Counts the runs that succeeded",
            "EventPattern": pattern,
            "Targets": [{"Id": "starter", **_target()}],
        },
    )


def _target() -> dict[str, Any]:
    return {
        "Arn": get(FUNCTION),
        "RetryPolicy": {
            "MaximumRetryAttempts": 20,
            "MaximumEventAgeInSeconds": _RETRY_SECONDS,
        },
        "DeadLetterConfig": {"Arn": get(QUEUE)},
    }


def _rule(name: str, properties: dict[str, Any]) -> Resources:
    """Return a rule, and its permission to call the function."""
    permission = {
        "Action": "lambda:InvokeFunction",
        "FunctionName": get(FUNCTION),
        "Principal": "events.amazonaws.com",
        "SourceArn": get(name),
    }
    return {
        name: {"Type": "AWS::Events::Rule", "Properties": properties},
        f"{name}MayCall": {"Type": "AWS::Lambda::Permission", "Properties": permission},
    }
