"""What a stage is said to do, from plans as Spark 3.5 writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from launch.report.plan import Plans, operation
from launch.report.read import place

BEGIN = Callable[..., Any]
ROW_NUMBER = "Window [row_number() windowspecdefinition(k#2L, v#5 ASC NULLS FIRST) AS n#20]"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("HashAggregate", "HashAggregate(keys=[k#2L, w#3], functions=[x])", "aggregate by k, w"),
        ("HashAggregate", "HashAggregate(keys=[], functions=[sum(w#58)])", "aggregate"),
        ("SortMergeJoin", "SortMergeJoin [k#2L], [k#51L], Inner", "join on k"),
        (
            "BroadcastHashJoin",
            "BroadcastHashJoin [a#1], [b#2], Inner",
            "join with a broadcast on a",
        ),
        ("Sort", "Sort [v#5 ASC NULLS FIRST, w#6 DESC NULLS LAST]", "sort by v, w descending"),
        ("Window", f"{ROW_NUMBER}, [k#2L], [v#5 ASC NULLS FIRST]", "window by k"),
        ("Window", f"{ROW_NUMBER}, [v#5 ASC NULLS FIRST]", "window"),
        ("Window", f"{ROW_NUMBER}, [v#5 DESC NULLS LAST]", "window"),
        ("Window", f"{ROW_NUMBER}, [k#2L]", "window by k"),
        ("Exchange", "Exchange hashpartitioning(k#51L, 3), ENSURE_REQUIREMENTS", "shuffle by k"),
        ("Exchange", "Exchange rangepartitioning(v#5 ASC NULLS FIRST, 200)", "shuffle by v"),
        ("Exchange", "Exchange SinglePartition, REPARTITION_BY_NUM", "gather into one partition"),
        ("Exchange", "Exchange RoundRobinPartitioning(8), REPARTITION_BY_NUM", "spread evenly"),
        ("Execute InsertIntoHadoopFsRelationCommand", "Execute Insert file:/o1", "write"),
        ("Project", "Project [id#0L]", ""),
        ("WholeStageCodegen (3)", "WholeStageCodegen (3)", ""),
        ("ArrowEvalPython", "ArrowEvalPython [f(v#5)#9], [f#9], 200", "pandas function"),
    ],
)
def test_operators_in_words(name: str, text: str, said: str) -> None:
    assert operation({"nodeName": name, "simpleString": text}, "output rows") == said


@pytest.mark.parametrize("metric", ["records read", "fetch wait time", "local bytes read"])
def test_a_shuffle_is_told_where_it_is_written(metric: str) -> None:
    node = {"nodeName": "Exchange", "simpleString": "Exchange hashpartitioning(k#1, 3)"}
    assert operation(node, metric) == ""


def test_a_scan_names_its_folder() -> None:
    location = "InMemoryFileIndex(2 paths)[s3://b/day=1, s3://b/day=2]"
    node = {"nodeName": "Scan csv ", "simpleString": "", "metadata": {"Location": location}}
    assert operation(node, "output rows") == "read csv day=1"


def test_long_texts_are_cut() -> None:
    keys = ", ".join(f"column_{number}#{number}" for number in range(40))
    text = operation({"nodeName": "Sort", "simpleString": f"Sort [{keys}]"}, "sort time")
    assert len(text) == 64
    assert text.endswith("…")


def test_a_stage_lists_its_operators_as_rows_pass(a_log: BEGIN) -> None:
    log = a_log()
    log.stage(
        [{}],
        plan=[
            ("Scan parquet ", "FileScan parquet [k#51L]"),
            ("Filter", "Filter isnotnull(k#51L)"),
            ("HashAggregate", "HashAggregate(keys=[k#51L], functions=[count(1)])"),
            ("Exchange", "Exchange hashpartitioning(k#51L, 3), ENSURE_REQUIREMENTS"),
        ],
    )
    log.stage([{}], begin=5)
    first, second = log.report().case.stages
    assert first.operations == ("read parquet", "aggregate by k", "shuffle by k")
    assert second.operations == ()


def test_plans_of_queries_that_ended_are_let_go() -> None:
    plans = Plans()
    sort = {"nodeName": "Sort", "simpleString": "Sort [k#1]"}
    plans.add(1, {**sort, "metrics": [{"name": "sort time", "accumulatorId": 7}]})
    assert plans.operations(1, [7, 8]) == ("sort by k",)
    assert plans.operations(2, [7]) == plans.operations(None, [7]) == ()
    plans.forget(1)
    assert plans.operations(1, [7]) == ()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "save at /opt/ml/processing/input/code/jobs/prepare.py:103",
            "save at jobs/prepare.py:103",
        ),
        ("parquet at NativeMethodAccessorImpl.java:0", "parquet"),
        ("count at <console>:1", "count"),
        ("", ""),
    ],
)
def test_places_in_the_program(name: str, said: str) -> None:
    assert place(name) == said
