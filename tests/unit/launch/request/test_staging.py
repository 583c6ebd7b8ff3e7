"""The files of a request: names that clash, places outside the project, two commands at once."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from launch.description.load import Description, load
from launch.description.model import Data, Input
from launch.errors import LaunchError
from launch.request.plan import Plan
from launch.request.sdk import record

ROOT = Path(__file__).resolve().parents[4]
CODE = (
    "from pathlib import Path; from launch.description.load import load;"
    "from launch.request.spark_kind import stage;"
    "d = load(Path('launch.yaml'), environment={}); j = d.job('prepare');"
    "[stage(d, j) for _ in range(20)]"
)


@pytest.fixture
def description(tmp_path: Path) -> Description:
    for name in ("jobs", "schemas", "transforms"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "launch.yaml", tmp_path)
    found = load(tmp_path / "launch.yaml", environment={})
    jobs = {"prepare": found.job("prepare").model_copy(update={"data": (), "inputs": ()})}
    return dataclasses.replace(found, jobs=jobs)


def planned(description: Description, **changes: Any) -> Plan:
    return record(description, description.job("prepare").model_copy(update=changes), "flights-1")


def uploaded(plan: Plan) -> dict[str, Path]:
    uploads = (*plan.uploads, *plan.data)
    return {upload.s3_uri.partition("/input/")[2]: upload.local_path for upload in uploads}


def test_two_jars_of_one_name_are_refused(description: Description) -> None:
    for folder in ("a", "b"):
        (description.root / folder).mkdir()
        (description.root / folder / "lib.jar").write_text(folder)
    with pytest.raises(LaunchError, match=r"two are called lib\.jar"):
        planned(description, jars=("a/lib.jar", "b/lib.jar"))
    assert "jars/lib.jar" in uploaded(planned(description, jars=("a/lib.jar",)))


def test_an_input_from_elsewhere_is_taken_as_it_is(
    description: Description, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Even where it is called as a file of ours is."""
    other = tmp_path_factory.mktemp("other") / "bundle.zip"
    other.write_text("mine")
    item = Input(name="mine", source=str(other), destination="/opt/ml/processing/input/mine")
    plan = uploaded(planned(description, inputs=(item,)))
    assert plan["mine/bundle.zip"] == other
    assert zipfile.is_zipfile(plan["py-files/bundle.zip"])


def test_a_folder_goes_with_all_below_it(description: Description) -> None:
    below = description.root / "my tables" / "deep"
    below.mkdir(parents=True)
    (below / "é.csv").write_text("x")
    (below.parent / "configuration.json").write_text("{}")
    item = Input(name="tables", source="my tables", destination="/opt/ml/processing/input/tables")
    plan = uploaded(planned(description, inputs=(item,)))
    assert plan["tables/deep/é.csv"] == below / "é.csv"
    assert plan["tables/configuration.json"] == below.parent / "configuration.json"
    assert plan["conf/configuration.json"] != plan["tables/configuration.json"]


@pytest.mark.parametrize(
    ("destination", "key"),
    [("s3://b-1/raw/", "s3://b-1/raw/x.csv"), ("s3://b-1", "s3://b-1/x.csv"),
     ("s3://b-1/raw/y.csv", "s3://b-1/raw/y.csv")],
)  # fmt: skip
def test_data_go_below_a_folder_by_their_name(
    description: Description, destination: str, key: str
) -> None:
    (description.root / "x.csv").write_text("a\n1\n")
    plan = planned(description, data=(Data(source="x.csv", destination=destination),))
    assert [upload.s3_uri for upload in plan.data] == [key]


def test_two_data_files_for_one_object_are_refused(description: Description) -> None:
    (description.root / "x.csv").write_text("a\n1\n")
    entry = Data(source="x.csv", destination="s3://b-1/raw/")
    with pytest.raises(LaunchError, match=r"two files go to s3://b-1/raw/x\.csv"):
        planned(description, data=(entry, entry))


def test_no_profile_is_needed(description: Description, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_CONFIG_FILE", __file__)
    assert planned(description).name == "flights-1"


@pytest.mark.slow
def test_two_commands_at_once_make_whole_bundles(description: Description) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", CODE], cwd=description.root, env=environment,
            stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    for process in started:
        _, error = process.communicate(timeout=120)
        assert process.returncode == 0, error
    (bundle,) = (description.root / "dist" / "launch").rglob("bundle.zip")
    assert zipfile.ZipFile(bundle).testzip() is None
    assert not list((description.root / "dist" / "launch").rglob("tmp*"))
