"""The machines of Amazon SageMaker Processing: cores, memory, and what else decides a job."""

from __future__ import annotations

import difflib
import functools
import importlib.resources
import json
import re
from dataclasses import dataclass
from typing import Any

from launch.errors import LaunchError


class UnknownInstanceError(LaunchError, KeyError):
    """An instance type that the table does not have."""

    __str__ = LaunchError.__str__


@dataclass(frozen=True)
class Instance:
    """One instance type, as Amazon EC2 describes it."""

    name: str
    vcpu: int
    memory_mib: int
    gpu: int
    arm: bool
    local_nvme: bool


def instance(name: str) -> Instance:
    """Return an instance type; UnknownInstanceError names the nearest where there is none."""
    row = _table().get(name)
    if row is None:
        near = nearest(name, _table())
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise UnknownInstanceError(f"the table of instance types lacks {name!r}{hint}")
    return Instance(
        name=name,
        vcpu=row["vcpu"],
        memory_mib=row["memory_mib"],
        gpu=row.get("gpu", 0),
        arm=is_arm(name),
        local_nvme=row.get("local_nvme", False),
    )


@functools.cache
def processing_types() -> tuple[str, ...]:
    """Return every type that the API of processing jobs accepts, as botocore knows it."""
    from botocore.loaders import Loader

    model = Loader().load_service_model("sagemaker", "service-2")
    return tuple(model["shapes"]["ProcessingInstanceType"]["enum"])


def nearest(name: str, known: Any) -> list[str]:
    """Return up to three known types that look like ``name``, those of its size first."""
    found = difflib.get_close_matches(name, list(known), 6)
    size = name.rpartition(".")[2]
    return sorted(found, key=lambda item: item.rpartition(".")[2] != size)[:3]


def is_arm(name: str) -> bool:
    """Tell whether a type has Graviton processors: a ``g`` behind the generation's number."""
    found = re.fullmatch(r"ml\.([a-z]+)\d+([a-z]*)(-[a-z]+)?\..+", name)
    return found is not None and (found[1] == "a" or "g" in found[2])


def is_gpu(name: str) -> bool:
    """Tell whether the SDK takes a type for a GPU one: by the first letter of its family."""
    return re.match(r"ml\.[gp]\d", name) is not None


@functools.cache
def _table() -> dict[str, dict[str, Any]]:
    text = importlib.resources.files(__package__).joinpath("instances.json").read_text("utf-8")
    table: dict[str, dict[str, Any]] = json.loads(text)
    return table
