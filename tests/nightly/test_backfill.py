"""``launch backfill`` of a range of days: one of them poisoned, interrupted, gone on with.

The days go through the real SDK to a stand-in for AWS, which plays one run after another, or are
played here.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_fixture import FakeAws, fake_aws_server
from launch_project import ROOT, Project, processes_of

BUCKET = "etl-bucket"
LAUNCH = """\
project: shop
targets:
  dev:
    region: eu-west-1
    role: arn:aws:iam::123456789012:role/etl-role
    bucket: etl-bucket
    prefix: launch
jobs:
  daily:
    kind: sklearn
    arguments:
      [prepare-tabular, /opt/ml/processing/input/data, /opt/ml/processing/output, --target, y]
    inputs:
      - name: data
        source: s3://etl-bucket/raw/day=${date}/
        destination: /opt/ml/processing/input/data
    outputs:
      - name: prepared
        source: /opt/ml/processing/output
        destination: s3://etl-bucket/daily/day=${date}/
  spark:
    kind: spark
    arguments:
      [prepare, "s3://etl-bucket/raw/day=${date}/", "s3://etl-bucket/spark/day=${date}/",
       --target, y]
"""
# The first run goes on until another was sent, which takes longer than a run of so few rows.
PLAYER = """\
import json, time, urllib.request
import emulated_player

def play(request, context):
    while sent(context) < 2:
        time.sleep(0.2)
    return emulated_player.play(request, context)

def sent(context):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(context.endpoint + "/fake/requests") as answer:
        return len(json.load(answer))
"""
GOOD = "id,x,y\n" + "".join(f"{number},{number % 7},{number % 3}\n" for number in range(60))
LAST_ROW = "59,3,2\n"
POISONED = GOOD.replace("id,x,y", "id,x,z")
CAUSE = "target 'y' is not a column"
FIVE = [f"2026-11-{day:02}" for day in range(1, 6)]
BAD_DAY = FIVE[2]


def make_project(root: Path) -> Path:
    """Copy what jobs are made of; launch.yaml is this one."""
    for name in ("jobs", "schemas", "transforms"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
    (root / "launch.yaml").write_text(LAUNCH)
    return root


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, FakeAws]]:
    folder = tmp_path_factory.mktemp("backfill")
    (folder / "first_waits.py").write_text(PLAYER)
    with fake_aws_server(folder / "aws", play="first_waits:play", pythonpath=folder) as aws:
        aws.make_bucket_and_role(BUCKET, "etl-role")
        yield Project(make_project(folder / "project"), aws.env), aws


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = make_project(tmp_path_factory.mktemp("backfill-local") / "my project é")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "LAUNCH_"))}
    return Project(root, clean)


def put(aws: FakeAws, day: str, text: str) -> None:
    key = f"raw/day={day}/rows.csv"
    aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=text.encode())


def put_here(project: Project, day: str, text: str) -> None:
    folder = project.root / f".launch/s3/{BUCKET}/raw/day={day}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rows.csv").write_text(text)


def words(job: str, first: str, last: str, *more: str) -> tuple[str, ...]:
    return ("backfill", job, "--from", first, "--to", last, "--poll", "0.5", *more)


def outputs(aws: FakeAws) -> dict[str, list[str]]:
    """Name the files of each day's output."""
    pages = (
        aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="daily/")
    )
    found: dict[str, list[str]] = {}
    for item in (item for page in pages for item in page.get("Contents", ())):
        _, day, name = item["Key"].split("/", 2)
        found.setdefault(day.removeprefix("day="), []).append(name)
    return found


def folders(names: list[str]) -> set[str]:
    # Each run names its preprocessor after itself.
    return {name.partition("/")[0] for name in names if not name.startswith("preprocessor-")}


def days_sent(aws: FakeAws) -> list[str]:
    names = [request["ProcessingJobName"] for request in aws.requests()]
    found = [re.fullmatch(r"shop-daily-d(\d{4})(\d\d)(\d\d)-\d{8}-\d{6}-\w{4}", n) for n in names]
    assert all(found), names
    return ["-".join(each.groups()) for each in found if each]


def most_at_once(aws: FakeAws) -> int:
    """Count the runs that went on at the same time, by what the service says of each."""
    client = aws.client("sagemaker", attempts=5)
    moments = []
    for request in aws.requests():
        run = client.describe_processing_job(ProcessingJobName=request["ProcessingJobName"])
        moments += [(run["CreationTime"], 1), (run["ProcessingEndTime"], -1)]
    going = most = 0
    for _, step in sorted(moments):
        going += step
        most = max(most, going)
    return most


