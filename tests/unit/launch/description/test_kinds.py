"""The kinds of jobs: what each may say, and what only another may."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from launch.description.model import ContainerJob, SklearnJob

from .conftest import ProblemsOf, Read

Problem = Callable[[str], tuple[int, str, str, str]]

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


@pytest.fixture
def problem(problems_of: ProblemsOf) -> Problem:
    """Return the only thing that is said against a text: line, place, message, hint."""

    def only(text: str) -> tuple[int, str, str, str]:
        (found,) = problems_of(text)
        return found.line, found.place, found.message, found.hint

    return only


def test_a_sklearn_job_has_defaults(read: Read) -> None:
    job = read(SKLEARN).job("one")
    assert isinstance(job, SklearnJob)
    assert (job.app, job.framework_version, job.max_runtime) == ("jobs/main.py", "1.4-2", 3600)
    assert job.tags == {"stage": "dev"}


def test_a_container_job_starts_its_script_by_python(read: Read) -> None:
    job = read(CONTAINER + "    script: a.py\n").job("one")
    assert isinstance(job, ContainerJob)
    assert job.starts == ("python3",)
    assert read(CONTAINER).job("one").starts == ()
    own = read(CONTAINER + "    command: [bash, -e]\n    script: a.sh\n").job("one")
    assert own.starts == ("bash", "-e")


def test_an_unknown_kind_lists_the_three(problem: Problem) -> None:
    line, place, message, hint = problem(HEAD + "    kind: skleran\n")
    assert (line, place) == (11, "jobs.one.kind")
    assert message == "'skleran': it is 'spark', 'sklearn' or 'container'"
    assert hint == "did you mean sklearn?"


def test_a_missing_kind_is_told_of(problem: Problem) -> None:
    found = problem(HEAD + "    arguments: [a]\n")
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
def test_settings_of_other_kinds(problem: Problem, text: str, message: str, hint: str) -> None:
    _, _, said, advised = problem(text)
    assert message in said
    assert hint in advised


def test_a_sklearn_job_runs_on_one_host(problem: Problem) -> None:
    line, place, message, _ = problem(SKLEARN + "    instance_count: 2\n")
    assert (line, place) == (12, "jobs.one.instance_count")
    assert "runs on one host; each of 2 would do the whole job" in message


@pytest.mark.parametrize("text", ["skops", "skops>=0.1", "skops==0.1 --x", "./a==1", "a==1;x"])
def test_packages_are_pinned(problem: Problem, text: str) -> None:
    _, place, message, _ = problem(SKLEARN + f"    packages: ['{text}', 'a==1.0']\n")
    assert place == "jobs.one.packages"
    assert f"not {text}" in message


def test_a_container_job_needs_its_image(problem: Problem) -> None:
    found = problem(HEAD + "    kind: container\n")
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
def test_a_script_is_a_plain_path(problem: Problem, lines: str, message: str) -> None:
    assert message in problem(CONTAINER + lines)[2]


def test_an_error_in_a_spark_job_that_has_spark_settings_keeps_its_place(problem: Problem) -> None:
    """The kind's name is part of where pydantic says it is, and a setting's name as well."""
    text = HEAD + "    kind: spark\n    spark: {instance_count: 1}\n    instance_count: 0\n"
    assert problem(text)[:2] == (13, "jobs.one.instance_count")
