"""Rules about single stages: what a finding names, and what it advises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from report_fixtures import uneven

BEGIN = Callable[..., Any]
MIB = 2**20
BY_KEY = [
    ("AQEShuffleRead", "AQEShuffleRead coalesced"),
    ("HashAggregate", "HashAggregate(keys=[country#12], functions=[count(1)])"),
]
JOIN = [
    ("Sort", "Sort [country#1 ASC NULLS FIRST], false, 0"),
    ("SortMergeJoin", "SortMergeJoin [country#1], [country#5], Inner"),
]


def test_skew_names_the_stage_its_task_and_the_key(a_log: BEGIN) -> None:
    log = a_log()
    log.stage(uneven(), plan=BY_KEY)
    log.stage(uneven(seconds=9, read=200 * MIB), begin=20, plan=BY_KEY)
    finding = log.findings()["skew"]
    assert (finding.level, finding.stages) == ("problem", (1,))
    assert finding.title == (
        "Skew: one task of stage 1 (aggregate by country) took 9.0 s, the middle one 1.0 s"
    )
    assert "task 2 of 4 took 9.0 s, 9.0× the middle one" in finding.seen[0]
    assert "200 MiB and 1,000 rows, the middle one 10.0 MiB and 1,000" in finding.seen[0]
    assert finding.do[0].startswith("look for a value of country that most rows share")
    assert finding.do[1].startswith("salt the key")
    assert (finding.figures["longest_seconds"], finding.figures["most_bytes"]) == (9.0, 200 * MIB)


@pytest.mark.parametrize(
    ("settings", "read", "advice"),
    [
        ({}, 65, "set spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes: 64m (launch."),
        ({}, 64, "broadcast the smaller table, or salt the key on both sides"),
        ({"spark.sql.adaptive.enabled": "false"}, 65, "set spark.sql.adaptive.enabled: true (lau"),
    ],
)
def test_advice_on_a_skewed_join(
    a_log: BEGIN, settings: dict[str, str], read: int, advice: str
) -> None:
    """Spark's own handling cuts a partition into pieces of 64 MiB: smaller ones it leaves."""
    log = a_log(settings=settings)
    log.stage(uneven(seconds=9, rows=9000, read=read * MIB), plan=JOIN)
    finding = log.findings()["skew"]
    assert finding.do[0].startswith("look for a value of country that")
    assert finding.do[1].startswith(advice)


def test_input_that_is_skewed_is_cut_by_files(a_log: BEGIN) -> None:
    log = a_log()
    log.stage([{"seconds": 1, "input": 1}] * 3 + [{"seconds": 9, "input": 9}])
    finding = log.findings()["skew"]
    assert len(finding.do) == 1
    assert finding.do[0].startswith("cut the input into files of equal size: a gzip file")


def test_a_straggler_is_named_by_its_stage(a_log: BEGIN) -> None:
    log = a_log()
    log.stage([{"seconds": 10}] * 3 + [{"seconds": 39.9}])
    log.stage([{"seconds": 10}] * 3 + [{"seconds": 40}], begin=50)
    finding = log.findings()["straggler"]
    assert (finding.level, finding.stages) == ("advice", (1,))
    assert any("spark.speculation: true" in line for line in finding.do)


def test_advice_on_tiny_tasks_tells_files_from_partitions(a_log: BEGIN) -> None:
    log = a_log()
    log.stage([{"seconds": 0.1, "input": 1}] * 40, end=9)
    assert "fewer, larger input files" in log.findings()["tiny-tasks"].do[0]
    log = a_log()
    log.stage([{"seconds": 0.1, "read": 1}] * 40, end=9)
    advice = log.findings()["tiny-tasks"].do[0]
    assert "spark.sql.shuffle.partitions: 12" in advice
    assert "3 tasks a core, in place of 40" in advice


@pytest.mark.parametrize(
    ("task", "settings", "plan", "advice"),
    [
        ({"input": 1}, {}, [], "cut the input into more files, and avoid gzip"),
        # Spark joined partitions that it took for too small.
        ({"read": 1}, {}, [], "set spark.sql.adaptive.coalescePartitions.minPartitionSize: 64k"),
        (
            {"read": 1},
            {"spark.sql.adaptive.coalescePartitions.enabled": "false"},
            [],
            "set spark.sql.shuffle.partitions: 12",
        ),
        ({"read": 1}, {}, [], ", or repartition(4) before this step"),
        (
            {"read": 1},
            {},
            [
                ("Sort", "Sort [at#2 ASC NULLS FIRST], false, 0"),
                ("Window", "Window [row_number() spec(at#2) AS n#4], [at#2 ASC NULLS FIRST]"),
            ],
            "give the window a key to divide by",
        ),
    ],
)
def test_advice_on_too_few_tasks(
    a_log: BEGIN,
    task: dict[str, Any],
    settings: dict[str, str],
    plan: list[tuple[str, str]],
    advice: str,
) -> None:
    log = a_log(settings=settings)
    log.stage([{"seconds": 20, **task}], plan=plan)
    finding = log.findings()["few-tasks"]
    assert advice in finding.do[0]
    assert finding.figures == {"tasks": 1, "cores": 4, "idle_core_seconds": 60.0}


def test_more_stages_than_are_listed_are_counted(a_log: BEGIN) -> None:
    log = a_log()
    for number in range(6):
        log.stage(uneven(seconds=8 + number / 10, rows=9000), begin=10 * number)
    finding = log.findings()["skew"]
    assert len(finding.seen) == 5
    assert finding.seen[-1] == "and 2 more stages"
    assert finding.stages == (5, 4, 3, 2, 1, 0)
