"""Paths in arguments: where each is looked up, and what that leads to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from launch.check import Finding
from launch.check.paths import local_path

Found = Callable[..., list[Finding]]
OUTPUT = {"name": "o", "source": "/opt/ml/processing/tables", "destination": "s3://b-dev/o"}


def data_input(**changes: str) -> dict[str, Any]:
    whole = {
        "name": "data",
        "source": "s3://b-dev/data/",
        "destination": "/opt/ml/processing/input/data",
    }
    return {**whole, **changes}


@pytest.mark.parametrize("option", ["", "--output="])
@pytest.mark.parametrize(
    "path",
    [
        "file:///opt/ml/processing/output/t",
        "file:/opt/ml/processing/output",
        "file:///opt/ml/processing/tables/t",
    ],
)
def test_what_executors_write_locally_is_split(found: Found, option: str, path: str) -> None:
    (only,) = found(arguments=["prepare", option + path], outputs=[OUTPUT])
    assert (only.level, only.place) == ("error", "jobs.prepare.arguments.1")
    assert "the table is split over them" in only.message
    assert only.hint.startswith("s3://")


def test_outputs_that_no_argument_names_are_fine(found: Found) -> None:
    assert found(outputs=[OUTPUT]) == []


@pytest.mark.parametrize("option", ["", "--contract="])
def test_a_bare_path_is_looked_up_in_hdfs(found: Found, option: str) -> None:
    path = "/opt/ml/processing/input/contract/flights.json"
    (only,) = found(arguments=[option + path])
    assert (only.level, only.place) == ("error", "jobs.prepare.arguments.0")
    assert "HDFS" in only.message
    assert only.hint.startswith(f"file://{path}")
    assert found(arguments=[f"{option}file://{path}"]) == []


@pytest.mark.parametrize("folder", ["contracts", "contract/../data", "other"])
def test_an_input_that_nothing_fills(found: Found, folder: str) -> None:
    (only,) = found(arguments=[f"file:///opt/ml/processing/input/{folder}/x.json"])
    assert (only.level, only.place) == ("error", "jobs.prepare.arguments.0")
    assert "no input puts anything at" in only.message
    assert only.hint.endswith("there are: /opt/ml/processing/input/contract")


@pytest.mark.parametrize("path", ["file:///tmp/x", "file:///home/me/flights.csv", "file:/data"])
def test_other_places_on_the_hosts(found: Found, path: str) -> None:
    (only,) = found(arguments=[path])
    assert (only.level, only.place) == ("error", "jobs.prepare.arguments.0")
    assert "own disks" in only.message


def test_a_folder_of_this_machine(found: Found) -> None:
    (only,) = found(arguments=["./schemas"])
    assert (only.level, only.place) == ("warning", "jobs.prepare.arguments.0")


def test_a_file_of_this_machine(found: Found) -> None:
    (only,) = found(arguments=["--contract", "schemas/flights.json"])
    assert (only.level, only.place) == ("warning", "jobs.prepare.arguments.1")
    assert only.hint.endswith("file:///opt/ml/processing/input/NAME/flights.json")


def test_a_word_that_is_also_a_folder_is_no_path(found: Found, tmp_path: Path) -> None:
    (tmp_path / "project" / "prepare").mkdir(parents=True)
    assert found(arguments=["prepare", "a/b", "x" * 250]) == []


@pytest.mark.parametrize("path", ["hdfs:///raw", "/no/such/table"])
def test_hdfs_ends_with_the_job(found: Found, path: str) -> None:
    (only,) = found(arguments=[path])
    assert (only.level, only.place) == ("warning", "jobs.prepare.arguments.0")
    assert "gone at the end" in only.message


def test_a_sharded_input_is_not_for_spark(found: Found) -> None:
    argument = "file:///opt/ml/processing/input/data/"
    sharded = data_input(distribution="sharded")
    (only,) = found(arguments=[argument], inputs=[sharded])
    assert (only.level, only.place) == ("error", "jobs.prepare.inputs.0.distribution")
    assert found(arguments=[argument], inputs=[data_input()]) == []
    assert found(arguments=[argument], inputs=[sharded], instance_count=1) == []
    assert found(arguments=["s3://b-dev/data"], inputs=[sharded]) == []


def test_a_prefix_is_matched_as_text(found: Found) -> None:
    (only,) = found(arguments=[], inputs=[data_input(source="s3://b-dev/x.y/data")])
    assert (only.level, only.place) == ("warning", "jobs.prepare.inputs.0.source")
    assert "data-old/" in only.message
    assert only.hint.startswith("s3://b-dev/x.y/data/ ")


@pytest.mark.parametrize("uri", ["s3://b-dev/data/", "s3://b-dev/data/x.csv", "s3://b-dev"])
def test_a_folder_a_file_and_a_whole_bucket_are_clear(found: Found, uri: str) -> None:
    assert found(arguments=[], inputs=[data_input(source=uri)]) == []


def test_spark_needs_no_slash(found: Found) -> None:
    assert found(arguments=["s3://b-dev/raw"]) == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("file:///a/b", "/a/b"),
        ("file:/a/b", "/a/b"),
        ("file://host/a", None),
        ("s3://b/a", None),
        ("/a/b", None),
    ],
)
def test_local_path(text: str, path: str | None) -> None:
    assert local_path(text) == path
