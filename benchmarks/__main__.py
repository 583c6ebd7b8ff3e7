"""Measure the job against others: ``python -m benchmarks [--quick]``."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.data import NoSpaceError, Table, provide
from benchmarks.machine import about, startup_seconds
from benchmarks.report import write_report
from benchmarks.runs import CONTESTANTS, ROOT, Run, Setting, run, warm
from benchmarks.shapes import FULL, QUICK, SHAPES, Shape
from benchmarks.summary import STARTUP, Result, save

_EXAMPLES = f"""shapes of a full run:  {", ".join(FULL)}
shapes of --quick:     {", ".join(QUICK)}
others, by name only:  {", ".join(name for name in SHAPES if name not in FULL + QUICK)}
contestants:           {", ".join(CONTESTANTS)}

examples:
  python -m benchmarks --quick
  python -m benchmarks --shape tall-2m tall-8m --rounds 3
  python -m benchmarks --shape wide --contestant prepare naive --rounds 1

A shape that is measured again replaces its earlier result; RESULTS.md is made from all results
that lie in the folder. Data are made once and kept: the full run needs about 10 GB of disk.
"""


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of ``python -m benchmarks``."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure prepare side by side with Spark's floor, a tutorial's script, Polars, "
        "DuckDB and pandas: each run in a fresh process, in rounds A B C A B C.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="small shapes, one round, under 3 minutes")
    add("--shape", nargs="+", choices=tuple(SHAPES), metavar="SHAPE", help="(default: see below)")
    add("--contestant", nargs="+", choices=tuple(CONTESTANTS), metavar="NAME",
        help="(default: all)")  # fmt: skip
    add("--rounds", type=int, metavar="N", help="(default: 3, with --quick 1)")
    add("--minutes", type=float, default=60, metavar="N",
        help="later rounds end after that time (default: %(default)s)")  # fmt: skip
    add("--repeat-below", type=float, default=120, metavar="SECONDS",
        help="who takes longer runs once a shape (default: %(default)s)")  # fmt: skip
    add("--stop-at", type=float, default=21, metavar="TIMES",
        help="stop who takes so many times as long as prepare; the goals ask for 20 at most "
        "(default: %(default)s)")  # fmt: skip
    add("--out", type=Path, metavar="DIR", help="where results go (default: benchmarks/results, "
        "with --quick out/bench-quick)")  # fmt: skip
    add("--data", type=Path, default=ROOT / "data" / "bench", metavar="DIR",
        help="where tables, logs and scratch files go (default: data/bench)")  # fmt: skip
    add("--driver-memory", default="1g", metavar="SIZE",
        help="heap of the Spark contestants (default: %(default)s)")  # fmt: skip
    add("--naive-memory", metavar="SIZE", help="heap of naive, where it needs more to end at all "
        "(default: as --driver-memory)")  # fmt: skip
    add("--java-options", default="-XX:+UseParallelGC", metavar="OPTIONS",
        help="of the driver, for all Spark contestants (default: %(default)s)")  # fmt: skip
    add("--limit", type=float, default=1200, metavar="SECONDS",
        help="a run that takes longer is stopped (default: %(default)s)")  # fmt: skip
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, save, print; return the exit code."""
    options = build_parser().parse_args(argv)
    rounds = options.rounds or (1 if options.quick else 3)
    quick_out = ROOT / "out" / "bench-quick"
    out = options.out or (quick_out if options.quick else ROOT / "benchmarks" / "results")
    setting = Setting(
        scratch=options.data.resolve() / "scratch",
        driver_memory=options.driver_memory,
        naive_memory=options.naive_memory or options.driver_memory,
        java_options=options.java_options,
        limit=options.limit,
    )
    shapes = options.shape or (QUICK if options.quick else FULL)
    names = options.contestant or tuple(CONTESTANTS)
    again = Again(rounds, options.minutes, options.repeat_below, options.stop_at)
    data = options.data.resolve()
    try:
        for result in results_of(shapes, names, data, again, setting):
            save(result, out)
    except NoSpaceError as error:
        say(f"error: {error}")
        return 2
    except KeyboardInterrupt:
        say("stopped; the shapes that were done are saved")
        return 130
    (out / STARTUP).write_text(json.dumps(startup_seconds(), indent=1) + "\n")
    report = write_report(out)
    print(f"{report}\nResults: {out}/RESULTS.md, bench.svg, bench.png")
    return 0


