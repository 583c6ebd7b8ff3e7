"""Rules about memory: what a finding names, and the machines that it proposes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

BEGIN = Callable[..., Any]
MIB = 2**20
XLARGE = {"instance_type": "ml.m5.xlarge", "instance_count": 2, "region": "us-east-1"}
LARGE_MEMORY = {**XLARGE, "instance_type": "ml.r5.xlarge"}
# An executor has 1024 MiB, so one of two tasks has (1024 - 300) * 0.6 / 2 = 217.2 MiB.
SPILLS = {"on_disk": 20 * MIB, "spilled": 400 * MIB, "peak": 200 * MIB, "read": 60 * MIB}


def test_spill_names_what_a_task_needs_and_has(a_log: BEGIN) -> None:
    log = a_log()
    log.stage([{**SPILLS, "on_disk": 6 * MIB}] * 2)
    log.stage([SPILLS] * 3, begin=9, plan=[("Sort", "Sort [id#1L ASC NULLS FIRST], true, 0")])
    finding = log.findings()["spill"]
    assert (finding.level, finding.stages) == ("problem", (1, 0))
    assert finding.title.startswith("Spill: stage 1 (sort by id) wrote 60.0 MiB to disk")
    assert "1.2 GiB of memory became 60.0 MiB on disk" in finding.seen[0]
    assert "a task needed up to 600 MiB at once, and has 217 MiB" in finding.seen[0]
    # 600 MiB for each of two cores, of 60 % of what 300 MiB leave.
    assert finding.figures["heap_needed_mib"] == 2300
    assert finding.figures["spilled_disk_bytes"] == 72 * MIB
    assert "a heap of 2.2 GiB (it has 1.0 GiB)" in finding.do[1]


@pytest.mark.parametrize(
    ("task", "settings", "advice"),
    [
        # 600 MiB where 217 are: a third. Spark makes partitions of up to 60 MiB, or asks for 2.
        ({}, {}, "set spark.sql.adaptive.advisoryPartitionSizeInBytes: 20m"),
        ({}, {"spark.sql.adaptive.enabled": "false"}, "set spark.sql.shuffle.partitions: 6"),
        ({}, {"spark.sql.shuffle.partitions": "2"}, "set spark.sql.shuffle.partitions: 6"),
        ({"read": 0, "input": MIB}, {}, "set spark.sql.files.maxPartitionBytes: 42m"),
        (
            {"read": 0, "input": MIB},
            {"spark.sql.files.maxPartitionBytes": "33554432"},
            "set spark.sql.files.maxPartitionBytes: 10m",
        ),
        ({"read": 0}, {}, "repartition(6) before this step"),
    ],
)
def test_advice_against_spill_makes_tasks_smaller(
    a_log: BEGIN, task: dict[str, int], settings: dict[str, str], advice: str
) -> None:
    log = a_log(settings=settings)
    log.stage([{**SPILLS, **task}] * 2)
    where = " (launch.yaml, under jobs: prepare: spark:)" * advice.startswith("set")
    assert log.findings(job="prepare")["spill"].do[0] == (
        f"{advice}{where}, so that a task takes in less at once"
    )


def test_a_task_that_keeps_two_cores_busy_has_their_memory(a_log: BEGIN) -> None:
    log = a_log(settings={"spark.task.cpus": "2"})
    log.stage([SPILLS])
    assert "and has 434 MiB" in log.findings()["spill"].seen[0]


@pytest.mark.parametrize(("given", "has"), [("0.3", "109 MiB"), ("much", "217 MiB")])
def test_the_share_of_the_heap_is_spark_s_setting(a_log: BEGIN, given: str, has: str) -> None:
    log = a_log(settings={"spark.memory.fraction": given})
    log.stage([SPILLS])
    assert f"and has {has}" in log.findings()["spill"].seen[0]


def test_spill_of_one_key_is_not_mended_by_more_partitions(a_log: BEGIN) -> None:
    log = a_log()
    log.stage([{"read": MIB}] * 2 + [SPILLS])
    assert log.findings()["spill"].do[0].startswith("spread the data first")


def test_spill_proposes_a_machine_that_holds_it(a_log: BEGIN) -> None:
    log = a_log(seconds=3600, settings={"spark.executor.memory": "14008m"})
    log.stage([{**SPILLS, "spilled": 6000 * MIB}] * 2)
    do = log.findings(**XLARGE)["spill"].do
    # 6.05 GiB for each of two cores need 20.5 GiB of heap: an m5.xlarge gives 13.7, an r5 27.4.
    assert do[2] == (
        "machines that would hold it: 2 × ml.r5.xlarge (4 cores, 32 GiB): $0.60 a run, $0.14 more"
    )
    assert len(log.findings(**XLARGE, local=True)["spill"].do) == 2


def test_garbage_is_named_with_its_share(a_log: BEGIN) -> None:
    log = a_log()
    log.stage([{"seconds": 15, "gc": 1.5, "cpu": 13.5}] * 2)
    finding = log.findings()["gc"]
    assert finding.title == "Garbage collection took 10 % of the tasks' time"
    assert finding.figures == {"gc_share": 0.1, "gc_seconds": 3.0}
    assert finding.seen == ("stage 0 (save at jobs/load.py:7): 3.0 s, 10 % of its time",)


def with_memory(log: Any, *peaks: float) -> Any:
    """Let each executor hold so many MiB, a quarter of them in Python."""
    log.stage([{"seconds": 20}] * 8)
    for number, peak in enumerate(peaks):
        held = math.ceil(peak * MIB)
        log.memory(
            str(number),
            JVMHeapMemory=held // 2,
            ProcessTreeJVMRSSMemory=held - held // 4,
            ProcessTreePythonRSSMemory=held // 4,
        )
    return log


@pytest.mark.parametrize(("peak", "named"), [(13_107, True), (13_108, False)])
def test_memory_that_a_cheaper_machine_has_too(a_log: BEGIN, peak: float, named: bool) -> None:
    """An m5.xlarge has 16384 MiB: the peak and a quarter more."""
    found = with_memory(a_log(seconds=3600), 2000, peak).findings(**LARGE_MEMORY)
    assert ("unused-memory" in found) is named
    if named:
        finding = found["unused-memory"]
        assert finding.level == "advice"
        assert "the fullest host, host-1, held 12.8 GiB at its peak" in finding.seen[0]
        assert finding.do == (
            "instance_type: ml.m5.xlarge: 2 × ml.m5.xlarge (4 cores, 16 GiB): $0.46 a run, "
            "$0.14 less for the same time",
        )
        assert finding.figures["saved_usd"] == 0.144


@pytest.mark.parametrize(("peak", "named"), [(131_072, True), (131_073, False)])
def test_unused_memory_is_half_of_the_host_s(
    a_log: BEGIN, peak: float, named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cheaper machine with three quarters of the memory: at the list's prices there is none."""
    own = tmp_path / "prices.json"
    own.write_text(json.dumps({"ml.r5.8xlarge": 3, "ml.m5.12xlarge": 2}))
    monkeypatch.setenv("LAUNCH_PRICES", str(own))
    known = {**XLARGE, "instance_type": "ml.r5.8xlarge"}
    found = with_memory(a_log(), peak).findings(**known)
    assert ("unused-memory" in found) is named


