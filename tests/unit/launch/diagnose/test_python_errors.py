"""Python exceptions in logs as Spark 3.5 leaves them, shortened."""

from __future__ import annotations

import pytest

from .conftest import Why, same_cause

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


GLUED = f"""\
Traceback (most recent call last):
  File "{CODE}/main.py", line 18, in <module>
    frame.collect()
py4j.protocol.Py4JJavaError26/11/23 14:35:37 INFO ExecutorRunner: Launch command: "java"
: An error occurred while calling o1.collect.
: java.lang.IllegalStateException: odd
"""
# Python and the JVM write into one pipe.
MIXED = COLUMN.replace(
    "  File", "26/11/23 14:35:11 INFO BlockManager: Removed 1\n  File", 1
).replace("\npyspark.errors", "\n26/11/23 14:35:11 INFO Executor lost: 1 (epoch 1)\npyspark.errors")


def raised(line: str, error: str) -> str:
    """Write the traceback of an error in line 2 of the driver's program."""
    where = f'  File "{CODE}/main.py", line 2, in <module>'
    return f"Traceback (most recent call last):\n{where}\n    {line}\n{error}\n"


@pytest.mark.parametrize(
    ("log", "kind", "cause", "where"),
    [
        (COLUMN + IMAGE, "missing_column", "there is no column delay; columns: id",
         "main.py line 4"),
        (MIXED, "missing_column", "there is no column delay; columns: id", "main.py line 4"),
        (TASK + DRIVER + IMAGE, "python_exception",
         "ZeroDivisionError: division by zero, in Python code that runs…", "jobs/ratio.py line 4"),
        (DRIVER, "python_exception",
         "ZeroDivisionError: division by zero, in Python code that runs…", "jobs/ratio.py line 4"),
        (UDF, "python_exception", "IndexError: list index out of range…", "main.py line 5"),
        # The error that another was raised from; one that came while another was handled.
        (CHAIN.format(link=CAUSE), "python_exception",
         "ValueError: inner (reported as RuntimeError: outer failed)", "main.py line 7"),
        (CHAIN.format(link=CONTEXT), "python_exception", "RuntimeError: outer failed",
         "main.py line 9"),
        # The task was run again; the program ended by an exception of its own.
        (TASK + CHAIN.format(link=CONTEXT), "python_exception", "RuntimeError: outer failed",
         "main.py line 9"),
        (GLUED, "spark_error", "IllegalStateException: odd", "main.py line 18"),
        (raised("import sklearn.linear_model", "ModuleNotFoundError: No module named 'sklearn'"),
         "missing_module", "the Python module sklearn is not on the cluster", "main.py line 2"),
        (raised("rows = list(frame.toLocalIterator())", "MemoryError"), "out_of_memory",
         "Python ran out of memory in the driver", "main.py line 2"),
        # An exit code that an exception prints is no lost executor.
        (raised("raise RuntimeError(text)", "RuntimeError: the converter's exit status: 137"),
         "python_exception", "RuntimeError: the converter's exit status: 137", "main.py line 2"),
    ],
)  # fmt: skip
def test_an_exception_is_told_with_its_line(
    why: Why, log: str, kind: str, cause: str, where: str
) -> None:
    diagnosis = why(log)
    assert (diagnosis.kind, diagnosis.where) == (kind, where)
    assert same_cause(diagnosis, cause)


def test_the_images_own_traceback_is_no_evidence(why: Why) -> None:
    evidence = why(COLUMN + IMAGE).evidence
    assert evidence[0].startswith("algo-1: pyspark.errors.exceptions.captured.Analysis")
    assert "CalledProcessError" not in " ".join(evidence)
    assert "algo-1: Py4JJavaError at main.py line 5" in why(TASK + DRIVER + IMAGE).evidence