def rows_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return {row["day"]: row for row in json.loads(done.stdout)["days"]}


def read_until(process: subprocess.Popen[str], start: str) -> None:
    """Read what a process says on stderr, up to a line that starts so."""
    assert process.stderr is not None
    said = ""
    while not (line := process.stderr.readline()).startswith(start):
        said += line
        assert line, said


def test_five_days_one_poisoned(cloud: tuple[Project, FakeAws]) -> None:
    project, aws = cloud
    for day in FIVE:
        put(aws, day, POISONED if day == BAD_DAY else GOOD)
    command = words("daily", FIVE[0], FIVE[-1], "--parallel", "2")
    # Whoever started it may be gone: what goes on is followed when the command is typed again.
    process = project.start(*command)
    read_until(process, f"{FIVE[0]}  runs")
    process.kill()
    process.communicate()

    done = project.run(*command)
    assert done.returncode == 1, done.stderr
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert {day: lines[day].split()[1] for day in FIVE} == {
        **dict.fromkeys(FIVE, "Completed"), BAD_DAY: "Failed",
    }  # fmt: skip
    assert CAUSE in lines[BAD_DAY]
    assert f"not done: {BAD_DAY}\n" in done.stderr
    assert "4 Completed, 1 Failed" in done.stderr
    assert days_sent(aws) == FIVE, "each once"
    assert most_at_once(aws) == 2
    found = outputs(aws)
    assert list(found) == [day for day in FIVE if day != BAD_DAY]
    assert all("manifest.json" in names for names in found.values())

    put(aws, BAD_DAY, GOOD)
    done = project.run(*command)
    assert done.returncode == 0, done.stderr
    assert "1 Completed, 4 skipped" in done.stderr
    assert days_sent(aws) == [*FIVE, BAD_DAY]
    assert folders(outputs(aws)[BAD_DAY]) == folders(found[FIVE[0]])


def test_played_here_two_at_once_interrupted_and_gone_on_with(here: Project) -> None:
    days = FIVE[:3]
    for day in days:
        put_here(here, day, GOOD)
    # So many rows that it is still at work when it is interrupted.
    put_here(here, days[2], GOOD + LAST_ROW * 1_000_000)
    command = words("daily", days[0], days[-1], "--local", "--parallel", "2")
    process = here.start(*command)
    read_until(process, f"{days[2]}  runs")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=180)
    assert process.returncode == 130, said
    assert processes_of(here.root) == []
    assert "to go on: launch backfill daily --from" in said
    listed = here.data("list", "--local", "--limit", "99")
    before = {run["name"]: run["status"] for run in listed if "-daily-" in run["name"]}
    # One that has hardly begun is found to be gone: Failed.
    (third,) = [status for name, status in before.items() if "-d20261103-" in name]
    assert third in ("Stopped", "Failed")

    put_here(here, days[2], GOOD)
    done = here.run(*command, "--json")
    assert done.returncode == 0, done.stderr
    rows = rows_of(done)
    kept = {name for name, status in before.items() if status == "Completed"}
    assert kept == {row["run"] for row in rows.values() if row["outcome"] == "skipped"}
    assert {row["outcome"] for row in rows.values()} == {"skipped", "Completed"}
    prepared = here.root / f".launch/s3/{BUCKET}/daily"
    assert all((prepared / f"day={day}" / "manifest.json").is_file() for day in days)
    assert processes_of(here.root) == []


def test_days_of_a_spark_job_played_here(here: Project) -> None:
    days = ["2026-08-01", "2026-08-02"]
    put_here(here, days[0], POISONED)
    put_here(here, days[1], GOOD)
    done = here.run(*words("spark", days[0], days[1], "--local"))
    assert done.returncode == 1, done.stdout + done.stderr
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert [lines[day].split()[1] for day in days] == ["Failed", "Completed"]
    assert CAUSE in lines[days[0]]
    assert "more on it: launch why shop-spark-d20260801-" in done.stderr
    prepared = here.root / f".launch/s3/{BUCKET}/spark"
    manifest = json.loads((prepared / f"day={days[1]}" / "manifest.json").read_text())
    assert manifest["rows"]["read"] == 60
    assert not (prepared / f"day={days[0]}" / "manifest.json").exists()
    assert processes_of(here.root) == []
