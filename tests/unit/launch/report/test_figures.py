"""Where the time of all cores went, and the machines' memory: worked out by hand."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from launch.report.busy import BusyCores
from launch.report.data import report_json

BEGIN = Callable[..., Any]
MIB = 2**20


def parts(report: Any) -> dict[str, float]:
    return {part.key: part.seconds for part in report.case.figures.parts if part.seconds}


def test_every_second_of_a_core_is_in_one_part(a_log: BEGIN) -> None:
    log = a_log()
    task = {"seconds": 10, "run": 8, "cpu": 3, "gc": 1, "fetch": 0.5, "write": 1.5, "unpack": 0.5}
    log.stage([task] * 4, begin=10, end=30)
    log.stage([{"seconds": 5, "reason": "ExceptionFailure"}], begin=40)
    report = log.report()
    assert parts(report) == {
        "cpu": 12, "gc": 4, "fetch": 2, "write": 6, "other": 8, "pack": 2, "delay": 6,
        "failed": 5, "idle": 40 + 15, "alone": 4 * 75,
    }  # fmt: skip
    figures = report.case.figures
    assert (figures.seconds, figures.cores, figures.executors) == (100, 4, 2)
    assert figures.core_seconds == sum(parts(report).values()) == 400
    assert figures.busy_share == 45 / 400
    assert figures.alone_share == 0.75
    assert sum(part.share for part in figures.parts) == pytest.approx(1)


def test_what_spark_measures_twice_is_counted_once(a_log: BEGIN) -> None:
    """Garbage is collected while a task computes and waits; the parts stay within its time."""
    log = a_log()
    log.stage([{"seconds": 10, "cpu": 7, "gc": 5, "fetch": 4, "unpack": 9}])
    report = log.report()
    assert parts(report) == {"cpu": 7, "gc": 3, "idle": 30, "alone": 360}
    assert report.case.figures.totals.gc_share == 0.5


def test_shares_are_of_all_also_where_more_tasks_run_than_there_are_cores(a_log: BEGIN) -> None:
    log = a_log(seconds=10)
    log.stage([{"seconds": 10}] * 6)
    figures = log.report().case.figures
    assert figures.busy_share == 1
    assert sum(part.share for part in figures.parts) == pytest.approx(1)


def test_cores_count_from_when_they_come_to_when_they_go(a_log: BEGIN) -> None:
    log = a_log(executors=())
    log.executor("0", 2, after=10)
    log.executor("1", 4, after=20)
    log.stage([{"seconds": 20}] * 2, begin=20)
    log.removed("1", 50, "Executor killed by driver.")
    log.executor("2", 1, after=60)
    figures = log.report().case.figures
    assert figures.first_executor == 10
    assert figures.core_seconds == 2 * 90 + 4 * 30 + 40
    assert (figures.cores, figures.cores_each, figures.hosts) == (6, (1, 2, 4), 3)
    # From the first executor on: 10 s before the stage, 60 s after it.
    assert figures.alone_seconds == 70
    assert parts(log.report())["alone"] == 2 * 70 + 4 * 10 + 40


def test_stages_side_by_side_leave_the_driver_alone_once(a_log: BEGIN) -> None:
    log = a_log()
    log.stage([{"seconds": 30}], begin=10)
    log.stage([{"seconds": 5}], begin=20)
    log.stage([{"seconds": 20}], begin=30)
    assert log.report().case.figures.alone_seconds == 60


def test_peaks_of_memory_are_the_highest_of_each_process(a_log: BEGIN) -> None:
    settings = {"spark.executor.memory": "2g", "spark.executor.memoryOverhead": "512m"}
    log = a_log(settings=settings)
    log.stage([{}])
    for rss, python in ((900, 50), (700, 90), (600, 100)):
        log.memory(
            "1",
            ProcessTreeJVMRSSMemory=rss * MIB,
            ProcessTreePythonRSSMemory=python * MIB,
            JVMHeapMemory=(1500 - rss) * MIB,
        )
    log.memory("0", ProcessTreeJVMRSSMemory=100 * MIB)
    data = report_json(log.report())
    assert data["memory_recorded"] is True
    first, second = data["memory"]
    assert (first["name"], first["host"], first["process"]) == ("executor 1", "host-1", 950 * MIB)
    assert (first["heap"], first["heap_limit"]) == (900 * MIB, 2048 * MIB)
    assert first["container"] == 2560 * MIB
    assert second["process"] == 100 * MIB


def test_a_driver_that_runs_the_tasks_itself(a_log: BEGIN) -> None:
    settings = {"spark.master": "local[4]", "spark.driver.memory": "3g"}
    log = a_log(executors=(), settings=settings)
    log.executor("driver", 4)
    log.stage([{"executor": "driver"}] * 4)
    data = report_json(log.report())
    assert data["executors"]["heap_mib"] == 3072
    (process,) = data["memory"]
    assert (process["name"], process["heap_limit"]) == ("driver (and its tasks)", 3072 * MIB)


@pytest.mark.parametrize("seconds", [10, 500, 40_000])
def test_the_curve_of_busy_cores_holds_all_of_the_time(seconds: int) -> None:
    """However long the run: its area is the tasks' time, and it stays small."""
    chance = random.Random(1)  # not secret
    curve, whole = BusyCores(start=1000), 0
    for begin in sorted(1000 + chance.randrange(seconds * 1000) for _ in range(500)):
        end = begin + chance.randrange(9000)
        curve.add(begin, end, 2)
        whole += 2 * (end - begin)
    points = curve.curve()
    assert len(points) <= 257
    assert sum(cores * curve.width for _, cores in points) == pytest.approx(whole)
    assert points[0][0] == 1000


def test_what_is_busy_all_the_time_is_a_flat_curve() -> None:
    curve = BusyCores(start=1000)
    for begin in range(1000, 65_000, 8000):
        curve.add(begin, begin + 8000, 3)
    cores = [height for _, height in curve.curve()]
    assert cores == [3.0] * (64_000 // curve.width) + [0.0]


def test_spread_takes_the_lower_of_two_middle_tasks(a_log: BEGIN) -> None:
    log = a_log()
    log.stage([{"rows": rows, "seconds": rows / 10} for rows in (8, 1, 3, 40)])
    stage = report_json(log.report())["stages"][0]
    assert stage["task_rows"] == {"median": 3, "max": 40, "ratio": 13.33, "task": 3}
    assert stage["task_milliseconds"] == {"median": 300, "max": 4000, "ratio": 13.33, "task": 3}
