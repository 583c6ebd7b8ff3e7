"""Jars by Maven coordinates: fetched once, whole or not at all, never twice what Spark has."""

from __future__ import annotations

from pathlib import Path

import pytest

from launch.jars import JarError, artifact_of, cache_folder, fetch_jars, spark_home

LIB = "org.example:lib:1.0"


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


def test_the_second_call_asks_nobody(ivy: Path) -> None:
    first = fetch_jars([LIB])
    assert names(first) == ["lib-1.0.jar"]
    assert first[0].is_file()
    assert fetch_jars([LIB]) == first
    assert calls(ivy) == 1


def test_other_coordinates_are_another_set(ivy: Path) -> None:
    fetch_jars([LIB])
    fetch_jars([LIB], transitive=False)
    assert calls(ivy) == 2
    assert 'transitive="true"' in (ivy / "1.xml").read_text()
    assert 'transitive="false"' in (ivy / "2.xml").read_text()


def test_the_order_of_coordinates_is_no_other_set(ivy: Path) -> None:
    answer(ivy, "mkdir $draft/jars; cd $draft/jars; touch lib-1.0.jar more-2.jar")
    assert fetch_jars([LIB, "org.example:more:2"]) == fetch_jars(["org.example:more:2", LIB])
    assert calls(ivy) == 1


def test_what_spark_has_is_left_out_unless_told_otherwise(ivy: Path) -> None:
    assert names(fetch_jars([LIB])) == ["lib-1.0.jar"]
    both = ["lib-1.0.jar", "scala-library-2.12.20.jar"]
    assert names(fetch_jars([LIB], sparks_too=True)) == both
    assert names(fetch_jars([LIB], sparks_too=True, without=["lib"])) == both[1:]


def test_an_attempt_that_fails_leaves_nothing(ivy: Path, cache: Path) -> None:
    answer(ivy, "mkdir $draft/jars; touch $draft/jars/lib-1.0.jar; exit 1")
    with pytest.raises(JarError):
        fetch_jars([LIB])
    assert list(cache.iterdir()) == []


def test_a_set_without_a_jar_of_its_own_is_refused(ivy: Path) -> None:
    """Ivy is content when a coordinate has a description and no jar."""
    answer(ivy, "mkdir $draft/jars; touch $draft/jars/lib-1.0.jar")
    with pytest.raises(JarError, match=r"cannot fetch org\.example:pom-only:2"):
        fetch_jars([LIB, "org.example:pom-only:2"])


def test_no_network(ivy: Path) -> None:
    answer(
        ivy,
        "echo ':: org.example#lib;1.0: not found'; "
        "echo 'Server access error at url https://x (java.net.UnknownHostException: x)'; exit 1",
    )
    with pytest.raises(JarError, match=r"UnknownHostException: x\. Is there a network\?"):
        fetch_jars([LIB])


def test_coordinates_that_do_not_exist(ivy: Path) -> None:
    answer(ivy, "echo '\t\t:: org.example#dep;3: not found'; exit 1")
    with pytest.raises(JarError, match="no such jar: org.example:dep:3. Are group"):
        fetch_jars([LIB])


def test_malformed_coordinates(ivy: Path) -> None:
    with pytest.raises(JarError, match="not lib-1.0.jar, a:b$"):
        fetch_jars([LIB, "lib-1.0.jar", "a:b"])
    assert calls(ivy) == 0


def test_another_process_that_was_quicker_is_no_error(ivy: Path, cache: Path) -> None:
    fetch_jars([LIB])
    folder = next(path for path in cache.iterdir())
    folder.rename(cache.parent / "theirs")
    answer(
        ivy, f"mkdir $draft/jars; touch $draft/jars/lib-1.0.jar; mv {cache.parent}/theirs {folder}"
    )
    assert names(fetch_jars([LIB])) == ["lib-1.0.jar"]
    assert names(list(cache.iterdir())) == [folder.name]


@pytest.mark.parametrize(
    ("name", "artifact"),
    [
        ("slf4j-api-2.0.7.jar", "slf4j-api"),
        ("delta-spark_2.12-3.3.3.jar", "delta-spark_2.12"),
        ("bcpkix-jdk15on-1.70.jar", "bcpkix-jdk15on"),
        ("plain.jar", "plain"),
    ],
)
def test_artifact_of(name: str, artifact: str) -> None:
    assert artifact_of(Path(name)) == artifact


def test_spark_home_holds_a_spark() -> None:
    assert (spark_home() / "bin" / "spark-class").is_file()
