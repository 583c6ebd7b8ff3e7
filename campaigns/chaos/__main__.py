"""Run the campaign: ``python -m campaigns.chaos [--seed N] [CASE …]``."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from campaigns.chaos import store
from campaigns.chaos.crew import leave, left_out, play_all
from campaigns.chaos.faults import FAULTS
from campaigns.chaos.outcome import table_of

# Memory of a case: a driver with 1 GiB, two executors, a master and workers.
_AT_ONCE = min(4, os.cpu_count() or 1)


def say(line: str) -> None:
    """Tell the person at the terminal how far it is."""
    print(line, file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Play all cases, or those that were named; exit code 1 where anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m campaigns.chaos", description=__doc__)
    parser.add_argument("case", nargs="*", help="names of cases, or how they begin (default: all)")
    parser.add_argument("--seed", type=int, default=20, help="(default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("out/chaos"), help="(default: %(default)s)"
    )
    parser.add_argument(
        "--at-once", type=int, default=_AT_ONCE, metavar="N",
        help="cases played at the same time, 3 GiB each (default here: %(default)s)",
    )  # fmt: skip
    options = parser.parse_args(argv)
    if left_out():
        say(f"left out, as they need an administrator: {', '.join(left_out())}")
    options.out.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, leave)
    outcomes = []
    with (
        tempfile.TemporaryDirectory() as work,
        closing(
            play_all(Path(work), options.seed, options.case, processes=options.at_once)
        ) as played,
    ):
        for outcome in played:
            outcomes.append(outcome)
            name = f"{len(outcomes):>4} {outcome.case.name:<36}"
            end = f"exit {outcome.code!s:<5} {outcome.seen.table:<8} {outcome.seconds:6.1f} s"
            say(f"{name} {end}  {'' if outcome.reached else '(not reached) '}{outcome.lost}")
            text = json.dumps([asdict(one) for one in outcomes], indent=1)
            (options.out / "outcomes.json").write_text(text + "\n")
    if not outcomes:
        say(f"no case was played; names begin as these: {', '.join([*FAULTS, *store.FAULTS])}")
        return 2
    print(table_of(outcomes))
    print(
        f"seed {options.seed}; repeat a case: python -m campaigns.chaos --seed {options.seed} CASE"
    )
    return int(any(one.lost for one in outcomes))


if __name__ == "__main__":
    sys.exit(main())
