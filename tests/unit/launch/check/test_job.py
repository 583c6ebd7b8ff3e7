"""check_job as a whole: a good job is quiet, several faults come at once, errors first."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from launch.check import Finding, check_job
from launch.errors import LaunchError

Found = Callable[..., list[Finding]]


def test_a_good_job_has_its_sizing_and_nothing_else(found: Found) -> None:
    (only,) = found(notes=True)
    assert (only.level, only.place) == ("note", "jobs.prepare.instance_type")
    assert only.message.startswith("3 executors of 4 cores, 13.7 GiB heap and 1.4 GiB overhead")


def test_all_faults_come_at_once_errors_first(found: Found) -> None:
    findings = found(
        notes=True,
        network_isolation=True,
        instance_type="ml.t3.xlarge",
        app="jobs/mian.py",
        spark={"spark.eventLog.dir": "/tmp"},
    )
    assert [(finding.level, finding.place) for finding in findings] == [
        ("error", "jobs.prepare.app"),
        ("error", "jobs.prepare.network_isolation"),
        ("warning", "jobs.prepare.spark.spark.eventLog.dir"),
        ("note", "jobs.prepare.instance_type"),
        ("note", "jobs.prepare.instance_type"),
    ]


def test_a_job_that_does_not_exist(describe: Callable) -> None:
    with pytest.raises(LaunchError, match="has no job 'prepar'; did you mean prepare"):
        check_job(describe(), "prepar")


def test_a_finding_as_json() -> None:
    finding = Finding("error", "jobs.prepare.app", "there is no file x", "write y")
    assert json.loads(json.dumps(finding.to_json())) == {
        "level": "error",
        "place": "jobs.prepare.app",
        "message": "there is no file x",
        "hint": "write y",
    }
