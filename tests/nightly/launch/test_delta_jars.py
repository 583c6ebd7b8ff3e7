"""Jars by Maven coordinates: fetched once, whole or not at all, never twice what Spark has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from launch.jars import DELTA, cache_folder, fetch_jars


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return cache_folder()


@pytest.fixture
def ivy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a shell script in the place of Java; return the folder in which it notes its calls."""

    def say(text: str) -> None:
        script = home / "bin" / "java"
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(text)
        script.chmod(0o755)

    # With them, options for the certificates come before the others.
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    home = tmp_path / "java"
    say(
        '#!/bin/sh\nset -eu\n[ "$1" = -version ] && { echo \'version "17.0.1"\'; exit 0; }\n'
        'draft=$(dirname "$4")\n'
        f'cp "$draft/ivy.xml" "{home}/$(ls {home} | wc -l).xml"\n'
        '. "$(dirname "$0")/answer"\n'
    )
    monkeypatch.setenv("JAVA_HOME", str(home))
    answer(home, "mkdir $draft/jars; cd $draft/jars; touch lib-1.0.jar scala-library-2.12.20.jar")
    return home


def answer(ivy: Path, shell: str) -> None:
    (ivy / "bin" / "answer").write_text(shell)


def calls(ivy: Path) -> int:
    return len(list(ivy.glob("*.xml")))


def names(jars: list[Path]) -> list[str]:
    return [jar.name for jar in jars]


def test_delta_itself() -> None:
    found = names(fetch_jars(DELTA))
    assert found == ["delta-spark_2.12-3.3.3.jar", "delta-storage-3.3.3.jar"]
    everything = names(fetch_jars(DELTA, sparks_too=True))
    assert [name for name in everything if re.match("scala-library|antlr4", name)] != []
