"""Log lines: whose they are, and in which order."""

from __future__ import annotations

import pytest

from launch.diagnose.lines import hosts_of, read_lines


def test_the_primary_comes_first_and_hosts_are_counted_not_spelled() -> None:
    assert hosts_of({"algo-10": [], "algo-2": [], "algo-1": []}) == ["algo-1", "algo-2", "algo-10"]


def test_an_executor_s_line_in_a_host_s_log() -> None:
    file = "/var/log/yarn/userlogs/application_1_0001/container_1_0001_01_000002/stderr"
    (line,) = read_lines({"algo-2": [f"[{file}] 26/11/23 14:35:16 ERROR Executor: no"]})
    assert line.container == "container_1_0001_01_000002"
    assert (line.text, line.level) == ("26/11/23 14:35:16 ERROR Executor: no", "ERROR")


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("26/11/23 14:35:16 WARN TaskSetManager: x", "WARN"),
        ("2026-11-23 14:35:16,120 INFO resourcemanager.ResourceManager: x", "INFO"),
        ("11-23 14:35 smspark-submit ERROR    x", "ERROR"),
        ("INFO:smspark-submit:x", "INFO"),
        ("error: x", None),
        ("ERROR", None),
    ],
)
def test_a_line_has_the_level_that_its_logger_wrote(text: str, level: str | None) -> None:
    (line,) = read_lines({"algo-1": [text]})
    assert line.level == level


def test_one_event_of_several_lines() -> None:
    lines = read_lines({"algo-1": ["a\nb"]})
    assert [line.text for line in lines] == ["a", "b"]
