"""Python exceptions in logs as Spark 3.5 leaves them, shortened."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from launch.diagnose import Diagnosis

Why = Callable[..., Diagnosis]

CODE = "/opt/ml/processing/input/code"
PYSPARK = "/usr/lib/spark/python/lib/pyspark.zip/pyspark"

COLUMN = f"""\
26/11/23 14:35:10 INFO SharedState: Warehouse path is 'file:/tmp/spark-warehouse'.
Traceback (most recent call last):
  File "{CODE}/main.py", line 4, in <module>
    df.select("delay").show()
    ^^^^^^^^^^^^^^^^^^
  File "{PYSPARK}/sql/dataframe.py", line 3228, in select
  File "{PYSPARK}/errors/exceptions/captured.py", line 185, in deco
pyspark.errors.exceptions.captured.AnalysisException: [UNRESOLVED_COLUMN.WITH_SUGGESTION] A \
column or function parameter with name `delay` cannot be resolved. Did you mean one of the \
following? [`id`].;
'Project ['delay]
+- Range (0, 10, step=1, splits=Some(2))

26/11/23 14:35:11 INFO SparkContext: Invoking stop() from shutdown hook
"""

# The image reports that spark-submit failed with a traceback of its own, below the real one.
IMAGE = """\
ERROR:smspark-submit:spark-submit command failed with exit code 1: Command 'spark-submit --master \
yarn main.py' returned non-zero exit status 1.
Traceback (most recent call last):
  File "/usr/local/lib/python3.12/site-packages/smspark/job.py", line 151, in run
    subprocess.run(spark_submit_cmd, check=True, shell=True)
  File "/usr/lib/python3.12/subprocess.py", line 571, in run
    raise CalledProcessError(retcode, process.args,
subprocess.CalledProcessError: Command 'spark-submit main.py' returned non-zero exit status 1.

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/usr/local/lib/python3.12/site-packages/smspark/job.py", line 160, in run
    raise AlgorithmError("spark failed with a non-zero exit code", caused_by=e)
smspark.errors.AlgorithmError: spark failed with a non-zero exit code (caused by CalledProcessError)
"""

TASK = f"""\
26/11/23 14:35:16 WARN TaskSetManager: Lost task 1.0 in stage 0.0 (TID 1) (algo-2 executor 1): \
org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "{PYSPARK}/worker.py", line 1247, in main
    process()
  File "/tmp/spark-1/userFiles-2/bundle.zip/jobs/ratio.py", line 4, in ratio
    return 1 / (x - 5)
           ~~^~~~~~~~~
ZeroDivisionError: division by zero

\tat org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handle(PythonRunner.scala:572)
\tat org.apache.spark.scheduler.Task.run(Task.scala:141)

26/11/23 14:35:16 ERROR TaskSetManager: Task 1 in stage 0.0 failed 4 times; aborting job
"""
DRIVER = f"""\
Traceback (most recent call last):
  File "{CODE}/main.py", line 5, in <module>
    print(spark.sparkContext.parallelize(range(10), 2).map(f).sum())
  File "{PYSPARK}/rdd.py", line 1833, in collect
py4j.protocol.Py4JJavaError: An error occurred while calling z:org.apache.spark.collectAndServe.
: org.apache.spark.SparkException: Job aborted due to stage failure: Task 1 in stage 0.0 failed 4 \
times, most recent failure: Lost task 1.3 in stage 0.0 (TID 7) (algo-2 executor 1): \
org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "{PYSPARK}/worker.py", line 1247, in main
    process()
  File "/tmp/spark-1/userFiles-2/bundle.zip/jobs/ratio.py", line 4, in ratio
    return 1 / (x - 5)
ZeroDivisionError: division by zero

\tat org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handle(PythonRunner.scala:572)

Driver stacktrace:
\tat org.apache.spark.scheduler.DAGScheduler.failJobAndIndependentStages(DAGScheduler.scala:2898)
Caused by: org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/tmp/spark-1/userFiles-2/bundle.zip/jobs/ratio.py", line 4, in ratio
    return 1 / (x - 5)
ZeroDivisionError: division by zero

\tat org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handle(PythonRunner.scala:572)
26/11/23 14:35:16 INFO SparkContext: Invoking stop() from shutdown hook
"""

UDF = f"""\
Traceback (most recent call last):
  File "{CODE}/main.py", line 7, in <module>
    df.select(third("line")).collect()
  File "{PYSPARK}/errors/exceptions/captured.py", line 185, in deco
pyspark.errors.exceptions.captured.PythonException: 
  An exception was thrown from the Python worker. Please see the stack trace below.
Traceback (most recent call last):
  File "{CODE}/main.py", line 5, in third
    return int(text.split(",")[2])
IndexError: list index out of range

26/11/23 14:39:47 INFO SparkContext: Invoking stop() from shutdown hook
"""  # noqa: W291

CHAIN = f"""\
Traceback (most recent call last):
  File "{CODE}/main.py", line 7, in <module>
    raise ValueError("inner")
ValueError: inner

{{link}}

Traceback (most recent call last):
  File "{CODE}/main.py", line 9, in <module>
    raise RuntimeError("outer failed") from e
RuntimeError: outer failed
"""
CAUSE = "The above exception was the direct cause of the following exception:"
CONTEXT = "During handling of the above exception, another exception occurred:"


def test_a_missing_column_is_named_with_those_there_are(why: Why) -> None:
    found = why(COLUMN + IMAGE)
    assert found.kind == "missing_column"
    assert found.cause == "there is no column delay; columns: id"
    assert found.where == "main.py line 4"
    assert found.evidence[0].startswith("algo-1: pyspark.errors.exceptions.captured.Analysis")
    assert "CalledProcessError" not in " ".join(found.evidence)


@pytest.mark.parametrize("log", [TASK + DRIVER + IMAGE, DRIVER])
def test_an_exception_in_a_task(why: Why, log: str) -> None:
    found = why(log)
    assert found.kind == "python_exception"
    assert found.cause.startswith("ZeroDivisionError: division by zero, in Python code that runs")
    assert found.where == "jobs/ratio.py line 4"
    assert "algo-1: Py4JJavaError at main.py line 5" in found.evidence


def test_an_exception_in_a_udf(why: Why) -> None:
    found = why(UDF)
    assert found.kind == "python_exception"
    assert found.cause.startswith("IndexError: list index out of range")
    assert found.where == "main.py line 5"


def test_the_error_that_another_was_raised_from(why: Why) -> None:
    found = why(CHAIN.format(link=CAUSE))
    assert found.cause == "ValueError: inner (reported as RuntimeError: outer failed)"
    assert found.where == "main.py line 7"


def test_an_error_while_another_was_handled_is_its_own(why: Why) -> None:
    found = why(CHAIN.format(link=CONTEXT))
    assert found.cause == "RuntimeError: outer failed"
    assert found.where == "main.py line 9"


def test_a_task_that_failed_once_is_not_the_driver_s_error(why: Why) -> None:
    """The task was run again; the program ended by an exception of its own."""
    found = why(TASK + CHAIN.format(link=CONTEXT))
    assert found.cause == "RuntimeError: outer failed"


def test_log_lines_in_the_middle_of_a_traceback(why: Why) -> None:
    """Python and the JVM write into one pipe."""
    log = COLUMN.replace(
        "  File",
        "26/11/23 14:35:11 INFO BlockManager: Removed 1\n  File",
        1,
    ).replace(
        "\npyspark.errors", "\n26/11/23 14:35:11 INFO Executor lost: 1 (epoch 1)\npyspark.errors"
    )
    assert why(log).cause == "there is no column delay; columns: id"


def test_a_log_line_glued_to_another(why: Why) -> None:
    log = f"""\
Traceback (most recent call last):
  File "{CODE}/main.py", line 18, in <module>
    frame.collect()
py4j.protocol.Py4JJavaError26/11/23 14:35:37 INFO ExecutorRunner: Launch command: "java"
: An error occurred while calling o1.collect.
: java.lang.IllegalStateException: odd
"""
    found = why(log)
    assert (found.cause, found.where) == ("IllegalStateException: odd", "main.py line 18")


def test_a_missing_module(why: Why) -> None:
    found = why(f"""\
Traceback (most recent call last):
  File "{CODE}/main.py", line 2, in <module>
    import sklearn.linear_model
ModuleNotFoundError: No module named 'sklearn'
""")
    assert (found.kind, found.where) == ("missing_module", "main.py line 2")
    assert found.cause == "the Python module sklearn is not on the cluster"


def test_an_exception_that_prints_an_exit_code_is_no_lost_executor(why: Why) -> None:
    found = why(f"""\
Traceback (most recent call last):
  File "{CODE}/main.py", line 2, in <module>
    raise RuntimeError(text)
RuntimeError: the converter's exit status: 137
""")
    assert found.cause == "RuntimeError: the converter's exit status: 137"
