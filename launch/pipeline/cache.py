"""Results of steps that were played here: a step with an equal key takes the old one.

The key has what SageMaker's has for a step's type, every parameter filled in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from launch.emulate.store import FolderStore
from launch.pipeline.recorded import CACHE_KEY, digest

TRAINING_KEY = (
    "AlgorithmSpecification", "CheckpointConfig", "Environment", "HyperParameters",
    "InputDataConfig",
)  # fmt: skip


class LocalCache:
    """A folder with one file for each result."""

    def __init__(self, folder: Path, store: FolderStore, fingerprint: str) -> None:
        """Keep results in a folder; they count as long as the store has what they made."""
        self._folder = folder
        self._store = store
        self._fingerprint = fingerprint

    def get(self, step: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what an equal step made: its run and its properties."""
        path = self._path(step, request)
        if path is None or not path.is_file():
            return None
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        whole = all(any(self._store.keys(uri)) for uri in found["made"])
        return found if whole else None

    def put(
        self, step: Mapping[str, Any], request: Mapping[str, Any], run: str, properties: Any
    ) -> None:
        """Keep what a step made, where its definition allows that it is taken again."""
        path = self._path(step, request)
        if path is None:
            return
        made = sorted({*self._written_by_spark(request), *_addresses(properties)})
        kept = {"run": run, "properties": properties, "made": made}
        self._folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(kept, indent=2, sort_keys=True), encoding="utf-8")

    def _path(self, step: Mapping[str, Any], request: Mapping[str, Any]) -> Path | None:
        if not step.get("CacheConfig", {}).get("Enabled"):
            return None
        names = TRAINING_KEY if step["Type"] == "Training" else CACHE_KEY
        key = digest([step["Type"], *(request.get(name) for name in names)])
        return self._folder / f"{key}.json"

    def _written_by_spark(self, request: Mapping[str, Any]) -> Iterator[str]:
        """Give the places that arguments name and this input's fingerprint is part of."""
        arguments = request.get("AppSpecification", {}).get("ContainerArguments", ())
        for text in arguments:
            if text.startswith("s3://") and self._fingerprint in text:
                yield text


def _addresses(properties: Any) -> Iterator[str]:
    outputs = properties.get("ProcessingOutputConfig", {}).get("Outputs", {})
    yield from (o["S3Output"]["S3Uri"] for n, o in outputs.items() if n != "spark-event-logs")
    if "ModelArtifacts" in properties:
        yield properties["ModelArtifacts"]["S3ModelArtifacts"]
