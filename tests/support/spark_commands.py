"""The process of one_spark: reads lists of command lines, and answers how the first ended.

A line of input is a list of one or two command lines; the second runs where the first is about to
exchange the manifest: both have read it before.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import jobs.main
import jobs.session
from campaigns.resident import ANSWER
from jobs.publish.output import OutputDirectory

commit = OutputDirectory.commit
said: list[str] = []
marks: list[str] = []


def marked(self: Any, *arguments: Any) -> Any:
    """Keep what the committer left in ``_SUCCESS`` (Delta leaves none), then commit."""
    path = f"{self.staging}/splits/_SUCCESS"
    if self.files.exists(path):
        marks.append(self.files.read_text(path))
    return commit(self, *arguments)


def overtaken_by(line: Sequence[str]) -> Any:
    """Give a commit before which another run publishes."""

    def overtaken(self: Any, *arguments: Any) -> Any:
        OutputDirectory.commit = marked  # type: ignore[method-assign]
        assert jobs.main.main(line) == 0
        return marked(self, *arguments)

    return overtaken


def copy(source: str, target: str) -> int:
    """Copy a directory of any file system that Hadoop knows to this machine."""
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    hadoop: Any = spark._jvm.org.apache.hadoop  # type: ignore[union-attr]
    path = hadoop.fs.Path(source)
    conf = spark._jsc.hadoopConfiguration()
    path.getFileSystem(conf).copyToLocalFile(path, hadoop.fs.Path(target))
    return 0


def session(*settings: str) -> int:
    """End the session; give settings to those that follow."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    if SparkContext._active_spark_context is not None:
        SparkSession.builder.getOrCreate().stop()
    SparkContext._ensure_initialized()
    java: Any = SparkContext._gateway.jvm.java  # type: ignore[union-attr]
    for setting in settings:
        java.lang.System.setProperty(*setting.split("=", 1))
    return 0


OWN = {"copy": copy, "session": session}


def run(lines: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Run the first command line, with the second in its midst."""
    said.clear()
    marks.clear()
    # The module's own name, not sys.stderr: a progress bar writes there too.
    jobs.session.say = said.append  # type: ignore[attr-defined]
    OutputDirectory.commit = overtaken_by(lines[1]) if lines[1:] else marked  # type: ignore[method-assign]
    out = io.StringIO()
    with redirect_stdout(out):
        name, *rest = lines[0]
        code = OWN[name](*rest) if name in OWN else jobs.main.main(lines[0])
    return {"code": code, "out": out.getvalue(), "err": "\n".join(said), "marks": list(marks)}


if __name__ == "__main__":
    for text in sys.stdin:
        print(ANSWER + json.dumps(run(json.loads(text))), flush=True)
