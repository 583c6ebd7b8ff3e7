"""Read Spark's event log in one pass: it can be gigabytes, so only what matters is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from launch.diagnose.evidence import short_path

_KIND = re.compile(r'^\{"Event": ?"(?:org\.apache\.spark\.\S*?)?SparkListener(?P<kind>\w+)"')
# Most lines are tasks that went well: they are counted without being parsed.
_SUCCESS = re.compile(
    r'^\{"Event":"SparkListenerTaskEnd","Stage ID":(?P<stage>\d+),"Stage Attempt ID":(?P<try>\d+)'
    r',"Task Type":"\w+","Task End Reason":\{"Reason":"Success"\}'
)
_NORMAL_END = re.compile(
    r"explicit termination request|killed by driver|decommission|idle|Application shutdown"
    r"|finished with state KILLED"
)
# A half of a character, which no file can hold, is written so; emoji are two of them.
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
# A damaged line must not end the reading, whatever is wrong with it.
DAMAGED = (KeyError, ValueError, TypeError, AttributeError, RecursionError, OverflowError)
_MAX_TEXT = 20_000
_MAX_KEPT = 50


@dataclass
class Stage:
    """A stage that was started: its place in the program and how far it came."""

    number: int
    name: str
    tasks: int
    done: int = 0

    @property
    def title(self) -> str:
        """Name the stage and the line of the program that asked for it."""
        action, _, place = self.name.partition(" at ")
        if not place or "NativeMethodAccessorImpl" in place or place.startswith("<"):
            return f"stage {self.number} ({action})" if action else f"stage {self.number}"
        return f"stage {self.number} ({action} at {short_path(place)})"

    @property
    def progress(self) -> str:
        """Say how many of its tasks are done."""
        return f"{self.title}: {self.done} of {self.tasks} tasks done"


@dataclass(frozen=True)
class TaskFailure:
    """A task that failed: why, and on which executor."""

    stage: int
    executor: str
    host: str
    reason: str
    text: str


@dataclass(frozen=True)
class Loss:
    """An executor that ended before its time."""

    executor: str
    host: str | None
    reason: str


@dataclass
class EventFacts:
    """What matters of one application's event log."""

    started: int = 0
    ended: bool = False
    executors: dict[str, str] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)
    leaving: list[Loss] = field(default_factory=list)
    running: dict[tuple[int, int], Stage] = field(default_factory=dict)
    failed_stage: Stage | None = None
    failures: list[TaskFailure] = field(default_factory=list)
    failed_tasks: int = 0
    done_tasks: int = 0
    jobs: int = 0
    job_failure: str | None = None
    unreadable: int = 0

    @property
    def progress(self) -> str | None:
        """Say what the application was doing last."""
        stages = sorted(self.running.values(), key=lambda stage: (-stage.done, stage.number))
        return stages[0].progress if stages else None

    @property
    def starved(self) -> bool:
        """Tell whether a job waited and no executor ever came."""
        return bool(self.jobs and not self.executors and not self.done_tasks)


def read_event_logs(paths: Sequence[Path]) -> EventFacts | None:
    """Read event logs; return the facts of the application that started last.

    A file that is missing, cut off, compressed or something else is passed over as far as it
    cannot be read.
    """
    found = [facts for path in paths if (facts := _read(path)) is not None]
    return max(found, key=lambda facts: facts.started) if found else None


def _read(path: Path) -> EventFacts | None:
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            facts = read_events(lines)
    except OSError:
        return None
    return facts if facts.started or facts.jobs or facts.executors else None


def read_events(lines: Iterable[str]) -> EventFacts:
    """Gather the facts from the lines of one event log."""
    facts = EventFacts()
    for line in lines:
        try:
            _take_in(facts, line)
        except DAMAGED:
            facts.unreadable += 1
    if facts.running and not facts.ended:
        _settle(facts)  # it was cut off in the middle of its work
    return facts


def _take_in(facts: EventFacts, line: str) -> None:
    success = _SUCCESS.match(line)
    if success:
        _settle(facts)
        _count(facts, int(success["stage"]), int(success["try"]))
        return
    found = _KIND.match(line)
    handle = _HANDLERS.get(found["kind"]) if found else None
    if handle:
        handle(facts, parse_event(line))


