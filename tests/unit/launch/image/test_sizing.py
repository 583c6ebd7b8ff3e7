"""The image's sizing. The numbers of the first two tests come from the image's own function."""

from __future__ import annotations

import pytest

from launch.errors import LaunchError
from launch.image.instances import instance
from launch.image.sizing import (
    Sizing,
    executors_that_start,
    gib,
    parse_size,
    size_cluster,
    to_text,
    with_settings,
)


def sized(name: str, count: int, mode: int = 1, **settings: str) -> Sizing:
    spark = {f"spark.{key.replace('__', '.')}": value for key, value in settings.items()}
    return with_settings(size_cluster(instance(name), count, mode=mode), spark)


def test_standard_mode_asks_for_one_executor_a_host() -> None:
    assert size_cluster(instance("ml.m5.xlarge"), 3) == Sizing(
        mode=1,
        hosts=3,
        node_memory_mib=16_384,
        node_vcpu=4,
        executors=3,
        executors_per_host=1,
        executor_cores=4,
        executor_memory_mib=14_008,
        executor_overhead_mib=1_400,
        driver_memory_mib=14_745,
        driver_overhead_mib=1_474,
        parallelism=24,
        yarn_memory_mib=16_384,
        largest_container_mib=16_384,
        executor_extra_mib=0,
        master_mib=896,
    )


def test_mode_2_asks_for_several_executors_a_host_less_one() -> None:
    sizing = size_cluster(instance("ml.m5.4xlarge"), 3, mode=2)
    assert (sizing.executors_per_host, sizing.executors, sizing.executor_cores) == (3, 8, 5)
    assert (sizing.executor_memory_mib, sizing.executor_overhead_mib) == (18_369, 2_041)
    assert (sizing.driver_memory_mib, sizing.driver_overhead_mib) == (18_369, 2_041)
    assert sizing.parallelism == 80


def test_mode_2_leaves_a_small_host_one_core() -> None:
    sizing = size_cluster(instance("ml.m5.xlarge"), 2, mode=2)
    assert (sizing.executor_cores, sizing.executors) == (3, 1)


@pytest.mark.parametrize(
    ("name", "executors"),
    [("ml.m5.large", 0), ("ml.m5.2xlarge", 0), ("ml.m5.4xlarge", 2), ("ml.c5.9xlarge", 6)],
)
def test_mode_2_on_one_host(name: str, executors: int) -> None:
    assert size_cluster(instance(name), 1, mode=2).executors == executors


def test_another_mode_is_refused() -> None:
    with pytest.raises(LaunchError, match="AWS_SPARK_CONFIG_MODE is 1 or 2, not 3"):
        size_cluster(instance("ml.m5.xlarge"), 1, mode=3)


@pytest.mark.parametrize(
    ("name", "count", "started"),
    [
        # 8,192 MiB less an executor of 7,704 leave 488; the application master needs 896.
        ("ml.m5.large", 1, 0),
        ("ml.m5.large", 3, 2),
        # 16,384 less 15,408 leave 976.
        ("ml.m5.xlarge", 1, 1),
        ("ml.m5.xlarge", 3, 3),
        ("ml.c4.2xlarge", 1, 1),
    ],
)
def test_executors_that_start_in_standard_mode(name: str, count: int, started: int) -> None:
    assert executors_that_start(size_cluster(instance(name), count)) == started


def test_an_8_gib_host_has_room_in_mode_2() -> None:
    assert executors_that_start(size_cluster(instance("ml.c5.xlarge"), 2, mode=2)) == 1


def test_no_more_start_than_asked_for() -> None:
    assert executors_that_start(sized("ml.m5.4xlarge", 2, executor__memory="1g")) == 2


def test_small_executors_share_hosts() -> None:
    # 2 GiB and the image's own overhead of 1,400 MiB: 4 beside the master, 4 on the other host.
    sizing = sized("ml.m5.xlarge", 2, executor__memory="2g", executor__instances="20")
    assert sizing.container_mib == 2048 + 1400
    assert executors_that_start(sizing) == 8


