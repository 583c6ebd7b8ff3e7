"""``launch report``: which log it reads, where the page goes, what it refuses."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from launch.main import main
from launch.runs.model import Run

BEGIN = Callable[..., Any]
Output = pytest.CaptureFixture[str]


def played(
    project: Path, name: str, *logs: Path, hour: int = 2, kind: str = "smspark-submit"
) -> Path:
    """Put down a run as if it had been played here; return the folder of its event logs."""
    moment = f"2026-11-23T{hour:02}:00:00+00:00"
    entrypoint = [kind, "/opt/ml/processing/input/code/main.py"]
    cluster = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 2}
    record = {
        "name": name, "status": "Failed", "created": moment, "started": moment, "ended": moment,
        "process": [0, 0],
        "request": {
            "ProcessingJobName": name,
            "ProcessingResources": {"ClusterConfig": cluster},
            "AppSpecification": {"ContainerEntrypoint": entrypoint},
        },
    }  # fmt: skip
    run = project / ".launch" / "runs" / name
    events = run / "work/algo-1/opt/ml/processing/spark-events"
    events.mkdir(parents=True)
    (run / "run.json").write_text(json.dumps(record))
    for log in logs:
        shutil.copy(log, events)
    return events


def skewed(a_log: BEGIN) -> Path:
    log = a_log()
    log.stage([{"seconds": 1, "rows": 1}] * 3 + [{"seconds": 20, "rows": 90}])
    return log.write()


def test_an_event_log_alone(a_log: BEGIN, project: Path, capsys: Output) -> None:
    """It needs no launch.yaml; the page's path is all that goes to stdout."""
    (project / "launch.yaml").unlink()
    path = skewed(a_log)
    assert main(["report", "--event-log", str(path)]) == 0
    shown = capsys.readouterr()
    assert shown.out == f"{path.name}-report.html\n"
    assert "problem  Skew: one task of stage 0" in shown.err
    assert (project / f"{path.name}-report.html").read_text().startswith("<!doctype html>")


