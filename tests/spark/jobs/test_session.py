"""The session of a job: settings that decide results, what it logs, how it reads in equal parts."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs import session
from jobs.engine import open_engine, spark_engine
from jobs.engine_choice import Choice
from jobs.sizes import cut_evenly, own_cutting
from jobs.source import find_source

OTHERS = {
    "session.timeZone": "Europe/Berlin",
    "ansi.enabled": "true",
    "caseSensitive": "false",
    "legacy.timeParserPolicy": "LEGACY",
    "sources.partitionColumnTypeInference.enabled": "true",
    "files.ignoreCorruptFiles": "true",
    "timestampType": "TIMESTAMP_NTZ",
    "parquet.inferTimestampNTZ.enabled": "true",
    "parquet.outputTimestampType": "INT96",
    "parquet.datetimeRebaseModeInWrite": "LEGACY",
    "parquet.datetimeRebaseModeInRead": "LEGACY",
}


def test_settings_that_decide_results_are_no_clusters(spark: SparkSession) -> None:
    try:
        for name, value in OTHERS.items():
            spark.conf.set(f"spark.sql.{name}", value)
    finally:
        assert session.get_session("mine") is spark
    found = {setting: spark.conf.get(setting) for setting in session.RESULT_SETTINGS}
    assert found == session.RESULT_SETTINGS


def test_spark_is_taken_whatever_the_environment_says(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SPARK_REMOTE", "sc://nowhere")
    path = tmp_path / "a b%20[1].csv"
    path.write_text("id\n1\n")
    with open_engine(Choice("spark", "")) as engine:
        assert "SPARK_REMOTE" not in os.environ
        assert (engine.name, engine.version, engine.is_classic) == ("spark", spark.version, True)
        given = engine.literal(engine.files.full(str(path)))
        assert given.startswith("file:/")
        assert spark.read.csv(given, header=True).count() == 1
    assert spark.range(3).count() == 3


def test_what_py4j_logs_of_the_end_of_java_is_dropped(
    spark: SparkSession, caplog: pytest.LogCaptureFixture
) -> None:
    session.get_session("quiet")
    logging.error("Exception while sending command.")
    logging.error("something else")
    assert caplog.messages == ["something else"]


def test_the_last_words_of_java_are_logged(spark: SparkSession) -> None:
    session.get_session("last words")
    levels = spark._jvm.org.apache.logging.log4j.LogManager  # type: ignore[union-attr]
    last = levels.getLogger("org.apache.spark.util.SparkUncaughtExceptionHandler")
    assert (str(last.getLevel()), str(levels.getRootLogger().getLevel())) == ("ERROR", "FATAL")


def test_words_after_the_end_of_java_are_pythons(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(_: str) -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    system = SimpleNamespace(System=SimpleNamespace(err=SimpleNamespace(println=gone)))
    jvm = SimpleNamespace(java=SimpleNamespace(lang=system))
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    monkeypatch.setattr(session, "_jvm_or_none", lambda: jvm)
    session.say("all is over")
    assert capsys.readouterr().err == "all is over\n"


@pytest.mark.parametrize(("tasks", "earlier"), [(2, None), (6, "64m")])
def test_a_file_falls_into_equal_parts_and_the_session_is_as_it_was(
    spark: SparkSession, tmp_path: Path, tasks: int, earlier: str | None
) -> None:
    """Flights after a table of 60 rows were read by 10,000 tasks."""
    setting = "spark.sql.files.maxPartitionBytes"
    engine, path = spark_engine(spark), tmp_path / "a.csv"
    path.write_bytes((b"x" * 99 + b"\n") * 300_000)
    if earlier:
        spark.conf.set(setting, earlier)
    before = spark.conf.get(setting)
    try:
        with own_cutting(engine):
            cut_evenly(engine, find_source(engine.files, str(path)), tasks)
            assert spark.conf.get(setting) != before
            counted = spark.read.text(str(path)).groupBy(F.spark_partition_id()).count().collect()
        assert spark.conf.get(setting) == before
    finally:
        spark.conf.unset(setting)
    parts = [row["count"] for row in counted]
    assert (sum(parts), len(parts)) == (300_000, tasks)
    assert max(parts) - min(parts) <= tasks
