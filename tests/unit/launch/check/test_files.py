"""Files to be sent: what is missing, and what a container cannot use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from launch.check import Finding

Found = Callable[..., list[Finding]]
DELTA_NOTE = "the arguments ask for Delta: its jars are added, the image has none"
COORDINATES = "org.example:tools_2.12:1.0"


def test_the_app_is_missing(found: Found) -> None:
    (only,) = found(app="jobs/mian.py")
    assert (only.level, only.place) == ("error", "jobs.prepare.app")
    assert only.message == "there is no file jobs/mian.py in project/"
    assert found(app="s3://b/main.py") == []


def test_the_app_is_outside_the_project(found: Found, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("x")
    (only,) = found(app="../main.py")
    assert (only.level, only.message) == ("error", "../main.py is outside the project")


def test_the_app_is_no_python(found: Found) -> None:
    (only,) = found(app="libs/x.jar")
    assert "start from a Python file" in only.message


def source(text: str) -> dict:
    # The arguments refer to the folder of `contract`.
    return {"name": "x", "source": text, "destination": "/opt/ml/processing/input/contract"}


def test_an_input_is_missing(found: Found) -> None:
    (only,) = found(inputs=[source("schemas/old/flights.json")])
    assert (only.level, only.place) == ("error", "jobs.prepare.inputs.0.source")
    assert only.message == "there is no file or folder schemas/old/flights.json"
    assert only.hint == "schemas/ has no old; paths start beside launch.yaml"
    assert found(inputs=[source("schemas")]) == []


def test_an_input_folder_is_empty(found: Found, tmp_path: Path) -> None:
    (tmp_path / "project" / "empty" / "inner").mkdir(parents=True)
    (only,) = found(inputs=[source("empty")])
    assert (only.level, only.place) == ("error", "jobs.prepare.inputs.0.source")
    assert "is empty" in only.message


def test_data_are_missing(found: Found) -> None:
    (only,) = found(data=[{"source": "data/flight.csv", "destination": "s3://b-dev/raw/f.csv"}])
    assert (only.level, only.place) == ("error", "jobs.prepare.data.0.source")
    assert found(data=[{"source": "data/flights.csv", "destination": "s3://b-dev/raw/f.csv"}]) == []


def test_data_are_a_folder_that_cannot_be_listed(
    found: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As /proc: it is named, and nobody looks into it."""

    def refuse(path: Path, pattern: str) -> None:
        raise OSError(22, "Invalid argument", f"{path}/1/net")

    monkeypatch.setattr(Path, "rglob", refuse)
    folder = str(tmp_path)
    (only,) = found(data=[{"source": folder, "destination": "s3://b-dev/raw/f.csv"}])
    assert (only.level, only.place) == ("error", "jobs.prepare.data.0.source")
    assert only.message == f"there is no file {folder}"
    errors = found(inputs=[source(folder)])
    message = f"{folder}/1/net cannot be read: Invalid argument"
    assert {(item.level, item.place, item.message) for item in errors} == {
        ("error", "jobs.prepare", message)
    }


def test_a_path_that_is_too_long(found: Found) -> None:
    errors = found(data=[{"source": 300 * "x", "destination": "s3://b-dev/raw/f.csv"}])
    assert {(item.level, item.place) for item in errors} == {("error", "jobs.prepare")}
    assert errors[0].message.endswith("x cannot be read: File name too long")


def test_a_sample_that_does_not_exist(found: Found) -> None:
    (only,) = found(data=[{"source": "sample:trains", "destination": "s3://b-dev/raw/f.csv"}])
    assert (only.level, only.hint) == ("error", "known: sample:flights")
    assert found(data=[{"source": "sample:flights", "destination": "s3://b-dev/raw/f.csv"}]) == []


@pytest.mark.parametrize(
    ("jar", "words"),
    [
        ("org.example:tools", "neither Maven coordinates nor s3://"),
        ("s3a://b/x.jar", "neither Maven coordinates nor s3://"),
        ("libs/y.jar", "there is no file libs/y.jar"),
        ("s3://b/libs/", "is no jar"),
        ("schemas/flights.json", "is no jar"),
    ],
)
def test_a_wrong_jar(found: Found, jar: str, words: str) -> None:
    (only,) = found(jars=[jar])
    assert (only.level, only.place) == ("error", "jobs.prepare.jars.0")
    assert words in only.message


@pytest.mark.parametrize(
    "jars", [[COORDINATES], ["libs/x.jar"], ["s3://b/x.jar"], [COORDINATES, "libs/x.jar"]]
)
def test_good_jars(found: Found, jars: list[str]) -> None:
    assert found(jars=jars) == []


def test_a_jar_for_another_scala(found: Found) -> None:
    (only,) = found(jars=["org.example:tools_2.13:1.0"])
    assert (only.level, only.place) == ("warning", "jobs.prepare.jars.0")


@pytest.mark.parametrize("other", [COORDINATES, "libs/x.jar"])
def test_mixed_jars(found: Found, other: str) -> None:
    (only,) = found(jars=["s3://b/x.jar", other])
    assert (only.level, only.place) == ("error", "jobs.prepare.jars")
    assert only.hint == "all on s3://, or none"


@pytest.mark.parametrize(
    "arguments", [["--format", "delta"], ["--format=delta"], ["--input-format", "delta"]]
)
def test_delta_jars_are_added(found: Found, arguments: list[str]) -> None:
    notes = found(notes=True, arguments=arguments)
    assert DELTA_NOTE in [note.message for note in notes]
    with_jar = found(notes=True, arguments=arguments, jars=["io.delta:delta-spark_2.12:3.3.3"])
    assert DELTA_NOTE not in [note.message for note in with_jar]


def test_no_delta_no_jars(found: Found) -> None:
    notes = found(notes=True, arguments=["delta", "--format", "parquet"])
    assert DELTA_NOTE not in [note.message for note in notes]


def test_delta_jars_cannot_join_those_in_s3(found: Found) -> None:
    (only,) = found(arguments=["--format", "delta"], jars=["s3://b/x.jar"])
    assert (only.level, only.place) == ("error", "jobs.prepare.jars")
    jars = ["s3://b/delta-spark_2.12-3.3.3.jar", "s3://b/delta-storage-3.3.3.jar"]
    assert found(arguments=["--format", "delta"], jars=jars) == []
