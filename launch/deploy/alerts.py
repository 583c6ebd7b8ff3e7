"""Who hears of what: failed and stopped runs, nights without one, and what was never started."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

from launch.deploy.handler.index import NAMESPACE
from launch.deploy.names import Resources, arn, get, logical, names_of, own_name, ref, stack_name
from launch.deploy.scheduled import Scheduled
from launch.deploy.starter import QUEUE, STATE_CHANGE
from launch.description.load import Description
from launch.errors import LaunchError

TOPIC = "Alerts"
# CloudWatch looks back over a week at most.
_MOST_HOURS = 7 * 24


def alert_resources(description: Description, scheduled: list[Scheduled]) -> Resources:
    """Return the topic, who listens to it, and all that writes to it."""
    made = {
        **_topic(description),
        **_subscriptions(description),
        "OnFailed": {"Type": "AWS::Events::Rule", "Properties": _failed(description)},
    }
    if scheduled:
        made["DeadLettersAlarm"] = _alarm(description, "dead-letters", _dead_letters(description))
    for item in scheduled:
        made |= _of_schedule(description, item)
    return made


def failed_pattern(description: Description) -> dict[str, Any]:
    """Return the pattern of the events of this project's runs that failed or were stopped.

    The names of its jobs, not of the project alone: ``flights-`` begins those of a project
    ``flights-eu`` as well.
    """
    starts = sorted(f"{description.project}-{job}-" for job in description.jobs)
    shortest = [start for start in starts if not start.startswith(tuple(set(starts) - {start}))]
    return {
        "source": ["aws.sagemaker"],
        "detail-type": [STATE_CHANGE],
        "detail": {
            "ProcessingJobStatus": ["Failed", "Stopped"],
            "ProcessingJobName": [{"prefix": start} for start in shortest],
        },
    }


def _topic(description: Description) -> Resources:
    """Return the topic, to which this stack's rules and alarms may write."""
    name, names = own_name(description, "alerts"), names_of(description)
    properties: dict[str, Any] = {"TopicName": name, "DisplayName": description.project[:100]}
    if description.target.kms_key:
        properties["KmsMasterKeyId"] = description.target.kms_key
    # EventBridge gives topics no source to hold a condition against; with one, no mail would come
    # (EventBridge user guide, "Amazon SNS permissions").
    alarms = {"ArnLike": {"aws:SourceArn": arn("cloudwatch", f"alarm:{names}")}}
    senders: dict[str, dict[str, Any]] = {"events": {}, "cloudwatch": {"Condition": alarms}}
    statements = [
        {
            "Sid": service.capitalize(),
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": ref(TOPIC),
            **condition,
        }
        for service, condition in senders.items()
    ]
    policy = {
        "Topics": [ref(TOPIC)],
        "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
    }
    return {
        TOPIC: {"Type": "AWS::SNS::Topic", "Properties": properties},
        "AlertsPolicy": {"Type": "AWS::SNS::TopicPolicy", "Properties": policy},
    }


def _subscriptions(description: Description) -> Resources:
    alerts = description.target.alerts
    wanted = [("email", address) for address in alerts.email]
    if alerts.webhook:
        wanted.append(("https", alerts.webhook))
    made = {}
    for protocol, endpoint in wanted:
        mark = hashlib.sha256(endpoint.encode()).hexdigest()[:8]
        properties = {"TopicArn": ref(TOPIC), "Protocol": protocol, "Endpoint": endpoint}
        resource = {"Type": "AWS::SNS::Subscription", "Properties": properties}
        made[f"{protocol.capitalize()}{mark}"] = resource
    return made


