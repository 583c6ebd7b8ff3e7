"""Put a report together: read, calculate, judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from launch.report import rules_memory, rules_run, rules_stages
from launch.report.figures import calculate
from launch.report.finding import Case, Finding
from launch.report.machine import Known, machine_of
from launch.report.read import read_log, started
from launch.report.source import EventLogFile

_RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    rules_run.starved,
    rules_run.losses,
    rules_run.failures,
    rules_memory.spill,
    rules_memory.full,
    rules_memory.garbage,
    rules_stages.skew,
    rules_stages.straggler,
    rules_stages.tiny,
    rules_stages.few,
    rules_run.idle,
    rules_memory.unused,
)
_MEMORY_SETTINGS = (
    "spark.eventLog.logStageExecutorMetrics=true, spark.executor.processTreeMetrics.enabled=true "
    "and spark.executor.metrics.pollingInterval=1000"
)


@dataclass(frozen=True)
class Report:
    """A run with what was found: ``notes`` say what the figures do not cover."""

    case: Case
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def outcome(self) -> str:
        """Say how the run ended: its status, or what the log itself tells."""
        if self.case.known.outcome:
            return self.case.known.outcome
        if self.case.record.broken:
            return "Broken off"
        return "A job failed" if self.case.record.job_failure else "Completed"


def make_report(logs: Sequence[EventLogFile], known: Known) -> Report:
    """Report on the application that started last of several logs.

    Raises:
        NoEventLogError: That log cannot be read.
    """
    newest = max(logs, key=started) if len(logs) > 1 else logs[0]
    record = read_log(newest)
    case = Case(known, record, calculate(record), machine_of(known, record.seconds))
    others = [log.name for log in logs if log is not newest]
    return Report(case, judge(case), tuple(_notes(case, others)))


def judge(case: Case) -> tuple[Finding, ...]:
    """Apply every rule; problems come first, and of those what costs most."""
    found = [finding for rule in _RULES for finding in rule(case)]
    return tuple(sorted(found, key=lambda item: (item.level != "problem", -item.lost)))


def _notes(case: Case, others: Sequence[str]) -> Iterator[str]:
    record, known = case.record, case.known
    if record.broken:
        yield (
            "The log breaks off without the application's end: it was killed, or is still running. "
            "The figures are those of what had ended by then."
        )
    if record.unreadable > (1 if record.broken else 0):
        lines = "1 line" if record.unreadable == 1 else f"{record.unreadable:,} lines"
        yield f"Passed over, as they could not be read: {lines}."
    if not case.figures.memory_recorded:
        yield (
            f"Spark recorded no memory of the processes: it does with {_MEMORY_SETTINGS}, which "
            "`launch submit` sets."
        )
    if known.local:
        yield (
            "Played on this machine: the request's instances are not those it ran on, so nothing "
            "is said about their memory and price."
        )
    elif known.instance_type and (case.machine is None or case.machine.price is None):
        yield (
            f"What {known.instance_type} costs in {known.region or 'its region'} is not in the "
            "table of prices; LAUNCH_PRICES names a file with prices of your own."
        )
    if others:
        yield (
            f"The run wrote {len(others) + 1} event logs; this is the application that started "
            f"last. The others: {', '.join(sorted(others))} (--event-log FILE shows one)."
        )
