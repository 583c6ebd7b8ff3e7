"""Start scheduled runs: the code of an AWS Lambda function, with the standard library and boto3.

``requests.json`` lies beside it in the zip: each schedule's CreateProcessingJob request, with the
name and the day of a run left open. Three events arrive:

- the event of an EventBridge rule on a schedule, named by the rule,
- ``{"schedule": NAME, "time": "2026-11-23T02:00:00Z"}`` from EventBridge Scheduler, or by hand,
- the end of a run that succeeded, which is counted for the alarm on nights without one.

A run's name comes from the event's time: the same event delivered twice makes the same name, and a
name is taken once. What goes wrong is raised: Lambda calls again, twice, and then puts the event
into the dead-letter queue.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
import re
import time
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("requests.json")
# The same as in launch.description.dates; a test holds one against the other.
REFERENCE = r"\$\{date(?::([^{}]*))?\}"
NAMESPACE = "Launch"
_STATE_CHANGE = "SageMaker Processing Job State Change"
_GOING = ("InProgress", "Stopping")
_NO_SUCH_RUN = ("ValidationException", "ResourceNotFound", "ResourceNotFoundException")


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Start the run that an event asks for, or count one that succeeded."""
    deployed = json.loads(FILE.read_text(encoding="utf-8"))
    if event.get("detail-type") == _STATE_CHANGE:
        return _count_success(deployed, str(event["detail"]["ProcessingJobName"]))
    name = schedule_of(event, deployed)
    scheduled = deployed["schedules"][name]
    run, request = request_for(name, scheduled, moment_of(event))
    outcome: dict[str, Any] = {"schedule": name, "run": run}
    if _is_there(run):
        outcome["outcome"] = "there already"
    elif scheduled["overlap"] == "refuse" and (going := list(_going(scheduled))):
        outcome |= {"outcome": "refused", "still_going": going}
    else:
        outcome["outcome"] = _create(request)
    _say(deployed["stack"], outcome)
    return outcome


def schedule_of(event: Mapping[str, Any], deployed: Mapping[str, Any]) -> str:
    """Return the name of the schedule an event belongs to."""
    rules = [str(arn).rpartition("/")[2] for arn in event.get("resources", ())]
    names = [deployed["rules"][rule] for rule in rules if rule in deployed["rules"]]
    name = event.get("schedule") or next(iter(names), None)
    if name not in deployed["schedules"]:
        known = ", ".join(deployed["schedules"])
        raise ValueError(f"the event names no schedule of {deployed['stack']}: it has {known}")
    return str(name)


def moment_of(event: Mapping[str, Any]) -> datetime:
    """Return when the run was due: a repeated event has the same time."""
    return datetime.fromisoformat(str(event["time"]).replace("Z", "+00:00"))


def request_for(
    schedule: str, scheduled: Mapping[str, Any], moment: datetime
) -> tuple[str, dict[str, Any]]:
    """Return the run's name and its request, with the name and the day put in."""
    day = moment.astimezone(zone(scheduled["timezone"])) - timedelta(days=scheduled["days_back"])
    name = run_name(schedule, scheduled, moment, day.date())
    return name, fill(scheduled["request"], day.date(), {scheduled["placeholder"]: name})


def run_name(schedule: str, scheduled: Mapping[str, Any], moment: datetime, day: date) -> str:
    """Return ``PROJECT-JOB-[dDAY-]DATE-TIME-XXXX``: in UTC, the same for the same event."""
    of_day = f"d{day:%Y%m%d}-" if scheduled["dated"] else ""
    at = moment.astimezone(timezone.utc).strftime("%Y%m%d-%H%M%S")
    mark = hashlib.sha256(f"{scheduled['stack']}/{schedule}".encode()).hexdigest()[:4]
    return f"{scheduled['start']}{of_day}{at}-{mark}"


def fill(value: Any, day: date, names: Mapping[str, str]) -> Any:
    """Put a day for ``${date}``, and a name for each placeholder, into data of any depth."""
    if isinstance(value, dict):
        return {key: fill(item, day, names) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, day, names) for item in value]
    if not isinstance(value, str):
        return value
    text = re.sub(REFERENCE, lambda found: day.strftime(found[1] or "%Y-%m-%d"), value)
    for placeholder, name in names.items():
        text = text.replace(placeholder, name)
    return text


def zone(name: str) -> tzinfo:
    """Return a time zone; dateutil, which boto3 brings, has them where the system has none."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if name == "UTC":
        return timezone.utc
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        found: tzinfo | None = importlib.import_module("dateutil.tz").gettz(name)
        if found is None:
            raise
        return found


def is_run_of(name: str, scheduled: Mapping[str, Any]) -> bool:
    """Tell whether a run is one of a schedule's job; ``prepare`` begins ``prepare-tabular``."""
    return name.startswith(scheduled["start"]) and not name.startswith(tuple(scheduled["others"]))


@functools.cache
def _client() -> Any:
    import boto3

    return boto3.client("sagemaker")


def _is_there(run: str) -> bool:
    try:
        _client().describe_processing_job(ProcessingJobName=run)
    except _client().exceptions.ClientError as error:
        if error.response["Error"]["Code"] in _NO_SUCH_RUN:
            return False
        raise
    return True


def _going(scheduled: Mapping[str, Any]) -> Iterator[str]:
    """Name the runs of the job that have not ended."""
    lists = _client().get_paginator("list_processing_jobs")
    for status in _GOING:
        # AWS finds the text anywhere in a name.
        for page in lists.paginate(NameContains=scheduled["start"], StatusEquals=status):
            names = [found["ProcessingJobName"] for found in page["ProcessingJobSummaries"]]
            yield from (name for name in names if is_run_of(name, scheduled))


def _create(request: Mapping[str, Any]) -> str:
    try:
        _client().create_processing_job(**request)
    except _client().exceptions.ResourceInUse:
        # The same event, delivered a second time while the first was at work.
        return "there already"
    return "started"


def _count_success(deployed: Mapping[str, Any], run: str) -> dict[str, Any]:
    """Count a run that succeeded for each schedule of its job, whoever has started it."""
    found = [name for name, one in deployed["schedules"].items() if is_run_of(run, one)]
    for name in found:
        _say(deployed["stack"], {"schedule": name, "run": run, "outcome": "succeeded"})
    return {"run": run, "outcome": "succeeded", "schedules": found}


def _say(stack: str, outcome: Mapping[str, Any]) -> None:
    """Log an outcome as one line, of which CloudWatch makes a metric (embedded metric format)."""
    metric = {
        "started": "Started", "there already": "Repeated", "refused": "Refused",
        "succeeded": "Succeeded",
    }[outcome["outcome"]]  # fmt: skip
    described = {
        "Namespace": NAMESPACE,
        "Dimensions": [["Stack", "Schedule"]],
        "Metrics": [{"Name": metric, "Unit": "Count"}],
    }
    line = {
        **outcome, "Stack": stack, "Schedule": outcome["schedule"], metric: 1,
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [described]},
    }  # fmt: skip
    print(json.dumps(line))
