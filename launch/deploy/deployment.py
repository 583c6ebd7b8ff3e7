"""From a template to a stack: storage first, then what lies in it, then the rest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from launch.aws.session import client
from launch.deploy.names import below, stack_name
from launch.deploy.ready import (
    bucket_is_new,
    refuse_taken_role,
    refuse_wrong_account,
    refuse_wrong_stack,
    tags_of,
)
from launch.deploy.scheduled import Scheduled, Starter
from launch.deploy.stack import LONGEST_TEMPLATE, ChangeSet, Deployed, Event, Stack
from launch.deploy.template import Template, as_sent, storage_template
from launch.description.load import Description
from launch.request.kept import keep
from launch.request.plan import Upload
from launch.request.transfer import is_there, upload_file
from launch.runs.aws import readable_errors


class Talk(Protocol):
    """How a deployment speaks with whoever asked for it."""

    def note(self, text: str) -> None:
        """Say something."""

    def agree(self, proposed: ChangeSet) -> bool:
        """Show what would change, and ask."""

    def event(self, event: Event) -> None:
        """Show how the stack is getting on."""


class Deployment:
    """One stack on its way to what launch.yaml says."""

    def __init__(self, description: Description, session: Any, stack: Stack, talk: Talk) -> None:
        self._description = description
        self._session = session
        self._stack = stack
        self._talk = talk

    def check(self) -> Deployed | None:
        """Return the stack as it is; LaunchError where it cannot or must not be changed."""
        refuse_wrong_account(self._description, self._session)
        deployed = self._stack.deployed()
        refuse_wrong_stack(self._description, deployed)
        refuse_taken_role(self._description, deployed, self._session)
        return deployed

    def run(
        self,
        deployed: Deployed | None,
        template: Template,
        scheduled: list[Scheduled],
        starter: Starter | None,
    ) -> bool | None:
        """Upload and change; True when done, None for nothing to change, False for a refusal."""
        if bucket_is_new(self._description, deployed, self._session):
            self._talk.note(f"first the bucket {self._description.target.bucket}, for the code")
            first = storage_template(self._description)
            if deployed:
                known = {**deployed.resources, **first["Resources"]}
                first = {**deployed.template, "Resources": known}
            if self._change(first, creates=deployed is None) is False:
                return False
            deployed = self._stack.deployed()
        if deployed and deployed.template == template and self._tagged(deployed):
            return None
        if starter:
            own = [starter.upload, *(up for item in scheduled for up in item.uploads)]
            self._upload([*own, *(up for item in scheduled for up in item.shared)])
        return self._change(template, creates=deployed is None)

    def _tagged(self, deployed: Deployed) -> bool:
        return dict(deployed.tags) == tags_of(self._description)

    def _change(self, template: Template, *, creates: bool) -> bool | None:
        body = as_sent(template)
        url = self._at_url(body) if len(body) > LONGEST_TEMPLATE else None
        proposed = self._stack.propose(body, tags_of(self._description), creates=creates, url=url)
        if proposed is None:
            return None
        try:
            agreed = self._talk.agree(proposed)
        except BaseException:
            self._stack.forget(proposed)
            raise
        if not agreed:
            self._stack.forget(proposed)
            return False
        self._stack.execute(proposed, self._talk.event)
        return True

    def _upload(self, uploads: Iterable[Upload]) -> None:
        """Copy what S3 does not have yet; what is named by its content never changes."""
        s3 = client(self._session, "s3")
        with readable_errors():
            for upload in dict.fromkeys(uploads):
                if not is_there(s3, upload):
                    self._talk.note(f"uploading {upload.local_path.name} → {upload.s3_uri}")
                    upload_file(s3, upload, kms_key=self._description.target.kms_key)

    def _at_url(self, body: str) -> str:
        """Put a long template where CloudFormation reads it."""
        bucket = self._description.target.bucket
        digest = hashlib.sha256(body.encode()).hexdigest()[:16]
        key = f"{below(self._description, 'deployed')}{digest}/template.json"
        path: Path = keep(self._description, "template.json", body.encode())
        self._upload([Upload(f"s3://{bucket}/{key}", path)])
        with readable_errors():
            url: str = client(self._session, "s3").generate_presigned_url(
                "get_object", Params={"Bucket": bucket, "Key": key}
            )
        return url.partition("?")[0]


def what_stays(description: Description) -> list[str]:
    """Say what `launch destroy` leaves."""
    bucket = description.target.bucket
    return [
        f"the bucket {bucket} with everything in it",
        "the runs, those that are going as well, and their logs in /aws/sagemaker/ProcessingJobs",
    ]


def stack_of(description: Description, session: Any, poll_seconds: float) -> Stack:
    """Return the stack of a project in a target."""
    return Stack(session, stack_name(description), poll_seconds=poll_seconds)
