"""What launch.yaml may say. Limits are the API's own, so that an editor shows them too."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints, model_validator

from launch.description.jobs import BaseJob, ContainerJob, Job, SklearnJob, SparkJob
from launch.description.parts import (
    BUCKET,
    JOB_NAME,
    Classification,
    Data,
    Input,
    Key,
    Model,
    Name,
    Output,
    Text,
)
from launch.description.pipelines import Pipeline
from launch.description.schedules import Alerts, Retention, Schedule

__all__ = [
    "JOB_NAME",
    "BaseJob",
    "Classification",
    "ContainerJob",
    "Data",
    "Input",
    "Job",
    "Output",
    "Pipeline",
    "Project",
    "Schedule",
    "SklearnJob",
    "SparkJob",
    "Target",
]


class Target(Model):
    """Where jobs run and keep their files: an account, a region, a bucket, a role."""

    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    account: Annotated[Text, StringConstraints(pattern=r"^\d{12}$")] | None = None
    role: Annotated[
        str, StringConstraints(pattern=r"^arn:aws[a-z\-]*:iam::\d{12}:role/[\w+=,.@/-]+$")
    ]
    bucket: Annotated[str, StringConstraints(pattern=rf"^{BUCKET}$")]
    bucket_owner: Annotated[Text, StringConstraints(pattern=r"^\d{12}$")] | None = Field(
        None, description="account that must own the bucket (default: the target's account)"
    )
    prefix: Annotated[str, StringConstraints(pattern=r"^[\w!.*'()/-]*$")] = ""
    endpoint_url: str | None = Field(None, description="another service that speaks AWS's protocol")
    profile: str | None = Field(None, description="of ~/.aws/config; default: the usual chain")
    kms_key: str | None = Field(None, description="encrypts volumes, uploads and outputs")
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    encrypt_traffic: bool = Field(False, description="between the hosts of a job")
    tags: dict[Key, Text] = Field(default_factory=dict)
    create_bucket: bool = Field(
        False, description="launch deploy makes the bucket; it stays when the rest is destroyed"
    )
    create_role: bool = Field(False, description="launch deploy makes the role jobs run with")
    alerts: Alerts = Field(default_factory=lambda: Alerts.model_validate({}))
    retention: Retention = Field(default_factory=lambda: Retention.model_validate({}))
    variables: dict[str, Text] = Field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="settings of jobs that differ in this target"
    )

    @model_validator(mode="after")
    def _network_whole(self) -> Target:
        if bool(self.subnets) != bool(self.security_groups):
            raise ValueError("subnets and security_groups go together: give both or neither")
        return self


class Project(Model):
    """The whole of launch.yaml."""

    project: Name
    variables: dict[str, Text] = Field(default_factory=dict)
    targets: dict[Name, Target] = Field(min_length=1)
    jobs: dict[Name, Job] = Field(min_length=1)
    schedules: dict[Name, Schedule] = Field(default_factory=dict)
    pipelines: dict[Name, Pipeline] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _jobs_there(self) -> Project:
        for name, schedule in self.schedules.items():
            if schedule.job not in self.jobs:
                raise ValueError(
                    f"schedules.{name}.job: there is no job {schedule.job!r}; "
                    f"there are {', '.join(self.jobs)}"
                )
        for name, pipeline in self.pipelines.items():
            pipeline.check_jobs(name, self.jobs)
        return self
