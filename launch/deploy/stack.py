"""One CloudFormation stack: what it would change, that change, and its end."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from launch.aws.session import client
from launch.errors import AwsError, LaunchError
from launch.runs.aws import readable_errors

# CloudFormation takes no longer template in the call itself.
LONGEST_TEMPLATE = 51_200
_UNCHANGED = ("didn't contain changes", "No updates are to be performed")
_STACK = "AWS::CloudFormation::Stack"


@dataclass(frozen=True)
class Deployed:
    """A stack as it is."""

    status: str
    tags: Mapping[str, str]
    template: dict[str, Any]

    @property
    def resources(self) -> dict[str, Any]:
        """Return what its template says, by name."""
        return dict(self.template.get("Resources", {}))


@dataclass(frozen=True)
class Change:
    """One resource that a change set would touch."""

    action: str
    resource: str
    type: str
    replacement: str


@dataclass(frozen=True)
class ChangeSet:
    """Changes that CloudFormation has worked out, and has not made."""

    arn: str
    creates: bool
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Event:
    """One line of a stack's history."""

    resource: str
    type: str
    status: str
    reason: str

    @property
    def failed(self) -> bool:
        """Tell whether it names a failure, and not one that follows from another."""
        return self.status.endswith("_FAILED") and "cancelled" not in self.reason


class Stack:
    """A stack of one account and region, by name."""

    def __init__(self, session: Any, name: str, *, poll_seconds: float = 5.0) -> None:
        self.name = name
        self._client = client(session, "cloudformation")
        self._poll = poll_seconds
        self._seen: set[str] = set()

    def deployed(self) -> Deployed | None:
        """Return the stack as it is; None where there is none, or an empty shell of one."""
        found = self._describe(self.name)
        if found is None or found["StackStatus"] in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE"):
            return None
        with readable_errors():
            body = self._client.get_template(StackName=self.name)["TemplateBody"]
        tags = {tag["Key"]: tag["Value"] for tag in found.get("Tags", ())}
        template = json.loads(body) if isinstance(body, str) else dict(body)
        return Deployed(found["StackStatus"], tags, template)

    def propose(
        self, body: str, tags: Mapping[str, str], *, creates: bool, url: str | None = None
    ) -> ChangeSet | None:
        """Let CloudFormation work out what a template would change; None for nothing."""
        given = {"TemplateURL": url} if url else {"TemplateBody": body}
        with readable_errors():
            made = self._client.create_change_set(
                StackName=self.name,
                ChangeSetName=f"launch-{secrets.token_hex(4)}",
                ChangeSetType="CREATE" if creates else "UPDATE",
                Capabilities=["CAPABILITY_NAMED_IAM"],
                Tags=[{"Key": key, "Value": value} for key, value in sorted(tags.items())],
                **given,
            )
            status, reason, changes = self._wait_for_change_set(made["Id"])
        proposed = ChangeSet(made["Id"], creates, changes)
        if status == "CREATE_COMPLETE":
            return proposed
        self.forget(proposed)
        if any(text in reason for text in _UNCHANGED):
            return None
        raise AwsError(f"CloudFormation refuses the template for {self.name}: {reason}")

    def forget(self, proposed: ChangeSet) -> None:
        """Take a change set back; a stack that it alone would have made goes as well."""
        with readable_errors():
            self._client.delete_change_set(StackName=self.name, ChangeSetName=proposed.arn)
            found = self._describe(self.name)
            if proposed.creates and found and found["StackStatus"] == "REVIEW_IN_PROGRESS":
                self._client.delete_stack(StackName=self.name)

    def execute(self, proposed: ChangeSet, show: Callable[[Event], None]) -> None:
        """Make the changes and wait for the end; AwsError names the first resource that failed."""
        list(self._new_events(self.name))
        with readable_errors():
            self._client.execute_change_set(StackName=self.name, ChangeSetName=proposed.arn)
        failed: list[Event] = []
        while True:
            for event in self._new_events(self.name):
                show(event)
                failed += [event] if event.failed and event.type != _STACK else []
                if event.type == _STACK and event.resource == self.name and _ended(event.status):
                    return self._judge(event, failed)
            time.sleep(self._poll)

    def delete(self, show: Callable[[Event], None]) -> None:
        """Delete the stack and wait for its end; what is to be retained stays."""
        found = self._describe(self.name)
        if found is None:
            return
        # A stack that is gone is known by its ID alone.
        arn = found["StackId"]
        list(self._new_events(arn))
        with readable_errors():
            self._client.delete_stack(StackName=self.name)
        failed: list[Event] = []
        while True:
            found = self._describe(arn)
            if found is None or found["StackStatus"] == "DELETE_COMPLETE":
                return
            for event in self._new_events(arn):
                show(event)
                failed += [event] if event.failed and event.type != _STACK else []
            if found["StackStatus"] == "DELETE_FAILED":
                raise AwsError(f"{self.name} could not be deleted: {_first(failed)}")
            time.sleep(self._poll)

    def _judge(self, end: Event, failed: list[Event]) -> None:
        if end.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            return
        back = "" if "ROLLBACK" not in end.status else "; everything was put back"
        raise AwsError(f"{self.name} is {end.status}: {_first(failed)}{back}")

    def _describe(self, name: str) -> dict[str, Any] | None:
        from botocore.exceptions import ClientError

        try:
            with readable_errors():
                found: dict[str, Any] = self._client.describe_stacks(StackName=name)["Stacks"][0]
        except LaunchError as error:
            if isinstance(error.__cause__, ClientError) and "does not exist" in str(error):
                return None
            raise
        return found

    def _wait_for_change_set(self, arn: str) -> tuple[str, str, tuple[Change, ...]]:
        while True:
            pages = [self._client.describe_change_set(StackName=self.name, ChangeSetName=arn)]
            if pages[0]["Status"] in ("CREATE_COMPLETE", "FAILED"):
                break
            time.sleep(min(self._poll, 2.0))
        while token := pages[-1].get("NextToken"):
            pages.append(
                self._client.describe_change_set(
                    StackName=self.name, ChangeSetName=arn, NextToken=token
                )
            )
        changes = [_change(item["ResourceChange"]) for page in pages for item in page["Changes"]]
        return pages[0]["Status"], pages[0].get("StatusReason") or "", tuple(changes)

    def _new_events(self, name: str) -> Iterator[Event]:
        """Give the events since the last look, oldest first."""
        new: list[Event] = []
        with readable_errors():
            pages = self._client.get_paginator("describe_stack_events").paginate(StackName=name)
            for item in (item for page in pages for item in page["StackEvents"]):
                if item["EventId"] in self._seen:
                    break
                self._seen.add(item["EventId"])
                new.append(_event(item))
        yield from reversed(new)


