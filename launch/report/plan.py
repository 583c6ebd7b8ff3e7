"""What a stage does: the operators of Spark SQL's plans, found by the counters they share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

# Plans of one query are sent again and again as Spark adapts them, with new counters each time.
_MOST_COUNTERS = 50_000
_MOST_TEXT = 64
_ID = re.compile(r"#\d+L?")
_ORDER = re.compile(r" (ASC|DESC) NULLS ")
_READS = ("remote ", "local ", "fetch wait", "records read")
_KEYED = {
    "HashAggregate": "aggregate by",
    "ObjectHashAggregate": "aggregate by",
    "SortAggregate": "aggregate by",
    "SortMergeJoin": "join on",
    "ShuffledHashJoin": "join on",
    "BroadcastHashJoin": "join with a broadcast on",
    "Sort": "sort by",
    "Window": "window",
}
_BARE = {
    "HashAggregate": "aggregate",
    "ObjectHashAggregate": "aggregate",
    "SortAggregate": "aggregate",
    "BroadcastNestedLoopJoin": "join every row with every row",
    "CartesianProduct": "join every row with every row",
    "Generate": "explode",
    "Expand": "expand",
    "BatchEvalPython": "Python function",
    "ArrowEvalPython": "pandas function",
    "MapInPandas": "pandas function",
    "FlatMapGroupsInPandas": "pandas function",
    "InMemoryTableScan": "read the cache",
    "TakeOrderedAndProject": "take the first rows",
}
# What says nothing about the work, or is said by another operator.
_SILENT = re.compile(
    r"WholeStageCodegen|InputAdapter|ColumnarToRow|AQEShuffleRead|\w*QueryStage|Adaptive"
    r"|Project|Filter|ReusedExchange|Range|BroadcastExchange|WriteFiles"
)


class Plans:
    """The operators behind the counters of the queries that are going on."""

    def __init__(self) -> None:
        self._counters: dict[int, dict[int, tuple[int, str]]] = {}

    def add(self, execution: int, plan: Mapping[str, Any]) -> None:
        """Take in a plan of a query, or one that takes its place."""
        counters = self._counters.setdefault(execution, {})
        waiting = [(plan, 0)]
        while waiting and len(counters) < _MOST_COUNTERS:
            node, depth = waiting.pop()
            for metric in node.get("metrics") or ():
                label = operation(node, str(metric["name"]))
                if label:
                    counters[int(metric["accumulatorId"])] = (depth, label)
            waiting += [(child, depth + 1) for child in node.get("children") or ()]

    def forget(self, execution: int) -> None:
        """Let go of a query that has ended."""
        self._counters.pop(execution, None)

    def operations(self, execution: int | None, counters: Iterable[int]) -> tuple[str, ...]:
        """Return what a stage did, in the order in which rows pass, by the counters it moved."""
        known = self._counters.get(-1 if execution is None else execution, {})
        found = {known[number] for number in counters if number in known}
        return tuple(dict.fromkeys(label for _, label in sorted(found, key=_deepest_first)))


def _deepest_first(item: tuple[int, str]) -> tuple[int, str]:
    return -item[0], item[1]


def operation(node: Mapping[str, Any], metric: str) -> str:
    """Say in a few words what an operator does; nothing where it does not matter."""
    name = str(node.get("nodeName", "")).strip()
    text = _ID.sub("", str(node.get("simpleString", "")))
    if name.startswith("Scan "):
        return _short(f"read {name.removeprefix('Scan ').split(' ')[0]}{_place(node)}")
    if name == "Exchange":
        return "" if metric.startswith(_READS) else _exchange(text)
    if name.startswith("Execute "):
        return "write"
    if _SILENT.match(name):
        return ""
    keys = _keys(text) if name in _KEYED else ""
    if keys:
        return _short(f"{_KEYED[name]} {keys}")
    return _short(_BARE.get(name, _KEYED.get(name, name).removesuffix(" by").removesuffix(" on")))


def _exchange(text: str) -> str:
    found = re.match(r"Exchange (hash|range)partitioning\((.*), \d+\)", text)
    if found:
        keys = found[2].replace(" ASC NULLS FIRST", "").replace(" ASC NULLS LAST", "")
        return _short(f"shuffle by {keys}")
    if "SinglePartition" in text:
        return "gather into one partition"
    return "spread evenly" if "RoundRobin" in text else "shuffle"


def _keys(text: str) -> str:
    if text.startswith("Window"):
        found = re.search(r"\], \[([^\]]*)\]", text)
        # The only list is the order where there is no key: all rows are one window.
        return f"by {found[1]}" if found and found[1] and not _ORDER.search(found[1]) else ""
    found = re.search(r"\[([^\]]*)\]", text)
    keys = found[1] if found else ""
    return keys.replace(" ASC NULLS FIRST", "").replace(" DESC NULLS LAST", " descending")


def _place(node: Mapping[str, Any]) -> str:
    """Return the last part of the path that is read."""
    location = str((node.get("metadata") or {}).get("Location", ""))
    found = re.search(r"\[([^\],]+)", location)
    last = found[1].rstrip("/").rpartition("/")[2] if found else ""
    return f" {last}" if last else ""


def _short(text: str) -> str:
    return text if len(text) <= _MOST_TEXT else f"{text[: _MOST_TEXT - 1]}…"
