"""The page in a real browser: what is seen, on a small screen too, and what hostile names do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import browser_fixture
import pytest

from launch.report.page import report_html

browser, look = browser_fixture.browser, browser_fixture.look
BEGIN = Callable[..., Any]
HOSTILE = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>"
MIB = 2**20


def a_run(a_log: BEGIN, name: str = "shop-load-1", place: str = "save at jobs/load.py:7") -> Any:
    log = a_log(name=name, seconds=300)
    log.stage([{"seconds": 30, "input": 9 * MIB}] * 8, end=60, name=place)
    log.stage([{"seconds": 5, "rows": 1}] * 3 + [{"seconds": 99, "rows": 90}], begin=60, name=place)
    spills = {"seconds": 20, "on_disk": 99 * MIB, "spilled": 300 * MIB, "read": 9 * MIB}
    log.stage([spills] * 4, begin=170, name=place)
    failed = {"reason": "ExceptionFailure", "text": place}
    log.stage([{}, failed], begin=200, name=place, failure=place)
    for number in "01":
        log.memory(number, ProcessTreeJVMRSSMemory=900 * MIB, JVMHeapMemory=500 * MIB)
    return log


def put(folder: Path, report: Any) -> Path:
    # The name under which the fixture opens a page.
    (folder / "evaluation.html").write_text(report_html(report), encoding="utf-8")
    return folder


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_seen(a_log: BEGIN, look: Any, tmp_path: Path, scheme: str) -> None:
    report = a_run(a_log).report()
    page = look(put(tmp_path, report), color_scheme=scheme)
    assert page.title() == "Report on shop-load-1"
    verdicts = page.locator(".verdicts li").all_inner_texts()
    assert [line.split(" ", 1)[1] for line in verdicts] == [item.title for item in report.findings]
    assert [item.kind for item in report.findings] == [
        "skew",
        "spill",
        "failed-tasks",
        "idle-cores",
    ]
    sections = page.locator(".finding")
    assert [one.get_attribute("data-kind") for one in sections.all()] == [
        item.kind for item in report.findings
    ]
    timeline = page.locator("svg#timeline")
    assert timeline.is_visible()
    bars = [bar.bounding_box() for bar in timeline.locator("rect.bar").all()]
    assert len(bars) == 4
    # A third of the run, from a fifth of it on: on the screen as in the log.
    line = timeline.locator("polygon.area").bounding_box()
    assert bars[1]["width"] == pytest.approx(line["width"] * 99 / 300, rel=0.02)
    assert bars[1]["x"] - line["x"] == pytest.approx(line["width"] * 60 / 300, rel=0.02)
    for name in ("#stages", "#time", "#memory", "#facts", "#card-spill"):
        assert page.locator(name).is_visible()
    assert page.locator("#stages tbody tr").count() == 4
    hot = page.locator("#stages td.hot").all_inner_texts()
    assert [text.split("\n")[0] for text in hot] == ["19.8×", "90.0×", "396 MiB", "1"]
    assert browser_fixture.is_light(page) is (scheme == "light")


def test_a_verdict_leads_to_its_finding(a_log: BEGIN, look: Any, tmp_path: Path) -> None:
    page = look(put(tmp_path, a_run(a_log).report()))
    page.locator(".verdicts a").nth(2).click()
    top = page.locator("#finding-3").bounding_box()["y"]
    assert 0 <= top < 900


@pytest.mark.parametrize("name", ["shop-load-1", 30 * "a_very_long_name_"])
def test_it_fits_a_telephone(a_log: BEGIN, look: Any, tmp_path: Path, name: str) -> None:
    page = look(put(tmp_path, a_run(a_log, name=name, place=f"save at {name}").report(name=name)))
    page.set_viewport_size({"width": 375, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    for one in page.locator(".verdicts li, .card, .panel, h1").all():
        box = one.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 375
    # The wide ones scroll by themselves.
    for wide in page.locator(".scroll").all():
        assert wide.evaluate("it => it.scrollWidth > it.clientWidth")


def test_hostile_names_do_nothing(a_log: BEGIN, look: Any, tmp_path: Path) -> None:
    log = a_run(a_log, name=HOSTILE, place=HOSTILE)
    page = look(put(tmp_path, log.report(name=HOSTILE)))
    assert page.locator("img, script").count() == 0
    assert page.locator("h1").inner_text() == f"Report on {HOSTILE}"
    stages = page.locator("#stages tbody th").all_inner_texts()
    assert len(stages) == 4
    assert all("<img src=x onerror=alert(1)>" in text for text in stages)
    jobs = page.locator("svg#timeline text.job").all_text_contents()
    assert all("<img src=x onerror=alert(1)>" in text for text in jobs)
