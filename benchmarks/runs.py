"""Who is measured, how each is started, and whether what it wrote is right."""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow.parquet

from benchmarks.columns import KEY, TARGET
from benchmarks.data import Table
from benchmarks.event_log import read_counters
from benchmarks.measure import measure

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "benchmarks" / "contestants"
SPLITS = ("train", "validation", "test")
# How Run.failed starts where a run was ended for taking too long.
STOPPED = "stopped"
_TELLING = re.compile(r"OutOfMemoryError|^\S*(?:Error|Exception)\b|error:", re.IGNORECASE)


@dataclass(frozen=True)
class Contestant:
    """One way to do the work, and the script that does it."""

    name: str
    script: Path
    spark: bool = False
    # Options of jobs/main.py prepare; None for a script that takes INPUT OUTPUT CONTRACT.
    options: tuple[str, ...] | None = None


CONTESTANTS = {
    one.name: one
    for one in (
        Contestant("prepare", ROOT / "jobs" / "main.py", spark=True, options=()),
        Contestant("prepare-sail", ROOT / "jobs" / "main.py", options=("--engine", "sail")),
        Contestant("floor", SCRIPTS / "floor.py", spark=True),
        Contestant("naive", SCRIPTS / "naive.py", spark=True),
        Contestant("polars", SCRIPTS / "polars_job.py"),
        Contestant("duckdb", SCRIPTS / "duckdb_job.py"),
        Contestant("pandas", SCRIPTS / "pandas_sklearn.py"),
    )
}


@dataclass(frozen=True)
class Setting:
    """What holds for all runs: heap of Spark, seconds a run may take, where scratch files go."""

    scratch: Path
    driver_memory: str = "1g"
    java_options: str = ""
    naive_memory: str = "1g"
    limit: float = 1800


@dataclass(frozen=True)
class Run:
    """One contestant's run in one round, as it is saved."""

    contestant: str
    round: int
    failed: str | None
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    # Of the event log; None for what is not Spark.
    counters: dict[str, int] | None
    output_files: int
    empty_files: int
    output_bytes: int


def command(
    contestant: Contestant, table: Table, output: Path, events: Path, setting: Setting
) -> list[str]:
    """Write the command line that starts a contestant."""
    parts: list[object] = [sys.executable]
    if contestant.spark:
        naive = contestant.name == "naive"
        memory = setting.naive_memory if naive else setting.driver_memory
        parts = [Path(sys.executable).parent / "spark-submit", "--master", "local[2]"]
        parts += ["--driver-memory", memory, "--conf", "spark.eventLog.enabled=true"]
        parts += ["--driver-java-options", setting.java_options] if setting.java_options else []
        parts += ["--conf", f"spark.eventLog.dir=file://{events.resolve()}"]
    parts.append(contestant.script)
    if contestant.options is None:
        parts += [table.input, output, table.contract]
    else:
        parts += ["prepare", table.input, output, "--target", TARGET, "--key", KEY]
        parts += ["--contract", table.contract, *contestant.options]
    return [str(part) for part in parts]


def environment() -> dict[str, str]:
    """Give the environment of a run: this project's Spark and Java, and no network address."""
    from launch.java import java_home

    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    java = os.environ.get("JAVA_HOME") or str(java_home())
    own = {"PATH": path, "JAVA_HOME": java, "PYSPARK_PYTHON": sys.executable}
    return {**os.environ, **own, "SPARK_LOCAL_IP": "127.0.0.1", "PYTHONPATH": str(ROOT)}


def run(contestant: Contestant, table: Table, setting: Setting, number: int) -> Run:
    """Run a contestant once, check what it wrote, and remove it."""
    name = f"{table.path.name}-{contestant.name}-{number}"
    output, events = setting.scratch / "output", setting.scratch / "events"
    log = setting.scratch / "logs" / f"{name}.log"
    _remove(output, events)
    events.mkdir(parents=True)
    line = command(contestant, table, output, events, setting)
    try:
        done = measure(line, log=log, limit=setting.limit, env=environment(), cwd=ROOT)
        counters = read_counters(events) if contestant.spark else None
        if done.timed_out:
            failed: str | None = f"{STOPPED}: more than {setting.limit:g} s"
        elif done.exit_code:
            failed = reason(log.read_text(errors="replace"))
        else:
            failed = wrong_rows(contestant, table, output)
        files = sorted(output.rglob("*.parquet"))
        rows = [rows_of(file) for file in files] if failed is None else []
        return Run(
            contestant=contestant.name,
            round=number,
            failed=failed,
            seconds=round(done.seconds, 3),
            cpu_seconds=round(done.cpu_seconds, 3),
            peak_bytes=done.peak_bytes,
            counters=asdict(counters) if counters else None,
            output_files=len(files),
            empty_files=rows.count(0),
            output_bytes=sum(file.stat().st_size for file in files),
        )
    finally:
        _remove(output, events)


def rows_of(file: Path) -> int:
    """Read the number of rows from a Parquet file's footer."""
    return int(pyarrow.parquet.read_metadata(file).num_rows)


def wrong_rows(contestant: Contestant, table: Table, output: Path) -> str | None:
    """Say what is wrong with the rows that were written; None where all is right."""
    counts: dict[str, int] = {}
    for file in sorted(output.rglob("*.parquet")):
        # train/… or split=train/…
        folder = file.relative_to(output).parts[0].split("=")[-1]
        counts[folder] = counts.get(folder, 0) + rows_of(file)
    written, expected = sum(counts.values()), table.labelled
    if contestant.name == "floor":
        expected = table.rows
    elif not all(counts.get(split) for split in SPLITS) or len(counts) != len(SPLITS):
        return f"failed: wrong result, splits are {counts or 'missing'}"
    if written != expected:
        return f"failed: wrong result, {written:,} rows where {expected:,} were due"
    return None


def reason(log: str) -> str:
    """Find the line of a log that says why a run failed."""
    lines = [line.strip() for line in log.replace(f"{ROOT}/", "").splitlines() if line.strip()]
    last = lines[-1] if lines else "it said nothing"
    if "unrecognized arguments" in last or "No module named" in last:
        return f"not available: {last[:200]}"
    full = [line for line in lines if "OutOfMemoryError" in line]
    telling = [line for line in lines if _TELLING.search(line)]
    # The first word of running out of memory, else the last complaint.
    line = full[0] if full else telling[-1] if telling else last
    return f"failed: {line[:200]}"


def warm(table: Table) -> None:
    """Read the input once, so that every run finds it in memory."""
    for file in sorted(table.input.iterdir()):
        with file.open("rb") as data:
            while data.read(1 << 22):
                pass


def _remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
