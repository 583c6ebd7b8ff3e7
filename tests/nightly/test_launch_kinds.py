"""Jobs without Spark from ``launch submit`` to their outputs: played here, and through AWS's API.

``--local`` needs no AWS; the other half goes through the real SDK to a stand-in for AWS.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_fixture import FakeAws, fake_aws_server
from launch_project import Project, copy_project, processes_of

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
  one:
    kind: sklearn
    app: jobs/main.py
    arguments: [--from, /opt/ml/processing/input/data/x.csv]
    inputs: [{name: data, source: data/x.csv, destination: /opt/ml/processing/input/data}]
    outputs: [{name: o, source: /opt/ml/processing/output, destination: "s3://etl-bucket/one/"}]
  short:
    kind: sklearn
    max_runtime: 3
    arguments: [sleep]
  two:
    kind: container
    image_uri: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop:1
    source_dir: src
    script: run.py
    bundle: true
    instance_count: 2
    outputs: [{name: o, source: /opt/ml/processing/output, destination: "s3://etl-bucket/two/"}]
"""
MAIN = '''\
"""Reads and writes at the places of the host, as the first words say."""
import sys, time
from pathlib import Path

import jobs.rules

if "sleep" in sys.argv:
    print("asleep", flush=True)
    time.sleep(60)
if "pyspark" in sys.argv:
    import pyspark
if "bad" in sys.argv:
    Path("/opt/ml/output/message").write_text("there are no rows")
    print("error: there are no rows", file=sys.stderr)
    raise SystemExit(2)
text = Path(sys.argv[2]).read_text()
Path("/opt/ml/processing/output/rows.csv").write_text(jobs.rules.better(text))
print("done")
'''
RUN = """\
import json, sys
import helper, jobs.rules
host = json.load(open("/opt/ml/config/resourceconfig.json"))["current_host"]
if sys.argv[1:] == [host]:
    sys.exit(5)
open("/opt/ml/processing/output/" + host, "w").write(jobs.rules.better(helper.TEXT))
"""
FILES = {
    "launch.yaml": LAUNCH,
    "jobs/__init__.py": "",
    "jobs/main.py": MAIN,
    "jobs/rules.py": "def better(text):\n    return text.upper()\n",
    "src/run.py": RUN,
    "src/helper.py": 'TEXT = "helped"\n',
    "data/x.csv": "a,b\n",
}


def write_project(root: Path) -> Path:
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = write_project(tmp_path_factory.mktemp("kinds") / "my project é")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "LAUNCH_"))}
    return Project(root, clean)


def test_a_sklearn_job_that_opens_its_places_by_name(project: Project) -> None:
    done = project.run("submit", "one", "--local", "--name", "shop-one-1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project.root / ".launch/s3/etl-bucket/one/rows.csv").read_text() == "A,B\n"
    assert "[algo-1] done" in done.stdout
    assert "launch history" not in done.stderr
    history = project.run("history", "shop-one-1", "--local")
    assert history.returncode == 2
    assert "only Spark jobs write one; `launch logs shop-one-1 --local`" in history.stderr


@pytest.mark.parametrize(
    ("word", "kind", "cause"),
    [
        ("bad", "input_error", "there are no rows"),
        ("pyspark", "missing_module", "the Python module pyspark is not in the image"),
    ],
)
def test_a_sklearn_job_that_fails_says_why(
    project: Project, word: str, kind: str, cause: str
) -> None:
    done = project.run("submit", "one", "--local", "--json", "--", word)
    assert done.returncode == 1, done.stderr
    data = json.loads(done.stdout)
    assert (data["status"], data["diagnosis"]["kind"]) == ("Failed", kind)
    assert data["diagnosis"]["cause"] == cause
    if word == "bad":
        status = project.data("status", data["name"], "--local")
        assert status["exit_message"] == "there are no rows"
        reason = "AlgorithmError: there are no rows, exit code: 2"
        assert status["failure_reason"] == reason


def test_a_job_beyond_its_time_is_stopped(project: Project) -> None:
    done = project.run("submit", "short", "--local", "--json")
    assert done.returncode == 1
    data = json.loads(done.stdout)
    assert (data["status"], data["diagnosis"]["kind"]) == ("Stopped", "timeout")
    assert processes_of(project.root) == []


def test_a_container_job_runs_once_on_each_host(project: Project) -> None:
    done = project.run("submit", "two", "--local", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    out = project.root / ".launch/s3/etl-bucket/two"
    assert {path.name: path.read_text() for path in out.iterdir()} == {
        "algo-1": "HELPED",
        "algo-2": "HELPED",
    }


def test_the_example_of_an_own_container(tmp_path: Path, flights_csv: Path) -> None:
    """container/entry.py, sent as launch.yaml says, runs the Spark job on one host."""
    copy_project(tmp_path, flights_csv, 1_000)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "LAUNCH_"))}
    project = Project(tmp_path, {**clean, "LAUNCH_BUCKET": "b-local"})
    done = project.run("submit", "own-container", "--local", "--name", "flights-own-1")
    assert done.returncode == 0, done.stdout + done.stderr
    out_folder = tmp_path / ".launch/s3/b-local/flights/prepared-container/flights-own-1"
    assert json.loads((out_folder / "manifest.json").read_text())["rows"]["read"] == 1_000
    assert processes_of(tmp_path) == []


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, FakeAws]]:
    folder = tmp_path_factory.mktemp("cloud")
    with fake_aws_server(folder / "aws", play="emulated_player:play") as aws:
        aws.make_bucket_and_role(BUCKET, "etl-role")
        yield Project(write_project(folder / "project"), aws.env), aws


@pytest.mark.parametrize(("job", "outputs"), [("one", {"rows.csv"}), ("two", {"algo-1", "algo-2"})])
def test_through_the_api_what_was_planned_is_sent_and_done(
    cloud: tuple[Project, FakeAws], job: str, outputs: set[str]
) -> None:
    project, aws = cloud
    name = f"shop-{job}-sent"
    done = project.run("submit", job, "--wait", "--poll", "0.5", "--name", name)
    assert done.returncode == 0, done.stdout + done.stderr
    (sent,) = [each for each in aws.requests() if each["ProcessingJobName"] == name]
    assert project.data("submit", job, "--dry-run", "--name", name)["request"] == sent
    s3 = aws.client("s3")
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{job}/")["Contents"]
    assert {item["Key"].rpartition("/")[2] for item in found} == outputs


def test_through_the_api_a_host_that_fails_fails_the_job(cloud: tuple[Project, FakeAws]) -> None:
    project, _ = cloud
    done = project.run("submit", "two", "--wait", "--poll", "0.5", "--json", "--", "algo-2")
    assert done.returncode == 1
    data = json.loads(done.stdout)
    assert data["status"] == "Failed"
    assert "exit code 5" in data["diagnosis"]["cause"]
