"""Models that were registered here, a file for each version: ``.launch/models/GROUP/1.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def register(folder: Path, arguments: Mapping[str, Any], *, execution: str) -> Path:
    """Keep what CreateModelPackage would get as the group's next version; return the file."""
    group = folder / arguments["ModelPackageGroupName"]
    group.mkdir(parents=True, exist_ok=True)
    taken = [int(path.stem) for path in group.glob("*.json") if path.stem.isdigit()]
    version = max(taken, default=0) + 1
    data = {"version": version, "execution": execution, **arguments}
    path = group / f"{version}.json"
    # Two at once must not become one version.
    with path.open("x", encoding="utf-8") as out:
        out.write(json.dumps(data, indent=2, sort_keys=True) + "\n")
    return path
