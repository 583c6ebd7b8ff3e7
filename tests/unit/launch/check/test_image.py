"""Images: versions that the SDK knows, and images of one's own."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from launch.check import Finding, image

Found = Callable[..., list[Finding]]


@pytest.mark.parametrize(
    ("changes", "place", "message", "known"),
    [
        (
            {"framework_version": "3.9"},
            "jobs.prepare.framework_version",
            "there is no Spark image for spark version 3.9",
            "3.5",
        ),
        (
            {"framework_version": "3.3"},
            "jobs.prepare.py_version",
            "there is no Spark image for Python version py312",
            "known: py39",
        ),
        (
            {"target": {"region": "us-east-9"}},
            "targets.dev.region",
            "there is no Spark image for region us-east-9",
            "did you mean us-east-",
        ),
    ],
)
def test_versions_that_do_not_exist(
    found: Found, changes: dict, place: str, message: str, known: str
) -> None:
    (only,) = found(**changes)
    assert (only.level, only.place, only.message) == ("error", place, message)
    assert known in only.hint


def test_other_versions_that_do_exist(found: Found) -> None:
    assert found(framework_version="3.3", py_version="py39") == []
    assert found(target={"region": "eu-central-1"}) == []


@pytest.mark.parametrize("version", ["v1.3", "V1.3"])
def test_the_sdk_writes_the_v(found: Found, version: str) -> None:
    (only,) = found(container_version=version)
    assert (only.level, only.place) == ("error", "jobs.prepare.container_version")
    assert only.hint == '"1.3"'
    assert found(container_version="1.0") == []


def test_a_container_version_is_a_number(found: Found) -> None:
    (only,) = found(container_version="newest")
    assert only.message == "'newest' is no version of the container"


def test_a_tag_that_moves_is_a_note(found: Found) -> None:
    notes = found(notes=True, container_version=None, py_version=None)
    (only,) = [note for note in notes if note.place == "jobs.prepare.container_version"]
    assert (only.level, "3.5-cpu" in only.message) == ("note", True)


@pytest.mark.parametrize(
    "uri", ["r.example:5000/spark", "r.example/spark:latest", "r.example/spark"]
)
def test_an_image_without_a_tag_of_its_own(found: Found, uri: str) -> None:
    (only,) = found(image_uri=uri)
    assert (only.level, only.place) == ("warning", "jobs.prepare.image_uri")
    assert "a later run may get another image" in only.message


@pytest.mark.parametrize("uri", ["r.example:5000/spark:3.5", f"r.example/spark@sha256:{'0' * 64}"])
def test_an_image_that_stays(found: Found, uri: str) -> None:
    assert found(image_uri=uri) == []


def test_an_image_of_ones_own_needs_no_version(found: Found) -> None:
    assert found(image_uri="r.example/spark:3.9", framework_version="3.9") == []


def test_without_the_sdk_it_is_a_note(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    image._refusal.cache_clear()
    monkeypatch.setitem(sys.modules, "sagemaker.core", None)
    notes = found(notes=True, framework_version="3.9")
    assert "could not be checked: the SDK is missing" in [note.message for note in notes]
    assert {note.level for note in notes} == {"note"}
