"""What ``launch watch`` knows of a run, and how it looks on a screen or as a line."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from launch.commands.common import duration
from launch.runs.model import LogLine, Run

if TYPE_CHECKING:
    from rich.console import Group

    from launch.cost.past import Durations

COLOURS = {"Completed": "green", "Failed": "bold red", "Stopped": "yellow"}
_BAR_WIDTH = 40
# What Spark's driver and executors say of stages, and the bar it draws on a terminal.
_SUBMITTED = re.compile(r"Submitting (\d+) missing tasks from \w+ (\d+)")
_OF_TOTAL = re.compile(r"Finished task \S+ in stage (\d+)\.\d+ .* \((\d+)/(\d+)\)")
_FINISHED = re.compile(r"Finished task \S+ in stage (\d+)\.\d+")
_BAR = re.compile(r"\[Stage (\d+):.*?\((\d+) \+ \d+\) / (\d+)\]")
_DULL = re.compile(r"^\s*$|\b(?:INFO|DEBUG|TRACE)\b|\[Stage \d+:")


@dataclass
class Stages:
    """The newest stage that a log tells of, and how many of its tasks are done."""

    stage: int = -1
    done: int = 0
    total: int = 0

    def read(self, text: str) -> None:
        """Take a line of a log; most say nothing of stages."""
        if found := _SUBMITTED.search(text):
            self._enter(int(found[2]))
            self.total = int(found[1])
        elif found := _OF_TOTAL.search(text) or _BAR.search(text):
            self._enter(int(found[1]))
            if int(found[1]) == self.stage:
                self.done, self.total = max(self.done, int(found[2])), int(found[3])
        elif found := _FINISHED.search(text):
            self._enter(int(found[1]))
            self.done += int(found[1]) == self.stage

    def _enter(self, stage: int) -> None:
        if stage > self.stage:
            self.stage, self.done, self.total = stage, 0, 0

    def __str__(self) -> str:
        if self.stage < 0:
            return ""
        of_all = f" of {self.total}" if self.total else ""
        return f"stage {self.stage}: {self.done}{of_all} tasks done"


@dataclass
class Screen:
    """All that is shown; the log and the status come in while another thread draws it."""

    run: Run
    usual: Durations | None
    others: Sequence[Run] = ()
    trouble: str = ""
    stages: Stages = field(default_factory=Stages)
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=12))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, line: LogLine) -> None:
        """Take a line of the log; Spark's own are read and not kept."""
        with self._lock:
            self.stages.read(line.text)
            if not _DULL.search(line.text):
                self.lines.append(f"[{line.host}] {line.text}")

    def update(self, run: Run, others: Sequence[Run]) -> None:
        """Take a new look at the run, and at those beside it."""
        with self._lock:
            self.run, self.others, self.trouble = run, others, ""

    def complain(self, text: str) -> None:
        """Keep why there is nothing new."""
        with self._lock:
            self.trouble = text

    def elapsed(self, now: datetime) -> str:
        """Say how long it has been going, beside what it takes usually."""
        text = duration(self.run.seconds(now))
        if self.usual is None:
            return text
        runs = f"{self.usual.runs} run{'s' * (self.usual.runs != 1)}"
        return f"{text} of usually {duration(self.usual.median)} (median of {runs})"

    def line(self, now: datetime) -> str:
        """Put everything into one line, for a file or a pipe."""
        with self._lock:
            parts = [f"{self.run.name}: {self.run.status}", self.elapsed(now), str(self.stages)]
            return ", ".join([*filter(None, parts), *([self.trouble] if self.trouble else [])])

    def render(self, now: datetime, *, width: int = 120) -> Group:
        """Draw everything: the run, its bar, its stage, the others, the last lines of the log."""
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        with self._lock:
            run = self.run
            head = Text.assemble(
                (run.name, "bold"), "  ", (run.status, COLOURS.get(run.status, "cyan")),
                "  ", self.elapsed(now),
            )  # fmt: skip
            parts: list[Text | Table] = [head]
            if self.usual:
                # A bar alone has no end of line.
                line = Table.grid()
                done, usual = run.seconds(now), self.usual.median
                line.add_row(ProgressBar(usual, min(done, usual), width=_BAR_WIDTH))
                parts.append(line)
            if str(self.stages):
                parts.append(Text(str(self.stages)))
            parts += [
                Text(f"{other.name}  {other.status}  {duration(other.seconds(now))}", style="dim")
                for other in self.others
            ]
            if self.trouble:
                parts.append(Text(self.trouble, style="yellow"))
            parts.append(Text(""))
            parts += [Text(text[:width], no_wrap=True) for text in self.lines]
            parts.append(Text("q or Ctrl-C leaves; the run goes on", style="dim"))
            return Group(*parts)
