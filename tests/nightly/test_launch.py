"""From `launch submit` to Parquet on S3: real SDK, S3A and cluster; AWS is a stand-in."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from aws_fixture import FakeAws, fake_aws_server
from launch_project import Project, make_project, processes_of

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "etl-bucket"
ROWS = 20_000
# Kills the JVM it runs in: the parent of the parent of a Python worker is the executor.
KILLER = """\
import os, psutil, signal
from pyspark.sql import SparkSession

def kill(rows):
    os.kill(psutil.Process().parent().parent().pid, signal.SIGKILL)
    return rows

spark = SparkSession.builder.getOrCreate()
spark.sparkContext.parallelize(range(100), 6).mapPartitions(kill).count()
"""


@dataclass(frozen=True)
class CloudProject(Project):
    """A project whose AWS is the stand-in."""

    aws: FakeAws


def with_killer(text: str) -> str:
    killer = (
        "  killer:\n    kind: spark\n    app: jobs/killer.py\n    instance_count: 2\n"
        "    spark: {spark.task.maxFailures: 1}\n"
    )
    # Delta's 50 tasks for a list of ten files take a minute on two cores.
    quick = "max_runtime: 1h\n    spark: {spark.databricks.delta.snapshotPartitions: 2}"
    text = text.replace("us-east-1", "eu-west-1").replace("max_runtime: 1h", quick)
    return text.replace("\njobs:\n", f"\njobs:\n{killer}")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, flights_csv: Path) -> Iterator[CloudProject]:
    folder = tmp_path_factory.mktemp("launch")
    root = folder / "project"
    make_project(root, flights_csv, ROWS, with_killer)
    (root / "jobs" / "killer.py").write_text(KILLER)
    with fake_aws_server(folder / "aws", play="emulated_player:play") as aws:
        aws.make_bucket_and_role(BUCKET, "etl-role")
        names = {
            "AWS_ACCOUNT_ID": "123456789012",
            "LAUNCH_BUCKET": BUCKET,
            "LAUNCH_ROLE": "etl-role",
        }
        yield CloudProject(root, {**aws.env, **names}, aws)
        below = [line for line in processes_of(folder) if "fake_aws.py" not in line]
        assert below == [], "the jobs have ended, their processes have not"
    assert processes_of(folder) == []


def read_until(process: subprocess.Popen[str], end: str) -> str:
    """Read what a process says on stderr, up to a line."""
    assert process.stderr is not None
    said = ""
    while not said.endswith(end):
        line = process.stderr.readline()
        assert line, said
        said += line
    return said


@pytest.fixture(scope="module")
def night(project: CloudProject) -> tuple[str, subprocess.CompletedProcess[str]]:
    """One run of prepare on three hosts, followed through faults of the service."""
    name = "flights-prepare-night"
    process = project.start("submit", "prepare", "--wait", "--poll", "1", "--name", name)
    said = read_until(process, f"submitted {name}\n")
    # More than botocore repeats by itself.
    project.aws.faults("DescribeProcessingJob", "throttle", 12)
    project.aws.faults("GetLogEvents", "drop", 2)
    project.aws.faults("DescribeLogStreams", "error500", 2)
    out, err = process.communicate(timeout=400)
    return name, subprocess.CompletedProcess(name, process.returncode, out, said + err)


def test_the_followed_run_succeeds(
    night: tuple[str, subprocess.CompletedProcess[str]],
) -> None:
    name, done = night
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert re.search(rf"^\[algo-1\]   read +{ROWS:,}$", done.stdout, re.MULTILINE)
    assert "asking again in" in done.stderr
    assert f"{name}: Completed after" in done.stderr


def test_what_was_sent_is_what_dry_run_prints(
    project: CloudProject, night: tuple[str, subprocess.CompletedProcess[str]]
) -> None:
    (sent,) = [r for r in project.aws.requests() if r["ProcessingJobName"] == night[0]]
    plan = project.data("submit", "prepare", "--dry-run", "--name", night[0])
    assert plan["request"] == sent
    s3 = project.aws.client("s3")
    for upload in plan["uploads"]:
        bucket, _, key = upload["s3_uri"].removeprefix("s3://").partition("/")
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        assert body == Path(upload["local_path"]).read_bytes(), key


def objects(aws: FakeAws, prefix: str) -> list[str]:
    pages = aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", ())]


def test_the_splits_equal_a_laptop_run_row_for_row(
    project: CloudProject,
    night: tuple[str, subprocess.CompletedProcess[str]],
    submit: Any,
    tmp_path: Path,
) -> None:
    contract = ROOT / "schemas" / "flights.json"
    data = project.root / "data" / "flights.csv"
    laptop = submit("prepare", data, tmp_path / "laptop", "--contract", contract)
    assert laptop.returncode == 0, laptop.stdout + laptop.stderr
    s3 = project.aws.client("s3")
    for key in objects(project.aws, "flights/prepared/"):
        target = tmp_path / "cluster" / key.removeprefix("flights/prepared/")
        target.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(BUCKET, key, str(target))
    for split in ("train", "validation", "test"):
        ours, theirs = (sorted_split(tmp_path / run, split) for run in ("cluster", "laptop"))
        assert ours.num_rows > 2_000
        assert ours.equals(theirs)
    learned = [(tmp_path / run / "preprocessor.json").read_bytes() for run in ("cluster", "laptop")]
    assert learned[0] == learned[1]
    assert not list((tmp_path / "cluster").glob("_staging*"))


def sorted_split(output: Path, name: str) -> pa.Table:
    table = pa.concat_tables(pq.read_table(path) for path in (output / name).glob("*.parquet"))
    return table.sort_by([(column, "ascending") for column in table.column_names])


def test_three_hosts_did_the_work(
    project: CloudProject, night: tuple[str, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (key,) = objects(project.aws, f"flights/launch/spark-events/{night[0]}/")
    project.aws.client("s3").download_file(BUCKET, key, str(tmp_path / "log"))
    events = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    added = {e["Executor Info"]["Host"] for e in events if e["Event"].endswith("ExecutorAdded")}
    assert added == {"127.0.0.11", "127.0.0.12", "127.0.0.13"}


def test_list_status_logs_and_why(
    project: CloudProject, night: tuple[str, subprocess.CompletedProcess[str]]
) -> None:
    assert night[0] in [run["name"] for run in project.data("list", "--status", "Completed")]
    status = project.data("status", night[0])
    assert status["status"] == "Completed"
    assert status["request"]["ProcessingResources"]["ClusterConfig"]["InstanceCount"] == 3
    lines = project.run("logs", night[0], "--json").stdout.splitlines()
    hosts = {json.loads(line)["host"] for line in lines}
    assert hosts == {"algo-1", "algo-2", "algo-3"}
    tail = project.run("logs", night[0], "--host", "algo-2", "--tail", "2").stdout.splitlines()
    assert len(tail) == 2
    assert all(line.startswith("[algo-2] ") for line in tail)
    assert project.data("why", night[0])["kind"] == "succeeded"


def test_the_history_server_lists_the_run(
    project: CloudProject, night: tuple[str, subprocess.CompletedProcess[str]]
) -> None:
    assert len(applications(project, night[0])) == 1


def test_the_history_server_reads_s3_as_named(
    project: CloudProject, night: tuple[str, subprocess.CompletedProcess[str]]
) -> None:
    prefix = f"s3://{BUCKET}/flights/launch/spark-events/{night[0]}/"
    (application,) = applications(project, "--event-logs", prefix)
    assert application["name"] == "prepare"
    assert application["attempts"][0]["completed"] is True


def applications(project: CloudProject, *words: str) -> list[dict[str, Any]]:
    process = project.start("history", *words, "--port", "0")
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:"), process.communicate(timeout=30)
        with urllib.request.urlopen(f"{url.rstrip('/')}/api/v1/applications", timeout=30) as answer:
            found: list[dict[str, Any]] = json.load(answer)
        return found
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 0


def failed(project: CloudProject, job: str, *words: str) -> tuple[dict[str, Any], str]:
    name = f"flights-{job}-bad"
    done = project.run("submit", job, "--wait", "--poll", "1", "--name", name, *words)
    assert done.returncode == 1, done.stdout[-2000:] + done.stderr[-2000:]
    return project.data("why", name), done.stdout


def test_an_absent_target_is_the_cause(project: CloudProject) -> None:
    why, shown = failed(project, "prepare", "--arg", "--target", "--arg", "nope")
    assert why["kind"] == "input_error"
    assert "target 'nope' is not a column" in why["cause"]
    assert why["advice"]
    assert "target 'nope' is not a column" in shown
    described = project.aws.client("sagemaker").describe_processing_job(
        ProcessingJobName="flights-prepare-bad"
    )
    # The job's own word comes first, though the image writes the same file after it.
    assert described["ExitMessage"].startswith("the options do not fit contract 'flights'")
    assert "ContractError in schemas/contract.py:" in described["ExitMessage"]
    assert "(caused by CalledProcessError)" in described["ExitMessage"]


def test_a_killed_executor_is_the_cause(project: CloudProject) -> None:
    why, _ = failed(project, "killer")
    assert why["kind"] == "executor_lost", why
    assert any("137" in line or "SIGKILL" in line for line in (why["cause"], *why["evidence"]))


def test_ctrl_c_leaves_the_run_going_and_stop_ends_it(project: CloudProject) -> None:
    name = "flights-prepare-left"
    elsewhere = f"prepared=s3://{BUCKET}/left/"
    process = project.start(
        *("submit", "prepare", "--wait", "--poll", "1", "--name", name, "--var", elsewhere)
    )
    read_until(process, f"submitted {name}\n")
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"detached; {name} goes on" in err
    assert project.data("status", name)["status"] == "InProgress"

    assert project.run("stop", name).returncode == 0
    assert project.run("logs", name, "--follow", "--poll", "1").returncode == 1
    assert project.data("status", name)["status"] == "Stopped"
    assert project.data("why", name)["kind"] == "stopped"


def test_delta_on_s3_by_its_real_jars(project: CloudProject) -> None:
    elsewhere = f"prepared=s3://{BUCKET}/delta/"
    done = project.run(
        *("submit", "prepare", "--wait", "--poll", "1", "--var", elsewhere),
        *("--", "--format", "delta"),
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    log = [key for key in objects(project.aws, "delta/delta/_delta_log/") if key.endswith(".json")]
    assert [key.rpartition("/")[2] for key in log] == ["00000000000000000000.json"]


def test_a_name_that_was_used_is_refused(
    project: CloudProject, night: tuple[str, subprocess.CompletedProcess[str]]
) -> None:
    again = project.run("submit", "prepare", "--name", night[0])
    assert again.returncode == 2
    assert "names are used once" in again.stderr
