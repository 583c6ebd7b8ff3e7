"""Why a job failed that is not Spark's: its log lines and its message are all there is."""

from __future__ import annotations

from typing import Any

import pytest

from launch.diagnose import Diagnosis, Evidence, diagnose

TRACEBACK = [
    "Traceback (most recent call last):",
    '  File "/opt/ml/processing/input/code/main.py", line 3, in <module>',
    "    import pyspark",
    "ModuleNotFoundError: No module named 'pyspark'",
]


def explain(*lines: str, status: str = "Failed", code: int = 1, message: str = "") -> Diagnosis:
    request: dict[str, Any] = {
        "AppSpecification": {"ImageUri": "x", "ContainerEntrypoint": ["python3", "main.py"]},
        "StoppingCondition": {"MaxRuntimeInSeconds": 5},
    }
    reason = f"AlgorithmError: {message}, exit code: {code}"
    if status == "Stopped":
        reason = "MaxRuntimeExceeded: the job ran longer than 5 seconds"
    return diagnose(Evidence(status, reason, message or None, {"algo-1": lines}, (), request))


def test_a_module_that_the_image_lacks() -> None:
    found = explain(*TRACEBACK)
    assert found.kind == "missing_module"
    assert found.cause == "the Python module pyspark is not in the image"
    assert "packages in launch.yaml" in found.advice[0]


def test_the_jobs_own_refusal() -> None:
    found = explain("error: column x is missing", code=2, message="column x is missing")
    assert (found.kind, found.cause) == ("input_error", "column x is missing")


def test_an_option_that_the_job_refuses_is_not_sparks() -> None:
    found = explain("Error: No such option: --scael", code=2)
    assert "smspark-submit" not in found.cause


def test_an_exception_has_its_line() -> None:
    found = explain(*TRACEBACK[:3], "ValueError: 3 is too much")
    assert found.cause == "ValueError: 3 is too much"
    assert found.where
    assert "main.py" in found.where


def test_a_killed_job_ran_out_of_memory() -> None:
    found = explain("reading", code=137)
    assert found.kind == "out_of_memory"
    assert "exit code 137" in found.cause


def test_a_job_beyond_its_time() -> None:
    found = explain("reading", status="Stopped")
    assert found.kind == "timeout"
    assert "or choose a larger instance_type" in found.advice


@pytest.mark.parametrize(
    "found",
    [explain("x"), explain(*TRACEBACK), explain("x", status="Stopped"), explain("x", code=137)],
    ids=["unknown", "module", "timeout", "killed"],
)
def test_nothing_is_said_of_event_logs_and_executors(found: Diagnosis) -> None:
    said = " ".join((found.cause, *found.advice))
    assert "history" not in said
    assert "executor" not in said
    assert "instance_count" not in said
