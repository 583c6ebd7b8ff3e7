"""Machines: each bad example stands beside a good one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from launch.check import Finding
from launch.image import instances

Found = Callable[..., list[Finding]]
TYPE = "jobs.prepare.instance_type"


def test_a_type_that_does_not_exist(found: Found) -> None:
    (only,) = found(instance_type="ml.m5.xlrge")
    assert (only.level, only.place) == ("error", TYPE)
    assert only.message == "processing jobs have no instance type ml.m5.xlrge"
    assert only.hint.startswith("did you mean ml.m5.xlarge")


def test_arm(found: Found) -> None:
    (only,) = found(instance_type="ml.m7g.xlarge")
    assert (only.level, only.place) == ("error", TYPE)
    assert "ARM" in only.message
    assert found(instance_type="ml.m7i.xlarge") == []


def test_gpu_has_no_image(found: Found) -> None:
    (only,) = found(instance_type="ml.g5.xlarge")
    assert (only.level, only.place) == ("error", TYPE)
    assert "no Spark image" in only.message


def test_gpu_with_an_image_of_ones_own_is_idle(found: Found) -> None:
    (only,) = found(instance_type="ml.g5.xlarge", image_uri="r.example/spark:1")
    assert (only.level, only.place) == ("warning", TYPE)
    assert "idle" in only.message


def test_burstable_is_a_note(found: Found) -> None:
    notes = found(notes=True, instance_type="ml.t3.xlarge")
    assert ["burstable" in note.message for note in notes] == [True, False]
    assert {note.level for note in notes} == {"note"}


def test_a_type_that_the_table_lacks(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instances, "_table", lambda: {"ml.m5.large": {}})
    (only,) = found()
    assert (only.level, only.place) == ("warning", TYPE)
    assert "lacks 'ml.m5.xlarge'" in only.message
    assert "not checked" in only.message


def test_one_8_gib_host_hangs(found: Found) -> None:
    (only,) = found(notes=True, instance_type="ml.m5.large", instance_count=1)
    assert (only.level, only.place) == ("error", TYPE)
    assert "an executor takes 7.5 GiB of a host's 8.0 GiB" in only.message
    assert "application master 896 MiB" in only.message
    assert "Initial job has not accepted any resources" in only.message
    assert found(instance_type="ml.m5.xlarge", instance_count=1) == []


def test_one_8_gib_host_of_three_has_no_executor(found: Found) -> None:
    (only,) = found(instance_type="ml.m5.large", instance_count=3)
    assert (only.level, only.place) == ("warning", "jobs.prepare.instance_count")
    assert only.message.startswith("2 of 3 executors start")


def test_dynamic_allocation_asks_for_no_fixed_number(found: Found) -> None:
    spark = {"spark.dynamicAllocation.enabled": "true"}
    findings = found(instance_type="ml.m5.large", instance_count=3, spark=spark)
    assert [finding.place for finding in findings] == [f"jobs.prepare.spark.{key}" for key in spark]


def test_mode_2_on_one_small_host(found: Found) -> None:
    mode = {"AWS_SPARK_CONFIG_MODE": "2"}
    (only,) = found(instance_type="ml.m5.2xlarge", instance_count=1, environment=mode)
    assert (only.level, only.place) == ("error", "jobs.prepare.environment.AWS_SPARK_CONFIG_MODE")
    assert "computes 0 executors" in only.message
    assert found(instance_type="ml.m5.2xlarge", instance_count=2, environment=mode) == []
    assert found(instance_type="ml.m5.4xlarge", instance_count=1, environment=mode) == []


@pytest.mark.parametrize("mode", ["3", "advanced"])
def test_a_mode_that_the_image_stops_on(found: Found, mode: str) -> None:
    (only,) = found(environment={"AWS_SPARK_CONFIG_MODE": mode})
    assert (only.level, only.place) == ("error", "jobs.prepare.environment.AWS_SPARK_CONFIG_MODE")
    assert f"the image stops on mode '{mode}'" in only.message


@pytest.mark.parametrize(
    ("spark", "good", "place", "words"),
    [
        (
            {"spark.executor.memory": "16g"},
            {"spark.executor.memory": "12g"},
            "spark.spark.executor.memory",
            "Spark refuses to start: an executor of 17.4 GiB, overhead included",
        ),
        (
            {"spark.executor.memory": "449m"},
            {"spark.executor.memory": "450m"},
            "spark.spark.executor.memory",
            "below 450 MiB",
        ),
        (
            {"spark.driver.memory": "256m"},
            {"spark.driver.memory": "1g"},
            "spark.spark.driver.memory",
            "driver memory below 450 MiB",
        ),
        (
            {"spark.executor.cores": "8"},
            {"spark.executor.cores": "4"},
            "spark.spark.executor.cores",
            "YARN refuses executors of 8 cores on hosts of 4 vCPU",
        ),
        (
            {"spark.executor.cores": "0"},
            {"spark.executor.cores": "1"},
            "spark.spark.executor.cores",
            "without cores",
        ),
        (
            {"spark.executor.instances": "0"},
            {"spark.executor.instances": "3"},
            "spark.spark.executor.instances",
            "Number of executors must be a positive number",
        ),
        (
            {"spark.executor.memory": "1.5g"},
            {"spark.executor.memory": "1536m"},
            "spark",
            "spark.executor.memory: '1.5g' is no size to Spark",
        ),
    ],
)
def test_settings_that_are_refused(
    found: Found, spark: dict[str, str], good: dict[str, str], place: str, words: str
) -> None:
    (only,) = found(spark=spark)
    assert (only.level, only.place) == ("error", f"jobs.prepare.{place}")
    assert words in only.message
    assert found(spark=good) == []


def test_more_executors_than_find_room(found: Found) -> None:
    spark = {"spark.executor.memory": "6500m", "spark.executor.instances": "6"}
    (only,) = found(spark=spark)
    assert only.level == "warning"
    # 6,500 and 1,400 MiB: two on a host, one beside the application master.
    assert only.message.startswith("5 of 6 executors start")
    assert found(spark={**spark, "spark.executor.instances": "5"}) == []


def test_a_driver_larger_than_its_host(found: Found) -> None:
    (only,) = found(spark={"spark.driver.memory": "20g"})
    assert (only.level, only.place) == ("warning", "jobs.prepare.spark.spark.driver.memory")
    assert found(spark={"spark.driver.memory": "10g"}) == []


def test_yarn_site_counts(found: Found) -> None:
    yarn = {
        "Classification": "yarn-site",
        "Properties": {"yarn.nodemanager.resource.memory-mb": "16000"},
    }
    (only,) = found(configuration=[yarn], instance_count=1)
    assert "no executor starts" in only.message
