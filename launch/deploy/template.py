"""One CloudFormation template of what a target's launch.yaml says. Same input, same bytes."""

from __future__ import annotations

import json
from typing import Any

from launch.deploy.alerts import TOPIC, alert_resources
from launch.deploy.job_role import job_role
from launch.deploy.names import Resources, logical, ref
from launch.deploy.roles import starter_roles
from launch.deploy.scheduled import Scheduled, Starter, scheduled_runs, starter_of
from launch.deploy.starter import FUNCTION, starter_resources
from launch.deploy.storage import expiries, storage_resources
from launch.description.load import Description
from launch.errors import LaunchError

Template = dict[str, Any]


def storage_template(description: Description) -> Template:
    """Return the bucket alone: it must be there before the function's code can be."""
    return _template(description, storage_resources(description))


def whole_template(description: Description) -> tuple[Template, list[Scheduled], Starter | None]:
    """Return everything, with the schedules in it and the zip it needs in S3."""
    expiries(description)
    _refuse_twins(description)
    scheduled = scheduled_runs(description)
    starter = starter_of(description, scheduled) if scheduled else None
    parts = [
        storage_resources(description) if description.target.create_bucket else {},
        job_role(description) if description.target.create_role else {},
        alert_resources(description, scheduled),
    ]
    if starter:
        parts.append(starter_resources(description, scheduled, starter))
        parts.append(starter_roles(description, scheduled))
    made: Resources = {name: resource for part in parts for name, resource in part.items()}
    return _template(description, made), scheduled, starter


def as_text(template: Template) -> str:
    """Return a template as people read it."""
    return json.dumps(template, indent=2, sort_keys=True)


def as_sent(template: Template) -> str:
    """Return a template without blanks: what is sent may have 51,200 characters."""
    return json.dumps(template, separators=(",", ":"), sort_keys=True)


def _refuse_twins(description: Description) -> None:
    called: dict[str, str] = {}
    for name in description.schedules:
        twin = called.setdefault(logical(name), name)
        if twin != name:
            raise LaunchError(
                f"schedules: {twin} and {name} would be one in the template, where names have no "
                "hyphens; rename one of them"
            )


def _template(description: Description, resources: Resources) -> Template:
    named = {TOPIC: ref(TOPIC), FUNCTION: ref(FUNCTION)}
    outputs = {name: {"Value": value} for name, value in named.items() if name in resources}
    made: Template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"launch: {description.project} in {description.target_name}",
        "Resources": resources,
    }
    return {**made, "Outputs": outputs} if outputs else made