def test_nothing_is_said_of_machines_that_are_not_known(a_log: BEGIN) -> None:
    log = with_memory(a_log(), 100, 100)
    assert "unused-memory" in log.findings(**LARGE_MEMORY)
    assert "unused-memory" not in log.findings()
    assert "unused-memory" not in log.findings(**LARGE_MEMORY, local=True)
    without = a_log()
    without.stage([{}])
    assert "unused-memory" not in without.findings(**LARGE_MEMORY)


def test_a_cheaper_machine_has_to_start_as_many_executors(a_log: BEGIN) -> None:
    """On a c5.xlarge YARN's application master leaves no room for the first host's."""
    assert "unused-memory" not in with_memory(a_log(), 100, 100).findings(**XLARGE)


YARN = {"spark.master": "yarn", "spark.executor.memory": "10g"}


@pytest.mark.parametrize(
    ("settings", "peak", "named"),
    [
        # YARN sets a tenth of the heap aside: 11264 MiB, of which nine tenths are 10137.6.
        (YARN, 10137.6, True),
        (YARN, 10137.5, False),
        ({**YARN, "spark.executor.memoryOverhead": "512"}, 9676.8, True),
        ({**YARN, "spark.executor.memoryOverhead": "512"}, 9676.7, False),
        # Nothing ends a process of a standalone cluster.
        ({"spark.executor.memory": "10g"}, 20_000, False),
    ],
)
def test_memory_nearly_full_is_nine_tenths_of_the_container(
    a_log: BEGIN, settings: dict[str, str], peak: float, named: bool
) -> None:
    assert ("full-memory" in with_memory(a_log(settings=settings), peak, 500).findings()) is named


def test_advice_on_memory_nearly_full(a_log: BEGIN) -> None:
    log = with_memory(a_log(settings=YARN), 11_000)
    finding = log.findings(**XLARGE)["full-memory"]
    assert finding.title == "Memory nearly full: executor 0 held 10.7 GiB of 11.0 GiB"
    assert finding.seen[0].startswith("1 of 2 executors held 90 % of their container")
    # A quarter above the peak: 13750 MiB, less the heap.
    assert finding.do[0].startswith("set spark.executor.memoryOverhead: 3510m")
    assert finding.do[1].startswith("or a larger machine: 2 × ml.r5.xlarge")


def test_a_container_is_no_larger_than_its_host(a_log: BEGIN) -> None:
    """The image's own sizing of an ml.m5.xlarge leaves no room for a larger overhead."""
    settings = {"spark.master": "yarn", "spark.executor.memory": "14008m"}
    log = with_memory(
        a_log(settings={**settings, "spark.executor.memoryOverhead": "1400m"}), 13_868
    )
    larger, own = log.findings(**XLARGE)["full-memory"].do
    assert larger.startswith("a larger machine: 2 × ml.r5.xlarge")
    # 13868 MiB and a quarter are 17335: 3327 beside the heap, of which 13057 are left.
    assert own.startswith("or set spark.executor.memory: 13057m")
    assert "spark.executor.memoryOverhead: 3327m" in own
    assert own.endswith("the host holds 16.0 GiB")
