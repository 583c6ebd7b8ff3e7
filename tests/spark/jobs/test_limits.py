"""What is too large for Spark's CSV reader, for a label, or for Java's memory: told in words."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from py4j.protocol import Py4JNetworkError
from pyspark.sql import SparkSession
from refusals import assert_refused

from jobs import session
from jobs.errors import FAILED, MOST_CHARACTERS, describe
from transforms.values import MOST_LABEL_BYTES, is_too_long

Command = Callable[..., Any]
Table = Callable[..., Path]
REFUSED = "java.net.ConnectException: Call to namenode:8020 failed: Connection refused"


@pytest.fixture
def two_files(table: Table, clean_csv: str) -> Callable[[str], Path]:
    """Write a good file, and one that has a bad line among good ones."""

    def write(line: str) -> Path:
        table(clean_csv, "in/a.csv")
        return table(f"{clean_csv}{line}\n{clean_csv.partition(chr(10))[2]}", "in/b.csv").parent

    return write


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("," * 20_480, "a line has more than 20,480 fields"),
        (f'900,1.5,"{"a" * (MOST_CHARACTERS + 1)}",1', "a field has more than 10,000,000 char"),
    ],
    ids=["fields", "characters"],
)
def test_what_sparks_csv_reader_does_not_take(
    prepare: Command, two_files: Callable[[str], Path], line: str, said: str
) -> None:
    path = two_files(line)
    assert_refused(prepare(path), f"somewhere in {path}, {said}", "or use prepare-tabular")


@pytest.mark.parametrize("job", ["prepare", "prepare-tabular"])
@pytest.mark.parametrize("letter", ["a", "é"])
def test_a_text_that_is_too_long_for_a_label(
    command: Command, two_files: Callable[[str], Path], tmp_path: Path, job: str, letter: str
) -> None:
    size = MOST_LABEL_BYTES // len(letter.encode())
    longest = command(
        job, two_files(f"900,1.5,{letter * size},1"), tmp_path / "good", "--target", "y"
    )
    assert longest.code == 0, longest.err
    path = two_files(f"900,1.5,{letter * (size + 1)},1")
    done = command(job, path, tmp_path / "out", "--target", "y")
    done.output = tmp_path / "out"
    said = "column 's' holds a text of more than 1,000,000 bytes, too long for a label"
    assert_refused(done, said, "leave the column out by a contract")


def test_a_label_is_measured_in_bytes() -> None:
    assert not is_too_long("😀" * (MOST_LABEL_BYTES // 4))
    assert is_too_long("😀" * (MOST_LABEL_BYTES // 4) + "a")
    assert not is_too_long("a" * MOST_LABEL_BYTES)


@pytest.mark.parametrize(
    "error",
    [
        Py4JNetworkError("Answer from Java side is empty"),
        ConnectionRefusedError(111, "Connection refused"),
    ],
)
def test_the_end_of_java_is_told_as_that(error: Exception) -> None:
    code, message = describe(error)
    assert code == FAILED
    assert message.startswith("Java ended while the job was at work")
    assert "--driver-memory" in message


def test_a_connection_that_java_could_not_make_is_told_as_it_is() -> None:
    cause = SimpleNamespace(toString=lambda: REFUSED, getCause=lambda: None)
    error = type("Py4JJavaError", (Exception,), {"__module__": "py4j.protocol"})("calling o1.x")
    error.java_exception = cause
    assert describe(error)[1].startswith("Py4JJavaError")


def test_what_py4j_logs_of_the_end_of_java_is_dropped(
    spark: SparkSession, caplog: pytest.LogCaptureFixture
) -> None:
    session.get_session("quiet")
    logging.error("Exception while sending command.")
    logging.error("something else")
    assert caplog.messages == ["something else"]


def test_the_last_words_of_java_are_logged(spark: SparkSession) -> None:
    session.get_session("last words")
    levels = spark._jvm.org.apache.logging.log4j.LogManager
    last = levels.getLogger("org.apache.spark.util.SparkUncaughtExceptionHandler")
    assert (str(last.getLevel()), str(levels.getRootLogger().getLevel())) == ("ERROR", "FATAL")


def test_words_after_the_end_of_java_are_pythons(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(_: str) -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    err = SimpleNamespace(println=gone)
    jvm = SimpleNamespace(
        java=SimpleNamespace(lang=SimpleNamespace(System=SimpleNamespace(err=err)))
    )
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    monkeypatch.setattr(session, "_jvm_or_none", lambda: jvm)
    session.say("all is over")
    assert capsys.readouterr().err == "all is over\n"
