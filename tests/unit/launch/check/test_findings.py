"""Every rule of ``launch check``: what it finds where, and what it passes over (findings.yaml)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from launch.check import check_job
from launch.check.settings import CLASSIFICATIONS
from launch.errors import LaunchError
from launch.image import instances

from .conftest import Describe, JobFindings

TABLE = yaml.safe_load(Path(__file__).with_name("findings.yaml").read_text())

ROOT = "/opt/ml/processing"


def rows() -> Iterator[Any]:
    for kinds, parts in TABLE.items():
        for kind in kinds.split(" and "):
            for title, part in parts.items():
                for row in part:
                    ((expected, change),) = row.items()
                    yield pytest.param(kind, expected, change, id=f"{kind}: {title}: {change}"[:99])


def in_full(value: Any, key: str = "") -> Any:
    """Write out the table's short forms."""
    if isinstance(value, dict):
        return {in_full(name): in_full(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [in_full(item, key[:-1]) for item in value]
    if key in ("inputs", "outputs"):
        one = "i{} s3://b-dev/raw/ i{}" if key == "inputs" else "o{} o{} s3://b-dev/o/${{run}}/"
        return [in_full(one.format(n, n), key[:-1]) for n in range(value)]
    if not isinstance(value, str):
        return value
    if key in ("input", "output"):
        name, source, destination, *sharded = value.split()
        if key == "output":
            return {"name": name, "source": f"{ROOT}/{source}", "destination": destination}
        place = {"name": name, "source": source, "destination": f"{ROOT}/input/{destination}"}
        return {**place, "distribution": "sharded"} if sharded else place
    many = re.fullmatch(r"<(\d+) (\w+)>", value)
    if many and key == "jars":
        return [f"s3://b/{chr(ord('a') + n)}.jar" for n in range(int(many[1]))]
    if many:
        named = {f"{many[2]}{n}": "x" for n in range(int(many[1]))}
        return named if key == "tags" else list(named)
    value = re.sub(r"<(.)\*(\d+)>", lambda times: times[1] * int(times[2]), value)
    return value.replace("$P", ROOT)


@pytest.mark.parametrize(("kind", "expected", "change"), list(rows()))
def test_a_change_is_found_with_its_level_and_at_its_place(
    job_findings: JobFindings, kind: str, expected: str, change: dict[str, Any]
) -> None:
    changed = in_full(change)
    says = changed.pop("says", "")
    findings = job_findings(kind, notes="note" in expected, **changed)
    seen = [f"{item.level} {item.place}".replace("jobs.prepare.", "") for item in findings]
    assert seen == ([] if expected == "nothing" else in_full(expected).split(" + "))
    assert says in " || ".join(f"{item.message} | {item.hint}" for item in findings)


def test_all_faults_come_at_once_errors_first(job_findings: JobFindings) -> None:
    findings = job_findings(
        notes=True, network_isolation=True, instance_type="ml.t3.xlarge", app="jobs/mian.py",
        spark={"spark.eventLog.dir": "/tmp"},
    )  # fmt: skip
    assert [(finding.level, finding.place) for finding in findings] == [
        ("error", "jobs.prepare.app"),
        ("error", "jobs.prepare.network_isolation"),
        ("warning", "jobs.prepare.spark.spark.eventLog.dir"),
        ("note", "jobs.prepare.instance_type"),
        ("note", "jobs.prepare.instance_type"),
    ]
    assert findings[0].to_json() == {
        "level": "error", "place": "jobs.prepare.app", "hint": "",
        "message": "there is no file jobs/mian.py in project/",
    }  # fmt: skip


def test_a_job_that_does_not_exist_is_refused(describe: Describe) -> None:
    with pytest.raises(LaunchError, match="has no job 'prepar'; did you mean prepare"):
        check_job(describe(), "prepar")


def test_an_instance_type_that_the_table_lacks_is_a_warning(
    job_findings: JobFindings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instances, "_table", lambda: {"ml.m5.large": {}})
    (only,) = job_findings()
    assert (only.level, only.place) == ("warning", "jobs.prepare.instance_type")
    assert re.search("lacks 'ml.m5.xlarge'.*not checked", only.message)


@pytest.mark.parametrize("kind", ["sklearn", "container"])
def test_an_output_that_the_code_names_is_fine(job_findings: JobFindings, kind: str) -> None:
    code = 'OUT = "/opt/ml/processing/output"'
    files = {"jobs/main.py": code, "src/run.py": code}
    assert job_findings(kind, files=files, arguments=["run"]) == []


def test_a_folder_that_cannot_be_listed_is_named_once(
    job_findings: JobFindings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As /proc: where data is a folder it is named, and nobody looks into it."""

    def refuse(path: Path, pattern: str) -> None:
        raise OSError(22, "Invalid argument", f"{path}/1/net")

    monkeypatch.setattr(Path, "rglob", refuse)
    (only,) = job_findings(data=[{"source": str(tmp_path), "destination": "s3://b-dev/raw/f.csv"}])
    assert (only.place, only.message) == (
        "jobs.prepare.data.0.source", f"there is no file {tmp_path}",
    )  # fmt: skip
    errors = job_findings(inputs=[in_full(f"x {tmp_path} contract", "input")])
    assert {(item.level, item.place, item.message) for item in errors} == {
        ("error", "jobs.prepare", f"{tmp_path}/1/net cannot be read: Invalid argument")
    }


def test_without_the_sdk_a_version_is_not_checked(
    job_findings: JobFindings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from launch.check import image

    image._refusal.cache_clear()
    monkeypatch.setitem(sys.modules, "sagemaker.core", None)
    notes = job_findings(notes=True, framework_version="3.9")
    assert "could not be checked: the SDK is missing" in [note.message for note in notes]
    assert {note.level for note in notes} == {"note"}


def test_classifications_are_those_of_the_sdk() -> None:
    from sagemaker.core.spark.processing import SparkConfigUtils

    assert set(CLASSIFICATIONS) == set(SparkConfigUtils._valid_configuration_classifications)
