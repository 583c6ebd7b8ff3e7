"""The engine that carries a job out: Spark itself, or one that speaks Spark Connect.

The transforms use the DataFrame API alone, so the same job runs on each. What an engine lacks is
written down here, and where one gives up, the job starts over on Spark.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from jobs.engine_choice import Choice
from jobs.errors import WRONG_INPUT, ConflictError, UnsupportedError, describe
from jobs.files import Files, escaped
from jobs.session import get_session, say
from schemas.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

T = TypeVar("T")
# Where one of these is set, pyspark makes every session and function a remote one.
_REMOTE = ("SPARK_REMOTE", "SPARK_LOCAL_REMOTE", "SPARK_CONNECT_MODE_ENABLED")


@dataclass(frozen=True)
class Engine:
    """A session with what a job has to know of it.

    ``version`` is the named engine's own. ``is_classic`` says whether it is Spark in a JVM of this
    process, ``has_corrupt_records`` whether CSV and JSON readers put a line they cannot read into a
    column. ``literal`` turns a file's URI into what the engine's readers and writers have to be
    told to find just this file.
    """

    name: str
    spark: SparkSession
    files: Files
    version: str
    is_classic: bool = True
    has_corrupt_records: bool = True
    literal: Callable[[str], str] = escaped
    stop: Callable[[], None] = field(default=lambda: None, repr=False)

    def close(self) -> None:
        """End what was started for this engine alone; Spark's session is left to its owner."""
        self.stop()


def spark_engine(spark: SparkSession) -> Engine:
    """Describe a Spark session of this process."""
    from jobs.hadoop_files import HadoopFiles

    return Engine("spark", spark, HadoopFiles(spark), spark.version)


@contextmanager
def open_engine(
    choice: Choice,
    *,
    delta: bool = False,
    debug: bool = False,
    timeout: float = 3600,
    codec: str | None = None,
) -> Iterator[Engine]:
    """Start the chosen engine, and stop it at the end.

    ``timeout`` holds for all but Spark; ``codec`` is for Sail, which takes it at its start.
    """
    if choice.name == "spark":
        for name in _REMOTE:
            os.environ.pop(name, None)
        yield spark_engine(get_session("prepare", delta=delta, debug=debug))
        return
    # Imported late: it needs grpc, which only the extra "local" brings.
    from jobs.connect import connect, start_sail

    engine = (
        start_sail(timeout, debug=debug, codec=codec)
        if choice.name == "sail"
        else connect(choice.name, timeout)
    )
    try:
        yield engine
    finally:
        engine.close()
        for name in _REMOTE:
            os.environ.pop(name, None)


def on_engine(
    choice: Choice,
    work: Callable[[Engine], T],
    *,
    delta: bool = False,
    debug: bool = False,
    timeout: float = 3600,
    codec: str | None = None,
) -> T:
    """Do the work on the chosen engine, and where Sail fails, once more on Spark.

    An InputError is the user's to mend and ends the work on any engine, and so does a
    ConflictError: begun anew, the work would replace the winner's result. An address the user
    named is not exchanged for another engine.
    """
    try:
        with open_engine(choice, delta=delta, debug=debug, timeout=timeout, codec=codec) as engine:
            return work(engine)
    except Exception as error:
        code, message = describe(error)
        is_final = isinstance(error, ConflictError) or (code == WRONG_INPUT and not _lacks(error))
        if choice.name != "sail" or is_final:
            raise
        if debug:
            say(traceback.format_exc())
        why = message.splitlines()[0][:300]
    say(f"note: engine sail gave up ({why}); the output is untouched, starting over on Spark")
    with open_engine(Choice("spark", "after sail"), delta=delta, debug=debug) as engine:
        return work(engine)


def _lacks(error: Exception) -> bool:
    return isinstance(error, UnsupportedError) and not isinstance(error, InputError)
