"""What a start on this machine needs first: data and code in the store, values of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from launch.description.load import Description
from launch.emulate.store import FolderStore
from launch.pipeline.fingerprint import fingerprint, list_folder
from launch.pipeline.local import LocalExecution
from launch.pipeline.parameters import FINGERPRINT, INPUT, deciding, start_values, with_given
from launch.pipeline.render import render
from launch.runs.local import FOLDER


def local_execution(
    description: Description,
    name: str,
    *,
    day: date | None,
    source: str | None,
    given: Sequence[str],
) -> LocalExecution:
    """Return an execution that is ready to run; LaunchError where there is no input."""
    # First what needs no time.
    values = start_values(description, description.pipelines[name], day=day, source=source)
    rendered = render(description, name)
    store = FolderStore(description.root / FOLDER / "s3")
    declared = rendered.definition["Parameters"]
    types = {item["Name"]: item["Type"] for item in declared}
    values = with_given(values, types, given)
    for upload in rendered.data:
        if upload.s3_uri.startswith(values[INPUT]) and not store.is_there(upload):
            store.upload(upload.local_path, upload.s3_uri)
    for upload in rendered.uploads:
        store.upload(upload.local_path, upload.s3_uri)
    values[FINGERPRINT] = fingerprint(deciding(values), list_folder(store, values[INPUT]))
    defaults = {item["Name"]: item.get("DefaultValue") for item in declared}
    typed: dict[str, Any] = {
        key: float(value) if types[key] == "Float" else value for key, value in values.items()
    }
    return LocalExecution(description, rendered.name, rendered.definition, {**defaults, **typed})
