"""Play each folder here as a user would: its commands by the real programs, its files as found.

A folder holds ``command``, a line each as it is typed; ``in/``, which lies beside it then; and
``expected/``: ``said.txt`` (exit code, stdout, stderr), and in ``published/`` what the commands
left in ``out/``. Of a manifest what differs from run to run is left out, of a Parquet file its rows
are written down.
``RECORD=1 pytest tests/acceptance/test_cases.py -k CASE`` writes ``expected/`` anew: read it before
it is committed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).resolve().parents[2]
CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/command"))
RECORD = os.environ.get("RECORD") == "1" and not os.environ.get("CI")
# Differs from run to run, from machine to machine, or with the code.
VARIES = (
    (re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}"), "RUN"),
    (re.compile(r"flights-prepare-[0-9]{8}-[0-9]{6}-[0-9a-f]{4}"), "flights-prepare-RUN"),
    (re.compile(r"dist/launch/[0-9a-f]{12}/"), "dist/launch/HASH/"),
    (re.compile(r"(part-[0-9]{5})-RUN[^\s\"]*?(\.parquet|\.json)"), r"\1\2"),
    (re.compile(r"( +)[0-9]+\.[0-9] s\b"), " SECONDS"),
    (re.compile(r"[0-9]+ MB (at the peak|are free)"), r"N MB \1"),
)
OF_ONE_RUN = ("run_id", "created", "seconds", "versions", "processing_job")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_user_gets_what_is_expected(case: Path, tmp_path: Path, flights_csv: Path) -> None:
    assert flights_csv.exists()  # launch.yaml names it
    for name in ("jobs", "schemas", "transforms", "launch.yaml", "container", "data"):
        (tmp_path / name).symlink_to(ROOT / name)
    if (case / "in").exists():
        (tmp_path / "in").symlink_to(case / "in")
    said = [played(line, tmp_path) for line in (case / "command").read_text().splitlines()]
    found = {"said.txt": "\n".join(said), **left_behind(tmp_path / "out")}
    if RECORD:
        record(case / "expected", found)
    expected = {
        path.relative_to(case / "expected").as_posix(): path.read_text()
        for path in (case / "expected").rglob("*")
        if path.is_file()
    }
    assert found == expected


def played(line: str, work: Path) -> str:
    """Run a line in bash; give its exit code and what it said."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "LAUNCH_"))}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    env |= {"PYTHONPATH": "", "COLUMNS": "100"}
    done = subprocess.run(
        ["bash", "-c", line], cwd=work, env=env, capture_output=True, text=True, timeout=300
    )
    said = f"$ {line}\n{done.stdout}"
    said += f"--- stderr\n{done.stderr}" if done.stderr else ""
    return steady(said, work) + f"--- exit code {done.returncode}\n"


def steady(text: str, work: Path) -> str:
    for folder in (work, ROOT):
        text = text.replace(str(folder), "PROJECT")
    for pattern, name in VARIES:
        text = pattern.sub(name, text)
    return text


def left_behind(output: Path) -> dict[str, str]:
    """Give each file below a folder as text, under its name without the run's."""
    found = {}
    for path in sorted(p for p in output.rglob("*") if p.is_file()):
        name = "published/" + steady(path.relative_to(output).as_posix(), output)
        if path.suffix == ".parquet":
            rows = sorted(pq.read_table(path).to_pylist(), key=str)
            found[f"{name}.jsonl"] = "".join(f"{json.dumps(row, default=str)}\n" for row in rows)
        elif path.name == "manifest.json":
            found[name] = json.dumps(of_manifest(json.loads(path.read_text())), indent=1) + "\n"
        elif not path.name.startswith("."):
            found[name] = steady(path.read_text(), output.parent)
    return found


def of_manifest(manifest: dict[str, Any]) -> dict[str, Any]:
    for name in OF_ONE_RUN:
        del manifest[name]
    # It holds the input's time of change.
    del manifest["input"]["fingerprint"]
    manifest["preprocessor"]["path"] = steady(manifest["preprocessor"]["path"], ROOT)
    for file in manifest["files"]:
        file["path"] = steady(file["path"], ROOT)
        if not file["path"].startswith("preprocessor"):
            del file["bytes"]  # Parquet names its writer, the quarantine its source's folder
    return manifest


def record(folder: Path, found: dict[str, str]) -> None:
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        path.unlink()
    for name, text in found.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_two_engines_publish_the_same() -> None:
    """The cases of Spark and of one machine have one input; what they publish is recorded alike."""
    ours, theirs = (CASES[0].parent / n for n in ("prepare_by_spark_submit", "prepare_tabular"))
    for name in ("in/orders.csv", "in/orders.json", "expected/published/preprocessor.json"):
        assert (ours / name).read_text() == (theirs / name).read_text()
    for split in ("train", "validation", "test"):
        rows = [
            sorted(
                line
                for path in (case / "expected/published" / split).iterdir()
                for line in path.read_text().splitlines()
            )
            for case in (ours, theirs)
        ]
        assert rows[0] == rows[1] != []