def refuse_unready(name: str, status: str) -> None:
    """Raise LaunchError where a stack's state allows no change; say the way out."""
    if status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"):
        raise LaunchError(
            f"the stack {name} is {status}: it can only be deleted. Run `launch destroy` with the "
            "same --target, then deploy again; the bucket and what is in it stay"
        )
    if status == "UPDATE_ROLLBACK_FAILED":
        raise LaunchError(
            f"the stack {name} is {status}: mend what its events name, then "
            f"`aws cloudformation continue-update-rollback --stack-name {name}`"
        )
    if status.endswith("_IN_PROGRESS"):
        raise LaunchError(f"the stack {name} is being changed ({status}); wait for its end")


def _ended(status: str) -> bool:
    return not status.endswith("_IN_PROGRESS") and status != "UPDATE_FAILED"


def _first(failed: list[Event]) -> str:
    if not failed:
        return "its events do not say why"
    return f"{failed[0].resource} ({failed[0].type}): {failed[0].reason}"


def _change(data: Mapping[str, Any]) -> Change:
    return Change(
        data["Action"], data["LogicalResourceId"], data["ResourceType"],
        data.get("Replacement") or "",
    )  # fmt: skip


def _event(data: Mapping[str, Any]) -> Event:
    return Event(
        data["LogicalResourceId"], data["ResourceType"], data["ResourceStatus"],
        data.get("ResourceStatusReason") or "",
    )  # fmt: skip
