"""What the parts of a stack are called: in AWS, and within the template."""

from __future__ import annotations

import hashlib
from typing import Any

from launch.description.load import Description

Resources = dict[str, dict[str, Any]]
# Of a rule, a schedule, a function; a queue's may be longer.
_LONGEST = 64
_MARK = 8


def stack_name(description: Description) -> str:
    """Return the name of the stack of a project in a target."""
    return f"launch-{description.project}-{description.target_name}"


def own_name(description: Description, part: str) -> str:
    """Return the name of a part in AWS, cut where it would be too long."""
    name = f"{stack_name(description)}-{part}"
    if len(name) <= _LONGEST:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:_MARK]
    return f"{name[: _LONGEST - _MARK - 1]}-{mark}"


def names_of(description: Description) -> str:
    """Return the pattern of the names of all parts of a stack, for conditions of policies."""
    return f"{stack_name(description)}-"[: _LONGEST - _MARK - 1] + "*"


def logical(name: str) -> str:
    """Return what a template may call a part: letters and digits."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("-"))


def get(resource: str, attribute: str = "Arn") -> dict[str, Any]:
    """Refer to an attribute of another resource."""
    return {"Fn::GetAtt": [resource, attribute]}


def ref(resource: str) -> dict[str, Any]:
    """Refer to another resource."""
    return {"Ref": resource}


def arn(service: str, rest: str, *, region: bool = True, account: str = "") -> dict[str, Any]:
    """Return an ARN of this account, in any of AWS's partitions."""
    where = "${AWS::Region}" if region else ""
    whose = account or "${AWS::AccountId}"
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:{service}:{where}:{whose}:{rest}"}


def bucket_arn(bucket: str, key: str = "") -> dict[str, Any]:
    """Return the ARN of a bucket, or of objects in one."""
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:s3:::{bucket}{'/' * bool(key)}{key}"}


def below(description: Description, folder: str) -> str:
    """Return a folder of the target's prefix, as a prefix of keys."""
    return f"{description.target.prefix.strip('/')}/{folder}/".lstrip("/")
