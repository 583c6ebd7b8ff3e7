"""``launch report`` on event logs of real runs: a forced spill, a forced skew, an ordinary one."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import browser_fixture
import pytest
from event_logs import event_log_options
from launch_project import Project, make_project

browser, look = browser_fixture.browser, browser_fixture.look
Submit = Callable[..., subprocess.CompletedProcess[str]]
RUN = "flights-prepare-seen"
# What `launch submit` sets, so that Spark writes down how much memory its processes held.
MEMORY = {
    "spark.eventLog.logStageExecutorMetrics": "true",
    "spark.executor.processTreeMetrics.enabled": "true",
    "spark.executor.metrics.pollingInterval": "1000",
}
# 250,000 rows of 640 random letters are 80 MB for each of two tasks; a task may use 63 MB.
SPILL = """
from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.getOrCreate()
rows = spark.range(250_000)
for salt in range(5):
    rows = rows.withColumn(f"text_{salt}", F.sha2(F.concat("id", F.lit(f"-{salt}")), 512))
rows.orderBy("text_0").write.format("noop").mode("overwrite").save()
"""
# Nearly every visit has one country, and meets 120 towns there.
SKEW = """
from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.getOrCreate()
country = F.when(F.col("id") % 50 == 0, F.col("id") % 19).otherwise(F.lit(7))
visits = spark.range(100_000).withColumn("country", country)
towns = spark.range(120 * 19).select(F.col("id").alias("town"), (F.col("id") % 19).alias("country"))
met = visits.join(towns, "country").withColumn("hash", F.xxhash64("town", F.sha1(F.hex("id"))))
met.groupBy().agg(F.max("hash")).collect()
"""


@pytest.fixture(scope="module")
def play(cluster: str, submit: Submit, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a function that runs a program on two workers, and returns its event log."""

    def run(name: str, program: str, **settings: str) -> Path:
        folder = tmp_path_factory.mktemp(name)
        app = folder / f"{name}.py"
        app.write_text(program)
        confs = {**MEMORY, "spark.executor.memory": "512m", **settings}
        options = event_log_options(folder / "events", master=cluster)
        options += tuple(f"--conf={key}={value}" for key, value in confs.items())
        done = submit(options=options, app=app, cwd=folder)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        (path,) = (folder / "events").iterdir()
        return path

    return run


@pytest.fixture(scope="module")
def spilled(play: Any) -> Path:
    little = {"spark.memory.fraction": "0.3", "spark.sql.shuffle.partitions": "2"}
    return play("spill", SPILL, **little)


@pytest.fixture(scope="module")
def skewed(play: Any) -> Path:
    settings = {
        "spark.sql.autoBroadcastJoinThreshold": "-1",
        "spark.sql.shuffle.partitions": "8",
        # The partitions are small, and Spark would draw them together into one task.
        "spark.sql.adaptive.coalescePartitions.enabled": "false",
    }
    return play("skew", SKEW, **settings)


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


@pytest.fixture
def report(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Return a function that reports on a log by the command; the page lies in tmp_path."""

    def run(path: Path) -> dict[str, Any]:
        # The name under which the browser's fixture opens a page.
        words = ("report", "--event-log", str(path), "--out", "evaluation.html")
        done = Project(tmp_path, os.environ).run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def kinds(data: dict[str, Any]) -> set[str]:
    return {finding["kind"] for finding in data["findings"]}


def finding(data: dict[str, Any], kind: str) -> dict[str, Any]:
    (found,) = [item for item in data["findings"] if item["kind"] == kind]
    return found


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


def test_a_forced_spill_is_named(spilled: Path, report: Any) -> None:
    data = report(spilled)
    check_whole(data)
    assert "spill" in kinds(data)
    assert "skew" not in kinds(data)
    found = finding(data, "spill")
    sorting = [s["stage"] for s in data["stages"] if "sort by text_0" in s["operations"]]
    assert found["stages"] == sorting
    assert f"stage {sorting[0]} (sort by text_0" in found["title"]
    assert found["figures"]["spilled_disk_bytes"] == data["spill"]["disk_bytes"] > 20 * 2**20
    # A task wanted more than it had, and the advice is what makes it smaller.
    assert found["figures"]["task_needs_bytes"] > found["figures"]["task_has_bytes"]
    assert found["do"][0].startswith("set spark.sql.shuffle.partitions: ")
    assert "a heap of" in found["do"][1]


def test_a_forced_skew_is_named_with_its_stage_and_key(skewed: Path, report: Any) -> None:
    data = report(skewed)
    check_whole(data)
    assert "skew" in kinds(data)
    assert "spill" not in kinds(data)
    found = finding(data, "skew")
    joining = [s["stage"] for s in data["stages"] if "join on country" in s["operations"]]
    assert found["stages"] == joining
    assert f"stage {joining[0]} (sort by country, join on country" in found["title"]
    assert found["do"][0].startswith("look for a value of country that most rows share")
    assert found["figures"]["most_rows"] > 98_000 > 4 * found["figures"]["median_rows"]
    # Of a few MB: too small for Spark's own handling.
    assert found["do"][1].startswith("broadcast the smaller table, or salt the key")


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


def test_the_page_of_a_real_run(spilled: Path, report: Any, look: Any, tmp_path: Path) -> None:
    data = report(spilled)
    page = look(tmp_path)
    verdicts = page.locator(".verdicts li").all_inner_texts()
    assert [line.split(" ", 1)[1] for line in verdicts] == [it["title"] for it in data["findings"]]
    assert page.locator("svg#timeline").is_visible()
    ran = [stage for stage in data["stages"] if stage["tasks"]]
    assert page.locator("svg#timeline rect.bar").count() == len(ran)
    assert page.locator("#stages tbody tr").count() == len(ran)
    assert page.locator("#stages td.hot").first.is_visible()
    assert page.locator("#memory tbody tr").count() == len(data["memory"])


def test_real_logs_packed_and_cut_off(skewed: Path, report: Any, tmp_path: Path) -> None:
    whole = report(skewed)
    text = skewed.read_bytes()
    packed = tmp_path / skewed.name
    packed.write_bytes(gzip.compress(text))
    assert report(packed) == whole
    # In the middle of the joining stage's end, before any of its plan's counters were seen.
    cut = tmp_path / "cut"
    cut.write_bytes(text[: text.rindex(b'{"Event":"SparkListenerStageCompleted"') + 50])
    data = report(cut)
    assert data["outcome"] == "Broken off"
    assert "breaks off" in data["notes"][0]
    assert len(data["stages"]) == len(whole["stages"])
