"""Command lines of jobs/main.py in one Spark, so that Java starts once for a module's tests.

``run(line)`` runs one; ``run(first, second)`` runs the second where the first is about to exchange
the manifest: both have read it before. ``["copy", URI, PATH]`` copies a directory to this machine;
``["session", "KEY=VALUE", …]`` ends the session (its event log is complete then), and gives
settings to those that follow, on the same Java.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from campaigns.resident import LOCAL, Resident

COMMANDS = Path(__file__).with_name("spark_commands.py")


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
    """Give what runs command lines in a process that starts with the first of them."""
    log = folder / "spark.log"
    with closing(Resident([*LOCAL, *options], {**os.environ, **env}, log, COMMANDS)) as spark:

        def run(*commands: Sequence[object]) -> Done:
            answer = spark.ask([[str(part) for part in one] for one in commands])
            assert answer is not None, log.read_text(errors="replace")[-3000:]
            return Done(**answer)

        yield run