def test_data_and_a_page_elsewhere(a_log: BEGIN, project: Path, capsys: Output) -> None:
    path = str(skewed(a_log))
    assert main(["report", "--event-log", path, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [finding["kind"] for finding in data["findings"]] == ["skew"]
    assert [item.name for item in project.iterdir()] == ["launch.yaml"]
    assert main(["report", "--event-log", path, "--json", "--out", "x.html"]) == 0
    assert json.loads(capsys.readouterr().out) == data
    assert main(["report", "--event-log", path, "--out", "y.html"]) == 0
    assert capsys.readouterr().out == "y.html\n"
    assert (project / "x.html").read_bytes() == (project / "y.html").read_bytes()


def test_nothing_to_change(a_log: BEGIN, project: Path, capsys: Output) -> None:
    assert main(["report", "--event-log", str(a_log().write())]) == 0
    assert "nothing to change" in capsys.readouterr().err


def test_the_page_is_opened(
    a_log: BEGIN, project: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    path = str(skewed(a_log))
    assert main(["report", "--event-log", path, "--out", "x.html"]) == 0
    assert opened == []
    assert main(["report", "--event-log", path, "--out", "x.html", "--open"]) == 0
    assert main(["report", "--event-log", path, "--json", "--open"]) == 0
    own = Path(path).name
    assert opened == [(project / name).as_uri() for name in ("x.html", f"{own}-report.html")]


def test_runs_that_were_played_here(a_log: BEGIN, project: Path, capsys: Output) -> None:
    """The newest of all, of a job, or the one that is named; only the name of the page differs."""
    path = skewed(a_log)
    played(project, "flights-prepare-1", path, hour=1)
    played(project, "flights-prepare-2", path, hour=3)
    for words, name in (
        ([], "flights-prepare-2"),
        (["prepare"], "flights-prepare-2"),
        (["flights-prepare-1"], "flights-prepare-1"),
    ):
        assert main(["report", *words, "--local", "--json"]) == 0
        data = json.loads(capsys.readouterr().out)
        assert (data["name"], data["outcome"], data["machines"]) == (name, "Failed", None)
        assert "Played on this machine" in " ".join(data["notes"])
        advice = " ".join(data["findings"][0]["do"])
        assert "salt the key" in advice
    assert main(["report", "--local"]) == 0
    assert capsys.readouterr().out == "flights-prepare-2-report.html\n"


class InCloud:
    """One run of SageMaker, and its event log."""

    def __init__(self, log: Path, **environment: str) -> None:
        cluster = {"InstanceType": "ml.m5.4xlarge", "InstanceCount": 3}
        request = {"ProcessingResources": {"ClusterConfig": cluster}, "Environment": environment}
        created, started, ended = (datetime(2026, 11, 23, hour) for hour in (1, 2, 4))
        self._run = Run("flights-prepare-1", "Completed", created, started, ended, request=request)
        self._log = log

    def newest(self, **_: Any) -> list[Run]:
        return [self._run]

    def get(self, name: str) -> Run:
        return self._run

    def fetch_event_logs(self, name: str, folder: Path) -> list[Path]:
        return [Path(shutil.copy(self._log, folder))]


def test_a_run_in_the_cloud(
    a_log: BEGIN, project: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its record tells the machines, the time that is paid for, and whose settings to change."""
    log = a_log(seconds=3600, settings={"spark.executor.memory": "4g"})
    spilled = {"on_disk": 2**25, "spilled": 2**32, "peak": 2**30, "read": 2**27}
    log.stage([spilled, {"reason": "ExceptionFailure"}])
    runs = InCloud(log.write(), AWS_SPARK_CONFIG_MODE="2")
    monkeypatch.setattr("launch.commands.report.open_runs", lambda *_, **__: runs)
    assert main(["report", "prepare", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    machines = data["machines"]
    assert (machines["instance_type"], machines["instance_count"]) == ("ml.m5.4xlarge", 3)
    assert (machines["seconds"], machines["usd_per_hour"]) == (7200, 0.9216)
    assert machines["cost_usd"] == 5.5296
    advice = {finding["kind"]: finding["do"] for finding in data["findings"]}
    assert "(launch.yaml, under jobs: prepare: spark:)" in advice["spill"][0]
    assert "3 × ml.r5.4xlarge (16 cores, 128 GiB): $7.26 a run, $1.73 more" in advice["spill"][2]
    assert advice["failed-tasks"] == ["`launch why flights-prepare-1` names the cause"]
    assert main(["report", "prepare"]) == 0
    page = (project / "flights-prepare-1-report.html").read_text()
    # In mode 2 the image asks for several small executors a host.
    assert "<dt>Image: executors asked for</dt><dd>8, 5 cores each</dd>" in page
    assert "2 h 0 min × 3 × $0.9216/h" in page


@pytest.mark.parametrize("words", [["prepare"], ["--local"]])
def test_a_log_and_a_run_are_too_much(project: Path, capsys: Output, words: list[str]) -> None:
    assert main(["report", "--event-log", "x", *words]) == 2
    assert "--event-log names the log itself: leave out NAME" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "there is no nothing.log"), ("", "nothing.log is empty"), ("x,y\n", "no event log")],
)
def test_no_events(project: Path, capsys: Output, content: str | None, message: str) -> None:
    if content is not None:
        (project / "nothing.log").write_text(content)
    assert main(["report", "--event-log", "nothing.log", "--out", "x.html"]) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert "Traceback" not in shown.err
    assert not (project / "x.html").exists()


def test_a_run_that_left_no_log(project: Path, capsys: Output) -> None:
    events = played(project, "flights-prepare-1")
    (events / "app-1-1.inprogress").write_text("")
    assert main(["report", "--local"]) == 2
    shown = capsys.readouterr().err
    assert "flights-prepare-1 (Failed) left no event log" in shown
    assert "`launch why flights-prepare-1 --local` reads what its hosts printed" in shown


def test_a_run_without_spark(project: Path, capsys: Output) -> None:
    played(project, "flights-prepare-tabular-1", kind="python3")
    assert main(["report", "--local"]) == 2
    shown = capsys.readouterr().err
    assert "only Spark jobs write one; `launch logs flights-prepare-tabular-1 --local`" in shown


def test_a_rolling_log_is_read_by_its_folder(a_log: BEGIN, project: Path, capsys: Output) -> None:
    path = skewed(a_log)
    folder = played(project, "flights-prepare-1") / f"eventlog_v2_{path.name}"
    folder.mkdir()
    shutil.copy(path, folder / f"events_1_{path.name}")
    assert main(["report", "--local"]) == 2
    message = " ".join(capsys.readouterr().err.split())
    assert f"wrote a rolling event log; name its folder: launch report --event-log {folder}" in (
        message
    )
    assert main(["report", "--event-log", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["application"] == path.name


def test_a_page_that_cannot_be_written(a_log: BEGIN, project: Path, capsys: Output) -> None:
    words = ["report", "--event-log", str(skewed(a_log)), "--out", "no/such/folder/x.html"]
    assert main(words) == 2
    assert "--out names another" in capsys.readouterr().err
