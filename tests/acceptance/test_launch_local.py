"""``launch submit --local``: no AWS, no S3 service, a folder stands for s3://."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
from launch_project import ROOT, processes_of
from local_project import ROWS, a_project


def read_rows(output: Path) -> int:
    return sum(pq.ParquetFile(path).metadata.num_rows for path in output.rglob("*.parquet"))


def test_a_run_on_two_hosts(tmp_path: Path, flights_csv: Path) -> None:
    cluster = "standalone"
    project = a_project(tmp_path / "my project é", flights_csv)
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
