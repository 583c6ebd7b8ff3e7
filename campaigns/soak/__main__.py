"""Run the jobs many times over: ``python -m campaigns.soak [--runs N]``; count what is left behind.

Half of the runs are commands in a process group of their own (spark-submit and prepare-tabular in
turn), half go to one Spark that stays. The same is counted after each; exit code 1 where any
of them has grown since the runs that warm up.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil

from campaigns.chaos.scene import arguments, write_table
from campaigns.resident import LOCAL, Resident
from launch.emulate.cluster import spark_env

ROOT = Path(__file__).resolve().parents[2]
_ROWS = 2_000
_WARM = 4  # runs after which Java has loaded what it needs
_COMPARED = 4  # runs at either end
# Java's threads and files come and go by themselves; a leak of one a run is 17 of 25.
_SLACK = {"threads": 8, "open files": 8}
Counts = dict[str, int]


def count_files(*folders: Path) -> int:
    """Count what lies in folders, directories too."""
    return sum(1 for folder in folders for _ in folder.rglob("*"))


def count_processes(group: int) -> Counts:
    """Count a process group's processes but its first, and what they listen on."""
    own = [one for one in psutil.process_iter() if one.pid != group and _group_of(one) == group]
    ports = [c for one in own for c in one.net_connections() if c.status == psutil.CONN_LISTEN]
    return {"processes": len(own), "ports": len(ports)}


def _group_of(process: psutil.Process) -> int | None:
    try:
        return os.getpgid(process.pid)
    except ProcessLookupError:
        return None


def commands(work: Path, env: dict[str, str], runs: int) -> Iterator[Counts]:
    """Run command lines in one process group, Spark and pandas in turn; count after each."""
    table, output = work / "table.csv", work / "out-commands"
    main = str(ROOT / "jobs" / "main.py")
    submit = str(Path(sys.executable).parent / "spark-submit")
    spark = [submit, *LOCAL, main, *arguments(table, str(output))]
    pandas = [sys.executable, main, "prepare-tabular", *arguments(table, str(output))[1:]]
    # Whoever waits in the group keeps it: its number is not given to others meanwhile.
    # (A group, not a session: nobody may join a group of another session.)
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, process_group=0) as keeper:
        for number in range(runs):
            line = spark if number % 2 == 0 else pandas
            done = subprocess.run(
                line, env=env, capture_output=True, text=True, process_group=keeper.pid, timeout=600
            )
            if done.returncode:
                raise RuntimeError(done.stdout[-1000:] + done.stderr[-1000:])
            yield {
                **count_processes(keeper.pid),
                "files of the result": count_files(output),
                "temporary files": count_files(work / "tmp", work / "local"),
            }


def in_one_process(work: Path, env: dict[str, str], runs: int) -> Iterator[Counts]:
    """Run the job over and over in one Spark; count after each."""
    output = work / "out-resident"
    spark = Resident(LOCAL, env, work / "resident.log")
    try:
        for _ in range(runs):
            code, said = spark.run(arguments(work / "table.csv", str(output)))
            if code != 0:
                raise RuntimeError(said[-2000:])
            tree = spark.processes()
            yield {
                "processes": len(tree),
                "threads": sum(one.num_threads() for one in tree),
                "open files": sum(one.num_fds() for one in tree),
                "files of the result": count_files(output),
                "temporary files": count_files(work / "tmp", work / "local"),
            }
    finally:
        spark.close()


def grown(counts: Sequence[Counts]) -> dict[str, tuple[int, int]]:
    """Give what has grown: the most in the first warm runs, the least in the last ones."""
    first, last = counts[_WARM : _WARM + _COMPARED], counts[-_COMPARED:]
    found = {}
    for name in counts[0]:
        before, after = max(one[name] for one in first), min(one[name] for one in last)
        if after > before + _SLACK.get(name, 0):
            found[name] = (before, after)
    return found


def follow(title: str, counts: Iterator[Counts]) -> list[Counts]:
    """Run and show how far it is."""
    seen: list[Counts] = []
    for one in counts:
        seen.append(one)
        line = ", ".join(f"{name} {count}" for name, count in one.items())
        print(f"{title} {len(seen):>3}: {line}", file=sys.stderr, flush=True)
    return seen


def main(argv: Sequence[str] | None = None) -> int:
    """Run all, print what was counted first and last; exit code 1 where anything grew."""
    parser = argparse.ArgumentParser(prog="python -m campaigns.soak", description=__doc__)
    parser.add_argument("--runs", type=int, default=50, help="(default: %(default)s, at least 20)")
    runs = max(20, parser.parse_args(argv).runs)
    kinds: tuple[tuple[str, Callable[..., Iterator[Counts]]], ...] = (
        ("commands", commands),
        ("one process", in_one_process),
    )
    leaks = 0
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name in ("tmp", "local"):
            (work / name).mkdir()
        write_table(work / "table.csv", _ROWS)
        env = {
            **spark_env(work / "conf"),
            "TMPDIR": str(work / "tmp"),
            "SPARK_LOCAL_DIRS": str(work / "local"),
            "JAVA_TOOL_OPTIONS": f"-Djava.io.tmpdir={work / 'tmp'} -XX:-UsePerfData",
        }
        for title, kind in kinds:
            counts = follow(title, kind(work, env, runs // 2))
            found = grown(counts)
            leaks += len(found)
            print(f"{title}: {len(counts)} runs")
            for name in counts[0]:
                note = "grew" if name in found else ""
                print(f"  {name:<20} {counts[_WARM][name]:>6} -> {counts[-1][name]:>6}  {note}")
    print(f"{runs // 2 * 2} runs, {leaks} leaks")
    return int(leaks > 0)


if __name__ == "__main__":
    sys.exit(main())