@dataclass(frozen=True)
class Again:
    """How often a contestant runs, and how long.

    The first round always runs whole; later ones begin no shape after ``minutes``. Who failed once
    is not asked again, nor who took ``repeat_below`` seconds or more, and who takes ``stop_at``
    times as long as prepare is stopped: with 300 columns, naive alone takes longer than everything
    else in three rounds.
    """

    rounds: int
    minutes: float = 60
    repeat_below: float = 120
    stop_at: float = 21

    def wants(self, earlier: Sequence[Run]) -> bool:
        """Say whether a contestant with these runs is to run once more."""
        return not any(one.failed or one.seconds >= self.repeat_below for one in earlier)

    def limit(self, runs: Sequence[Run], name: str) -> float:
        """Give the seconds after which a contestant is stopped; infinite without prepare's."""
        ours = [one.seconds for one in runs if one.contestant == "prepare" and not one.failed]
        return self.stop_at * max(ours) if ours and name != "prepare" else math.inf


def results_of(
    shapes: Sequence[str], names: Sequence[str], data: Path, again: Again, setting: Setting
) -> Iterator[Result]:
    """Measure round after round, each over all shapes; give a shape's result after each of its own.

    A round's shapes lie far apart in time: an hour in which the machine is slow does not spoil all
    rounds of a shape.
    """
    began = time.monotonic()
    runs: dict[str, tuple[Run, ...]] = {}
    for number in range(1, again.rounds + 1):
        for name in shapes:
            if number > 1 and time.monotonic() - began > 60 * again.minutes:
                say(f"{again.minutes:g} minutes are over: no further rounds")
                return
            say(f"{name}: making the data, unless they are there")
            table = provide(SHAPES[name], data)
            earlier = runs.get(name, ())
            runs[name] = earlier + round_of(table, names, again, setting, number, earlier)
            yield result_of(SHAPES[name], table, runs[name], setting)


def round_of(
    table: Table,
    names: Sequence[str],
    again: Again,
    setting: Setting,
    number: int = 1,
    earlier: tuple[Run, ...] = (),
) -> tuple[Run, ...]:
    """Run all contestants in turn, but those whose earlier runs say that once is enough."""
    warm(table)
    runs: list[Run] = []
    for name in names:
        if not again.wants([one for one in earlier if one.contestant == name]):
            continue
        limit = min(setting.limit, round(again.limit([*earlier, *runs], name), 1))
        done = run(CONTESTANTS[name], table, replace(setting, limit=limit), number)
        runs.append(done)
        say(f"{table.path.name}, round {number}/{again.rounds}, {name:<12} "
            f"{done.seconds:7.1f} s"
            + (f"  {done.failed}" if done.failed else ""))  # fmt: skip
        if done.failed:
            say(f"  log: {setting.scratch}/logs/{table.path.name}-{name}-{number}.log")
    return tuple(runs)


def result_of(shape: Shape, table: Table, runs: tuple[Run, ...], setting: Setting) -> Result:
    """Put runs together with what they were run on."""
    size = {"rows": table.rows, "labelled": table.labelled, "columns": len(shape.columns)}
    size |= {"bytes": table.bytes, "files": shape.files}
    spark = {"driver_memory": setting.driver_memory, "naive_memory": setting.naive_memory}
    spark["java_options"] = setting.java_options
    return Result(shape.name, {**about(), **spark}, size, runs)


def say(line: str) -> None:
    """Tell the person at the terminal how far it is."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
