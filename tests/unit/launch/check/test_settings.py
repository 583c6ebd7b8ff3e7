"""Settings that the image fixes, breaks on, or does not have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from launch.check import Finding
from launch.check.settings import CLASSIFICATIONS

Found = Callable[..., list[Finding]]


@pytest.mark.parametrize(
    ("key", "value", "level"),
    [
        ("spark.eventLog.rolling.enabled", "True", "error"),
        ("spark.eventLog.dir", "s3://b-dev/logs", "warning"),
        ("spark.eventLog.enabled", "true", "warning"),
        ("spark.master", "local[2]", "error"),
        ("spark.submit.deployMode", "cluster", "error"),
        ("spark.jars.packages", "org.example:x:1", "warning"),
        ("spark.dynamicAllocation.enabled", "true", "warning"),
    ],
)
def test_settings_that_do_something_else_here(
    found: Found, key: str, value: str, level: str
) -> None:
    (only,) = found(spark={key: value})
    assert (only.level, only.place) == (level, f"jobs.prepare.spark.{key}")
    assert only.message.startswith(f"{key}: ")


@pytest.mark.parametrize(
    "key", ["spark.eventLog.rolling.enabled", "spark.dynamicAllocation.enabled"]
)
def test_switched_off_they_are_fine(found: Found, key: str) -> None:
    assert found(spark={key: "false"}) == []


def test_other_settings_are_fine(found: Found) -> None:
    assert found(spark={"spark.sql.shuffle.partitions": "24"}) == []


def test_a_setting_that_spark_ignores(found: Found) -> None:
    (only,) = found(spark={"fs.s3a.fast.upload": "true"})
    assert (only.level, only.place) == ("warning", "jobs.prepare.spark.fs.s3a.fast.upload")
    assert "spark.hadoop.fs.s3a.fast.upload" in only.hint
    assert found(spark={"spark.hadoop.fs.s3a.fast.upload": "true"}) == []


@pytest.mark.parametrize("part", ["spark", "environment"])
@pytest.mark.parametrize("key", ["USE_SPOT", "use_spot_instances", "EnableManagedSpotTraining"])
def test_spot(found: Found, part: str, key: str) -> None:
    errors = [finding for finding in found(**{part: {key: "true"}}) if finding.level == "error"]
    (only,) = errors
    assert only.place == f"jobs.prepare.{part}.{key}"
    assert "processing jobs have no Spot" in only.message


@pytest.mark.parametrize("key", ["SPOTIFY_REGION", "HOTSPOTS"])
def test_words_that_only_contain_spot(found: Found, key: str) -> None:
    assert found(environment={key: "x"}) == []


def test_network_isolation(found: Found) -> None:
    (only,) = found(network_isolation=True)
    assert (only.level, only.place) == ("error", "jobs.prepare.network_isolation")
    assert found(network_isolation=False) == []


def test_a_configuration_file_that_does_not_exist(found: Found) -> None:
    (only,) = found(configuration=[{"Classification": "spark-default", "Properties": {}}])
    assert (only.level, only.place) == ("error", "jobs.prepare.configuration")
    assert only.hint == "did you mean spark-defaults?"
    assert found(configuration=[{"Classification": "core-site", "Properties": {"a": "b"}}]) == []


def test_variables_need_an_export(found: Found) -> None:
    (only,) = found(configuration=[{"Classification": "spark-env", "Properties": {"A": "b"}}])
    assert (only.level, only.place) == ("error", "jobs.prepare.configuration")
    inner: dict[str, Any] = {"Classification": "export", "Properties": {"A": "b"}}
    nested = {"Classification": "spark-env", "Configurations": [inner]}
    assert found(configuration=[nested]) == []


def test_classifications_are_those_of_the_sdk() -> None:
    from sagemaker.core.spark.processing import SparkConfigUtils

    assert set(CLASSIFICATIONS) == set(SparkConfigUtils._valid_configuration_classifications)
