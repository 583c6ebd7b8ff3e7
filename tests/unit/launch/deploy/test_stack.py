"""A stack's failures and states, told by a service that answers from lists."""

from __future__ import annotations

from typing import Any

import pytest

from launch.deploy import stack as module
from launch.deploy.stack import ChangeSet, Event, Stack, refuse_unready
from launch.errors import AwsError, LaunchError

STACK = "AWS::CloudFormation::Stack"


class FakeService:
    """Its history gets longer when the change set is executed."""

    def __init__(self, events: list[dict[str, str]], change_set: dict[str, Any]) -> None:
        self._later = events
        self._events: list[dict[str, str]] = []
        self._change_set = change_set
        self.forgotten: list[str] = []

    def execute_change_set(self, **query: str) -> None:
        # The newest first, as CloudFormation has it.
        self._events = self._later[::-1]

    def get_paginator(self, name: str) -> FakeService:
        return self

    def paginate(self, StackName: str) -> list[dict[str, Any]]:  # noqa: N803
        return [{"StackEvents": self._events}]

    def create_change_set(self, **query: Any) -> dict[str, str]:
        return {"Id": "arn:change-set"}

    def describe_change_set(self, **query: Any) -> dict[str, Any]:
        return {"Changes": [], **self._change_set}

    def delete_change_set(self, **query: str) -> None:
        self.forgotten.append("change set")

    def delete_stack(self, **query: str) -> None:
        self.forgotten.append("stack")

    def describe_stacks(self, **query: str) -> dict[str, Any]:
        return {"Stacks": [{"StackStatus": "REVIEW_IN_PROGRESS"}]}


def event(number: int, resource: str, kind: str, status: str, reason: str = "") -> dict[str, str]:
    return {
        "EventId": str(number), "LogicalResourceId": resource, "ResourceType": kind,
        "ResourceStatus": status, "ResourceStatusReason": reason,
    }  # fmt: skip


def make(
    monkeypatch: pytest.MonkeyPatch,
    events: list[dict[str, str]] | None = None,
    change_set: dict[str, Any] | None = None,
) -> tuple[Stack, FakeService]:
    service = FakeService(events or [], change_set or {"Status": "CREATE_COMPLETE"})
    monkeypatch.setattr(module, "client", lambda session, name: service)
    return Stack(None, "launch-x", poll_seconds=0.01), service


def test_the_first_resource_that_failed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    stack, _ = make(
        monkeypatch,
        [
            event(1, "launch-x", STACK, "CREATE_IN_PROGRESS"),
            event(2, "Alerts", "AWS::SNS::Topic", "CREATE_FAILED", "creation cancelled"),
            event(3, "Starter", "AWS::Lambda::Function", "CREATE_FAILED", "no such key"),
            event(4, "OnFailed", "AWS::Events::Rule", "CREATE_FAILED", "another reason"),
            event(5, "launch-x", STACK, "ROLLBACK_IN_PROGRESS", "failed to create: [Starter]"),
            event(6, "launch-x", STACK, "ROLLBACK_COMPLETE"),
        ],
    )
    shown: list[Event] = []
    with pytest.raises(AwsError, match="ROLLBACK_COMPLETE: Starter .*: no such key") as caught:
        stack.execute(ChangeSet("arn", True, ()), shown.append)
    assert caught.value.exit_code == 1
    assert [item.resource for item in shown][:2] == ["launch-x", "Alerts"]


def test_a_cleanup_is_not_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    stack, _ = make(
        monkeypatch,
        [
            event(1, "launch-x", STACK, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
            event(2, "Old", "AWS::SNS::Topic", "DELETE_COMPLETE"),
            event(3, "launch-x", STACK, "UPDATE_COMPLETE"),
        ],
    )
    shown: list[Event] = []
    stack.execute(ChangeSet("arn", False, ()), shown.append)
    assert len(shown) == 3


@pytest.mark.parametrize(
    "reason",
    [
        "The submitted information didn't contain changes. Submit …",
        "No updates are to be performed.",
    ],
)
def test_a_change_set_without_changes_is_none(monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    stack, service = make(monkeypatch, [], {"Status": "FAILED", "StatusReason": reason})
    assert stack.propose("{}", {}, creates=False) is None
    assert service.forgotten == ["change set"]


def test_a_refused_template_leaves_no_empty_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    stack, service = make(monkeypatch, [], {"Status": "FAILED", "StatusReason": "Invalid X"})
    with pytest.raises(AwsError, match="refuses the template for launch-x: Invalid X"):
        stack.propose("{}", {}, creates=True)
    assert service.forgotten == ["change set", "stack"]


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ("ROLLBACK_COMPLETE", "can only be deleted. Run `launch destroy`"),
        ("DELETE_FAILED", "can only be deleted"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name launch-x"),
        ("UPDATE_IN_PROGRESS", "is being changed .*; wait for its end"),
    ],
)
def test_states_that_allow_no_change(status: str, message: str) -> None:
    with pytest.raises(LaunchError, match=message):
        refuse_unready("launch-x", status)


@pytest.mark.parametrize(
    "status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]
)
def test_states_that_allow_it(status: str) -> None:
    refuse_unready("launch-x", status)
