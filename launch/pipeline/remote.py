"""The pipeline in the account: what it is now, what would change, and how a start gets on."""

from __future__ import annotations

import difflib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from launch.aws.session import client
from launch.description.load import Description
from launch.errors import AwsError, LaunchError
from launch.pipeline.outcome import Execution, StepOutcome
from launch.pipeline.render import Rendered
from launch.request.plan import Upload
from launch.request.transfer import is_there, upload_file
from launch.runs.aws import readable_errors
from launch.runs.follow import may_pass

_ENDED = ("Succeeded", "Failed", "Stopped")
_NOT_FOUND = ("ResourceNotFound", "ResourceNotFoundException", "ValidationException")


@dataclass(frozen=True)
class Known:
    """A pipeline as the account has it."""

    arn: str
    definition: dict[str, Any]


class RemotePipelines:
    """Pipelines of one account and region."""

    def __init__(self, description: Description, session: Any) -> None:
        self._description = description
        self._sagemaker = client(session, "sagemaker")
        self._looking = looking_client(session)
        self._steps_so_far: tuple[StepOutcome, ...] = ()
        self.s3 = client(session, "s3")

    def find(self, name: str) -> Known | None:
        """Return a pipeline; None where there is none of that name."""
        from botocore.exceptions import ClientError

        try:
            with readable_errors():
                found = self._sagemaker.describe_pipeline(PipelineName=name)
        except AwsError as error:
            cause = error.__cause__
            code = cause.response["Error"]["Code"] if isinstance(cause, ClientError) else ""
            if code in _NOT_FOUND:
                return None
            raise
        return Known(found["PipelineArn"], json.loads(found["PipelineDefinition"]))

    def upload(self, uploads: tuple[Upload, ...], note: Callable[[str], None]) -> None:
        """Copy files to S3 where they are not there; their places are named by their content."""
        for item in uploads:
            if not is_there(self.s3, item):
                note(f"uploading {item.local_path.name} → {item.s3_uri}")
                upload_file(self.s3, item, kms_key=self._description.target.kms_key)

    def upsert(self, rendered: Rendered) -> str:
        """Create or update the pipeline and its tags; return its ARN."""
        target = self._description.target
        tags = [{"Key": key, "Value": value} for key, value in sorted(target.tags.items())]
        request = {
            "PipelineName": rendered.name,
            "PipelineDefinition": json.dumps(rendered.definition, sort_keys=True),
            "RoleArn": target.role,
        }
        known = self.find(rendered.name)
        with readable_errors():
            if known is None:
                made = self._sagemaker.create_pipeline(**request, Tags=tags)
                return str(made["PipelineArn"])
            self._sagemaker.update_pipeline(**request)
            if tags:
                self._sagemaker.add_tags(ResourceArn=known.arn, Tags=tags)
        return known.arn

    def start(self, name: str, values: dict[str, str]) -> str:
        """Start an execution; return its ARN."""
        parameters = [{"Name": key, "Value": value} for key, value in sorted(values.items())]
        with readable_errors():
            made = self._sagemaker.start_pipeline_execution(
                PipelineName=name, PipelineParameters=parameters
            )
        return str(made["PipelineExecutionArn"])

    def follow(
        self,
        arn: str,
        name: str,
        *,
        on_step: Callable[[StepOutcome], None],
        note: Callable[[str], None],
        poll_seconds: float,
    ) -> Execution:
        """Look at an execution until it has ended; each change of a step is told once."""
        seen: dict[str, str] = {}
        while True:
            found = self._look(arn, name, note)
            for step in found.steps if found else ():
                if seen.get(step.name) != step.status:
                    seen[step.name] = step.status
                    on_step(step)
            if found and found.status in _ENDED:
                return found
            time.sleep(poll_seconds)

    def _look(self, arn: str, name: str, note: Callable[[str], None]) -> Execution | None:
        """Ask once; None where the answer was one of those troubles that pass."""
        try:
            with readable_errors():
                found = self._looking.describe_pipeline_execution(PipelineExecutionArn=arn)
        except LaunchError as error:
            if not may_pass(error):
                raise
            note(f"{error}; asking again")
            return None
        status, steps = found["PipelineExecutionStatus"], self._steps(arn, note)
        return Execution(arn, name, status, steps, found.get("FailureReason") or "")

    def _steps(self, arn: str, note: Callable[[str], None]) -> tuple[StepOutcome, ...]:
        """Return the steps so far, oldest first; those of the last look where they are refused."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            pages = self._looking.get_paginator("list_pipeline_execution_steps").paginate(
                PipelineExecutionArn=arn, SortOrder="Ascending"
            )
            listed = [step for page in pages for step in page["PipelineExecutionSteps"]]
            self._steps_so_far = tuple(_outcome(step) for step in listed)
        except ClientError as error:
            note(f"the steps cannot be listed ({error.response['Error']['Code']})")
        except BotoCoreError as error:
            note(f"the steps cannot be listed ({error})")
        return self._steps_so_far


def looking_client(session: Any) -> Any:
    """Return a client that gives up soon: what it asks is asked again and again."""
    from botocore.config import Config

    retries: Any = {"mode": "standard", "total_max_attempts": 2}
    return session.client("sagemaker", config=Config(retries=retries, connect_timeout=10))


def changes(known: Known | None, rendered: Rendered) -> str:
    """Return what an upsert would change, as a unified diff; empty where that is nothing."""
    before = json.dumps(known.definition, indent=2, sort_keys=True) + "\n" if known else ""
    lines = difflib.unified_diff(
        before.splitlines(), rendered.text.splitlines(), "in the account", "launch.yaml",
        lineterm="", n=2,
    )  # fmt: skip
    return "\n".join(lines)


def _outcome(step: dict[str, Any]) -> StepOutcome:
    made: dict[str, Any] = step.get("Metadata") or {}
    kind, metadata = next(iter(made.items())) if made else ("", {})
    status = "Cached" if step.get("CacheHitResult") else step["StepStatus"]
    began, ended = step.get("StartTime"), step.get("EndTime")
    seconds = None
    if began:
        seconds = ((ended or datetime.now(timezone.utc)) - began).total_seconds()
    run = str((metadata or {}).get("Arn", "")).rpartition("/")[2]
    return StepOutcome(
        step["StepName"], kind, status, seconds, run, step.get("FailureReason") or ""
    )
