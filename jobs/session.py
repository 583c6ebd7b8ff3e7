"""The Spark session of a job: its settings, and quiet."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from schemas.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# Settings that decide results, so no cluster default may change them.
RESULT_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "false",
    # Twins such as "Id" and "id" are two columns.
    "spark.sql.caseSensitive": "true",
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    # Delta refuses a new schema otherwise.
    "spark.sql.sources.partitionOverwriteMode": "static",
    # A damaged or missing file ends the run; its rows are not left out without a word.
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    # A timestamp without zone, as pandas writes, is UTC here; Spark has no number type for it.
    "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Days before 1582 too are those of the calendar of today, as every other reader takes them.
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
    # One open file a split; without it a partitioned write sorts all rows by the split first.
    "spark.sql.maxConcurrentOutputFileWriters": "8",
    # The JVM never compiles a method of more than 8,000 bytes; Spark's own limit is 65,535. Beyond
    # it, generated code runs interpreted (2 M rows x 18 columns checked: 13.4 s, with this 6.3 s).
    "spark.sql.codegen.hugeMethodLimit": "8000",
    # The label table is a constant of the plan and would be printed whole into the event log.
    "spark.sql.maxPlanStringLength": "20000",
}
DELTA_PACKAGE = "io.delta:delta-spark_2.12:3.3.3"
_DELTA_SETTINGS = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
# Tasks upload to where their files will lie, and the job completes the uploads: no rename, which on
# S3 is a copy of every byte. Local files and HDFS go on as before.
_S3A = "org.apache.hadoop.fs.s3a.S3AFileSystem"
_COMMIT_PROTOCOL = "org.apache.spark.internal.io.cloud.PathOutputCommitProtocol"
_COMMITTERS = "spark.hadoop.mapreduce.outputcommitter.factory.scheme"
_MAGIC_COMMITTER = {
    "spark.sql.sources.commitProtocolClass": _COMMIT_PROTOCOL,
    "spark.sql.parquet.output.committer.class": (
        "org.apache.spark.internal.io.cloud.BindingParquetOutputCommitter"
    ),
    "spark.hadoop.fs.s3a.committer.name": "magic",
    "spark.hadoop.fs.s3a.committer.magic.enabled": "true",
    f"{_COMMITTERS}.s3a": "org.apache.hadoop.fs.s3a.commit.S3ACommitterFactory",
}


# Logs what ended a thread, before it ends the JVM with exit code 50 to 52.
_LAST_WORDS = "org.apache.spark.util.SparkUncaughtExceptionHandler"


def get_session(name: str, *, delta: bool = False, debug: bool = False) -> SparkSession:
    """Return the session that spark-submit prepared, or start a local one under plain Python.

    Settings that decide results are fixed; everything else is the caller's. With ``delta`` under
    plain Python the Delta jars are resolved by their Maven coordinates.
    """
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    if not debug:
        logging.getLogger().addFilter(_is_no_trace_of_py4j)
    builder = SparkSession.builder.appName(name)
    submitted = "PYSPARK_GATEWAY_PORT" in os.environ
    if SparkContext._active_spark_context is None:
        if delta and not submitted:
            builder = builder.config("spark.jars.packages", DELTA_PACKAGE)
        else:
            SparkContext._ensure_initialized()
            _set_log_level(_jvm(), debug)
            # Python's stderr is a pipe under spark-submit; the JVM knows whether a person looks on.
            terminal = _jvm().java.lang.System.console() is not None
            builder = builder.config("spark.ui.showConsoleProgress", str(terminal).lower())
            delta = _has_class(_DELTA_SETTINGS["spark.sql.extensions"])
        for key, value in _DELTA_SETTINGS.items() if delta else ():
            builder = builder.config(key, value)
    builder = _with_s3(builder)
    spark = builder.getOrCreate()
    for key, value in RESULT_SETTINGS.items():
        spark.conf.set(key, value)
    _set_log_level(spark.sparkContext._jvm, debug)
    return spark


def _with_s3(builder: Any) -> Any:
    """Let s3:// be S3A, and commit by the magic committer where its jars are there."""
    s3 = "spark.hadoop.fs.s3.impl"
    in_hadoop = _in_hadoop("fs.s3.impl")
    settings = {} if in_hadoop else {s3: _S3A}
    if _jvm() is not None and _has_class(_COMMIT_PROTOCOL) and _has_class(_S3A):
        settings |= _MAGIC_COMMITTER
        if (_set_by_user(s3) or in_hadoop) in (None, _S3A):
            settings[f"{_COMMITTERS}.s3"] = _MAGIC_COMMITTER[f"{_COMMITTERS}.s3a"]
    for key, value in settings.items():
        builder = _default(builder, key, value)
    return builder


def _default(builder: Any, key: str, value: str) -> Any:
    """Set a value only where nothing else (spark-defaults, --conf) set one."""
    return builder if _set_by_user(key) is not None else builder.config(key, value)


def _set_by_user(key: str) -> str | None:
    """Give what spark-defaults or --conf say; None where they do not, or Java did not start yet."""
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    if gateway is None:
        return None
    value = gateway.jvm.org.apache.spark.SparkConf().get(key, None)
    return None if value is None else str(value)


def _in_hadoop(key: str) -> str | None:
    """Give what core-site.xml says, as on EMR; None where it does not."""
    if _jvm() is None:
        return None
    value = _jvm().org.apache.hadoop.conf.Configuration().get(key)
    return None if value is None else str(value)


def check_delta() -> None:
    """Raise InputError where the session has no Delta jars, with the option that brings them."""
    if not _has_class(_DELTA_SETTINGS["spark.sql.extensions"]):
        raise InputError(f"Delta needs its jars: spark-submit --packages {DELTA_PACKAGE} …")


def _has_class(name: str) -> bool:
    """Tell whether the jars given to spark-submit hold a class."""
    from py4j.protocol import Py4JError

    try:
        _jvm().java.lang.Thread.currentThread().getContextClassLoader().loadClass(name)
    except Py4JError:
        return False
    return True


def _jvm() -> Any:
    from pyspark import SparkContext

    return SparkContext._jvm


def _set_log_level(jvm: Any, debug: bool) -> None:
    """Keep Spark's stack traces off the screen: the job says in one paragraph what went wrong.

    Not those of an end of the JVM, such as for lack of memory: under spark-submit, Python's words
    pass through it, and nobody else could say why all is over.
    """
    levels = jvm.org.apache.logging.log4j.Level
    configurator = jvm.org.apache.logging.log4j.core.config.Configurator
    configurator.setRootLevel(levels.valueOf("WARN" if debug else "FATAL"))
    configurator.setLevel(_LAST_WORDS, levels.valueOf("ERROR"))


def _is_no_trace_of_py4j(record: logging.LogRecord) -> bool:
    """Drop the stack trace that py4j logs where Java has ended; the job says that in words."""
    return record.msg != "Exception while sending command."


def say(message: str) -> None:
    """Write a line to the user's stderr.

    spark-submit sends a Python program's stderr to its own stdout, so that an error would end up
    in a pipe for results; the JVM's stderr is the real one.
    """
    jvm = _jvm_or_none() if "PYSPARK_GATEWAY_PORT" in os.environ else None
    if jvm is not None:
        with suppress(Exception):  # it may have ended meanwhile
            jvm.java.lang.System.err.println(message)
            return
    print(message, file=sys.stderr, flush=True)


def _jvm_or_none() -> Any:
    try:
        from pyspark import SparkContext

        SparkContext._ensure_initialized()
        return SparkContext._jvm
    except Exception:  # noqa: BLE001 - the message matters more than the way it takes
        return None
