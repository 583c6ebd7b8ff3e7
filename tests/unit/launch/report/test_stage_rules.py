"""Rules about single stages: each fires at its threshold, and not just below."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

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


def uneven(**longest: Any) -> list[dict[str, Any]]:
    """Three tasks of a second, and one that is told."""
    task = {"seconds": 1, "read": 10 * MIB, "rows": 1000}
    return [task, task, {**task, **longest}, task]


def test_skew_names_the_stage_its_task_and_the_key(a_log: BEGIN) -> None:
    log = a_log()
    log.stage(uneven(), plan=BY_KEY)
    log.stage(uneven(seconds=9, read=200 * MIB), begin=20, plan=BY_KEY)
    found = log.findings()["skew"]
    assert (found.level, found.stages) == ("problem", (1,))
    assert found.title == (
        "Skew: one task of stage 1 (aggregate by country) took 9.0 s, the middle one 1.0 s"
    )
    assert "task 2 of 4 took 9.0 s, 9.0× the middle one" in found.seen[0]
    assert "200 MiB and 1,000 rows, the middle one 10.0 MiB and 1,000" in found.seen[0]
    assert found.do[0].startswith("look for a value of country that most rows share")
    assert found.do[1].startswith("salt the key")
    assert (found.figures["longest_seconds"], found.figures["most_bytes"]) == (9.0, 200 * MIB)


@pytest.mark.parametrize(
    ("longest", "named"),
    [
        ({"seconds": 4, "read": 40 * MIB}, True),
        ({"seconds": 4, "rows": 4000}, True),
        ({"seconds": 3.999, "read": 40 * MIB}, False),
        ({"seconds": 4, "read": 40 * MIB - 1, "rows": 3999}, False),
    ],
)
def test_skew_is_4_times_the_time_and_4_times_the_bytes_or_rows(
    a_log: BEGIN, longest: dict[str, Any], named: bool
) -> None:
    log = a_log()
    log.stage(uneven(**longest))
    assert ("skew" in log.findings()) is named


@pytest.mark.parametrize(("seconds", "named"), [(2.4, True), (2.399, False)])
def test_skew_costs_2_seconds(a_log: BEGIN, seconds: float, named: bool) -> None:
    log = a_log()
    short = [{"seconds": 0.4, "rows": 1}] * 3
    log.stage([*short, {"seconds": seconds, "rows": 9}])
    assert ("skew" in log.findings()) is named


@pytest.mark.parametrize(("whole", "named"), [(300, True), (301, False)])
def test_skew_costs_a_hundredth_of_the_run(a_log: BEGIN, whole: float, named: bool) -> None:
    log = a_log(seconds=whole)
    log.stage(uneven(seconds=4, rows=9000))
    assert ("skew" in log.findings()) is named


def test_one_large_task_of_two_is_seen(a_log: BEGIN) -> None:
    log = a_log()
    log.stage([{"seconds": 1, "rows": 1}, {"seconds": 8, "rows": 8}])
    assert "skew" in log.findings()


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
    found = log.findings()["skew"]
    assert found.do[0].startswith("look for a value of country that")
    assert found.do[1].startswith(advice)


def test_input_that_is_skewed_is_cut_by_files(a_log: BEGIN) -> None:
    log = a_log()
    log.stage([{"seconds": 1, "input": 1}] * 3 + [{"seconds": 9, "input": 9}])
    found = log.findings()["skew"]
    assert len(found.do) == 1
    assert found.do[0].startswith("cut the input into files of equal size: a gzip file")


@pytest.mark.parametrize(
    ("longest", "named"),
    [
        ({"seconds": 11}, True),
        ({"seconds": 10.999}, False),
        ({"seconds": 11, "read": 20 * MIB - 1, "rows": 1999}, True),
        ({"seconds": 11, "read": 20 * MIB}, False),
        ({"seconds": 11, "rows": 2000}, False),
    ],
)
def test_a_straggler_has_no_more_data_and_is_10_seconds_late(
    a_log: BEGIN, longest: dict[str, Any], named: bool
) -> None:
    log = a_log()
    log.stage(uneven(**longest))
    found = log.findings()
    assert ("straggler" in found) is named
    assert "skew" not in found


def test_a_straggler_takes_4_times_as_long(a_log: BEGIN) -> None:
    log = a_log()
    log.stage([{"seconds": 10}] * 3 + [{"seconds": 39.9}])
    log.stage([{"seconds": 10}] * 3 + [{"seconds": 40}], begin=50)
    found = log.findings()["straggler"]
    assert (found.level, found.stages) == ("advice", (1,))
    assert any("spark.speculation: true" in line for line in found.do)


@pytest.mark.parametrize(
    ("tasks", "seconds", "lasts", "named"),
    [
        (40, 0.199, 5, True),
        (39, 0.199, 5, False),
        (40, 0.2, 5, False),
        (40, 0.199, 4.999, False),
    ],
)
def test_tiny_tasks_are_10_a_core_under_200_ms_for_5_s(
    a_log: BEGIN, tasks: int, seconds: float, lasts: float, named: bool
) -> None:
    """10 a core, under 200 ms, for 5 s: there are 4 cores."""
    log = a_log()
    log.stage([{"seconds": seconds, "rows": 1}] * tasks, end=lasts)
    assert ("tiny-tasks" in log.findings()) is named


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
    ("tasks", "seconds", "whole", "named"),
    [
        (3, 10, 100, True),
        (4, 10, 100, False),
        (3, 9.999, 100, False),
        (3, 10, 201, False),
    ],
)
def test_too_few_tasks_are_fewer_than_cores_for_10_s_and_a_20th_of_the_run(
    a_log: BEGIN, tasks: int, seconds: float, whole: float, named: bool
) -> None:
    """Fewer than the 4 cores for 10 s and a twentieth of the run."""
    log = a_log(seconds=whole)
    log.stage([{"seconds": seconds, "read": 1}] * tasks)
    found = log.findings()
    assert ("few-tasks" in found) is named
    if named:
        assert found["few-tasks"].figures == {"tasks": 3, "cores": 4, "idle_core_seconds": 10.0}


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
    assert advice in log.findings()["few-tasks"].do[0]


def test_more_stages_than_are_listed_are_counted(a_log: BEGIN) -> None:
    log = a_log()
    for number in range(6):
        log.stage(uneven(seconds=8 + number / 10, rows=9000), begin=10 * number)
    found = log.findings()["skew"]
    assert len(found.seen) == 5
    assert found.seen[-1] == "and 2 more stages"
    assert found.stages == (5, 4, 3, 2, 1, 0)
