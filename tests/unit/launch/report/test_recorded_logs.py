"""``launch report`` on event logs that real Spark wrote: a forced spill, a forced skew.

``recorded/README.md`` says how they were made.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from launch.main import cli

RECORDED = Path(__file__).parent / "recorded"
Report = Callable[[Path], dict[str, Any]]


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    """Report on a log by the command."""
    monkeypatch.chdir(tmp_path)

    def run(path: Path) -> dict[str, Any]:
        done = CliRunner().invoke(cli, ["report", "--event-log", str(path), "--json"])
        assert done.exit_code == 0, done.output
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
    assert data["memory_recorded"]
    for process in data["memory"]:
        assert 100 * 2**20 < process["process"] < 4 * 2**30


def test_a_forced_spill_is_named(report: Report) -> None:
    data = report(RECORDED / "spill.json.gz")
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


def test_a_forced_skew_is_named_with_its_stage_and_key(report: Report) -> None:
    data = report(RECORDED / "skew.json.gz")
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


def test_a_real_log_that_breaks_off_is_read_as_far_as_it_goes(
    report: Report, tmp_path: Path
) -> None:
    text = gzip.decompress((RECORDED / "skew.json.gz").read_bytes())
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.write_bytes(text)
    # In the middle of the joining stage's end, before any of its plan's counters were seen.
    cut.write_bytes(text[: text.rindex(b'{"Event":"SparkListenerStageCompleted"') + 50])
    data = report(cut)
    assert data["outcome"] == "Broken off"
    assert "breaks off" in data["notes"][0]
    assert len(data["stages"]) == len(report(whole)["stages"])
