"""Where and with what was measured: machine, versions, date, commit; and how fast help answers."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from benchmarks.runs import ROOT

PACKAGES = ("pyspark", "pysail", "polars", "duckdb", "pandas", "scikit-learn", "pyarrow")


def about() -> dict[str, Any]:
    """Describe this machine and this state of the project; no name of a machine or a person."""
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _commit(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {"python": platform.python_version(), **_versions()},
    }


def startup_seconds(rounds: int = 5) -> dict[str, float]:
    """Time ``--help`` of both command lines: the median of some rounds each."""
    bin_folder = Path(sys.executable).parent
    commands = {
        "python jobs/main.py --help": [sys.executable, str(ROOT / "jobs" / "main.py"), "--help"],
        "launch --help": [str(bin_folder / "launch"), "--help"],
    }
    return {name: median(_timed(line) for _ in range(rounds)) for name, line in commands.items()}


def _timed(command: Sequence[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    return round(time.perf_counter() - started, 3)


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "missing"
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, "unknown")


def _commit() -> str:
    """Return the commit that is checked out, with a + where files were changed since."""
    try:
        commit = _git("rev-parse", "--short=12", "HEAD")
        return commit + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True, timeout=30
    )
    return done.stdout.strip()
