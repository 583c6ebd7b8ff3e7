"""``launch submit --local``: no AWS, no S3 service, a folder stands for s3://."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest
from launch_project import ROOT, Project, processes_of
from local_project import ROWS, a_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, flights_csv: Path) -> Project:
    return a_project(tmp_path_factory.mktemp("local") / "my project é", flights_csv)


@pytest.fixture(scope="module")
def plain_project(tmp_path_factory: pytest.TempPathFactory, flights_csv: Path) -> Project:
    """HDFS keeps no data in a folder whose name has spaces or accents."""
    return a_project(tmp_path_factory.mktemp("yarn") / "project", flights_csv)


def wait_for_driver(project: Project) -> None:
    """Return when a run's driver has started; all of the cluster has by then."""
    deadline = time.monotonic() + 180
    while not any("SparkSubmit" in line for line in long_lines(project.root)):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def long_lines(root: Path) -> list[str]:
    lines = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
    return [line for line in lines if str(root) in line]


def read_rows(output: Path) -> int:
    return sum(pq.ParquetFile(path).metadata.num_rows for path in output.rglob("*.parquet"))


def test_a_run_on_yarn(plain_project: Project) -> None:
    project, cluster = plain_project, "yarn"
    name = f"flights-prepare-{cluster}"
    where = f"prepared=s3://local-bucket/{cluster}/"
    done = project.run(
        *("submit", "prepare", "--local", "--cluster", cluster, "--name", name, "--var", where)
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "2 x ml.m5.xlarge on SageMaker: 2 executors of 4 cores and 14,008 MiB" in done.stderr
    assert processes_of(project.root) == []
    output = project.root / ".launch" / "s3" / "local-bucket" / cluster
    rows = json.loads((output / "manifest.json").read_text())["rows"]
    assert rows["read"] == ROWS
    assert read_rows(output) == sum(rows["published"].values()) > 4_000
    work = project.root / ".launch" / "runs" / name / "work"
    for host in ("algo-1", "algo-2"):
        contract = work / host / "opt/ml/processing/input/contract/flights.json"
        assert contract.read_bytes() == (ROOT / "schemas" / "flights.json").read_bytes()
    assert project.data("why", name, "--local")["kind"] == "succeeded"
    lines = project.run("logs", name, "--local", "--json").stdout.splitlines()
    assert {json.loads(line)["host"] for line in lines} == {"algo-1", "algo-2"}


def test_a_bare_path_is_hdfs_s_on_yarn(plain_project: Project) -> None:
    project = plain_project
    name = "flights-prepare-bare"
    done = project.run(
        *("submit", "prepare", "--local", "--cluster", "yarn", "--name", name, "--no-check"),
        *("--", "--contract", "/opt/ml/processing/input/contract/flights.json"),
    )
    assert done.returncode == 1
    why = project.data("why", name, "--local")
    assert "/opt/ml/processing/input/contract/flights.json" in why["cause"]
    assert "file:///opt/ml" in " ".join(why["advice"])


def test_a_run_beyond_its_time_is_stopped(project: Project) -> None:
    done = project.run("submit", "short", "--local", "--name", "flights-short-1", "--json")
    assert done.returncode == 1
    data = json.loads(done.stdout)
    assert (data["status"], data["diagnosis"]["kind"]) == ("Stopped", "timeout")
    assert processes_of(project.root) == []


def test_ctrl_c_ends_everything(project: Project) -> None:
    name = "flights-prepare-interrupted"
    process = project.start("submit", "prepare", "--local", "--name", name)
    wait_for_driver(project)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 130
    assert processes_of(project.root) == []
    assert project.data("status", name, "--local")["status"] == "Stopped"


def test_a_host_that_dies_fails_the_job(project: Project) -> None:
    name = "flights-prepare-dead"
    process = project.start("submit", "prepare", "--local", "--name", name)
    wait_for_driver(project)
    (worker,) = [p for p in workers(project.root) if "127.0.0.12" in " ".join(p.cmdline())]
    worker.kill()
    process.communicate(timeout=120)
    assert process.returncode == 1
    status = project.data("status", name, "--local")
    assert status["status"] == "Failed"
    assert "algo-2/worker ended with exit code 137" in status["failure_reason"]
    assert processes_of(project.root) == []


def workers(root: Path) -> list[psutil.Process]:
    """The JVMs of the workers themselves, not what guards them."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "name"])
        if process.info["name"] == "java"
        and "org.apache.spark.deploy.worker.Worker" in (process.info["cmdline"] or ())
        and str(root) in " ".join(process.info["cmdline"])
    ]
