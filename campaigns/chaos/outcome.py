"""What became of the cases: what was lost, in tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from campaigns.chaos.cases import Case
from campaigns.chaos.reader import Seen

OLD, NEW, OTHER = "old", "new", "other"
# Faults at which a second run publishes OTHER while the first stands still.
_OVERTAKEN = ("second run", "taken for dead")


@dataclass(frozen=True)
class Outcome:
    """What became of a case: seen after the fault, and after one more run.

    ``before`` is the table that was published when a fault other than a kill began.
    """

    case: Case
    reached: bool
    code: int | None
    seen: Seen
    again: int | None
    then: Seen
    seconds: float
    before: str = OLD

    @property
    def lost(self) -> str:
        """Say what was lost or could be half seen; empty where nothing was."""
        overtaken = self.reached and self.case.fault in _OVERTAKEN
        if self.seen.wrong or self.seen.table not in ((OTHER,) if overtaken else (OLD, NEW)):
            return f"after the fault: {self.seen.wrong or self.seen.table}"
        if self.code == 0 and overtaken and self.before != NEW:
            return "the run said that it published, though another had before it"
        if self.code == 0 and not overtaken and self.seen.table != NEW:
            return "the run said that it published, and a reader finds the old result"
        if self.code is None:
            return "the run hung"
        if self.again != 0 or self.then.wrong or self.then.table != NEW:
            return f"the next run: exit code {self.again}, {self.then.wrong or self.then.table}"
        if self.then.strangers:
            return f"left behind: {', '.join(self.then.strangers[:3])}"
        return ""


def table_of(outcomes: Sequence[Outcome]) -> str:
    """Lay the outcomes out: for each fault and stage how many cases, what readers saw, lost."""
    head = (
        f"{'fault':<32} {'stage':<14} {'cases':>6} {'old':>5} {'new':>5} {'other':>6} {'lost':>5}"
    )
    lines = [head, "-" * len(head)]
    for fault, stage in dict.fromkeys((one.case.fault, one.case.stage) for one in outcomes):
        these = [one for one in outcomes if (one.case.fault, one.case.stage) == (fault, stage)]
        seen = Counter(one.seen.table for one in these)
        lines.append(
            f"{fault:<32} {stage:<14} {len(these):>6} {seen[OLD]:>5} {seen[NEW]:>5} "
            f"{seen[OTHER]:>6} {_lost(these):>5}"
        )
    killed = [one for one in outcomes if one.case.fault.startswith("kill ")]
    kinds = {one.case.fault for one in outcomes if one not in killed}
    lines.append(
        f"{len(outcomes)} cases ({sum(one.reached for one in outcomes)} at their point): "
        f"{len(killed)} kills, {len(kinds)} other kinds of faults; lost = {_lost(outcomes)}"
    )
    return "\n".join(lines)


def _lost(outcomes: Iterable[Outcome]) -> int:
    return sum(bool(one.lost) for one in outcomes)
