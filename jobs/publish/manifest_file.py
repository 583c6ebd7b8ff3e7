"""Read the manifest of an output, with the version that an exchange is to find there still."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from jobs.files import Files, java_message
from schemas.errors import InputError


@dataclass(frozen=True)
class Found:
    """A manifest and its version; an empty one where there is none."""

    content: dict[str, Any] = field(default_factory=dict)
    version: str | None = None


def read_manifest(files: Files, path: str) -> Found:
    """Read a manifest that prepare wrote; InputError where it is not one or cannot be read."""
    try:
        found = files.read_versioned(path)
        if found is None:
            return Found()
        data = json.loads(found.text)
        if data["job"] != "prepare" or not all(isinstance(f["path"], str) for f in data["files"]):
            raise ValueError("not ours")
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path} was not written by prepare; choose another output") from None
    except Exception as error:  # noqa: BLE001 - whatever Hadoop raises, it is this path
        directory = path.rpartition("/")[0]
        raise InputError(f"cannot read {directory}: {java_message(error)}") from None
    return Found(dict(data), found.version)


def as_text(manifest: Any) -> str:
    """Write a manifest as it lies in the output."""
    return json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
