"""Into how many tasks the input is cut, and how large the published files become.

All tasks of a read are equal, and as many as the cores take in whole rounds. (Spark's own rule cuts
at 128 MB: 978 MB on two cores are seven tasks and a small one, and a core waits at the end.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from schemas.errors import InputError

if TYPE_CHECKING:
    from jobs.engine import Engine
    from jobs.source import Source

DEFAULT_FILE_SIZE = 128 * 1024**2
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
# Bytes of snappy Parquet for a byte of input (18 columns, half numbers: 0.44 of the CSV's; gzip
# makes CSV about a fourth).
_OUT_OF = {"csv": 0.45, "json": 0.3, "parquet": 1.0, "delta": 1.0}
_PACKED = 4
_MOST_BYTES_SETTING = "spark.sql.files.maxPartitionBytes"
_LEAST_TASKS_SETTING = "spark.sql.files.minPartitionNum"
_OPEN_BYTES_SETTING = "spark.sql.files.openCostInBytes"
_READ_BYTES = 128 * 1024**2


def parse_size(text: str) -> int:
    """Read a size such as ``128MB``, ``64m`` or ``1g`` as bytes; InputError for anything else."""
    found = re.fullmatch(r"(\d{1,18})\s*([kmg]?)i?b?", text.strip().lower())
    if not found or int(found[1]) == 0:
        raise InputError(f"{text!r} is no size; write it as 128MB, 64m or 1g")
    return int(found[1]) * _UNITS[found[2]]


def write_tasks(engine: Engine, source: Source, *, target: int, largest_share: float) -> int | None:
    """Return into how many tasks the write is drawn together; None leaves it to the engine.

    Each task writes one file a split, so that the largest split's files come near ``target``, from
    below; but no core is left idle for it.
    """
    if not engine.is_classic:
        return None
    factor = _OUT_OF[source.format]
    if any(engine.files.is_compressed(file.path) for file in source.files[:1]):
        factor *= _PACKED
    needed = -(-int(source.bytes * factor * largest_share) // target)
    return _whole_rounds(engine, needed)


def read_tasks(engine: Engine, source: Source) -> int | None:
    """Return by how many tasks the input is read; None leaves it to the engine."""
    if not engine.is_classic:
        return None
    return _whole_rounds(engine, -(-source.bytes // _READ_BYTES))


def _whole_rounds(engine: Engine, needed: int) -> int:
    cores = engine.spark.sparkContext.defaultParallelism
    return max(1, -(-needed // cores)) * cores


@contextmanager
def own_cutting(engine: Engine) -> Iterator[None]:
    """Give the session its way of cutting files back at the end; a job may not be its last user."""
    if not engine.is_classic:
        yield
        return
    conf = engine.spark.conf
    names = (_MOST_BYTES_SETTING, _LEAST_TASKS_SETTING)
    before = {name: conf.get(name, None) for name in names}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                conf.unset(name)
            else:
                conf.set(name, value)


def cut_evenly(engine: Engine, source: Source, tasks: int | None) -> None:
    """Make the next reads of the input fall into so many equal tasks, or a few more.

    Within :func:`own_cutting`: what is right for this input cuts a larger one into thousands.

    The user's own ``spark.sql.files.maxPartitionBytes`` is left as it is.
    """
    if tasks is None or engine.spark.sparkContext.getConf().contains(_MOST_BYTES_SETTING):
        return
    conf = engine.spark.conf
    open_bytes = parse_size(str(conf.get(_OPEN_BYTES_SETTING)))
    # What is opened after the first file counts as bytes when Spark packs files into tasks.
    weight = source.bytes + (len(source.files) - 1) * open_bytes
    conf.set(_MOST_BYTES_SETTING, str(-(-weight // tasks)))
    # Otherwise Spark also cuts by the cores it has, which come and go with dynamic allocation.
    conf.set(_LEAST_TASKS_SETTING, str(tasks))
