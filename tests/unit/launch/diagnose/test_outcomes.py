"""The job's own word, and ends that are no failure of the program."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from launch.diagnose import Diagnosis

Why = Callable[..., Diagnosis]

START = {"Event": "SparkListenerApplicationStart", "App Name": "a", "Timestamp": 1}
JOB = {"Event": "SparkListenerJobStart", "Job ID": 0}
STAGE = {
    "Event": "SparkListenerStageSubmitted",
    "Stage Info": {"Stage ID": 3, "Stage Name": "save at p.py:91", "Number of Tasks": 200},
}
ADDED = {"Event": "SparkListenerExecutorAdded", "Executor ID": "1", "Executor Info": {"Host": "h"}}
GONE = {
    "Event": "SparkListenerExecutorRemoved",
    "Executor ID": "1",
    "Removed Reason": "Command exited with code 137",
}
TASK = {
    "Event": "SparkListenerTaskEnd",
    "Stage ID": 3,
    "Stage Attempt ID": 0,
    "Task Type": "ResultTask",
    "Task End Reason": {"Reason": "Success"},
    "Task Info": {"Executor ID": "1", "Host": "h"},
}
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


@pytest.mark.parametrize(
    ("reason", "message"), [("AlgorithmError: , exit code: 2", None), (None, WRAPPER)]
)
def test_the_job_refuses_its_input(why: Why, reason: str | None, message: str | None) -> None:
    log = f"""\
error: the options do not fit contract 't':
  - target 'nope' is not a column; there are: 'a', 'b'
  - key 'id' is not a column
{WRAPPER}
"""
    found = why(log, reason=reason, message=message)
    assert found.kind == "input_error"
    assert found.cause == (
        "the options do not fit contract 't': target 'nope' is not a column; there are: 'a', 'b'; "
        "key 'id' is not a column"
    )
    assert found.evidence[1] == "exit code: 2"


def test_a_bare_container_path_is_refused(why: Why) -> None:
    log = "error: there is no file or directory /opt/ml/processing/input/x.csv; check the path"
    found = why(log, message=WRAPPER)
    assert found.kind == "input_error"
    assert "file:///opt/ml/processing" in found.advice[0]


def test_an_unknown_argument_of_the_job(why: Why) -> None:
    log = "usage: main.py [-h] COMMAND ...\nmain.py: error: unrecognized arguments: --targt"
    found = why(log, message=WRAPPER)
    assert (found.kind, found.cause) == ("input_error", "unrecognized arguments: --targt")


def test_the_job_s_paragraph_for_any_other_error(why: Why) -> None:
    found = why("error: OverflowError: the sum of 'x' is too large")
    assert found.kind == "python_exception"
    assert found.cause == "OverflowError: the sum of 'x' is too large"


def test_the_job_s_last_message_where_the_log_is_gone(why: Why) -> None:
    found = why(message="KeyError: 'x' (prepare.py line 30)")
    assert found.cause == "KeyError: 'x' (prepare.py line 30)"


@pytest.mark.parametrize("text", ["no such option: --conf", "Error: No such option '--conf'."])
def test_an_option_that_the_image_does_not_know(why: Why, text: str) -> None:
    found = why(text)
    assert found.kind == "input_error"
    assert found.cause == "the image's smspark-submit has no option --conf"
    assert "spark: in launch.yaml" in found.advice[0]


@pytest.mark.parametrize(
    "reason",
    [
        "ClientError: Cannot pull the image 1.dkr.ecr.eu-west-1.amazonaws.com/x:1: not found",
        'InternalServerError: CannotStartContainerError: exec: "smspark-submit": executable file '
        "not found in $PATH",
    ],
)
def test_a_container_that_did_not_start(why: Why, reason: str) -> None:
    found = why(reason=reason)
    assert found.kind == "image"
    assert reason[:40] in found.cause


def test_a_job_about_images_is_no_image_error(why: Why) -> None:
    found = why("x", reason="AlgorithmError: image a.png not found, exit code: 1")
    assert found.kind == "unknown"
    assert found.cause == "image a.png not found"


def test_out_of_time(why: Why) -> None:
    found = why(
        status="Failed", reason="ClientError: MaxRuntimeExceeded", events=BUSY, request=REQUEST
    )
    assert found.kind == "timeout"
    assert found.cause == (
        "the job used up its time (3,600 s) in stage 3 (save at p.py:91): 40 of 200 tasks done"
    )
    assert "max_runtime" in found.advice[0]


@pytest.mark.parametrize(("minutes", "kind"), [(60, "timeout"), (59, "stopped")])
def test_stopped_by_the_clock_or_by_a_person(why: Why, minutes: int, kind: str) -> None:
    """The service may say nothing but Stopped."""
    start = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
    times = {
        "ProcessingStartTime": start.isoformat(),
        "ProcessingEndTime": start + timedelta(minutes=minutes),
    }
    found = why(status="Stopped", reason=None, events=BUSY, request=REQUEST | times)
    assert found.kind == kind
    assert "40 of 200 tasks done" in found.cause


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
    found = why(log, status=status, reason=reason, events=events, request=REQUEST)
    assert found.kind == "no_resources"
    assert "1 × ml.m5.large" in found.cause
    assert "8 GiB" in found.advice[0]


def test_executors_that_came_late_are_no_lack_of_them(why: Why) -> None:
    found = why(
        WAITING, status="Stopped", reason="MaxRuntimeExceeded", events=BUSY, request=REQUEST
    )
    assert found.kind == "timeout"


def test_a_job_that_runs(why: Why) -> None:
    found = why(status="InProgress", reason=None, events=BUSY)
    assert found.kind == "running"
    assert found.where == "stage 3 (save at p.py:91): 40 of 200 tasks done"


def test_a_job_that_runs_by_its_log_alone(why: Why) -> None:
    log = """\
