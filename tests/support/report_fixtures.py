"""An event log written in the test: events as Spark 3.5 writes them, shortened."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from launch.report import Known, Report, find_logs, make_report

START = 1_795_000_000_000
MIB = 2**20
# Nanoseconds of a millisecond, as Spark counts CPU time and the writing of shuffles.
NANO = 1_000_000
Plan = Sequence[tuple[str, str]]


class Log:
    """One application's events. Times are given in seconds after its start.

    It has two executors of two cores from the first moment on, and lasts 100 s.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str = "shop-load-1",
        seconds: float = 100,
        executors: Sequence[int] = (2, 2),
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.path = folder / "app-20261123143530-0001"
        self.seconds = seconds
        self.events: list[dict[str, Any]] = []
        self._stages = 0
        properties = {"spark.master": "spark://127.0.0.1:7077", **(settings or {})}
        self.add("LogStart", **{"Spark Version": "3.5.9"})
        self.add("EnvironmentUpdate", **{"Spark Properties": properties})
        self.add(
            "ApplicationStart",
            **{"App Name": name, "App ID": self.path.name, "Timestamp": START, "User": "u"},
        )
        for number, cores in enumerate(executors):
            self.executor(str(number), cores)

    def add(self, kind: str, *, package: str = "", **fields: Any) -> None:
        """Add an event of any kind."""
        self.events.append({"Event": f"{package}SparkListener{kind}", **fields})

    def executor(self, name: str, cores: int, *, after: float = 0) -> None:
        """Let an executor register, each on a host of its own."""
        self.add(
            "ExecutorAdded",
            **{
                "Timestamp": moment(after),
                "Executor ID": name,
                "Executor Info": {"Host": f"host-{name}", "Total Cores": cores},
            },
        )

    def removed(self, name: str, after: float, reason: str) -> None:
        """Let an executor go."""
        self.add(
            "ExecutorRemoved",
            **{"Timestamp": moment(after), "Executor ID": name, "Removed Reason": reason},
        )

    def memory(self, name: str, **metrics: int) -> None:
        """Keep the peaks of an executor, as spark.eventLog.logStageExecutorMetrics has them."""
        self.add("StageExecutorMetrics", **{"Executor ID": name, "Executor Metrics": metrics})

    def stage(
        self,
        tasks: Sequence[Mapping[str, Any]],
        *,
        begin: float = 0,
        end: float | None = None,
        of: int | None = None,
        name: str = "save at jobs/load.py:7",
        plan: Plan = (),
        failure: str = "",
    ) -> int:
        """Run a job of one stage; its tasks begin with it, and it ends with the last of them.

        The plan is listed as rows pass: nodes and their texts.
        """
        number, self._stages = self._stages, self._stages + 1
        longest = max((task.get("seconds", 1) for task in tasks), default=1)
        until = begin + longest if end is None else end
        info: dict[str, Any] = {
            "Stage ID": number, "Stage Attempt ID": 0, "Stage Name": name,
            "Number of Tasks": len(tasks) if of is None else of,
            "Submission Time": moment(begin),
        }  # fmt: skip
        sql = "org.apache.spark.sql.execution.ui."
        counters = [1000 * number + place for place in range(len(plan))]
        if plan:
            node = {"nodeName": "WriteFiles", "simpleString": "", "children": [], "metrics": []}
            for counter, (kind, text) in zip(reversed(counters), reversed(plan)):
                metrics = [{"name": "rows", "accumulatorId": counter}]
                child = {"nodeName": kind, "simpleString": text, "metrics": metrics}
                _last(node)["children"] = [child]
            self.add("SQLExecutionStart", package=sql, executionId=number, sparkPlanInfo=node)
        self.add(
            "JobStart",
            **{
                "Job ID": number, "Submission Time": moment(begin), "Stage IDs": [number],
                "Properties": {"spark.sql.execution.id": str(number), "callSite.short": name},
            },
        )  # fmt: skip
        self.add("StageSubmitted", **{"Stage Info": info})
        for index, task in enumerate(tasks):
            self.events.append(task_end(number, index, begin, **task))
        done = {**info, "Completion Time": moment(until)}
        done["Accumulables"] = [{"ID": counter} for counter in counters]
        if failure:
            done["Failure Reason"] = failure
        self.add("StageCompleted", **{"Stage Info": done})
        result = {"Result": "JobFailed" if failure else "JobSucceeded"}
        self.add(
            "JobEnd",
            **{"Job ID": number, "Completion Time": moment(until), "Job Result": result},
        )
        return number

    def lines(self, *, whole: bool = True) -> list[str]:
        """Return the log; without its end, if it shall not be whole."""
        end = {"Event": "SparkListenerApplicationEnd", "Timestamp": moment(self.seconds)}
        events = [*self.events, end] if whole else self.events
        return [json.dumps(event, separators=(",", ":")) + "\n" for event in events]

    def write(self, *, whole: bool = True) -> Path:
        """Write the file; return its path."""
        self.path.write_text("".join(self.lines(whole=whole)), encoding="utf-8")
        return self.path

    def report(self, *, whole: bool = True, **known: Any) -> Report:
        """Write the file, and report on it."""
        return make_report(
            find_logs(self.write(whole=whole)), Known(**{"name": "shop-load-1", **known})
        )

    def findings(self, **known: Any) -> dict[str, Any]:
        """Report, and return the findings by their kind."""
        return {finding.kind: finding for finding in self.report(**known).findings}


