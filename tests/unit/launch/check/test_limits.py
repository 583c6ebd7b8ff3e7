"""The API's limits, as far as launch.yaml decides them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from launch.check import Finding

Found = Callable[..., list[Finding]]


def inputs(number: int) -> list[dict[str, Any]]:
    return [
        {
            "name": f"i{each}",
            "source": "s3://b-dev/raw/",
            "destination": f"/opt/ml/processing/input/i{each}",
        }
        for each in range(number)
    ]


def outputs(number: int) -> list[dict[str, Any]]:
    return [
        {
            "name": f"o{each}",
            "source": f"/opt/ml/processing/o{each}",
            "destination": "s3://b-dev/o",
        }
        for each in range(number)
    ]


def test_the_name_of_a_run_must_fit(found: Found) -> None:
    # 63 less "-YYYYMMDD-HHMMSS-xxxx" are 42: 30, a hyphen, 11.
    (only,) = found(project="p" * 30, name="j" * 12)
    assert (only.level, only.place) == ("error", f"jobs.{'j' * 12}")
    assert "has 43 characters" in only.message
    assert found(project="p" * 30, name="j" * 11) == []


@pytest.mark.parametrize("name", ["MY-VARIABLE", "1ST"])
def test_names_of_variables(found: Found, name: str) -> None:
    (only,) = found(environment={name: "x"})
    assert (only.level, only.place) == ("error", f"jobs.prepare.environment.{name}")
    assert found(environment={"MY_VARIABLE_1": "x"}) == []


def test_tags_of_target_and_job_are_counted_together(found: Found) -> None:
    target = {"tags": {f"t{each}": "x" for each in range(40)}}
    job = {f"j{each}": "x" for each in range(11)}
    (only,) = found(target=target, tags=job)
    assert (only.level, only.place) == ("error", "jobs.prepare.tags")
    assert "51 tags" in only.message
    del job["j0"]
    assert found(target=target, tags=job) == []
    assert found(target=target, tags={**job, "t0": "y"}) == []


@pytest.mark.parametrize(
    ("key", "value"), [("k" * 129, "v"), ("k", "v" * 257), ("a#b", "v"), ("aws:x", "v")]
)
def test_a_tag_that_is_refused(found: Found, key: str, value: str) -> None:
    (only,) = found(tags={key: value})
    assert (only.level, only.place) == ("error", f"jobs.prepare.tags.{key}")
    (only,) = found(target={"tags": {key: value}})
    assert only.place == f"targets.dev.tags.{key}"


@pytest.mark.parametrize(
    ("key", "value"), [("k" * 128, "v" * 256), ("größe/x:y", "1 2 é"), ("k", "")]
)
def test_a_tag_that_is_taken(found: Found, key: str, value: str) -> None:
    assert found(tags={key: value}) == []


@pytest.mark.parametrize(
    ("changes", "fit"),
    [
        # Settings for the event log are sent, too.
        ({}, 7),
        ({"event_logs": False}, 8),
        ({"event_logs": False, "spark": {"spark.sql.shuffle.partitions": "8"}}, 7),
        ({"jars": ["libs/x.jar"]}, 6),
        ({"jars": ["s3://b/x.jar"]}, 7),
        ({"arguments": ["--format", "delta"]}, 6),
        ({"configuration": [{"Classification": "core-site", "Properties": {"a": "b"}}]}, 7),
    ],
)
def test_inputs_are_counted_with_those_of_submitting(
    found: Found, changes: dict[str, Any], fit: int
) -> None:
    changes = {"arguments": [], **changes}
    assert found(inputs=inputs(fit), **changes) == []
    (only,) = found(inputs=inputs(fit + 1), **changes)
    assert (only.level, only.place) == ("error", "jobs.prepare.inputs")
    assert "11 inputs" in only.message
    assert "code, py-files" in only.message


def test_outputs_are_counted_with_the_event_logs(found: Found) -> None:
    (only,) = found(outputs=outputs(10))
    assert (only.level, only.place) == ("error", "jobs.prepare.outputs")
    assert found(outputs=outputs(9)) == []
    assert found(outputs=outputs(10), event_logs=False) == []


@pytest.mark.parametrize(
    ("number", "key", "value"),
    [
        (0, "name", "code"),
        (0, "destination", "/opt/ml/processing/input/py-files/"),
        (1, "name", "i0"),
        (1, "destination", "/opt/ml/processing/input/i0"),
    ],
)
def test_names_and_folders_that_are_taken(found: Found, number: int, key: str, value: str) -> None:
    both = inputs(2)
    assert found(arguments=[], inputs=both) == []
    both[number][key] = value
    findings = found(arguments=[], inputs=both)
    assert f"jobs.prepare.inputs.{number}.{key}" in [finding.place for finding in findings]
    assert {finding.message.endswith("is taken") for finding in findings} == {True}


@pytest.mark.parametrize(
    ("key", "value"),
    [("name", "spark-event-logs"), ("source", "/opt/ml/processing/spark-events/"), ("name", "o0")],
)
def test_outputs_that_are_taken(found: Found, key: str, value: str) -> None:
    both = outputs(2)
    both[1][key] = value
    findings = found(outputs=both)
    assert f"jobs.prepare.outputs.1.{key}" in [finding.place for finding in findings]
    assert found(outputs=outputs(2)) == []


def test_jars_in_s3_are_one_item_of_the_entrypoint(found: Found) -> None:
    assert found(jars=["s3://b/" + "x" * 245 + ".jar"]) == []
    # 19 jars of 12 characters and 18 commas are 246.
    jars = [f"s3://b/{letter}.jar" for letter in "abcdefghijklmnopqrs"]
    assert found(jars=jars) == []
    (only,) = found(jars=[*jars, "s3://b/t.jar"])
    assert (only.level, only.place) == ("error", "jobs.prepare.jars")
    assert "characters together; 256 fit" in only.message


def test_a_key_for_a_disk_of_the_machine_itself(found: Found) -> None:
    target = {"kms_key": "alias/k"}
    (only,) = found(target=target, instance_type="ml.r5d.xlarge")
    assert (only.level, only.place) == ("error", "jobs.prepare.instance_type")
    assert "the API refuses targets.dev.kms_key" in only.message
    assert found(target=target, instance_type="ml.r5.xlarge") == []
    assert found(instance_type="ml.r5d.xlarge") == []


def test_days_are_a_note(found: Found) -> None:
    notes = [finding.place for finding in found(notes=True, max_runtime="25h")]
    assert "jobs.prepare.max_runtime" in notes
    notes = [finding.place for finding in found(notes=True, max_runtime="24h")]
    assert "jobs.prepare.max_runtime" not in notes


def test_a_bucket_with_dots(found: Found) -> None:
    (only,) = found(target={"bucket": "b.dev"})
    assert (only.level, only.place) == ("warning", "targets.dev.bucket")


def test_a_role_of_another_account(found: Found) -> None:
    (only,) = found(target={"account": "999988887777"})
    assert (only.level, only.place) == ("error", "targets.dev.role")
    assert found(target={"account": "111122223333"}) == []
