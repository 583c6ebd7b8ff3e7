"""Reading CloudWatch on, page by page, stream by stream."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from launch.errors import AwsError
from launch.runs.aws import CloudWatchReader


class Logs:
    """Streams as lists of pages; an exception in place of a page is raised once."""

    def __init__(self, **streams: list[Any]) -> None:
        self.streams = streams

    def get_paginator(self, operation: str) -> Logs:
        return self

    def paginate(self, **query: Any) -> list[dict[str, Any]]:
        names = [f"run/{name.replace('_', '-')}-0000000001" for name in self.streams]
        return [{"logStreams": [{"logStreamName": name} for name in names]}]

    def get_log_events(self, *, logStreamName: str, **query: Any) -> dict[str, Any]:  # noqa: N803
        name = logStreamName.partition("/")[2].rpartition("-")[0].replace("-", "_")
        pages = self.streams[name]
        number = int(query.get("nextToken", "f/0")[2:])
        if number < len(pages) and isinstance(pages[number], Exception):
            raise pages.pop(number)
        events = pages[number] if number < len(pages) else []
        following = min(number + 1, len(pages))
        return {
            "events": [{"timestamp": time, "message": text} for time, text in events],
            "nextForwardToken": f"f/{following}",
        }


def texts(reader: CloudWatchReader) -> list[str]:
    return [f"{line.host} {line.text}" for line in reader.read()]


def test_an_empty_page_is_not_the_end() -> None:
    reader = CloudWatchReader(Logs(algo_1=[[], [(1, "a")], [], [(2, "b")]]), "run")
    assert texts(reader) == ["algo-1 a", "algo-1 b"]
    assert texts(reader) == []


def test_hosts_are_put_in_order_of_time() -> None:
    reader = CloudWatchReader(Logs(algo_1=[[(1, "a"), (3, "c")]], algo_2=[[(2, "b")]]), "run")
    assert texts(reader) == ["algo-1 a", "algo-2 b", "algo-1 c"]


def test_no_line_is_lost_where_another_streams_call_fails() -> None:
    refused: Any = {"Error": {"Code": "ThrottlingException", "Message": "slower"}}
    throttled = ClientError(refused, "GetLogEvents")
    logs = Logs(algo_1=[[(1, "a")]], algo_2=[throttled, [(2, "b")]])
    reader = CloudWatchReader(logs, "run")
    with pytest.raises(AwsError, match="slower"):
        reader.read()
    assert texts(reader) == ["algo-1 a", "algo-2 b"]