def parse_event(line: str) -> Any:
    """Return the event of a line, its texts such that they can be written."""
    event = json.loads(line)
    if _HALF.search(line):
        event = json.loads(json.dumps(event, ensure_ascii=False).encode("utf-8", "replace"))
    return event


def _settle(facts: EventFacts) -> None:
    """Count executors as lost: the work went on after they left, so they were not dismissed."""
    room = _MAX_KEPT - len(facts.losses)
    facts.losses += facts.leaving[:room]
    facts.leaving.clear()


def _count(facts: EventFacts, stage: int, attempt: int) -> None:
    facts.done_tasks += 1
    running = facts.running.get((stage, attempt))
    if running:
        running.done += 1


def _application_start(facts: EventFacts, event: dict[str, Any]) -> None:
    facts.started = int(event.get("Timestamp") or 0)


def _application_end(facts: EventFacts, _: dict[str, Any]) -> None:
    facts.ended = True


def _executor_added(facts: EventFacts, event: dict[str, Any]) -> None:
    host = _text((event.get("Executor Info") or {}).get("Host"))
    facts.executors[_text(event["Executor ID"])] = host


def _executor_removed(facts: EventFacts, event: dict[str, Any]) -> None:
    reason = _text(event.get("Removed Reason"))
    if not _NORMAL_END.search(reason):
        number = _text(event["Executor ID"])
        facts.leaving.append(Loss(number, facts.executors.get(number), reason))


def _job_start(facts: EventFacts, _: dict[str, Any]) -> None:
    _settle(facts)
    facts.jobs += 1


def _job_end(facts: EventFacts, event: dict[str, Any]) -> None:
    if facts.ended:
        return  # whatever ran was cancelled when the context was shut down: it says no more
    _settle(facts)
    result = event.get("Job Result", {})
    message = (result.get("Exception") or {}).get("Message") or result.get("Result")
    # A later job that went well shows that the program lived on.
    facts.job_failure = _text(message) if result.get("Result") == "JobFailed" else None


def _stage_submitted(facts: EventFacts, event: dict[str, Any]) -> None:
    _settle(facts)
    info = event["Stage Info"]
    tasks = int(info.get("Number of Tasks") or 0)
    number, attempt = _key(info)
    facts.running[number, attempt] = Stage(number, _text(info.get("Stage Name")), tasks)


def _stage_completed(facts: EventFacts, event: dict[str, Any]) -> None:
    if facts.ended:
        return  # cancelled with the application: it is what was going on at the end
    info = event["Stage Info"]
    number, attempt = _key(info)
    stage = facts.running.pop((number, attempt), None)
    if info.get("Failure Reason"):
        facts.failed_stage = stage or Stage(number, _text(info.get("Stage Name")), 0)


def _task_end(facts: EventFacts, event: dict[str, Any]) -> None:
    end = event.get("Task End Reason", {})
    reason = _text(end.get("Reason"))
    number, attempt = _key(event)
    if reason == "Success":
        _settle(facts)
        _count(facts, number, attempt)
        return
    if reason in ("TaskKilled", "TaskCommitDenied", "Resubmitted"):
        return  # killed by the driver: a twin was faster, or the stage had failed already
    facts.failed_tasks += 1
    info = event.get("Task Info", {})
    text = end.get("Full Stack Trace") or end.get("Loss Reason") or end.get("Message") or ""
    failure = TaskFailure(
        number,
        _text(info.get("Executor ID")),
        _text(info.get("Host")),
        reason,
        _text(text),
    )
    if len(facts.failures) == _MAX_KEPT:
        facts.failures.pop(_MAX_KEPT // 2)  # keep the first and the last ones
    facts.failures.append(failure)


def _key(info: dict[str, Any]) -> tuple[int, int]:
    return int(info["Stage ID"]), int(info.get("Stage Attempt ID") or 0)


def _text(value: Any) -> str:
    return "" if value is None else str(value)[:_MAX_TEXT]


_HANDLERS = {
    "ApplicationStart": _application_start,
    "ApplicationEnd": _application_end,
    "ExecutorAdded": _executor_added,
    "ExecutorRemoved": _executor_removed,
    "JobStart": _job_start,
    "JobEnd": _job_end,
    "StageSubmitted": _stage_submitted,
    "StageCompleted": _stage_completed,
    "TaskEnd": _task_end,
}
