"""Rules about the run as a whole: what a finding names, and what it advises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

BEGIN = Callable[..., Any]
KILLED = "Command exited with code 137"
FOUR = {"instance_type": "ml.m5.xlarge", "instance_count": 4, "region": "us-east-1"}


def test_a_run_to_which_no_executor_came(a_log: BEGIN) -> None:
    log = a_log(executors=(), seconds=200)
    log.stage([], of=8, end=90)
    report = log.report()
    assert [finding.kind for finding in report.findings] == ["no-executor"]
    assert report.findings[0].seen == ("1 job(s) waited for 3 min 20 s",)
    with_one = a_log()
    with_one.stage([], of=8, end=90)
    assert "no-executor" not in with_one.findings()
    assert "no-executor" not in a_log(executors=()).findings()


def test_tasks_that_failed_and_ran_again(a_log: BEGIN) -> None:
    log = a_log()
    failed = {"reason": "ExceptionFailure", "text": "java.io.IOException: no space\n\tat a.B.c"}
    killed = {"reason": "TaskKilled", "seconds": 5}
    log.stage([{}, {"seconds": 3, **failed}, failed, killed], of=4)
    log.stage([{}], begin=20)
    finding = log.findings(job="prepare", local=True)["failed-tasks"]
    assert finding.title == "2 tasks failed; 9.0 s of work were lost"
    assert finding.seen == ("2 × java.io.IOException: no space",)
    assert finding.stages == (0,)
    assert finding.do == ("`launch why shop-load-1 --local` names the cause",)


def test_executors_that_were_lost(a_log: BEGIN) -> None:
    log = a_log()
    log.removed("1", 2, KILLED)
    log.stage([{"seconds": 20}] * 2, begin=3)
    finding = log.findings()["lost-executors"]
    assert finding.title == "1 executor was lost"
    assert finding.seen == (f"executor 1 on host-1: {KILLED}",)
    assert "spark.executor.memoryOverhead" in finding.do[1]


def test_executors_that_were_dismissed_are_not_lost(a_log: BEGIN) -> None:
    log = a_log()
    log.removed("1", 2, "Executor killed by driver.")
    log.stage([{}], begin=3)
    assert "lost-executors" not in log.findings()


def test_tasks_of_two_cores_keep_both_busy(a_log: BEGIN) -> None:
    """Else a run that is fully busy is called idle."""
    log = a_log(seconds=200, settings={"spark.task.cpus": "2"})
    log.stage([{"seconds": 200}] * 2)
    report = log.report()
    assert report.findings == ()
    assert report.case.figures.busy_share == 1
    parts = {part.key: part.seconds for part in report.case.figures.parts}
    assert (parts["cpu"], parts["idle"]) == (800, 0)


def test_why_cores_were_idle(a_log: BEGIN) -> None:
    few = a_log(seconds=200)
    few.stage([{"seconds": 190}], end=190)
    finding = few.findings()["idle-cores"]
    assert finding.level == "advice"
    assert finding.seen[1].startswith("stages ran with fewer tasks than cores")
    assert finding.do[0] == "fewer executors: the run would take hardly longer"
    one = a_log(seconds=200, executors=(4,))
    one.stage([{"seconds": 190}], end=190)
    assert one.findings()["idle-cores"].do[0].startswith("fewer cores")
    alone = a_log(seconds=300)
    alone.stage([{"seconds": 100}] * 4)
    finding = alone.findings()["idle-cores"]
    assert finding.title == "The cores were idle for 67 % of their time"
    assert finding.seen[1].startswith("for 3 min 20 s no stage ran: the driver")
    assert finding.figures["driver_alone_seconds"] == 200.0
    assert "let the driver do less alone" in finding.do[1]


@pytest.mark.parametrize(("alone", "named"), [(66, True), (65.9, False)])
def test_the_driver_was_alone_for_a_third_of_the_time(
    a_log: BEGIN, alone: float, named: bool
) -> None:
    log = a_log(seconds=200)
    log.stage([{"seconds": 10}], end=200 - alone)
    finding = log.findings()["idle-cores"]
    assert ("the driver planned" in finding.seen[1]) is named


def test_fewer_machines_are_worked_out(a_log: BEGIN) -> None:
    """400 core-seconds of work on 8 cores of 16 take 50 s, the driver's own 100 s stay."""
    log = a_log(seconds=200, executors=(4, 4, 4, 4))
    log.stage([{"seconds": 25}] * 16, end=100)
    do = log.findings(**FOUR)["idle-cores"].do
    # 4 × 200 s at 0.2304 an hour are 0.0512; the stages took 100 s, more than their work needs.
    assert (
        do[0]
        == "instance_count: 2 in place of 4: about 3 min 20 s, $0.0256 instead of $0.0512 a run"
    )
    one = log.findings(**{**FOUR, "instance_count": 1})["idle-cores"]
    assert one.do[0] == "a machine with fewer cores, if its memory suffices"


def test_problems_come_first_and_the_most_expensive_of_them(a_log: BEGIN) -> None:
    log = a_log(seconds=1000)
    log.stage([{"seconds": 1, "rows": 1}] * 3 + [{"seconds": 90, "rows": 9}])
    log.stage([{"seconds": 5, "reason": "ExceptionFailure"}, {}], begin=200)
    kinds = [finding.kind for finding in log.report().findings]
    assert kinds == ["skew", "failed-tasks", "idle-cores"]
