"""``launch runs`` and ``launch cost`` over runs that were played here."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from launch.commands.run_table import dollars
from launch.main import main

START = datetime(2026, 11, 23, 2, 0, tzinfo=timezone.utc)
OUTPUT = "spark-etl-dev-111122223333/flights/prepared"


def played(
    project: Path,
    name: str,
    hours: float = 0,
    minutes: float = 1,
    status: str = "Completed",
    **more: Any,
) -> None:
    started = START + timedelta(hours=hours)
    record = {
        "name": name, "status": status, "created": started.isoformat(),
        "started": started.isoformat(), "process": [0, 0],
        "ended": (started + timedelta(minutes=minutes)).isoformat(),
        "request": {
            "ProcessingJobName": name,
            "ProcessingResources":
                {"ClusterConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 3}},
            "AppSpecification":
                {"ContainerArguments": ["prepare", "s3://raw/", f"s3://{OUTPUT}/"]},
        },
        **more,
    }  # fmt: skip
    folder = project / ".launch" / "runs" / name
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps(record))


def published(project: Path, name: str, train: int = 1234567) -> None:
    rows = {
        "read": train + 4,
        "published": {"train": train, "validation": 2, "test": 1},
        "dropped": {"no target": 1},
        "quarantined": {},
    }
    path = project / ".launch" / "s3" / OUTPUT / "manifest.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"processing_job": name, "rows": rows}))


@pytest.fixture
def four_runs(project: Path) -> Path:
    played(project, "flights-prepare-1", minutes=30)
    played(project, "flights-prepare-2", hours=1, minutes=10, status="Failed",
           exit_message="no column [x]\nmore")  # fmt: skip
    played(project, "flights-prepare-3", hours=2, minutes=20)
    played(project, "flights-prepare-tabular-1", hours=3, minutes=40)
    published(project, "flights-prepare-3")
    return project


@pytest.mark.parametrize("name", ["runs", "cost", "watch"])
def test_help_has_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert f"Example: launch {name} prepare" in capsys.readouterr().out


def test_a_table_of_the_last_runs(four_runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "prepare", "--local"]) == 0
    shown = capsys.readouterr()
    header, *lines = shown.out.splitlines()
    assert header.split()[:3] == ["STARTED", "(UTC)", "TOOK"]
    assert [line.split()[0:2] for line in lines] == [
        ["2026-11-23", "04:00"],
        ["2026-11-23", "03:00"],
        ["2026-11-23", "02:00"],
    ]
    assert "1,234,567" in lines[0]
    assert "flights-prepare-2" in lines[1]
    assert lines[1].rstrip().endswith("no column [x]")
    assert "1,234,567" not in lines[1] + lines[2]
    assert "3 runs, 2 of 3 succeeded (67 %), 1 h 0 min" in shown.err


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("started", ["flights-prepare-3", "flights-prepare-2", "flights-prepare-1"]),
        ("duration", ["flights-prepare-1", "flights-prepare-3", "flights-prepare-2"]),
        ("rows", ["flights-prepare-3", "flights-prepare-2", "flights-prepare-1"]),
    ],
)
def test_data_sorted_as_asked(
    four_runs: Path, capsys: pytest.CaptureFixture[str], sort: str, order: list[str]
) -> None:
    assert main(["runs", "prepare", "--local", "--json", "--sort", sort]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [line["name"] for line in data["runs"]] == order
    assert data["total"] == {
        "runs": 3, "ended": 3, "succeeded": 2, "seconds": 3600, "usd": None, "without_price": 3
    }  # fmt: skip
    rows = next(line["rows"] for line in data["runs"] if line["name"] == "flights-prepare-3")
    assert rows == {
        "read": 1234571, "train": 1234567, "validation": 2, "test": 1, "dropped": 1,
        "quarantined": 0, "published": 1234570,
    }  # fmt: skip


def test_all_jobs_and_a_limit(four_runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--local", "--json", "--limit", "2"]) == 0
    names = [line["name"] for line in json.loads(capsys.readouterr().out)["runs"]]
    assert names == ["flights-prepare-tabular-1", "flights-prepare-3"]


def test_no_runs_and_no_job(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "prepare", "--local"]) == 0
    assert "no runs of flights-prepare; `launch submit prepare --local`" in capsys.readouterr().err
    assert main(["runs", "prepair", "--local"]) == 2
    assert "did you mean prepare" in capsys.readouterr().err


def test_cost_by_what_past_runs_took(four_runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", "prepare", "--local"]) == 0
    shown = capsys.readouterr()
    assert "3 × ml.m5.xlarge in us-east-1, $0.2304 an hour each" in shown.out
    assert "a run     $0.29   25 min 0 s, median of 2 runs" in shown.out
    assert "INSTEAD" in shown.out
    assert "processing jobs have no Spot" in shown.err
    assert "not included: S3" in shown.err


def test_cost_as_data(four_runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (four_runs / "launch.yaml").read_text()
    nightly = '\nschedules:\n  nightly: {job: prepare, cron: "cron(0 2 * * ? *)"}\n'
    (four_runs / "launch.yaml").write_text(text + nightly)
    assert main(["cost", "--local", "--json", "--hours", "1"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert {"prepare", "prepare-tabular"} <= set(data)
    assert data["prepare"]["usd"] == pytest.approx(0.6912)
    assert data["prepare"]["usd_a_month"] == pytest.approx(0.6912 * 30.4, rel=0.01)
    assert data["prepare"]["schedules"] == ["nightly"]
    assert data["prepare-tabular"]["usd_a_month"] == 0


def test_cost_where_nothing_has_run(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", "prepare", "--local"]) == 0
    out = capsys.readouterr().out
    assert "a run     $0.69   1 h 0 min, at most: max_runtime" in out
    assert "a month   no schedule" in out


@pytest.mark.parametrize(
    ("usd", "text"),
    [(None, "–"), (0.0, "$0.00"), (0.001, "< $0.01"), (0.35, "$0.35"), (1234.5, "$1,234.50")],
)
def test_amounts_as_people_write_them(usd: float | None, text: str) -> None:
    assert dollars(usd) == text
