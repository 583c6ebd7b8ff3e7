"""What a Java that runs Spark is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from launch import class_archive


@pytest.fixture
def java(tmp_path: Path) -> Path:
    """Give a home of Java whose program says it is version 17."""
    program = tmp_path / "java" / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho 'openjdk version \"17.0.9\"' >&2\n")
    program.chmod(0o755)
    (tmp_path / "java" / "release").write_text('JAVA_VERSION="17.0.9"\n')
    return tmp_path / "java"


def test_the_archive_is_named_where_it_is_there(java: Path, tmp_path: Path) -> None:
    assert class_archive.options(java, folder=tmp_path) == []
    archive = class_archive.archive_of(java, tmp_path)
    archive.touch()
    assert class_archive.options(java, folder=tmp_path)[0] == f"-XX:SharedArchiveFile={archive}"


def test_another_java_has_another_archive(java: Path, tmp_path: Path) -> None:
    before = class_archive.archive_of(java, tmp_path)
    (java / "release").write_text('JAVA_VERSION="17.0.15"\n')
    assert class_archive.archive_of(java, tmp_path) != before


def test_a_java_that_archives_no_class_path_is_told_of_none(java: Path, tmp_path: Path) -> None:
    class_archive.archive_of(java, tmp_path).touch()
    program = java / "bin" / "java"
    program.write_text(program.read_text().replace("17.0.9", "11.0.2"))
    assert class_archive.options(java, folder=tmp_path) == []
    assert class_archive.make(java, tmp_path / "other") is None


@pytest.mark.parametrize(
    ("settings", "variables", "told"),
    [
        ({}, {}, "-XX:+UseParallelGC"),
        ({"spark.executor.extraJavaOptions": "-XX:+UseG1GC"}, {}, "-XX:+UseParallelGC"),
        ({"spark.driver.extraJavaOptions": "-Xss4m -XX:+UseG1GC"}, {}, ""),
        ({"spark.driver.defaultJavaOptions": "-XX:+UseZGC"}, {}, ""),
        ({}, {"JAVA_TOOL_OPTIONS": "-XX:+UseSerialGC"}, ""),
    ],
)
def test_java_is_told_of_one_collector_alone(
    java: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, str],
    variables: dict[str, str],
    told: str,
) -> None:
    for name in ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"):
        monkeypatch.setenv(name, variables.get(name, ""))
    assert class_archive.environment(java, settings)["SPARK_SUBMIT_OPTS"] == told
