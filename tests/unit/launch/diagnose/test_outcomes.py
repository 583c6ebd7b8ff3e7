"""The job's own word, and ends that are no failure of the program."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from .conftest import Why, same_cause

START = {"Event": "SparkListenerApplicationStart", "App Name": "a", "Timestamp": 1}
JOB = {"Event": "SparkListenerJobStart", "Job ID": 0}
STAGE = {
    "Event": "SparkListenerStageSubmitted",
    "Stage Info": {"Stage ID": 3, "Stage Name": "save at p.py:91", "Number of Tasks": 200},
}
ADDED = {"Event": "SparkListenerExecutorAdded", "Executor ID": "1", "Executor Info": {"Host": "h"}}
GONE = {
    "Event": "SparkListenerExecutorRemoved", "Executor ID": "1",
    "Removed Reason": "Command exited with code 137",
}  # fmt: skip
TASK = {
    "Event": "SparkListenerTaskEnd", "Stage ID": 3, "Stage Attempt ID": 0,
    "Task Type": "ResultTask", "Task End Reason": {"Reason": "Success"},
    "Task Info": {"Executor ID": "1", "Host": "h"},
}  # fmt: skip
BUSY = [START, JOB, ADDED, STAGE, *[TASK] * 40]
REQUEST = {
    "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}
WRAPPER = (
    "Algorithm Error: (caused by CalledProcessError): spark failed with a non-zero exit code: "
    "Command 'spark-submit main.py' returned non-zero exit status 2."
)
WAITING = (
    "26/11/23 14:49:54 WARN TaskSchedulerImpl: Initial job has not accepted any resources; check "
    "your cluster UI to ensure that workers are registered and have sufficient resources"
)
RUNNING = """\
26/11/23 14:35:15 INFO DAGScheduler: Submitting 2 missing tasks from ResultStage 0 \
(PythonRDD[1] at sum at p.py:5) (first 15 tasks are for partitions Vector(0, 1))
26/11/23 14:35:16 INFO TaskSetManager: Finished task 0.0 in stage 0.0 (TID 0) in 740 ms on algo-1 \
(executor 1) (1/2)
"""
DISMISSED = (
    "26/11/23 14:35:12 INFO YarnAllocator: Removing executor 2 on algo-2: Exit status: 143\n"
    "26/11/23 14:35:12 INFO SparkContext: Successfully stopped SparkContext"
)
NO_START = 'InternalServerError: CannotStartContainerError: exec: "smspark-submit": not in $PATH'


@pytest.mark.parametrize(
    ("given", "kind", "cause"),
    [
        ({"log": "usage: main.py [-h]\nmain.py: error: unrecognized arguments: --targt",
          "message": WRAPPER}, "input_error", "unrecognized arguments: --targt"),
        ({"log": "error: OverflowError: the sum of 'x' is too large"},
         "python_exception", "OverflowError: the sum of 'x' is too large"),
        ({"message": "KeyError: 'x' (prepare.py line 30)"},
         "python_exception", "KeyError: 'x' (prepare.py line 30)"),
        ({"log": "no such option: --conf"},
         "input_error", "the image's smspark-submit has no option --conf"),
        ({"log": "Error: No such option '--conf'."},
         "input_error", "the image's smspark-submit has no option --conf"),
        ({"reason": "ClientError: Cannot pull the image x:1: not found"},
         "image", "the container did not start: ClientError: Cannot pull…"),
        ({"reason": NO_START}, "image", f"the container did not start: {NO_START}"),
        # A job may be about images.
        ({"log": "x", "reason": "AlgorithmError: image a.png not found, exit code: 1"},
         "unknown", "image a.png not found"),
        ({"reason": "ClientError: MaxRuntimeExceeded", "events": BUSY, "request": REQUEST},
         "timeout",
         "the job used up its time (3,600 s) in stage 3 (save at p.py:91): 40 of 200 tasks done"),
        # Executors came, if late.
        ({"log": WAITING, "status": "Stopped", "reason": "MaxRuntimeExceeded", "events": BUSY,
          "request": REQUEST}, "timeout", "the job used up its time…"),
        ({"log": WAITING, "status": "InProgress", "reason": None, "request": REQUEST},
         "running", "the job is running, but no executor fits on 1 × ml.m5.large so far"),
        # Executors that are dismissed at the end are no cause.
        ({"log": DISMISSED}, "unknown", "…"),
        ({"reason": None}, "unknown",
         "the job failed, and nothing in its logs says why; there is no log of it"),
    ],
)  # fmt: skip
def test_an_end_has_its_kind_and_cause(
    why: Why, given: dict[str, Any], kind: str, cause: str
) -> None:
    diagnosis = why(**given)
    assert diagnosis.kind == kind
    assert same_cause(diagnosis, cause)


@pytest.mark.parametrize(
    ("reason", "message"), [("AlgorithmError: , exit code: 2", None), (None, WRAPPER)]
)
def test_the_paragraph_of_a_job_that_refuses_its_input_is_the_cause(
    why: Why, reason: str | None, message: str | None
) -> None:
    log = f"""\
