"""The image's sizing, brought down to this machine."""

from __future__ import annotations

import pytest

from launch.emulate.scale import Machine, cap, mib, scale_to_machine
from launch.errors import LaunchError


def test_the_machine_is_divided_among_the_hosts() -> None:
    machine = Machine(cores=8, free_mib=20_000)
    scale = scale_to_machine(3, cores=4, executor_mib=14_008, driver_mib=14_745, machine=machine)
    assert (scale.cores, scale.executor_memory_mib, scale.driver_memory_mib) == (2, 3333, 4000)
    assert scale.executor_overhead_mib == 384
    assert scale.host_memory_mib == 3333 + 384 + 1024


def test_never_more_than_the_real_one_and_never_less_than_spark_takes() -> None:
    large = Machine(cores=64, free_mib=500_000)
    scale = scale_to_machine(1, cores=4, executor_mib=7_000, driver_mib=7_300, machine=large)
    assert (scale.cores, scale.executor_memory_mib, scale.driver_memory_mib) == (4, 7000, 7300)
    small = Machine(cores=1, free_mib=1_000)
    scale = scale_to_machine(10, cores=4, executor_mib=7_000, driver_mib=7_300, machine=small)
    assert (scale.cores, scale.executor_memory_mib, scale.driver_memory_mib) == (1, 512, 512)


@pytest.mark.parametrize(
    ("text", "size"), [("4g", 4096), ("512m", 512), ("900", 900), ("1T", 1048576), ("2048k", 2)]
)
def test_sizes_as_spark_writes_them(text: str, size: int) -> None:
    assert mib(text) == size


def test_what_is_no_size_is_refused() -> None:
    with pytest.raises(LaunchError, match="is no size"):
        mib("lots")


def test_the_users_own_sizes_are_held_to_the_machine() -> None:
    machine = Machine(cores=2, free_mib=8_000)
    scale = scale_to_machine(2, cores=4, executor_mib=9_000, driver_mib=9_000, machine=machine)
    wished = {"spark.executor.memory": "10g", "spark.executor.cores": "4", "spark.a": "b"}
    settings, notes = cap(wished, scale)
    assert settings == {
        "spark.executor.memory": "2000m",
        "spark.executor.cores": "1",
        "spark.a": "b",
    }
    assert len(notes) == 2
    assert cap({"spark.executor.memory": "1g"}, scale) == ({"spark.executor.memory": "1g"}, [])
