"""A project in a folder of its own, used through the command line."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Project:
    """A project's folder, and the environment in which ``launch`` is typed there."""

    root: Path
    env: Mapping[str, str]

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start ``launch WORDS``."""
        command = [sys.executable, "-m", "launch.main", *words]
        return subprocess.Popen(
            command, cwd=self.root, env={**self.env, "PYTHONPATH": str(ROOT)}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run ``launch WORDS`` to its end."""
        process = self.start(*words)
        out, err = process.communicate(timeout=400)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def data(self, *words: str) -> Any:
        """Run ``launch WORDS`` with --json and return what it prints."""
        done = self.run(words[0], "--json", *words[1:])
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def copy_project(root: Path, flights_csv: Path, rows: int) -> None:
    """Copy launch.yaml and what jobs are made of; the first rows of the flights are its data."""
    for name in ("jobs", "schemas", "transforms", "container"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
    (root / "data").mkdir()
    with flights_csv.open() as source, (root / "data" / "flights.csv").open("w") as out:
        out.writelines(line for _, line in zip(range(rows + 1), source))
    text = (ROOT / "launch.yaml").read_text().replace("sample:flights", "data/flights.csv")
    (root / "launch.yaml").write_text(text)


def make_project(root: Path, flights_csv: Path, rows: int, edit: Callable[[str], str]) -> None:
    """Copy the project with the Spark job alone: the others have tests of their own."""
    copy_project(root, flights_csv, rows)
    text = (root / "launch.yaml").read_text().partition("\n  prepare-tabular:\n")[0]
    (root / "launch.yaml").write_text(edit(text))


def processes_of(folder: Path) -> list[str]:
    """Name the processes whose command line mentions a folder."""
    lines = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
    return [line[:200] for line in lines if str(folder) in line]
