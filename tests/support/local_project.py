"""A project whose Spark job is played here on two hosts."""

from __future__ import annotations

import os
from pathlib import Path

from launch_project import Project, make_project

ROWS = 5_000


def a_project(root: Path, flights_csv: Path) -> Project:
    make_project(root, flights_csv, ROWS, with_short)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "LAUNCH_"))}
    return Project(root, {**clean, "LAUNCH_BUCKET": "local-bucket"})


def with_short(text: str) -> str:
    text = text.replace("instance_count: 3", "instance_count: 2")
    short = text.partition("\njobs:\n")[2].replace("  prepare:\n", "  short:\n")
    return text + short.replace("max_runtime: 1h", "max_runtime: 5")
