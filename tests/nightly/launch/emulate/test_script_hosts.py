"""Jobs without Spark, played here: one process for each host, with its own /opt/ml."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from launch.emulate import opt_ml_mount, script_hosts
from launch.emulate.absent_modules import ABSENT
from launch.emulate.opt_ml import Host, make_hosts
from launch.emulate.play import Outcome, Player
from launch.emulate.store import FolderStore
from launch.errors import LaunchError

SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"
OWN = "111122223333.dkr.ecr.us-east-1.amazonaws.com/mine:1"
COPY = """\
import json, os, sys
host = json.load(open("/opt/ml/config/resourceconfig.json"))
given = open("/opt/ml/processing/input/data/x.csv").read()
with open("/opt/ml/processing/output/" + host["current_host"], "w") as out:
    out.write(given + " ".join(host["hosts"]))
print(sys.argv[1:], os.environ["MODE"])
"""


class Stage:
    """A script, what it reads, and everything that was said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = FolderStore(folder / "s3")
        self.lines: list[str] = []
        self.notes: list[str] = []

    def play(
        self,
        script: str,
        *,
        image: str = OWN,
        hosts: int = 1,
        seconds: int = 60,
        stopping: threading.Event | None = None,
        **changes: Any,
    ) -> Outcome:
        for name, text in (("code/run.py", script), ("data/x.csv", "a\n")):
            path = self.store.path_of(f"s3://b/{name}")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        base = "/opt/ml/processing/input"
        sources = [("code", f"{base}/code"), ("data", f"{base}/data")]
        output = {"S3Uri": "s3://b/out", "LocalPath": "/opt/ml/processing/output"}
        request = {
            "ProcessingJobName": "one",
            "ProcessingResources": {
                "ClusterConfig": {"InstanceCount": hosts, "InstanceType": "ml.m5.xlarge"}
            },
            "AppSpecification": {
                "ImageUri": image,
                "ContainerEntrypoint": ["python3", f"{base}/code/run.py"],
                "ContainerArguments": ["--to", "/opt/ml/processing/output"],
            },
            "Environment": {"MODE": "/opt/ml/mode"},
            "StoppingCondition": {"MaxRuntimeInSeconds": seconds},
            "ProcessingInputs": [
                {"InputName": n, "S3Input": {"S3Uri": f"s3://b/{n}", "LocalPath": path}}
                for n, path in sources
            ],
            "ProcessingOutputConfig": {
                "Outputs": [{"S3Output": {**output, "S3UploadMode": "EndOfJob"}}]
            },
            **changes,
        }
        return Player(
            request, self.store, self.folder / "work", stopping=stopping,
            log=lambda host, line: self.lines.append(f"{host}: {line}"), note=self.notes.append,
        ).play()  # fmt: skip

    def out(self, name: str) -> str:
        return self.store.path_of(f"s3://b/out/{name}").read_text()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_each_host_has_its_own_tree(stage: Stage) -> None:
    before = sorted(path.name for path in Path("/opt").iterdir())
    assert stage.play(COPY, hosts=2) == Outcome("Completed", 0)
    assert [stage.out("algo-1"), stage.out("algo-2")] == ["a\nalgo-1 algo-2"] * 2
    said = "['--to', '/opt/ml/processing/output'] /opt/ml/mode"
    assert sorted(stage.lines) == [f"algo-1: {said}", f"algo-2: {said}"]
    assert sorted(path.name for path in Path("/opt").iterdir()) == before
    assert f"{OWN} is not run here: its command is" in stage.notes[0]


def test_a_script_sees_the_requests_environment_alone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.setenv("OF_THE_PERSON", "1")
    stage.play("import os, sys\nprint(sys.prefix, *sorted(os.environ))", image=SKLEARN)
    (line,) = stage.lines
    prefix, *names = line.removeprefix("algo-1: ").split()
    assert prefix == sys.prefix
    assert set(names) - {"PWD", "LC_CTYPE", "_", "SHLVL"} == {"HOME", "MODE", "PATH", "PYTHONPATH"}


def test_a_failure_has_its_exit_code_and_the_jobs_own_message(stage: Stage) -> None:
    script = "open('/opt/ml/output/message', 'w').write('no such column')\nraise SystemExit(3)"
    outcome = stage.play(script)
    assert outcome == Outcome(
        "Failed", 3, "no such column", "AlgorithmError: no such column, exit code: 3"
    )
    assert list(stage.store.keys("s3://b/out")) == []


def test_one_host_that_fails_ends_the_others(stage: Stage) -> None:
    script = (
        "import json, time\n"
        "if json.load(open('/opt/ml/config/resourceconfig.json'))['current_host'] == 'algo-2':\n"
        "    raise SystemExit(4)\n"
        "time.sleep(60)\n"
    )
    started = time.monotonic()
    assert stage.play(script, hosts=2).exit_code == 4
    assert time.monotonic() - started < 20


