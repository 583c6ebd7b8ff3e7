"""What lies in an output directory, and what it is called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from schemas.names import RESERVED_PREFIX

MANIFEST = "manifest.json"
# A copy of the preprocessor that the manifest names, for those who want one name that stays.
PREPROCESSOR = "preprocessor.json"
QUARANTINE = "quarantine"
DELTA_TABLE = "delta"
DIRECTORIES = ("train", "validation", "test", QUARANTINE)
SPLIT_COLUMN = RESERVED_PREFIX + "split"
RULE = RESERVED_PREFIX + "rule"  # as in schemas.conform, which needs pyspark
# Names begin with _ so that no reader takes what is staged for a part of the result.
STAGING = "_staging-"
_RUN = r"(?P<run>\d{8}T\d{6}Z-[0-9a-f]{8})"
_DATA_FILE = re.compile(rf"part-\d{{5,}}-{_RUN}\.[a-z0-9.]+")
_PREPROCESSOR_FILE = re.compile(rf"preprocessor-{_RUN}\.json")
_STAGING_DIRECTORY = re.compile(rf"{STAGING}{_RUN}")


@dataclass(frozen=True)
class Published:
    """One published data file, relative to the output."""

    path: str
    split: str
    bytes: int

    def entry(self) -> dict[str, Any]:
        """The file's line in the manifest."""
        return {"path": self.path, "split": self.split, "bytes": self.bytes}


def data_name(number: int, run_id: str, ending: str) -> str:
    """Name a data file of a run."""
    return f"part-{number:05d}-{run_id}{ending}"


def preprocessor_name(run_id: str) -> str:
    """Name a run's preprocessor."""
    return f"preprocessor-{run_id}.json"


def run_of(name: str) -> str | None:
    """Give the run that wrote a file, or staged in a directory; None for a name of no run."""
    for pattern in (_DATA_FILE, _PREPROCESSOR_FILE, _STAGING_DIRECTORY):
        if found := pattern.fullmatch(name):
            return found["run"]
    return None
