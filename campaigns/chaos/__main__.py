"""Run the campaign: ``python -m campaigns.chaos [--seed N] [CASE …]``."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from campaigns.chaos.cases import STAGES, VICTIMS, Case, chosen, kills
from campaigns.chaos.reader import Seen, look
from campaigns.chaos.scene import TABLES, Running, Scene, case_folder

OLD, NEW = "old", "new"


@dataclass(frozen=True)
class Outcome:
    """What became of a case."""

    case: Case
    reached: bool
    code: int | None
    seen: Seen
    again: int
    then: Seen
    seconds: float

    @property
    def lost(self) -> str:
        """Say what was lost or could be half seen; empty where nothing was."""
        if self.seen.wrong or self.seen.table not in (OLD, NEW):
            return f"after the fault: {self.seen.wrong or self.seen.table}"
        if self.code == 0 and self.seen.table != NEW:
            return "the run said that it published, and a reader finds the old result"
        if self.code is None:
            return "the run hung"
        if self.again or self.then.wrong or self.then.table != NEW:
            return f"the next run: exit code {self.again}, {self.then.wrong or self.then.table}"
        if self.then.strangers:
            return f"left behind: {', '.join(self.then.strangers[:3])}"
        return ""


def play(scene: Scene, case: Case) -> Outcome:
    """Play one case, look at what is left, run again and look again."""
    began = time.monotonic()
    with case_folder(scene.work, case.name, scene.work / "first") as folder:
        output = folder / "out"
        running = scene.start(NEW, output, case.point)
        reached = running.wait_for_point()
        if reached:
            _kill(scene, case, running)
        code = running.end()
        seen = look(output, TABLES)
        if case.victim in VICTIMS[2:]:
            scene.drop_cluster()
        again = scene.run_again(NEW, output)
        then = look(output, TABLES)
        return Outcome(case, reached, code, seen, again, then, round(time.monotonic() - began, 1))


def _kill(scene: Scene, case: Case, running: Running) -> None:
    if case.victim == "driver":
        running.kill()
        return
    for process in scene.victims(case.victim)[:1]:
        process.kill()


def first_result(scene: Scene) -> dict[str, object]:
    """Publish the old result, and record an undisturbed run of the new table over a copy of it."""
    folder = scene.work / "record"
    folder.mkdir(parents=True, exist_ok=True)
    if scene.run_again(OLD, folder / "out"):
        raise RuntimeError((folder / "again.log").read_text(errors="replace")[-2000:])
    shutil.copytree(folder / "out", scene.work / "first")
    running = scene.start(NEW, folder / "out", {"record": str(folder / "record.json")})
    if running.end():
        raise RuntimeError(running.log.read_text(errors="replace")[-2000:])
    found: dict[str, object] = json.loads((folder / "record.json").read_text())
    return found


def table_of(outcomes: Sequence[Outcome]) -> str:
    """Lay the outcomes out: for each victim and stage, cases, survived, lost."""
    head = f"{'killed':<10} {'stage':<14} {'cases':>6} {'old':>5} {'new':>5} {'lost':>5}"
    lines = [head, "-" * len(head)]
    for victim in VICTIMS:
        for stage in STAGES:
            these = [o for o in outcomes if (o.case.victim, o.case.stage) == (victim, stage)]
            if not these:
                continue
            seen = Counter(o.seen.table for o in these)
            lost = sum(bool(o.lost) for o in these)
            lines.append(f"{victim:<10} {stage:<14} {len(these):>6} {seen[OLD]:>5} {seen[NEW]:>5} "
                         f"{lost:>5}")  # fmt: skip
    total = sum(bool(o.lost) for o in outcomes)
    lines.append(f"{len(outcomes)} cases, {sum(o.reached for o in outcomes)} at their point, "
                 f"lost = {total}")  # fmt: skip
    return "\n".join(lines)


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
    with tempfile.TemporaryDirectory() as work, Scene(Path(work)) as scene:
        record = first_result(scene)
        for case in chosen(kills(record, options.seed), options.case):
            outcome = play(scene, case)
            outcomes.append(outcome)
            line = f"{case.name:<32} exit {outcome.code!s:<5} {outcome.seen.table:<8}"
            print(f"{line} {outcome.seconds:6.1f} s  {outcome.lost}", file=sys.stderr, flush=True)
            text = json.dumps([asdict(one) for one in outcomes], indent=1)
            (options.out / "outcomes.json").write_text(text + "\n")
    print(table_of(outcomes))
    print(
        f"seed {options.seed}; repeat a case: python -m campaigns.chaos --seed {options.seed} CASE"
    )
    return int(any(one.lost for one in outcomes))


if __name__ == "__main__":
    sys.exit(main())