def test_a_program_that_is_not_there(stage: Stage) -> None:
    image = {"ImageUri": OWN, "ContainerEntrypoint": ["no-such-program"]}
    assert stage.play("", AppSpecification=image).exit_code == 127


def test_the_time_limit_is_enforced(stage: Stage) -> None:
    outcome = stage.play("import time\nprint('begun', flush=True)\ntime.sleep(60)", seconds=2)
    assert (outcome.status, outcome.exit_code) == ("Stopped", 143)
    assert outcome.failure_reason == "MaxRuntimeExceeded: the job ran longer than 2 seconds"
    assert stage.lines == ["algo-1: begun"]


def test_a_wish_to_stop_is_heard(stage: Stage) -> None:
    stopping = threading.Event()
    stopping.set()
    assert stage.play("import time\ntime.sleep(60)", stopping=stopping).status == "Stopped"


@pytest.mark.parametrize("name", ["pyspark", "xgboost", "skops"])
def test_the_sklearn_image_lacks_modules_that_are_here(stage: Stage, name: str) -> None:
    assert stage.play(f"import {name}.x", image=SKLEARN).exit_code == 1
    assert stage.lines[-1] == f"algo-1: ModuleNotFoundError: No module named '{name}'"
    assert name in ABSENT


def test_what_the_job_brings_along_is_found(stage: Stage) -> None:
    code = "import skops, pandas, sklearn\nprint(skops.VALUE)"
    brought = stage.store.path_of("s3://b/code/skops.py")
    brought.parent.mkdir(parents=True)
    brought.write_text("VALUE = 'brought'")
    path = {"PYTHONPATH": "/opt/ml/processing/input/code"}
    assert stage.play(code, image=SKLEARN, Environment=path).exit_code == 0
    assert stage.lines == ["algo-1: brought"]


def test_an_image_of_ones_own_hides_nothing(stage: Stage) -> None:
    assert stage.play("import pyarrow").exit_code == 0


def test_without_a_mount_paths_are_replaced(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script_hosts, "find_mount", lambda host: None)
    script = (
        "import os, sys\n"
        "open(sys.argv[2] + '/x', 'w').write(os.environ['MODE'])\n"
        "assert not os.path.exists('/opt/ml/config')"
    )
    assert stage.play(script).exit_code == 0, stage.lines
    assert stage.out("x") == str(stage.folder / "work/algo-1/opt/ml/mode")
    assert "lets nothing be mounted" in stage.notes[1]


def test_words_that_only_look_like_the_folder_stay(tmp_path: Path) -> None:
    host = Host("algo-1", tmp_path)
    text = "/opt/ml:/opt/mlx:/a/opt/ml:--x=/opt/ml/y"
    here = host.opt_ml
    assert script_hosts._rewrite(text, host) == f"{here}:/opt/mlx:/a/opt/ml:--x={here}/y"


def test_the_images_own_entrypoint_cannot_be_played(stage: Stage) -> None:
    with pytest.raises(LaunchError, match="leaves the entrypoint to .*mine:1, which is not run"):
        stage.play("", AppSpecification={"ImageUri": OWN})


def test_a_mount_hides_nothing_else_of_opt(tmp_path: Path) -> None:
    """Files, folders and links of /opt are there beside ml; seen from a private copy of it."""
    resources = {"ClusterConfig": {"InstanceCount": 1}}
    request = {"ProcessingJobName": "x", "ProcessingResources": resources}
    (host,) = make_hosts(request, tmp_path / "a")
    (probe,) = make_hosts(request, tmp_path / "b")
    if opt_ml_mount.find_mount(probe) is None:
        pytest.skip("this system lets nothing be mounted")
    inner = opt_ml_mount._words("unshare", ["--mount"], host)
    prepare = (
        "mount -t tmpfs none /opt && mkdir -p /opt/tool /opt/.dot && echo 1 > /opt/tool/a"
        ' && echo 2 > /opt/file && ln -s tool /opt/link && exec "$@"'
    )
    show = "cat /opt/link/a /opt/file; ls -A /opt; ls /opt/ml"
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", prepare, "sh",
         *inner, "sh", "-c", show],
        capture_output=True, text=True,
    )  # fmt: skip
    if "unshare" in done.stderr:
        pytest.skip("no user namespaces here")
    assert done.stdout.split() == [
        *("1", "2", ".dot", "file", "link", "ml", "tool"),
        *("config", "output", "processing"),
    ], done.stderr
    assert json.loads((host.opt_ml / "config/resourceconfig.json").read_text())["hosts"]
