"""Full disks, access, paths, jars: the JVM's words for each, below a driver's traceback."""

from __future__ import annotations

import pytest

from .conftest import Why

S3 = "(Service: Amazon S3; Status Code: 403; Error Code: 403 Forbidden; Request ID: X)"


@pytest.mark.parametrize(
    ("java", "kind", "cause", "advice"),
    [
        ("java.io.IOException: No space left on device", "disk_full", "a disk", "volume_size_gb"),
        (
            "java.lang.OutOfMemoryError: GC overhead limit exceeded",
            "out_of_memory",
            "the driver ran out of memory (GC overhead limit exceeded)",
            "instance_type",
        ),
        (
            f"java.nio.file.AccessDeniedException: s3a://b/x.csv: getFileStatus: Forbidden {S3}",
            "access_denied",
            "access was denied s3a://b/x.csv",
            "role",
        ),
        (
            "java.nio.file.AccessDeniedException: s3a://b/x: User: r is not authorized to perform: "
            f"kms:GenerateDataKey {S3}",
            "access_denied",
            "the job may not use the KMS key",
            "kms_key",
        ),
        (
            "java.nio.file.AccessDeniedException: b: org.apache.hadoop.fs.s3a.auth."
            "NoAuthWithAWSException: No AWS Credentials provided by X",
            "access_denied",
            "the job found no AWS credentials",
            "network_isolation",
        ),
        (
            "java.io.FileNotFoundException: Bucket nosuch does not exist",
            "bad_path",
            "the bucket nosuch does not exist",
            "bucket",
        ),
        (
            "java.io.FileNotFoundException: No such file or directory: s3a://b/x.csv",
            "bad_path",
            "there is no file or folder s3a://b/x.csv",
            "arguments",
        ),
        (
            "[PATH_NOT_FOUND] Path does not exist: hdfs://10.0.1.5/opt/ml/processing/input/x.csv.",
            "bad_path",
            "/opt/ml/processing/input/x.csv was looked up in HDFS",
            "file:///opt/ml/",
        ),
        (
            "[PATH_NOT_FOUND] Path does not exist: file:/data/x.csv.",
            "bad_path",
            "there is no file or folder file:/data/x.csv",
            "arguments",
        ),
        (
            "java.lang.ClassNotFoundException: Class org.apache.hadoop.fs.s3a.S3AFileSystem not "
            "found",
            "missing_jar",
            "Spark has no S3 file system",
            "hadoop-aws",
        ),
        (
            "[DATA_SOURCE_NOT_FOUND] Failed to find the data source: delta. Please find packages",
            "missing_jar",
            "Delta's jars are missing",
            "io.delta",
        ),
        (
            "Total size of serialized results of 9 tasks (1.1 GiB) is bigger than "
            "spark.driver.maxResultSize (1024.0 MiB)",
            "out_of_memory",
            "the driver was sent more results than it may hold (1.1 GiB)",
            "spark.driver.maxResultSize",
        ),
    ],
)
def test_an_error_of_java_has_its_kind_cause_and_advice(
    why: Why, java: str, kind: str, cause: str, advice: str
) -> None:
    log = f"""\
Traceback (most recent call last):
  File "/opt/ml/processing/input/code/main.py", line 5, in <module>
    spark.read.csv(path)
py4j.protocol.Py4JJavaError: An error occurred while calling o32.csv.
: java.lang.RuntimeException: {java}
\tat org.apache.hadoop.conf.Configuration.getClass(Configuration.java:2688)
"""
    diagnosis = why(log)
    assert diagnosis.kind == kind
    assert diagnosis.cause.startswith(cause)
    assert advice in " ".join(diagnosis.advice)
    assert any(java[-40:] in line for line in diagnosis.evidence)


@pytest.mark.parametrize(
    ("reason", "kind", "cause"),
    [
        (
            "ExecutorLostFailure (executor 2 exited) Reason: Command exited with code 52",
            "out_of_memory",
            "executor 2 on algo-3 ran out of Java memory (exit code 52)",
        ),
        (
            "ExecutorLostFailure (executor 2 exited) Reason: Container from a bad node: c on host: "
            "algo-3. Exit status: 143. Diagnostics: Container killed on request.",
            "executor_lost",
            "executor 2 on algo-3 ended before its time (exit code 143)",
        ),
        (
            "ExecutorLostFailure (executor 2 exited) Reason: Executor heartbeat timed out after "
            "130151 ms",
            "executor_lost",
            "executor 2 on algo-3 was lost: it no longer answered",
        ),
        (
            "org.apache.spark.SparkException: Python worker exited unexpectedly (crashed)",
            "executor_lost",
            "a Python process of executor 2 on algo-3 died",
        ),
    ],
)
def test_a_lost_executor_is_named_with_the_way_it_went(
    why: Why, reason: str, kind: str, cause: str
) -> None:
    log = (
        "error: SparkException: Job aborted due to stage failure: Task 3 in stage 5.0 failed 4 "
        "times, most recent failure: Lost task 3.3 in stage 5.0 (TID 90) (algo-3 executor 2): "
    )
    diagnosis = why(log + reason)
    assert diagnosis.kind == kind
    assert diagnosis.cause.startswith(cause)


@pytest.mark.parametrize("what", ["there is no file", "there is no file or directory"])
def test_our_own_word_on_a_bare_path_gets_the_advice_on_hdfs(why: Why, what: str) -> None:
    path = "/opt/ml/processing/input/contract/flights.json"
    diagnosis = why(f"error: {what} {path}", reason="AlgorithmError: , exit code: 2")
    assert diagnosis.kind == "input_error"
    assert "file:///opt/ml/processing/" in diagnosis.advice[0]