def test_each_setting_wins_alone() -> None:
    sizing = sized(
        "ml.m5.xlarge",
        3,
        executor__memory="4g",
        executor__cores="2",
        executor__instances="5",
        driver__memory="2048",
        default__parallelism="7",
    )
    assert (sizing.executor_memory_mib, sizing.executor_overhead_mib) == (4096, 1400)
    assert (sizing.executor_cores, sizing.executors) == (2, 5)
    assert (sizing.driver_memory_mib, sizing.driver_overhead_mib) == (2048, 1474)
    assert sizing.parallelism == 7
    overhead = sized("ml.m5.xlarge", 3, executor__memoryOverhead="1g", driver__memoryOverhead="1g")
    assert (overhead.executor_memory_mib, overhead.executor_overhead_mib) == (14_008, 1024)
    assert overhead.driver_overhead_mib == 1024


def test_memory_beside_the_heap_counts() -> None:
    off_heap = {"memory__offHeap__size": str(2**30), "executor__pyspark__memory": "512m"}
    assert sized("ml.m5.xlarge", 1, **off_heap).executor_extra_mib == 512
    enabled = sized("ml.m5.xlarge", 1, memory__offHeap__enabled="true", **off_heap)
    assert enabled.executor_extra_mib == 1536
    assert enabled.container_mib == 15_408 + 1536


def test_the_application_master_may_be_larger() -> None:
    assert sized("ml.m5.xlarge", 1, yarn__am__memory="1g").master_mib == 1024 + 384
    assert sized("ml.m5.xlarge", 1, yarn__am__memory="8g").master_mib == 8192 + 819
    assert sized("ml.m5.xlarge", 1, yarn__am__memoryOverhead="100").master_mib == 612
    assert executors_that_start(sized("ml.m5.xlarge", 1, yarn__am__memory="1g")) == 0


def test_properties_of_yarn_limit_a_host() -> None:
    whole = size_cluster(instance("ml.m5.xlarge"), 2)
    less = with_settings(whole, {}, {"yarn.nodemanager.resource.memory-mb": "16000"})
    assert executors_that_start(less) == 1
    small = with_settings(whole, {}, {"yarn.scheduler.maximum-allocation-mb": "8192"})
    assert executors_that_start(small) == 0


@pytest.mark.parametrize(
    ("text", "mib"),
    [
        ("4g", 4096),
        ("4GB", 4096),
        ("512", 512),
        ("512m", 512),
        (" 4g ", 4096),
        ("1048576b", 1),
        ("2048k", 2),
        ("1t", 1_048_576),
    ],
)
def test_sizes_as_spark_reads_them(text: str, mib: int) -> None:
    assert parse_size(text) == mib


@pytest.mark.parametrize("text", ["1.5g", "4 g", "4gib", "", "-1g", "1e3"])
def test_sizes_that_spark_does_not_read(text: str) -> None:
    with pytest.raises(ValueError, match="is no size to Spark"):
        parse_size(text)


@pytest.mark.parametrize(
    ("key", "value"),
    [("executor__memory", "1.5g"), ("executor__cores", "two"), ("yarn__am__memory", "x")],
)
def test_a_wrong_setting_is_named(key: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"^spark.{key.replace('__', '.')}: '{value}' is no "):
        sized("ml.m5.xlarge", 1, **{key: value})


def test_a_sizing_as_rows_of_a_table() -> None:
    assert to_text(size_cluster(instance("ml.m5.large"), 3)) == [
        ("hosts", "3 × 2 vCPU, 8.0 GiB"),
        ("executors asked for", "3, 2 cores each"),
        ("executors that start", "2"),
        ("an executor's memory", "6.8 GiB heap + 700 MiB overhead"),
        ("the driver's heap", "7.2 GiB, on the first host"),
        ("default parallelism", "12"),
        ("the image's sizing mode", "1"),
    ]
    more = sized("ml.m5.xlarge", 1, executor__pyspark__memory="1g")
    assert to_text(more)[3][1] == "13.7 GiB heap + 1.4 GiB overhead + 1.0 GiB more"


def test_memory_is_written_in_mib_or_gib() -> None:
    assert (gib(896), gib(1024), gib(14_008)) == ("896 MiB", "1.0 GiB", "13.7 GiB")