def moment(after: float) -> int:
    return START + round(after * 1000)


def _last(node: dict[str, Any]) -> dict[str, Any]:
    while node.get("children"):
        node = node["children"][0]
    return node


def task_end(stage: int, index: int, begin: float, **task: Any) -> dict[str, Any]:
    """Write the end of a task: all of its time is run time, and computing, unless told."""
    seconds = task.get("seconds", 1)
    run = round(1000 * task.get("run", seconds))
    reason = {"Reason": task.get("reason", "Success")}
    if "text" in task:
        reason["Full Stack Trace"] = task["text"]
    return {
        "Event": "SparkListenerTaskEnd",
        "Stage ID": stage,
        "Stage Attempt ID": 0,
        "Task Type": "ResultTask",
        "Task End Reason": reason,
        "Task Info": {
            "Task ID": 1000 * stage + index, "Index": index, "Attempt": 0,
            "Launch Time": moment(begin), "Executor ID": task.get("executor", "0"),
            "Host": "host-0", "Finish Time": moment(begin + seconds),
        },
        "Task Executor Metrics": {},
        "Task Metrics": {
            "Executor Run Time": run,
            "Executor CPU Time": round(1000 * task.get("cpu", seconds)) * NANO,
            "Executor Deserialize Time": round(1000 * task.get("unpack", 0)),
            "Result Serialization Time": 0,
            "JVM GC Time": round(1000 * task.get("gc", 0)),
            "Peak Execution Memory": task.get("peak", 0),
            "Memory Bytes Spilled": task.get("spilled", 0),
            "Disk Bytes Spilled": task.get("on_disk", 0),
            "Shuffle Read Metrics": {
                "Remote Bytes Read": task.get("read", 0), "Local Bytes Read": 0,
                "Total Records Read": task.get("rows", 0),
                "Fetch Wait Time": round(1000 * task.get("fetch", 0)),
            },
            "Shuffle Write Metrics": {
                "Shuffle Bytes Written": task.get("written", 0), "Shuffle Records Written": 0,
                "Shuffle Write Time": round(1000 * task.get("write", 0)) * NANO,
            },
            "Input Metrics": {"Bytes Read": task.get("input", 0), "Records Read": 0},
            "Output Metrics": {"Bytes Written": task.get("output", 0), "Records Written": 0},
        },
    }  # fmt: skip


def uneven(**longest: Any) -> list[dict[str, Any]]:
    """Return three tasks of a second, and one that is told."""
    task = {"seconds": 1, "read": 10 * MIB, "rows": 1000}
    return [task, task, {**task, **longest}, task]


@pytest.fixture
def a_log(tmp_path: Path) -> Callable[..., Log]:
    """Return a function that begins an event log."""

    def begin(**options: Any) -> Log:
        return Log(tmp_path, **options)

    return begin
