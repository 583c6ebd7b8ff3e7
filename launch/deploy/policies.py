"""Roles and the statements of their policies: each names what it needs, and where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Union

from launch.deploy.names import arn

Arn = Union[str, dict[str, Any]]
_VERSION = "2012-10-17"


def allow(
    sid: str,
    actions: Sequence[str],
    resources: Arn | Sequence[Arn],
    condition: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return one statement."""
    made: dict[str, Any] = {"Sid": sid, "Effect": "Allow", "Action": list(actions)}
    made["Resource"] = resources if isinstance(resources, (str, dict)) else list(resources)
    return {**made, "Condition": condition} if condition else made


def role(service: str, statements: Sequence[dict[str, Any]], **properties: Any) -> dict[str, Any]:
    """Return a role that a service of AWS may take, on behalf of this account alone."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
    }
    document = {"Version": _VERSION, "Statement": list(statements)}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            **properties,
            "AssumeRolePolicyDocument": {"Version": _VERSION, "Statement": [trust]},
            "Policies": [{"PolicyName": "launch", "PolicyDocument": document}],
        },
    }


def use_of_key(key: str, actions: Sequence[str], sid: str) -> dict[str, Any]:
    """Allow the use of a KMS key, given by ARN, ID or alias."""
    name = key.rpartition(":")[2]
    if not name.startswith("alias/"):
        return allow(sid, actions, key if key.startswith("arn:") else arn("kms", f"key/{key}"))
    # A policy cannot name an alias as its resource.
    condition = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": name}}
    return allow(sid, actions, arn("kms", "key/*"), condition)
