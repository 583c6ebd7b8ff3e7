"""``launch report`` on a run that was played here, and the page of a real run in a browser."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import browser_fixture
import pytest
from launch_project import ROOT, Project, make_project

browser, look = browser_fixture.browser, browser_fixture.look
RUN = "flights-prepare-seen"
SPILL = ROOT / "tests" / "unit" / "launch" / "report" / "recorded" / "spill.json.gz"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, flights_csv: Path) -> Project:
    """A project in which the prepare job was played on two hosts."""
    root = tmp_path_factory.mktemp("played") / "project"
    two = ("instance_count: 3", "instance_count: 2")
    make_project(root, flights_csv, 2_000, lambda text: text.replace(*two))
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "LAUNCH_"))}
    project = Project(root, {**clean, "LAUNCH_BUCKET": "local-bucket"})
    done = project.run("submit", "prepare", "--local", "--name", RUN)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return project


def kinds(data: dict[str, Any]) -> set[str]:
    return {finding["kind"] for finding in data["findings"]}


def check_whole(data: dict[str, Any]) -> None:
    """What holds of every run that went well."""
    assert data["outcome"] == "Completed"
    assert data["executors"]["hosts"] == 2
    assert not any("could not be read" in note for note in data["notes"])
    assert sum(part["share"] for part in data["time"].values()) == pytest.approx(1, abs=0.001)
    tasks = sum(stage["task_seconds"] for stage in data["stages"])
    assert 0 < tasks <= data["core_seconds"]
    assert data["busy_share"] == pytest.approx(tasks / data["core_seconds"], abs=0.001)
    if sys.platform == "linux":
        assert data["memory_recorded"]
        for process in data["memory"]:
            assert 100 * 2**20 < process["process"] < 4 * 2**30


def test_a_run_that_was_played_here_has_neither(played: Project) -> None:
    data = played.data("report", RUN, "--local")
    check_whole(data)
    assert {"spill", "skew"}.isdisjoint(kinds(data))
    assert (data["name"], data["machines"]) == (RUN, None)
    assert any("Played on this machine" in note for note in data["notes"])
    assert data["output"]["rows"] > 1_500
    page = played.run("report", "prepare", "--local")
    assert (page.returncode, page.stdout) == (0, f"{RUN}-report.html\n")
    assert f"<h1>Report on {RUN}</h1>" in (played.root / f"{RUN}-report.html").read_text()
    found = sorted((played.root / ".launch" / "runs" / RUN).rglob("spark-events/*"))
    log = next(path for path in found if path.is_file() and not path.name.startswith("."))
    alone = played.data("report", "--event-log", str(log))
    same = ("stages", "time", "memory", "spill", "executors")
    assert {key: alone[key] for key in same} == {key: data[key] for key in same}
    # On a busy machine there may be advice, which names the job where that is known.
    assert without_advice(alone) == without_advice(data)


def without_advice(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [{key: it[key] for key in it if key != "do"} for it in data["findings"]]


def test_the_page_of_a_real_run(look: Any, tmp_path: Path) -> None:
    # The name under which the browser's fixture opens a page.
    words = ("report", "--event-log", str(SPILL), "--out", "evaluation.html")
    done = Project(tmp_path, os.environ).run(*words, "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    page = look(tmp_path)
    verdicts = page.locator(".verdicts li").all_inner_texts()
    assert [line.split(" ", 1)[1] for line in verdicts] == [it["title"] for it in data["findings"]]
    assert page.locator("svg#timeline").is_visible()
    ran = [stage for stage in data["stages"] if stage["tasks"]]
    assert page.locator("svg#timeline rect.bar").count() == len(ran)
    assert page.locator("#stages tbody tr").count() == len(ran)
    assert page.locator("#stages td.hot").first.is_visible()
    assert page.locator("#memory tbody tr").count() == len(data["memory"])
