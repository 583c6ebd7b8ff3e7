"""Read an event log in one pass, line by line: it can be gigabytes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from launch.diagnose.event_log import DAMAGED, parse_event, read_events
from launch.diagnose.evidence import short_path
from launch.report.plan import Plans
from launch.report.record import Executor, Job, Record, Stage
from launch.report.source import EventLogFile, NoEventLogError
from launch.report.tasks import read_task, whole

Event = Mapping[str, Any]
_KIND = re.compile(r'\{"Event": ?"(?:org\.apache\.spark\.\S*?)?SparkListener(?P<kind>\w+)"')
# Those of streams and of other libraries have classes of their own.
_OTHER = re.compile(r'\{"Event": ?"')
_SUCCESS = "Success"
# Ended by the driver: a twin was faster, or the stage had failed already.
_KILLED = ("TaskKilled", "TaskCommitDenied", "Resubmitted")


def read_log(log: EventLogFile) -> Record:
    """Read one application's log.

    Raises:
        NoEventLogError: No line of it is an event of Spark, or it cannot be read.
    """
    reader = _Reader()
    try:
        facts = read_events(reader.pass_on(log.lines()))
    except DAMAGED as error:
        raise NoEventLogError(
            f"{log.name} is damaged: after {reader.record.events:,} events, "
            f"{type(error).__name__}: {error}"
        ) from None
    record = reader.record
    if not record.events:
        raise NoEventLogError(_no_events(log, reader.first))
    record.unreadable += facts.unreadable
    record.broken = log.broken or record.ended is None
    record.losses, record.failures = tuple(facts.losses), tuple(facts.failures)
    record.job_failure = facts.job_failure
    for stage in record.stages.values():
        stage.close()
    return record


def started(log: EventLogFile) -> int:
    """Return when an application started, from the first lines of its log; 0 where they lack it."""
    for _, line in zip(range(200), log.lines()):
        if '"SparkListenerApplicationStart"' in line:
            try:
                return whole(json.loads(line)["Timestamp"])
            except DAMAGED:
                return 0
    return 0


def _no_events(log: EventLogFile, first: str) -> str:
    if not first.strip():
        why = "nothing in it can be read; it may have been cut off in its first bytes"
    else:
        why = f"it begins with {first.strip()[:60]!r}, where an event is a line of JSON"
    return f"{log.parts[0]} is no event log of Spark: {why}"


class _Reader:
    """Takes in events and keeps what matters of them."""

    def __init__(self) -> None:
        self.record = Record()
        self.first = ""
        self._plans = Plans()
        self._jobs_of_stages: dict[int, tuple[int, int | None]] = {}
        self._handlers: Mapping[str, Callable[[Event], None]] = {
            "LogStart": self._log_start,
            "EnvironmentUpdate": self._environment,
            "ApplicationStart": self._application_start,
            "ApplicationEnd": self._application_end,
            "ExecutorAdded": self._executor_added,
            "ExecutorRemoved": self._executor_removed,
            "BlockManagerAdded": self._block_manager_added,
            "ExecutorMetricsUpdate": self._metrics_update,
            "StageExecutorMetrics": self._stage_metrics,
            "SQLExecutionStart": self._plan,
            "SQLAdaptiveExecutionUpdate": self._plan,
            "SQLExecutionEnd": self._query_end,
            "JobStart": self._job_start,
            "JobEnd": self._job_end,
            "StageSubmitted": self._stage_submitted,
            "StageCompleted": self._stage_completed,
            "TaskEnd": self._task_end,
        }

    def pass_on(self, lines: Iterator[str]) -> Iterator[str]:
        """Take in each line and hand it on, but for those that cannot be read."""
        for line in lines:
            self.first = self.first or line[:200]
            found = _KIND.match(line)
            if found is None:
                self.record.unreadable += not _OTHER.match(line)
                continue
            handle = self._handlers.get(found["kind"])
            try:
                if handle:
                    handle(parse_event(line))
            except DAMAGED:
                self.record.unreadable += 1
                continue
            self.record.events += 1
            yield line

    def _seen(self, moment: Any) -> int:
        time = whole(moment)
        self.record.last = max(self.record.last, time)
        return time

    def _log_start(self, event: Event) -> None:
        self.record.spark_version = str(event.get("Spark Version", ""))

    def _environment(self, event: Event) -> None:
        properties = event.get("Spark Properties") or {}
        self.record.settings = {str(key): str(value) for key, value in properties.items()}
        self.record.task_cores = max(1, whole(self.record.settings.get("spark.task.cpus", "1")))

    def _application_start(self, event: Event) -> None:
        self.record.started = self._seen(event["Timestamp"])
        self.record.busy.start = self.record.started
        self.record.name = str(event.get("App Name", ""))
        self.record.application = str(event.get("App ID", ""))

    def _application_end(self, event: Event) -> None:
        self.record.ended = self._seen(event["Timestamp"])

    def _executor(self, name: str) -> Executor:
        return self.record.executors.setdefault(name, Executor(name))

    def _executor_added(self, event: Event) -> None:
        info = event["Executor Info"]
        cores, added = max(0, whole(info["Total Cores"])), self._seen(event["Timestamp"])
        executor = self._executor(str(event["Executor ID"]))
        executor.host, executor.cores, executor.added = str(info.get("Host", "")), cores, added

    def _executor_removed(self, event: Event) -> None:
        executor = self._executor(str(event["Executor ID"]))
        executor.removed = whole(event["Timestamp"])

    def _block_manager_added(self, event: Event) -> None:
        place = event["Block Manager ID"]
        executor = self._executor(str(place["Executor ID"]))
        executor.host = executor.host or str(place.get("Host", ""))

    def _metrics_update(self, event: Event) -> None:
        executor = self._executor(str(event["Executor ID"]))
        for update in event.get("Executor Metrics Updated") or ():
            executor.keep_peaks(update.get("Executor Metrics") or {})

    def _stage_metrics(self, event: Event) -> None:
        self._executor(str(event["Executor ID"])).keep_peaks(event["Executor Metrics"])

    def _plan(self, event: Event) -> None:
        self._plans.add(whole(event["executionId"]), event.get("sparkPlanInfo") or {})

    def _query_end(self, event: Event) -> None:
        self._plans.forget(whole(event["executionId"]))

    def _job_start(self, event: Event) -> None:
        properties = event.get("Properties") or {}
        name = properties.get("spark.job.description") or properties.get("callSite.short") or ""
        number = whole(event["Job ID"])
        stages = frozenset(map(whole, event.get("Stage IDs") or ()))
        started = self._seen(event["Submission Time"])
        self.record.jobs[number] = Job(number, place(str(name)), started, stages=stages)
        execution = properties.get("spark.sql.execution.id")
        for stage in stages:
            self._jobs_of_stages[stage] = (number, None if execution is None else whole(execution))

    def _job_end(self, event: Event) -> None:
        # One that was cancelled with the application says no more than that it had not ended.
        job = self.record.jobs.get(whole(event["Job ID"]))
        if job and self.record.ended is None:
            job.ended = self._seen(event["Completion Time"])
            job.failed = event["Job Result"]["Result"] == "JobFailed"

    def _stage(self, info: Event) -> Stage:
        key = (whole(info["Stage ID"]), whole(info.get("Stage Attempt ID") or 0))
        if key not in self.record.stages:
            tasks = max(0, whole(info["Number of Tasks"]))
            stage = Stage(*key, name=place(str(info.get("Stage Name", ""))), tasks=tasks)
            stage.job, stage.execution = self._jobs_of_stages.get(key[0], (None, None))
            self.record.stages[key] = stage
        return self.record.stages[key]

    def _stage_submitted(self, event: Event) -> None:
        info = event["Stage Info"]
        moment = info.get("Submission Time")
        self._stage(info).submitted = None if moment is None else self._seen(moment)

    def _stage_completed(self, event: Event) -> None:
        info = event["Stage Info"]
        stage = self._stage(info)
        if stage.submitted is None and info.get("Submission Time") is not None:
            stage.submitted = whole(info["Submission Time"])
        if info.get("Completion Time") is not None and self.record.ended is None:
            stage.completed = self._seen(info["Completion Time"])
        stage.failure = str(info.get("Failure Reason") or "")
        counters = [whole(item["ID"]) for item in info.get("Accumulables") or ()]
        stage.operations = self._plans.operations(stage.execution, counters)
        stage.close()

    def _task_end(self, event: Event) -> None:
        reason = event["Task End Reason"]["Reason"]
        task = read_task(event)
        self._seen(task.finished)
        self.record.busy.add(task.launched, task.finished, self.record.task_cores)
        executor = self._executor(task.executor)
        executor.tasks += 1
        executor.keep_peaks(event.get("Task Executor Metrics") or {})
        key = (whole(event["Stage ID"]), whole(event.get("Stage Attempt ID") or 0))
        stage = self.record.stages.setdefault(key, Stage(*key, name="", tasks=0))
        if reason == _SUCCESS:
            stage.add(task)
            return
        stage.wasted += task.totals.task
        if reason in _KILLED:
            stage.killed += 1
        else:
            stage.failed += 1


def place(name: str) -> str:
    """Shorten a call's place: ``collect at jobs/prepare.py:103``; nothing of Spark's own code."""
    action, at, path = name.partition(" at ")
    if not at or "NativeMethodAccessorImpl" in path or path.startswith("<"):
        return " ".join(action.split())[:120]
    return f"{action} at {short_path(path)}"[:120]
