"""Everything read about one job, and the statements of what ended it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from launch.diagnose.driver_log import LogFacts, read_logs
from launch.diagnose.event_log import EventFacts, read_event_logs
from launch.diagnose.evidence import Clue, Diagnosis, Evidence
from launch.diagnose.lines import Line
from launch.diagnose.tracebacks import RootError, find_errors, root_error

EVENT_LOG = "event log"
_MOST_EVIDENCE = 6
# Errors that say only that something else had ended: an executor, or the JVM of the driver.
_CONSEQUENCE = re.compile(
    r"ExecutorLostFailure|Lost executor|FetchFailed|MetadataFetchFailed|executor heartbeat"
    r"|Py4JNetworkError|Answer from Java side|ConnectionRefused|Connection refused"
    r"|SparkContext was shut ?down|stopped SparkContext|Could not find CoarseGrainedScheduler"
    r"|Python worker exited unexpectedly|has been stopped|SparkContext has been shutdown"
)
_VAGUE = re.compile(r"^(?:\S+: )?An error occurred while calling \S+$")
# What the image or the service wraps around an exit code.
_WRAPPER = re.compile(r"non-zero exit|died with <|CalledProcessError|spark failed with|^\s*$")
_SERVICE = re.compile(r"^Algorithm ?Error: ?|,? *exit code: \d+\s*$")


@dataclass(frozen=True)
class Case:
    """One job: what the service says, what its logs say, what Spark recorded."""

    evidence: Evidence
    log: LogFacts
    events: EventFacts | None

    @cached_property
    def root(self) -> RootError | None:
        """Return the Python error at the root: of the driver's log, else of the failed job."""
        found = self.log.root
        if found and not found.error.from_image and (found.outer.java or not found.error.in_task):
            return found
        text = self.events.job_failure if self.events else None
        inner = (
            root_error(find_errors([Line(EVENT_LOG, line) for line in text.splitlines()]))
            if (text)
            else None
        )
        # A task's traceback alone may be of a task that was run again.
        return inner or (
            found if found and found.error.in_task and not self.log.paragraph else None
        )

    @cached_property
    def own_error(self) -> bool:
        """Tell whether the driver's own Python code raised the error, Spark was not the reason."""
        if self.root is None:
            return False
        errors = (self.root.error, self.root.outer)
        return not any(error.java or error.gone or error.in_task for error in errors)

    @cached_property
    def said(self) -> Clue | None:
        """Return what the job itself left as its last message, without the service's words."""
        text = self.evidence.exit_message or self.evidence.failure_reason or ""
        text = _SERVICE.sub("", text).strip()
        return None if _WRAPPER.search(text) else Clue("exit message", text)

    @cached_property
    def fatal(self) -> tuple[Clue, ...]:
        """Return what ended the job, the deepest first; the texts of one and the same end."""
        error = self.root.error if self.root else None
        root = Clue(error.source, error.text, error.where, self._in_task) if error else None
        if root and self.own_error:
            return (root,)
        clues: list[Clue | None] = []
        if self.events and self.events.job_failure:
            clues.append(Clue(EVENT_LOG, self.events.job_failure, self.stage, executor=True))
        clues += [root, self.log.paragraph, self.log.java_main, self.said]
        return tuple(clue for clue in clues if clue and not _VAGUE.search(clue.text.strip()))

    @property
    def _in_task(self) -> bool:
        text = self.root.error.text if self.root else ""
        return bool(self.root and self.root.error.in_task) or "Lost task" in text

    @cached_property
    def stage(self) -> str | None:
        """Name the stage that failed."""
        failed = self.events.failed_stage if self.events else None
        return failed.title if failed else None

    @cached_property
    def consequence(self) -> bool:
        """Tell whether the end was brought about by something that ended before it."""
        return not self.fatal or any(_CONSEQUENCE.search(clue.text) for clue in self.fatal)

    @cached_property
    def losses(self) -> tuple[Clue, ...]:
        """Return the executors that were lost, tasks that failed, and lines that tell of it."""
        clues = []
        for loss in self.events.losses if self.events else ():
            host = f" on {loss.host}" if loss.host else ""
            text = f"Lost executor {loss.executor}{host}: {loss.reason}"
            clues.append(Clue(EVENT_LOG, text, executor=True))
        for task in self.events.failures if self.events else ():
            text = f"Lost task in stage {task.stage} ({task.host} executor {task.executor}): "
            clues.append(Clue(EVENT_LOG, f"{text}{task.reason}: {task.text}", executor=True))
        return (*clues, *self.log.losses)

    @property
    def progress(self) -> str | None:
        """Say what the job was doing last."""
        return (self.events.progress if self.events else None) or self.log.progress

    @property
    def clues(self) -> tuple[Clue, ...]:
        """Return what may hold the root: what was fatal, and what came before where it matters."""
        return (*self.fatal, *self.losses) if self.consequence else self.fatal

    def quotes(self, *first: str) -> tuple[str, ...]:
        """Return the lines to show: those given, then what ended the job."""
        exit_code = self.log.exit_code
        code = [f"exit code: {exit_code}"] if exit_code else []
        return limit([*first, *(clue.quote() for clue in self.fatal), *code])


def limit(quotes: Iterable[str]) -> tuple[str, ...]:
    """Return at most six different lines."""
    return tuple(dict.fromkeys(quotes))[:_MOST_EVIDENCE]


def make_case(evidence: Evidence) -> Case:
    """Read the logs and event logs."""
    return Case(evidence, read_logs(evidence), read_event_logs(evidence.event_logs))


def make_diagnosis(
    kind: str, cause: str, where: str | None, quotes: Iterable[str], *advice: str
) -> Diagnosis:
    """Put a diagnosis together; the cause is one line."""
    return Diagnosis(kind, " ".join(cause.split()), where, limit(quotes), advice)
