"""Command lines of jobs/main.py in one Spark, so that Java starts once for a module's tests.

``run(line)`` runs one; ``run(first, second)`` runs the second where the first is about to exchange
the manifest: both have read it before. ``["copy", URI, PATH]`` copies a directory to this machine.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

COMMANDS = """
import io, json, sys
from contextlib import redirect_stdout
from jobs.publish.output import OutputDirectory
import jobs.main, jobs.session

commit, said, marks = OutputDirectory.commit, [], []
jobs.session.say = said.append

def marked(self, *arguments):
    marks.append(self.files.read_text(f"{self.staging}/splits/_SUCCESS"))
    return commit(self, *arguments)

def overtaken_by(line):
    def overtaken(self, *arguments):
        OutputDirectory.commit = commit
        assert jobs.main.main(line) == 0
        return commit(self, *arguments)
    OutputDirectory.commit = overtaken

OutputDirectory.commit = marked
def copy(source, target):
    from pyspark.sql import SparkSession
    jvm = SparkSession.builder.getOrCreate()._jvm
    path = jvm.org.apache.hadoop.fs.Path(source)
    conf = SparkSession.builder.getOrCreate()._jsc.hadoopConfiguration()
    path.getFileSystem(conf).copyToLocalFile(path, jvm.org.apache.hadoop.fs.Path(target))
    return 0

for text in sys.stdin:
    lines, out = json.loads(text), io.StringIO()
    said.clear()
    with redirect_stdout(out):
        if lines[1:]:
            overtaken_by(lines[1])
        code = copy(*lines[0][1:]) if lines[0][0] == "copy" else jobs.main.main(lines[0])
    answer = {"code": code, "out": out.getvalue(), "err": "\\n".join(said), "marks": marks[-1:]}
    print("ANSWER" + json.dumps(answer), flush=True)
"""


class Done(NamedTuple):
    """How a command ended, what it said, and what its committer left in ``_SUCCESS``."""

    code: int
    out: str
    err: str
    marks: list[str]


Run = Callable[..., Done]
# Rows of the tables.
TABLES = {"one": 40, "two": 60}


def write_tables(folder: Path) -> Path:
    """Write one.csv and two.csv: id, a text, a target."""
    for name, rows in TABLES.items():
        lines = [f"{i},{'ab'[i % 2]},{i % 5}\n" for i in range(rows)]
        (folder / f"{name}.csv").write_text("id,s,y\n" + "".join(lines))
    return folder


@contextmanager
def one_spark(folder: Path, options: Sequence[str], env: Mapping[str, str]) -> Iterator[Run]:
    """Start the process; give what runs command lines in it."""
    app = folder / "commands.py"
    app.write_text(COMMANDS)
    arguments = shlex.join(["--master", "local[2]", *options, "pyspark-shell"])
    with subprocess.Popen(
        [sys.executable, str(app)],
        env={**os.environ, **env, "PYSPARK_SUBMIT_ARGS": arguments},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as spark:
        assert spark.stdin is not None
        assert spark.stdout is not None
        write, lines = spark.stdin, spark.stdout

        def run(*commands: list[object]) -> Done:
            write.write(json.dumps([[str(part) for part in one] for one in commands]) + "\n")
            write.flush()
            answer = next(line for line in lines if line.startswith("ANSWER"))
            return Done(**json.loads(answer.removeprefix("ANSWER")))

        yield run
        write.close()