26/11/23 14:35:15 INFO DAGScheduler: Submitting 2 missing tasks from ResultStage 0 \
(PythonRDD[1] at sum at p.py:5) (first 15 tasks are for partitions Vector(0, 1))
26/11/23 14:35:16 INFO TaskSetManager: Finished task 0.0 in stage 0.0 (TID 0) in 740 ms on algo-1 \
(executor 1) (1/2)
"""
    found = why(log, status="InProgress", reason=None)
    assert found.where == "stage 0 (sum at p.py:5): 1 of 2 tasks done"


def test_a_job_that_waits_for_executors(why: Why) -> None:
    found = why(WAITING, status="InProgress", reason=None, request=REQUEST)
    assert found.kind == "running"
    assert found.cause == "the job is running, but no executor fits on 1 × ml.m5.large so far"


def test_a_completed_job_with_losses_on_the_way(why: Why) -> None:
    lost = {**TASK, "Task End Reason": {"Reason": "ExecutorLostFailure", "Loss Reason": "gone"}}
    found = why(status="Completed", reason=None, events=[*BUSY, lost, GONE, TASK])
    assert (found.kind, found.cause) == ("succeeded", "the job completed")
    assert found.evidence[0] == "event log: 1 task failed and ran again"
    assert found.evidence[1] == "event log: Lost executor 1 on h: Command exited with code 137"


def test_a_completed_job_without_incident(why: Why) -> None:
    done = {"Event": "SparkListenerJobEnd", "Job ID": 0, "Job Result": {"Result": "JobSucceeded"}}
    end = {"Event": "SparkListenerApplicationEnd", "Timestamp": 9}
    events = [*BUSY, done, GONE, end, GONE]
    found = why("error: not one", status="Completed", reason=None, events=events)
    assert (found.kind, found.evidence, found.advice) == ("succeeded", (), ())


def test_nothing_known(why: Why) -> None:
    log = """\
26/11/23 14:35:10 INFO SparkContext: Running Spark version 3.5.9
26/11/23 14:35:11 ERROR Thing: it broke
26/11/23 14:35:12 INFO SparkContext: Successfully stopped SparkContext
"""
    found = why(log, reason="AlgorithmError: , exit code: 4")
    assert found.kind == "unknown"
    assert "exit code 4" in found.cause
    assert found.evidence[0] == "algo-1: 26/11/23 14:35:11 ERROR Thing: it broke"
    assert any("launch logs" in advice for advice in found.advice)


def test_executors_that_are_dismissed_at_the_end_are_no_cause(why: Why) -> None:
    log = (
        "26/11/23 14:35:12 INFO YarnAllocator: Removing executor 2 on algo-2: Exit status: 143\n"
        "26/11/23 14:35:12 INFO SparkContext: Successfully stopped SparkContext"
    )
    assert why(log).kind == "unknown"


def test_nothing_at_all(why: Why) -> None:
    found = why(reason=None)
    assert found.kind == "unknown"
    assert "there is no log" in found.cause


def test_a_worker_that_failed_alone(why: Why) -> None:
    """Any host's non-zero exit fails the job; the driver's log may say nothing."""
    log = (
        'Traceback (most recent call last):\n  File "/x/boot.py", line 3, in <module>\nOSError: no'
    )
    found = why("fine", others={"algo-10": "fine", "algo-2": log})
    assert found.cause == "OSError: no"
    assert found.evidence[0] == "algo-2: OSError: no"


def test_as_json(why: Why) -> None:
    data = why("error: bad", message=WRAPPER).to_json()
    assert json.loads(json.dumps(data)) == data
    assert set(data) == {"kind", "cause", "where", "evidence", "advice"}
