"""Why a job failed that is not Spark's: its log lines and its message are all there is."""

from __future__ import annotations

from typing import Any

import pytest

from launch.diagnose import Diagnosis, Evidence, diagnose

from .conftest import same_cause

TRACEBACK = [
    "Traceback (most recent call last):",
    '  File "/opt/ml/processing/input/code/main.py", line 3, in <module>',
    "    import pyspark",
    "ModuleNotFoundError: No module named 'pyspark'",
]
RAISED = [*TRACEBACK[:3], "ValueError: 3 is too much"]
NO_OPTION = "Error: No such option: --scael"


def explain(*lines: str, status: str = "Failed", code: int = 1, message: str = "") -> Diagnosis:
    request: dict[str, Any] = {
        "AppSpecification": {"ImageUri": "x", "ContainerEntrypoint": ["python3", "main.py"]},
        "StoppingCondition": {"MaxRuntimeInSeconds": 5},
    }
    reason = f"AlgorithmError: {message}, exit code: {code}"
    if status == "Stopped":
        reason = "MaxRuntimeExceeded: the job ran longer than 5 seconds"
    return diagnose(Evidence(status, reason, message or None, {"algo-1": lines}, (), request))


@pytest.mark.parametrize(
    ("diagnosis", "kind", "cause", "advice"),
    [
        (explain(*TRACEBACK), "missing_module", "the Python module pyspark is not in the image",
         "packages in launch.yaml"),
        (explain("error: column x is missing", code=2, message="column x is missing"),
         "input_error", "column x is missing", ""),
        # An option that the job refuses is not smspark-submit's.
        (explain(NO_OPTION, code=2), "unknown", "the job failed (exit code 2)…", ""),
        (explain(*RAISED), "python_exception", "ValueError: 3 is too much", ""),
        (explain("reading", code=137), "out_of_memory",
         "the job was killed (exit code 137…", ""),
        (explain("reading", status="Stopped"), "timeout", "…",
         "or choose a larger instance_type"),
        (explain("x"), "unknown", "…", ""),
    ],
)  # fmt: skip
def test_an_end_has_its_kind_and_cause_and_nothing_of_spark(
    diagnosis: Diagnosis, kind: str, cause: str, advice: str
) -> None:
    assert diagnosis.kind == kind
    assert same_cause(diagnosis, cause)
    assert advice in " ".join(diagnosis.advice)
    said = " ".join((diagnosis.cause, *diagnosis.advice))
    for word in ("history", "executor", "instance_count", "smspark"):
        assert word not in said


def test_an_exception_has_its_line() -> None:
    assert "main.py" in (explain(*RAISED).where or "")
