"""Memory, lost executors, paths, access: as Spark 3.5, YARN and S3A say it, shortened."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Why

START = {"Event": "SparkListenerApplicationStart", "App Name": "a", "Timestamp": 1}
JOB = {"Event": "SparkListenerJobStart", "Job ID": 0}
INFO = {"Stage ID": 5, "Stage Attempt ID": 0, "Stage Name": "save at p.py:91", "Number of Tasks": 4}
STAGE = {"Event": "SparkListenerStageSubmitted", "Stage Info": INFO}
ADDED = {
    "Event": "SparkListenerExecutorAdded",
    "Executor ID": "2",
    "Executor Info": {"Host": "algo-3"},
}
PREFIX = (
    "Job aborted due to stage failure: Task 3 in stage 5.0 failed 4 times, most recent failure:"
)
LOST = (
    f"{PREFIX} Lost task 3.3 in stage 5.0 (TID 90) (algo-3 executor 2): ExecutorLostFailure "
    "(executor 2 exited caused by one of the running tasks) Reason: "
)
YARN = (
    "Container killed by YARN for exceeding physical memory limits. 5.6 GB of 5.5 GB physical "
    "memory used. Consider boosting spark.executor.memoryOverhead."
)
HEAP = "java.lang.OutOfMemoryError: Java heap space"


def removed(reason: str) -> dict[str, Any]:
    return {"Event": "SparkListenerExecutorRemoved", "Executor ID": "2", "Removed Reason": reason}


def task(reason: str, **more: str) -> dict[str, Any]:
    return {
        "Event": "SparkListenerTaskEnd",
        "Stage ID": 5,
        "Stage Attempt ID": 0,
        "Task Type": "ResultTask",
        "Task End Reason": {"Reason": reason, **more},
        "Task Info": {"Executor ID": "2", "Host": "algo-3"},
    }


def failed(message: str) -> list[dict[str, Any]]:
    completed = {**STAGE, "Event": "SparkListenerStageCompleted"}
    completed["Stage Info"] = {**INFO, "Failure Reason": message}
    result = {"Result": "JobFailed", "Exception": {"Message": message}}
    return [completed, {"Event": "SparkListenerJobEnd", "Job ID": 0, "Job Result": result}]


def run(*events: dict[str, Any], message: str) -> list[dict[str, Any]]:
    return [START, JOB, ADDED, STAGE, *events, *failed(message)]


def test_yarn_killed_an_executor(why: Why) -> None:
    """The job itself says only that Spark failed; the event log knows why."""
    diagnosis = why(
        "error: Py4JJavaError: An error occurred while calling o55.save.",
        events=run(task("ExecutorLostFailure", **{"Loss Reason": YARN}), message=LOST + YARN),
    )
    assert diagnosis.kind == "out_of_memory"
    assert diagnosis.cause == (
        "YARN killed executor 2 on algo-3: it used more memory than it may (5.6 GB of 5.5 GB)"
    )
    assert diagnosis.where == "stage 5 (save at p.py:91)"
    assert any("memoryOverhead" in advice for advice in diagnosis.advice)


def test_the_memory_that_led_to_lost_shuffle_files(why: Why) -> None:
    """An executor ran out of memory, its files were lost, the stage failed by FetchFailed."""
    fetch = "org.apache.spark.shuffle.MetadataFetchFailedException: Missing an output location"
    message = (
        "Job aborted due to stage failure: ResultStage 5 (save at p.py:91) has failed the maximum "
        f"allowable number of times: 4. Most recent failure reason: {fetch} for shuffle 0"
    )
    diagnosis = why(
        f"py4j.protocol.Py4JJavaError: x\n: org.apache.spark.SparkException: {message}",
        events=run(
            task("ExceptionFailure", **{"Full Stack Trace": f"{HEAP}\n\tat a.B.c(B.java:1)"}),
            removed("Command exited with code 52"),
            task("FetchFailed", Message=fetch),
            message=message,
        ),
    )
    assert diagnosis.kind == "out_of_memory"
    assert diagnosis.cause == "executor 2 on algo-3 ran out of memory (Java heap space)"


def test_lost_shuffle_files_alone(why: Why) -> None:
    diagnosis = why(events=run(message=f"{PREFIX} FetchFailed(BlockManagerId(1), …)"))
    assert diagnosis.kind == "executor_lost"
    assert diagnosis.cause.startswith("shuffle data was lost")


def test_a_killed_executor(why: Why) -> None:
    """As a standalone cluster has it; the driver's traceback is only what followed."""
    reason = "Command exited with code 137"
    log = f"""\
26/11/23 14:35:37 ERROR TaskSchedulerImpl: Lost executor 2 on algo-3: {reason}
Traceback (most recent call last):
  File "/opt/ml/processing/input/code/main.py", line 18, in <module>
    frame.collect()
py4j.protocol.Py4JJavaError: An error occurred while calling o1.collect.
: org.apache.spark.SparkException: {LOST}{reason}
Driver stacktrace:
\tat org.apache.spark.scheduler.DAGScheduler.abortStage(DAGScheduler.scala:2834)
"""
    loss = task("ExecutorLostFailure", **{"Loss Reason": reason})
    for diagnosis in (
        why(log),
        why(log, events=run(loss, removed(reason), message=LOST + reason)),
        why(events=run(loss, removed(reason), message=LOST + reason)),
    ):
        assert diagnosis.kind == "executor_lost"
        assert diagnosis.cause.startswith(
            "executor 2 on algo-3 was killed from outside (exit code 137"
        )
        assert "CalledProcessError" not in diagnosis.cause