def _failed(description: Description) -> dict[str, Any]:
    """Return the rule that tells of runs that failed or were stopped, and what to type."""
    paths = {
        "run": "$.detail.ProcessingJobName",
        "status": "$.detail.ProcessingJobStatus",
        "cause": "$.detail.ExitMessage",
        "reason": "$.detail.FailureReason",
        "region": "$.region",
        "time": "$.time",
    }
    console = "https://<region>.console.aws.amazon.com/sagemaker/home?region=<region>"
    # A variable without quotes becomes a JSON text, whatever it holds; one that is not in the
    # event an empty one. Within quotes only what has no quotes itself.
    lines = {
        "run": "<run>",
        "status": "<status>",
        "cause": "<cause>",
        "reason": "<reason>",
        "type": json.dumps(f"launch why <run> --target {description.target_name}"),
        "see": json.dumps(f"{console}#/processing-jobs/<run>"),
        "time": "<time>",
    }
    template = ",\n".join(f'  "{key}": {value}' for key, value in lines.items())
    transformer = {"InputPathsMap": paths, "InputTemplate": f"{{\n{template}\n}}"}
    return {
        "Name": own_name(description, "-failed"),
        "Description": f"Tells of runs of {description.project} that failed or were stopped",
        "EventPattern": failed_pattern(description),
        "Targets": [{"Id": "alerts", "Arn": ref(TOPIC), "InputTransformer": transformer}],
    }


def _of_schedule(description: Description, item: Scheduled) -> Resources:
    """Return the alarms of one schedule; one that is switched off has none."""
    schedule, called = item.schedule, logical(item.name)
    if not schedule.enabled:
        return {}
    made: Resources = {}
    if schedule.alarm_after:
        hours = math.ceil(schedule.alarm_after / 3600)
        if hours > _MOST_HOURS:
            raise LaunchError(
                f"schedules.{item.name}.alarm_after: CloudWatch looks back over 7 days at most; "
                "write 7d or less"
            )
        text = (
            f"No run of {schedule.job} has succeeded in {hours} hours. "
            f"launch list --target {description.target_name} shows the runs"
        )
        made[f"{called}NoSuccess"] = _alarm(
            description,
            f"{item.name}-no-success",
            {
                "AlarmDescription": text,
                **_counted(description, item.name, "Succeeded"),
                "Period": 3600,
                "EvaluationPeriods": hours,
                "ComparisonOperator": "LessThanThreshold",
                "Threshold": 1,
                "TreatMissingData": "breaching",
            },
        )
    if schedule.overlap == "refuse":
        text = (
            f"A run of {schedule.job} was not started: the one before it was still going. "
            "The starter's log names it"
        )
        made[f"{called}Refused"] = _alarm(
            description,
            f"{item.name}-refused",
            {
                "AlarmDescription": text,
                **_counted(description, item.name, "Refused"),
                **_any_within(300),
            },
        )
    return made


def _dead_letters(description: Description) -> dict[str, Any]:
    return {
        "AlarmDescription": (
            "A scheduled run could not be started, also not when it was tried again. "
            f"The queue {own_name(description, 'dead-letters')} holds its event"
        ),
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateNumberOfMessagesVisible",
        "Dimensions": [{"Name": "QueueName", "Value": get(QUEUE, "QueueName")}],
        "Statistic": "Maximum",
        **_any_within(300),
    }


def _counted(description: Description, schedule: str, metric: str) -> dict[str, Any]:
    """Name one of the metrics that the function writes to its log."""
    return {
        "Namespace": NAMESPACE,
        "MetricName": metric,
        "Dimensions": [
            {"Name": "Stack", "Value": stack_name(description)},
            {"Name": "Schedule", "Value": schedule},
        ],
        "Statistic": "Sum",
    }


def _any_within(seconds: int) -> dict[str, Any]:
    return {
        "Period": seconds,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 0,
        "TreatMissingData": "notBreaching",
    }


def _alarm(description: Description, part: str, properties: dict[str, Any]) -> dict[str, Any]:
    named = {"AlarmName": f"{stack_name(description)}-{part}", "AlarmActions": [ref(TOPIC)]}
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": {**named, **properties}}
