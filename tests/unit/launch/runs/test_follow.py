"""Following a run through throttling and lost connections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from pauses import replace_pauses

from launch.errors import LaunchError
from launch.runs.follow import follow, may_pass
from launch.runs.model import LogLine, Run


def refused(code: str, status: int = 400) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": code},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "DescribeProcessingJob")


LOST = EndpointConnectionError(endpoint_url="https://example")
THROTTLED = refused("ThrottlingException")


class Scripted:
    """Runs that answer by a list: a status, or an error to raise."""

    def __init__(self, answers: list[Any], lines: list[Any]) -> None:
        self.answers = iter(answers)
        self.lines = iter(lines)

    def get(self, name: str) -> Run:
        status = self._next(self.answers)
        return Run(name, status, datetime(2026, 1, 1, tzinfo=timezone.utc))

    def log(self, name: str) -> Scripted:
        return self

    def read(self) -> list[LogLine]:
        text = self._next(self.lines)
        return [LogLine("algo-1", 0, line) for line in (text or "").splitlines()]

    def _next(self, answers: Iterator[Any]) -> Any:
        answer = next(answers, None)
        if isinstance(answer, Exception):
            raise answer
        return answer

    newest: Callable[..., Any]
    stop: Callable[..., Any]

    def fetch_event_logs(self, name: str, folder: Path) -> list[Path]:
        return []


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_pauses(monkeypatch, lambda seconds: None)


def test_every_line_is_shown_once_also_those_after_the_end() -> None:
    runs = Scripted(["InProgress", "Completed"], ["one", None, "late"])
    shown: list[str] = []
    run = follow(runs, "r", show=lambda line: shown.append(line.text))
    assert run.status == "Completed"
    assert shown == ["one", "late"]


def test_what_may_pass_is_waited_for() -> None:
    wrapped = LaunchError("AWS cannot be reached")
    wrapped.__cause__ = LOST
    runs = Scripted(
        [THROTTLED, LOST, wrapped, refused("InternalFailure", 500), "InProgress", "Failed"],
        [LOST, "one", THROTTLED, "two"],
    )
    shown: list[str] = []
    troubles: list[str] = []
    run = follow(runs, "r", show=lambda line: shown.append(line.text), on_trouble=troubles.append)
    assert run.status == "Failed"
    assert shown == ["one", "two"]
    assert len(troubles) == 6
    assert "ThrottlingException" in troubles[0]
    assert "asking again in" in troubles[0]


def test_tail_cuts_what_is_there_at_first_alone() -> None:
    runs = Scripted(["InProgress", "Completed"], ["one\ntwo\nthree", "four"])
    shown: list[str] = []
    follow(runs, "r", show=lambda line: shown.append(line.text), tail=2)
    assert shown == ["two", "three", "four"]


def test_a_closed_log_leaves_the_status() -> None:
    runs = Scripted(["InProgress", "Completed"], [LaunchError("DescribeLogStreams: denied")])
    troubles: list[str] = []
    assert follow(runs, "r", show=print, on_trouble=troubles.append).status == "Completed"
    assert troubles == ["no logs, following the status alone: DescribeLogStreams: denied"]


@pytest.mark.parametrize(
    "error", [refused("AccessDenied", 403), NoCredentialsError(), LaunchError("no such run")]
)
def test_what_does_not_pass_is_raised_at_once(error: Exception) -> None:
    assert not may_pass(error)
    with pytest.raises(type(error)):
        follow(Scripted([error], []), "r", show=print)
