"""How large the published files become, and by how many tasks they are written."""

from __future__ import annotations

import re
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


def parse_size(text: str) -> int:
    """Read a size such as ``128MB``, ``64m`` or ``1g`` as bytes; InputError for anything else."""
    found = re.fullmatch(r"(\d+)\s*([kmg]?)i?b?", text.strip().lower())
    if not found or int(found[1]) == 0:
        raise InputError(f"{text!r} is no size; write it as 128MB, 64m or 1g")
    return int(found[1]) * _UNITS[found[2]]


def write_tasks(engine: Engine, source: Source, *, target: int, largest_share: float) -> int | None:
    """Return into how many tasks the write is drawn together; None leaves it to the engine.

    Each task writes one file a split, so that the largest split's files come near ``target``; but
    no core is left idle for it.
    """
    if engine.name != "spark":
        return None
    factor = _OUT_OF[source.format]
    if any(engine.files.is_compressed(file.path) for file in source.files[:1]):
        factor *= _PACKED
    needed = -(-int(source.bytes * factor * largest_share) // target)
    return max(needed, engine.spark.sparkContext.defaultParallelism)