error: the options do not fit contract 't':
  - target 'nope' is not a column; there are: 'a', 'b'
  - key 'id' is not a column
{WRAPPER}
"""
    diagnosis = why(log, reason=reason, message=message)
    assert diagnosis.kind == "input_error"
    assert diagnosis.cause == (
        "the options do not fit contract 't': target 'nope' is not a column; there are: 'a', 'b'; "
        "key 'id' is not a column"
    )
    assert diagnosis.evidence[1] == "exit code: 2"


def test_a_bare_container_path_is_refused_with_advice_on_its_form(why: Why) -> None:
    log = "error: there is no file or directory /opt/ml/processing/input/x.csv; check the path"
    diagnosis = why(log, message=WRAPPER)
    assert diagnosis.kind == "input_error"
    assert "file:///opt/ml/processing" in diagnosis.advice[0]


def test_advice_names_the_setting_of_launch_yaml(why: Why) -> None:
    assert "spark: in launch.yaml" in why("no such option: --conf").advice[0]
    late = why(reason="ClientError: MaxRuntimeExceeded", events=BUSY, request=REQUEST)
    assert "max_runtime" in late.advice[0]


@pytest.mark.parametrize(("minutes", "kind"), [(60, "timeout"), (59, "stopped")])
def test_stopped_by_the_clock_or_by_a_person(why: Why, minutes: int, kind: str) -> None:
    """The service may say nothing but Stopped."""
    start = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
    times = {
        "ProcessingStartTime": start.isoformat(),
        "ProcessingEndTime": start + timedelta(minutes=minutes),
    }
    diagnosis = why(status="Stopped", reason=None, events=BUSY, request=REQUEST | times)
    assert diagnosis.kind == kind
    assert "40 of 200 tasks done" in diagnosis.cause


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("Failed", "ClientError: MaxRuntimeExceeded"),
        ("Stopped", None),
        ("Failed", "AlgorithmError: , exit code: 143"),
    ],
)
@pytest.mark.parametrize("events", [[START, JOB, STAGE], []])
def test_no_executor_ever_came(why: Why, status: str, reason: str | None, events: list) -> None:
    log = "" if events else WAITING
    diagnosis = why(log, status=status, reason=reason, events=events, request=REQUEST)
    assert diagnosis.kind == "no_resources"
    assert "1 × ml.m5.large" in diagnosis.cause
    assert "8 GiB" in diagnosis.advice[0]


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"events": BUSY}, "stage 3 (save at p.py:91): 40 of 200 tasks done"),
        ({"log": RUNNING}, "stage 0 (sum at p.py:5): 1 of 2 tasks done"),
    ],
)
def test_a_job_that_runs_says_how_far_it_is(why: Why, given: dict[str, Any], where: str) -> None:
    diagnosis = why(**given, status="InProgress", reason=None)
    assert (diagnosis.kind, diagnosis.where) == ("running", where)


def test_a_completed_job_with_losses_on_the_way(why: Why) -> None:
    lost = {**TASK, "Task End Reason": {"Reason": "ExecutorLostFailure", "Loss Reason": "gone"}}
    diagnosis = why(status="Completed", reason=None, events=[*BUSY, lost, GONE, TASK])
    assert (diagnosis.kind, diagnosis.cause) == ("succeeded", "the job completed")
    assert diagnosis.evidence[:2] == (
        "event log: 1 task failed and ran again",
        "event log: Lost executor 1 on h: Command exited with code 137",
    )


def test_a_completed_job_without_incident(why: Why) -> None:
    done = {"Event": "SparkListenerJobEnd", "Job ID": 0, "Job Result": {"Result": "JobSucceeded"}}
    end = {"Event": "SparkListenerApplicationEnd", "Timestamp": 9}
    events = [*BUSY, done, GONE, end, GONE]
    diagnosis = why("error: not one", status="Completed", reason=None, events=events)
    assert (diagnosis.kind, diagnosis.evidence, diagnosis.advice) == ("succeeded", (), ())


def test_where_nothing_is_known_the_first_error_is_shown(why: Why) -> None:
    log = """\
26/11/23 14:35:10 INFO SparkContext: Running Spark version 3.5.9
26/11/23 14:35:11 ERROR Thing: it broke
26/11/23 14:35:12 INFO SparkContext: Successfully stopped SparkContext
"""
    diagnosis = why(log, reason="AlgorithmError: , exit code: 4")
    assert diagnosis.kind == "unknown"
    assert "exit code 4" in diagnosis.cause
    assert diagnosis.evidence[0] == "algo-1: 26/11/23 14:35:11 ERROR Thing: it broke"
    assert any("launch logs" in advice for advice in diagnosis.advice)


def test_a_worker_that_failed_alone_is_heard(why: Why) -> None:
    """Any host's non-zero exit fails the job; the driver's log may say nothing."""
    log = (
        'Traceback (most recent call last):\n  File "/x/boot.py", line 3, in <module>\nOSError: no'
    )
    diagnosis = why("fine", others={"algo-10": "fine", "algo-2": log})
    assert (diagnosis.cause, diagnosis.evidence[0]) == ("OSError: no", "algo-2: OSError: no")


def test_a_diagnosis_as_json(why: Why) -> None:
    data = why("error: bad", message=WRAPPER).to_json()
    assert json.loads(json.dumps(data)) == data
    assert set(data) == {"kind", "cause", "where", "evidence", "advice"}
