"""What the job is meant to reach, and how far it is from that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.runs import STOPPED
from benchmarks.summary import Summary

# By shape, then by contestant.
Summaries = Mapping[str, Mapping[str, Summary]]


class NoFigureError(Exception):
    """A contestant failed, so that a goal has no figure."""


class AtLeast(float):
    """A figure of which only a lower bound is known, as a run was stopped before its end."""


@dataclass(frozen=True)
class Goal:
    """One figure that is to be at least, or at most, a limit.

    ``figure`` raises KeyError where something it needs was not measured, NoFigureError where that
    failed.
    """

    text: str
    figure: Callable[[Summaries], float]
    limit: float
    at_least: bool = False
    unit: str = "×"

    def line(self, summaries: Summaries) -> tuple[str, str, str, str] | None:
        """Give the goal's line: what, limit, measured, verdict; None where it was not measured."""
        sign = "≥" if self.at_least else "≤"
        wanted = f"{sign} {self.limit:g}{self.unit}"
        try:
            value = self.figure(summaries)
        except KeyError:
            return None
        except NoFigureError as failure:
            return self.text, wanted, "–", f"no figure: {failure}"
        if isinstance(value, AtLeast) and not (self.at_least and value >= self.limit):
            return self.text, wanted, f"> {value:.2f}{self.unit}", "no figure: stopped before"
        more = "> " * isinstance(value, AtLeast)
        return self.text, wanted, f"{more}{value:.2f}{self.unit}", self._verdict(value)

    def _verdict(self, value: float) -> str:
        if value >= self.limit if self.at_least else value <= self.limit:
            return "met"
        return f"missed by {abs(value / self.limit - 1):.0%}" if self.limit else "missed"


def done(summaries: Summaries, shape: str, contestant: str) -> Summary:
    """Find the summary of a contestant that ended well on a shape."""
    found = summaries[shape][contestant]
    if found.failed:
        raise NoFigureError(f"{contestant} on {shape} {found.outcome}")
    return found


def _times(shape: str, slow: str, fast: str) -> Callable[[Summaries], float]:
    def figure(all_: Summaries) -> float:
        base = done(all_, shape, fast).seconds
        if (stopped := all_[shape][slow]).outcome == STOPPED:
            return AtLeast(stopped.seconds / base)
        return done(all_, shape, slow).seconds / base

    return figure


def _peaks(shape: str, one: str, other: str) -> Callable[[Summaries], float]:
    return lambda all_: done(all_, shape, one).peak_bytes / done(all_, shape, other).peak_bytes


def _growth(attribute: str) -> Callable[[Summaries], float]:
    def figure(all_: Summaries) -> float:
        large, small = (done(all_, shape, "prepare") for shape in ("tall-8m", "tall-2m"))
        return float(getattr(large, attribute) / getattr(small, attribute))

    return figure


def _against(shape: str, naive: float, floor: float) -> list[Goal]:
    return [
        Goal(f"{shape}: naive ÷ prepare, time", _times(shape, "naive", "prepare"), naive, True),
        Goal(f"{shape}: prepare ÷ floor, time", _times(shape, "prepare", "floor"), floor),
    ]


def _survives(all_: Summaries) -> float:
    done(all_, "high-cardinality", "prepare")
    return float(all_["high-cardinality"]["naive"].outcome == "failed")


def _tasks(all_: Summaries) -> float:
    tasks = done(all_, "small-files-2m", "prepare").tasks
    if tasks is None:
        raise NoFigureError("prepare on small-files-2m left no event log")
    return float(tasks)


def _empty(all_: Summaries) -> float:
    return float(done(all_, "small-files-2m", "prepare").empty_files)


GOALS = (
    *_against("tall-8m", 5, 1.5),
    *_against("tall-2m", 4, 1.7),
    *_against("wide", 20, 2),
    *_against("parquet-8m", 4, 1.5),
    Goal("high-cardinality: prepare ends well in the heap in which naive fails (1 = yes)",
         _survives, 1, True, ""),
    Goal("peak memory of prepare, tall-8m ÷ tall-2m", _growth("peak_bytes"), 1.2),
    Goal("time of prepare, tall-8m ÷ tall-2m", _growth("seconds"), 4.2),
    Goal("small-files-2m: tasks of prepare for 2,000 files", _tasks, 200, unit=" tasks"),
    Goal("small-files-2m: empty files published", _empty, 0, unit=" files"),
    Goal("tall-8m: prepare ÷ prepare-sail, time", _times("tall-8m", "prepare", "prepare-sail"),
         3, True),
    Goal("tall-8m: prepare-sail ÷ duckdb, time", _times("tall-8m", "prepare-sail", "duckdb"), 1.6),
    Goal("tall-8m: prepare-sail ÷ polars, peak memory",
         _peaks("tall-8m", "prepare-sail", "polars"), 1),
    Goal("tall-8m: prepare-sail ÷ duckdb, peak memory",
         _peaks("tall-8m", "prepare-sail", "duckdb"), 1),
)  # fmt: skip
STARTUP_LIMIT = 0.3


def goal_lines(
    summaries: Summaries, startup: Mapping[str, float]
) -> tuple[list[tuple[str, str, str, str]], list[str]]:
    """Give the lines of the table of goals, and the texts of goals that were not measured.

    ``startup`` is seconds by command.
    """
    lines, not_measured = [], []
    for goal in (*GOALS, *(_startup_goal(*one) for one in startup.items())):
        line = goal.line(summaries)
        if line is None:
            not_measured.append(goal.text)
        else:
            lines.append(line)
    return lines, not_measured


def _startup_goal(command: str, seconds: float) -> Goal:
    return Goal(f"`{command}` answers", lambda _: seconds, STARTUP_LIMIT, unit=" s")
