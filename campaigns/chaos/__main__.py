"""Run the campaign: ``python -m campaigns.chaos [--seed N] [CASE …]``."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from campaigns.chaos import store
from campaigns.chaos.cases import chosen, kills, others
from campaigns.chaos.faults import FAULTS
from campaigns.chaos.outcome import Outcome, table_of
from campaigns.chaos.play import first_result, play
from campaigns.chaos.scene import Scene


def outcomes_of(work: Path, seed: int, names: Sequence[str]) -> Generator[Outcome, None, None]:
    """Play the cases whose names begin so, those of machines first, then those of the store."""
    with Scene(work) as scene:
        record = first_result(scene)
        root = os.geteuid() == 0
        left_out = [name for name, fault in FAULTS.items() if fault.needs_root and not root]
        if left_out:
            say(f"left out, as they need an administrator: {', '.join(left_out)}")
        stages = {name: one.stages for name, one in FAULTS.items() if name not in left_out}
        for case in chosen([*others(stages, record, seed), *kills(record, seed)], names):
            yield play(scene, case)
        of_store = chosen(store.cases(), names)
        if of_store:
            scene.drop_cluster()
            with store.Store(scene) as there:
                for case in of_store:
                    yield there.play(case)


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
    options = parser.parse_args(argv)
    options.out.mkdir(parents=True, exist_ok=True)
    outcomes = []
    with (
        tempfile.TemporaryDirectory() as work,
        closing(outcomes_of(Path(work), options.seed, options.case)) as played,
    ):
        for outcome in played:
            outcomes.append(outcome)
            name = f"{len(outcomes):>4} {outcome.case.name:<36}"
            end = f"exit {outcome.code!s:<5} {outcome.seen.table:<8} {outcome.seconds:6.1f} s"
            say(f"{name} {end}  {'' if outcome.reached else '(not reached) '}{outcome.lost}")
            text = json.dumps([asdict(one) for one in outcomes], indent=1)
            (options.out / "outcomes.json").write_text(text + "\n")
    print(table_of(outcomes))
    print(
        f"seed {options.seed}; repeat a case: python -m campaigns.chaos --seed {options.seed} CASE"
    )
    return int(any(one.lost for one in outcomes))


if __name__ == "__main__":
    sys.exit(main())