def test_an_executor_s_own_log_tells_of_its_memory(why: Why) -> None:
    """The image tails the executors' logs into those of the hosts."""
    container = "[/var/log/yarn/userlogs/application_1/container_1_01_000003/stderr] "
    diagnosis = why(
        f"error: SparkException: {LOST}Executor heartbeat timed out after 130 s",
        others={"algo-3": f"{container}{HEAP}"},
    )
    assert diagnosis.kind == "out_of_memory"
    assert diagnosis.cause == "an executor on algo-3 ran out of memory (Java heap space)"


def test_an_executor_that_was_replaced_is_not_the_cause(why: Why) -> None:
    """It was lost and its tasks ran again; the program ended by an error of its own."""
    log = f"""\
26/11/23 14:35:37 ERROR TaskSchedulerImpl: Lost executor 2 on algo-3: {YARN}
Traceback (most recent call last):
  File "/opt/ml/processing/input/code/main.py", line 18, in <module>
    settings["key"]
KeyError: 'key'
"""
    diagnosis = why(log)
    assert (diagnosis.kind, diagnosis.cause) == ("python_exception", "KeyError: 'key'")


def test_the_driver_s_memory(why: Why) -> None:
    diagnosis = why(
        f"""\
Traceback (most recent call last):
  File "/opt/ml/processing/input/code/main.py", line 5, in <module>
    frame.toPandas()
py4j.protocol.Py4JJavaError: An error occurred while calling o34.collect.
: {HEAP}
\tat org.apache.spark.sql.Dataset.collectToPython(Dataset.scala:4146)
"""
    )
    assert diagnosis.kind == "out_of_memory"
    assert diagnosis.cause == "the driver ran out of memory (Java heap space)"
    assert diagnosis.where == "main.py line 5"
    assert diagnosis.evidence[0] == f"algo-1: {HEAP}"
    assert any("toPandas()" in advice for advice in diagnosis.advice)


@pytest.mark.parametrize(
    "reason", ["AlgorithmError: , exit code: 137", "… died with <Signals.SIGKILL: 9>."]
)
def test_a_driver_that_was_killed(why: Why, reason: str) -> None:
    log = """\
Traceback (most recent call last):
  File "/opt/ml/processing/input/code/main.py", line 5, in <module>
    frame.count()
py4j.protocol.Py4JNetworkError: Answer from Java side is empty
"""
    diagnosis = why(log, reason=reason)
    assert diagnosis.kind == "out_of_memory"
    assert diagnosis.cause.startswith("the driver was killed (exit code 137)")


def test_a_failed_stage_with_an_unknown_reason(why: Why) -> None:
    message = (
        f"{PREFIX} Lost task 3.3 in stage 5.0 (TID 90) (algo-3 executor 2): "
        "java.lang.IllegalStateException: odd\n\tat a.B.c(B.java:1)\nCaused by: "
        "java.lang.ArithmeticException: long overflow\n\t... 3 more"
    )
    diagnosis = why("error: SparkException: Job aborted", events=run(message=message))
    assert diagnosis.kind == "spark_error"
    assert diagnosis.cause == "task 3 of stage 5 failed 4 times: ArithmeticException: long overflow"
    assert diagnosis.where == "stage 5 (save at p.py:91)"


def test_spark_submit_itself_failed(why: Why) -> None:
    log = """\
Exception in thread "main" org.apache.spark.SparkException: Could not parse Master URL: 'yar'
\tat org.apache.spark.SparkContext$.createTaskScheduler(SparkContext.scala:3217)
"""
    diagnosis = why(log)
    assert diagnosis.kind == "spark_error"
    assert diagnosis.cause == "SparkException: Could not parse Master URL: 'yar'"
