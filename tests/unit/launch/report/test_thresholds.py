"""Each rule of a report fires at its threshold, and not just below."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from report_fixtures import uneven

BEGIN = Callable[..., Any]
Tasks = list[dict[str, Any]]
MIB = 2**20


def equal(number: int, **task: Any) -> Tasks:
    return [task] * number


# A run has 4 cores and takes 100 s.
RULES: dict[str, list[tuple[bool, Tasks, dict[str, Any]]]] = {
    # 10 MiB of a stage on disk.
    "spill": [
        (True, [{"on_disk": 5 * MIB}, {"on_disk": 5 * MIB}], {}),
        (False, [{"on_disk": 5 * MIB}, {"on_disk": 5 * MIB - 1}], {}),
    ],
    # A tenth of 30 seconds of work.
    "gc": [
        (True, equal(2, seconds=15, gc=1.5, cpu=13.5), {}),
        (False, equal(2, seconds=15, gc=1.495, cpu=13.505), {}),
        (False, equal(2, seconds=14.995, gc=5, cpu=9.995), {}),
    ],
    # 4 times the time, and 4 times the bytes or the rows; 2 seconds; a hundredth of the run.
    "skew": [
        (True, uneven(seconds=4, read=40 * MIB), {}),
        (True, uneven(seconds=4, rows=4000), {}),
        (False, uneven(seconds=3.999, read=40 * MIB), {}),
        (False, uneven(seconds=4, read=40 * MIB - 1, rows=3999), {}),
        (True, [*equal(3, seconds=0.4, rows=1), {"seconds": 2.4, "rows": 9}], {}),
        (False, [*equal(3, seconds=0.4, rows=1), {"seconds": 2.399, "rows": 9}], {}),
        (True, uneven(seconds=4, rows=9000), {"run": 300}),
        (False, uneven(seconds=4, rows=9000), {"run": 301}),
        # One large task of two is seen.
        (True, [{"seconds": 1, "rows": 1}, {"seconds": 8, "rows": 8}], {}),
    ],
    # No more data, 4 times the time, and 10 seconds late.
    "straggler": [
        (True, uneven(seconds=11), {}),
        (False, uneven(seconds=10.999), {}),
        (True, uneven(seconds=11, read=20 * MIB - 1, rows=1999), {}),
        (False, uneven(seconds=11, read=20 * MIB), {}),
        (False, uneven(seconds=11, rows=2000), {}),
        (True, [*equal(3, seconds=10), {"seconds": 40}], {}),
        (False, [*equal(3, seconds=10), {"seconds": 39.9}], {}),
    ],
    # 10 a core, under 200 ms, for 5 s.
    "tiny-tasks": [
        (True, equal(40, seconds=0.199, rows=1), {"end": 5}),
        (False, equal(39, seconds=0.199, rows=1), {"end": 5}),
        (False, equal(40, seconds=0.2, rows=1), {"end": 5}),
        (False, equal(40, seconds=0.199, rows=1), {"end": 4.999}),
    ],
    # Fewer than cores, for 10 s and a twentieth of the run.
    "few-tasks": [
        (True, equal(3, seconds=10, read=1), {}),
        (False, equal(4, seconds=10, read=1), {}),
        (False, equal(3, seconds=9.999, read=1), {}),
        (False, equal(3, seconds=10, read=1), {"run": 201}),
    ],
    # Half of the cores' time, of two minutes at least.
    "idle-cores": [
        (True, equal(4, seconds=60), {"run": 120, "end": 120}),
        (False, equal(4, seconds=60.025), {"run": 120, "end": 120}),
        (False, equal(4, seconds=50), {"run": 119.9, "end": 119.9}),
    ],
    # Tasks that were killed have not failed.
    "failed-tasks": [
        (True, [{}, {"reason": "ExceptionFailure"}], {}),
        (False, [{}, {"reason": "TaskKilled"}, {"reason": "TaskCommitDenied"}], {}),
    ],
}


@pytest.mark.parametrize(
    ("kind", "fires", "tasks", "times"),
    [(kind, *row) for kind, rows in RULES.items() for row in rows],
)
def test_a_rule_fires_at_its_threshold(
    a_log: BEGIN, kind: str, fires: bool, tasks: Tasks, times: dict[str, Any]
) -> None:
    log = a_log(seconds=times.get("run", 100))
    log.stage(tasks, end=times.get("end"))
    findings = log.findings()
    assert (kind in findings) is fires
    assert not {"skew", "straggler"} <= set(findings)
