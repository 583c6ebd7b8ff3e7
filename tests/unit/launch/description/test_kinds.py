"""The kinds of jobs: what each may say, and what only another may."""

from __future__ import annotations

from pathlib import Path

import pytest

from launch.description.load import Description, load
from launch.description.model import ContainerJob, SklearnJob
from launch.errors import DescriptionError

HEAD = """\
project: shop
targets:
  dev:
    region: eu-west-1
    role: arn:aws:iam::123456789012:role/etl
    bucket: shop-dev
    jobs:
      one: {tags: {stage: dev}}
jobs:
  one:
"""
SKLEARN = HEAD + "    kind: sklearn\n"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop:1"
CONTAINER = HEAD + f"    kind: container\n    image_uri: {IMAGE}\n"


def read(folder: Path, text: str) -> Description:
    (folder / "launch.yaml").write_text(text)
    return load(folder / "launch.yaml", environment={})


def problem(folder: Path, text: str) -> tuple[int, str, str, str]:
    with pytest.raises(DescriptionError) as caught:
        read(folder, text)
    (only,) = caught.value.problems
    return only.line, only.place, only.message, only.hint


def test_a_sklearn_job_has_defaults(tmp_path: Path) -> None:
    job = read(tmp_path, SKLEARN).job("one")
    assert isinstance(job, SklearnJob)
    assert (job.app, job.framework_version, job.max_runtime) == ("jobs/main.py", "1.4-2", 3600)
    assert job.tags == {"stage": "dev"}


def test_a_container_job_starts_its_script_by_python(tmp_path: Path) -> None:
    job = read(tmp_path, CONTAINER + "    script: a.py\n").job("one")
    assert isinstance(job, ContainerJob)
    assert job.starts == ("python3",)
    assert read(tmp_path, CONTAINER).job("one").starts == ()
    own = read(tmp_path, CONTAINER + "    command: [bash, -e]\n    script: a.sh\n").job("one")
    assert own.starts == ("bash", "-e")


def test_an_unknown_kind_lists_the_three(tmp_path: Path) -> None:
    line, place, message, hint = problem(tmp_path, HEAD + "    kind: skleran\n")
    assert (line, place) == (11, "jobs.one.kind")
    assert message == "'skleran': it is 'spark', 'sklearn' or 'container'"
    assert hint == "did you mean sklearn?"


def test_a_missing_kind_is_told_of(tmp_path: Path) -> None:
    found = problem(tmp_path, HEAD + "    arguments: [a]\n")
    assert found[1:] == ("jobs.one.kind", "is missing", "kind: spark, sklearn or container")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (SKLEARN + "    spark: {a: b}\n", "'spark' for kind sklearn", "only kind spark has it"),
        (SKLEARN + "    bundle: true\n", "'bundle' for kind sklearn", "only kind container has"),
        (CONTAINER + "    app: a.py\n", "'app' for kind container", "kind spark and sklearn has"),
        (CONTAINER + "    comand: [a]\n", "no setting 'comand'", "did you mean command?"),
        (CONTAINER + "    use_spot: true\n", "processing jobs have no Spot", "remove it"),
    ],
)
def test_settings_of_other_kinds(tmp_path: Path, text: str, message: str, hint: str) -> None:
    _, _, said, advised = problem(tmp_path, text)
    assert message in said
    assert hint in advised


def test_a_sklearn_job_runs_on_one_host(tmp_path: Path) -> None:
    line, place, message, _ = problem(tmp_path, SKLEARN + "    instance_count: 2\n")
    assert (line, place) == (12, "jobs.one.instance_count")
    assert "runs on one host; each of 2 would do the whole job" in message


@pytest.mark.parametrize("text", ["skops", "skops>=0.1", "skops==0.1 --x", "./a==1", "a==1;x"])
def test_packages_are_pinned(tmp_path: Path, text: str) -> None:
    _, place, message, _ = problem(tmp_path, SKLEARN + f"    packages: ['{text}', 'a==1.0']\n")
    assert place == "jobs.one.packages"
    assert f"not {text}" in message


def test_a_container_job_needs_its_image(tmp_path: Path) -> None:
    found = problem(tmp_path, HEAD + "    kind: container\n")
    assert found[1:3] == ("jobs.one.image_uri", "is missing")
    assert "dkr.ecr" in found[3]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("    source_dir: src\n", "source_dir needs script"),
        ("    script: ../a.py\n", "must not hold '..'"),
        ("    script: my script.py\n", "has not the expected form"),
        ("    script: s3://b/a.py\n", "has not the expected form"),
    ],
)
def test_a_script_is_a_plain_path(tmp_path: Path, lines: str, message: str) -> None:
    assert message in problem(tmp_path, CONTAINER + lines)[2]


def test_an_error_in_a_spark_job_that_has_spark_settings_keeps_its_place(tmp_path: Path) -> None:
    """The kind's name is part of where pydantic says it is, and a setting's name as well."""
    text = HEAD + "    kind: spark\n    spark: {instance_count: 1}\n    instance_count: 0\n"
    assert problem(tmp_path, text)[:2] == (13, "jobs.one.instance_count")
