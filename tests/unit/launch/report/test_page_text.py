"""The page as text: complete by itself, the same for the same log, and nothing of it is code."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from launch.report.page import report_html
from launch.report.timeline import LEFT, RIGHT, WIDTH, draw, kind_of
from launch.report.view import view

BEGIN = Callable[..., Any]
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;"


class Tags(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, tag: str) -> list[dict[str, Any]]:
        return [attributes for name, attributes in self.seen if name == tag]


def with_everything(a_log: BEGIN) -> Any:
    log = a_log()
    log.stage([{"seconds": 1, "rows": 1}] * 3 + [{"seconds": 20, "rows": 90}])
    log.stage([{"on_disk": 2**25, "spilled": 2**26, "read": 1}] * 4, begin=30)
    log.stage([{}, {"reason": "ExceptionFailure", "text": "no"}], begin=60, failure="no\nmore")
    log.memory("0", ProcessTreeJVMRSSMemory=2**28, JVMHeapMemory=2**27)
    return log


def test_the_page_needs_nothing_else(a_log: BEGIN) -> None:
    page = report_html(with_everything(a_log).report())
    tags = Tags(page)
    assert {"script", "img", "link", "iframe", "object", "base"}.isdisjoint(dict(tags.seen))
    assert not any({"src", "xlink:href", "data"} & set(tag) for _, tag in tags.seen)
    assert all(link["href"].startswith("#") for link in tags.named("a"))
    ids = {tag["id"] for _, tag in tags.seen if "id" in tag}
    assert {link["href"][1:] for link in tags.named("a")} <= ids
    assert not re.search(r"https?://|url\(|@import", page)
    policy = [tag["content"] for tag in tags.named("meta") if "http-equiv" in tag]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_the_same_log_gives_the_same_bytes(a_log: BEGIN) -> None:
    log = with_everything(a_log)
    assert report_html(log.report()) == report_html(log.report())


def test_names_are_text_wherever_they_come_from(a_log: BEGIN) -> None:
    log = a_log(name=HOSTILE, settings={"spark.master": HOSTILE, "spark.executor.memory": HOSTILE})
    log.executor(HOSTILE, 2)
    log.memory(HOSTILE, JVMHeapMemory=1)
    failure = {"reason": "ExceptionFailure", "text": HOSTILE}
    skewed = [{"seconds": 1, "rows": 1}] * 3 + [{"seconds": 20, "rows": 90}]
    log.stage([*skewed, failure], name=HOSTILE, failure=HOSTILE)
    log.stage(skewed, plan=[("Sort", f"Sort [{HOSTILE}#1]")], begin=30)
    page = report_html(log.report(name=HOSTILE, outcome=HOSTILE, instance_type=HOSTILE, local=True))
    tags = Tags(page)
    assert {"script", "img"}.isdisjoint(dict(tags.seen))
    assert not any(name.startswith("on") for _, tag in tags.seen for name in tag)
    assert tags.text.count("<script>alert(1)</script>") > 10


def test_drawings_are_well_formed_and_inside_their_frame(a_log: BEGIN) -> None:
    report = with_everything(a_log).report()
    drawings = re.findall(r"<svg.*?</svg>", report_html(report), re.DOTALL)
    assert len(drawings) == 4
    for drawing in drawings:
        ET.fromstring(drawing)
    line = draw(report.case)
    assert line is not None
    assert [group.label for group in line.groups] == [
        f"Job {number}  save at jobs/load.py:7" for number in range(3)
    ]
    assert [bar.kind for bar in line.bars] == ["shuffled", "shuffled", "failed"]
    for bar in line.bars:
        assert LEFT <= bar.x <= bar.x + bar.width <= WIDTH
        assert 0 < bar.filled <= 14
        assert bar.y < line.height
    assert (line.ticks[0], line.ticks[-1]) == ((LEFT, "0 s"), (WIDTH - RIGHT, "1 min 40 s"))
    # 20 of the 100 seconds, and 23 of the 80 core-seconds that four cores had.
    assert line.bars[0].width == pytest.approx(0.2 * (line.ticks[-1][0] - LEFT), rel=0.01)
    assert "20 s, 4 tasks, 29 % of the cores busy" in line.bars[0].title


def test_a_long_name_is_cut_where_the_bars_begin(a_log: BEGIN) -> None:
    log = a_log()
    names = ["x" * length for length in (36, 37, 38, 39, 40)]
    for number in range(12):
        log.stage([{}], begin=number, name=names[number % 5])
    line = draw(log.report().case)
    assert line is not None
    for bar, number in zip(line.bars, range(12)):
        whole = f"{number}  {names[number % 5]}"
        assert bar.label == (whole if len(whole) <= 42 else f"{whole[:41]}…")


def test_of_very_many_stages_the_longest_are_shown(a_log: BEGIN) -> None:
    log = a_log(seconds=300)
    for number in range(120):
        log.stage([{"seconds": 1 + number / 100}], begin=2 * number)
    report = log.report()
    line = draw(report.case)
    assert line is not None
    assert (len(line.bars), line.left_out) == (40, 80)
    assert line.bars[0].label.startswith("80  ")
    page = report_html(report)
    assert "The 100 longest of 120 stages" in page
    assert "The 80 shortest stages are left out" in page
    shown = re.findall(r'<tr><th scope="row">(\d+)  ', page)
    assert shown == [str(number) for number in range(20, 120)]


def test_parts_without_time_are_left_out_and_the_others_fill_the_bar(a_log: BEGIN) -> None:
    log = a_log()
    log.stage([{"seconds": 10, "gc": 1, "cpu": 9}] * 8, end=50)
    parts = view(log.report())["parts"]
    assert [(part["key"], part["x"], part["width"]) for part in parts] == [
        ("cpu", "0.00", "180.00"),
        ("gc", "180.00", "20.00"),
        ("idle", "200.00", "300.00"),
        ("alone", "500.00", "500.00"),
    ]


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        # A tenth is set aside, 384 MiB at least: 1000 of 1408.
        ({"spark.master": "yarn"}, ("71 %", "held", "1.4 GiB")),
        (
            {"spark.master": "yarn", "spark.executor.memoryOverhead": "40"},
            ("94 %", "full", "1.0 GiB"),
        ),
        # The heap alone is limited.
        ({}, ("49 %", "heap", "")),
    ],
)
def test_a_process_is_held_against_its_container_where_it_has_one(
    a_log: BEGIN, settings: dict[str, str], shown: tuple[str, str, str]
) -> None:
    log = a_log(settings=settings)
    log.stage([{}])
    log.memory("0", ProcessTreeJVMRSSMemory=1000 * 2**20, JVMHeapMemory=500 * 2**20)
    first = view(log.report())["memory"][0]
    assert (first["share"], first["tone"], first["container"]) == shown


@pytest.mark.parametrize(
    ("task", "kind"),
    [({"input": 1}, "reads"), ({"read": 1}, "shuffled"), ({"output": 1}, "writes")],
)
def test_stages_are_coloured_by_what_they_do(a_log: BEGIN, task: dict[str, int], kind: str) -> None:
    log = a_log()
    log.stage([task])
    assert kind_of(log.report().case.stages[0]) == kind


def test_nothing_to_change_is_said(a_log: BEGIN) -> None:
    log = a_log()
    log.stage([{"seconds": 10, "on_disk": 2**20, "spilled": 2**21}] * 8)
    text = Tags(report_html(log.report())).text
    assert "Nothing to change" in text
    assert "no failed task, and no spill, skew or garbage collection worth a change" in text
    # It spilled a little: that stands among the figures.
    assert "8.0 MiB" in text


def test_an_application_that_ended_at_once(a_log: BEGIN) -> None:
    report = a_log(executors=()).report(whole=False)
    text = Tags(report_html(report)).text
    assert draw(report.case) is None
    assert "Broken off" in text
    assert "The application ran no task." in text
    assert "Timeline" not in text


@pytest.mark.parametrize("seconds", [0.3, 7, 100, 4000, 90_000, 10_000_000])
def test_the_axis_has_a_few_ticks_however_long_the_run(a_log: BEGIN, seconds: float) -> None:
    log = a_log(seconds=seconds)
    log.stage([{"seconds": seconds}] * 4)
    line = draw(log.report().case)
    assert line is not None
    places = [x for x, _ in line.ticks]
    assert 2 <= len(places) <= 120
    assert places == sorted(set(places))
    assert seconds > 1_000_000 or len(places) <= 10
