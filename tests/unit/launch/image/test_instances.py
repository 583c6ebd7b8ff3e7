"""The table of instance types, beside what the API knows."""

from __future__ import annotations

import pytest

from launch.image.instances import (
    Instance,
    UnknownInstanceError,
    instance,
    is_arm,
    is_gpu,
    nearest,
    processing_types,
)


@pytest.mark.parametrize(
    ("name", "vcpu", "memory_mib", "gpu", "local_nvme"),
    [
        ("ml.m5.xlarge", 4, 16_384, 0, False),
        ("ml.m5.large", 2, 8_192, 0, False),
        ("ml.c5.9xlarge", 36, 73_728, 0, False),
        ("ml.c4.2xlarge", 8, 15_360, 0, False),
        ("ml.r5d.24xlarge", 96, 786_432, 0, True),
        ("ml.t3.medium", 2, 4_096, 0, False),
        ("ml.m7i-flex.large", 2, 8_192, 0, False),
        ("ml.g4dn.12xlarge", 48, 196_608, 4, True),
        ("ml.p3.16xlarge", 64, 499_712, 8, False),
    ],
)
def test_what_a_type_has(name: str, vcpu: int, memory_mib: int, gpu: int, local_nvme: bool) -> None:
    assert instance(name) == Instance(name, vcpu, memory_mib, gpu, False, local_nvme)


def test_the_table_has_every_type_that_the_api_knows() -> None:
    assert len(processing_types()) > 100
    for name in processing_types():
        assert instance(name).memory_mib >= 4096


def test_an_unknown_type_names_its_neighbours_of_the_same_size_first() -> None:
    with pytest.raises(UnknownInstanceError, match=r"lacks 'ml\.m9\.4xlarge'; near it: ml\.\w+\.4"):
        instance("ml.m9.4xlarge")
    assert nearest("ml.m5.xlrge", processing_types())[0] == "ml.m5.xlarge"


def test_an_unknown_type_like_no_other_has_no_neighbours() -> None:
    with pytest.raises(UnknownInstanceError, match="lacks 'zzz'$"):
        instance("zzz")


@pytest.mark.parametrize(
    "name", ["ml.m7g.xlarge", "ml.c6gn.large", "ml.r8gd.2xlarge", "ml.a1.large"]
)
def test_arm_is_known_by_the_name(name: str) -> None:
    assert is_arm(name)


@pytest.mark.parametrize(
    "name", ["ml.m7i.xlarge", "ml.g5.xlarge", "ml.g6e.xlarge", "ml.c7i-flex.large"]
)
def test_other_processors_are_not_taken_for_arm(name: str) -> None:
    assert not is_arm(name)


def test_gpus_are_known_by_the_name() -> None:
    assert [is_gpu(f"ml.{family}.xlarge") for family in ("g5", "p3", "m5", "r5d")] == [
        True,
        True,
        False,
        False,
    ]
