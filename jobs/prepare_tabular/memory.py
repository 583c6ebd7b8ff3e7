"""Say in advance how much memory a table takes, and refuse one that does not fit."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.engine_choice import free_memory
from jobs.files import Files
from jobs.source import Source
from schemas.errors import InputError

# Bytes of memory at the peak for a byte of input, beside what Python and pandas take themselves.
# To be replaced by the measurement.
_FACTORS = {"csv": 12, "parquet": 60}
_PACKED = 60
_BASE = 150 * 10**6


@dataclass(frozen=True)
class Estimate:
    """The memory that a run needs at its peak, and what this machine has free."""

    needed: int
    free: int

    def __str__(self) -> str:
        return f"about {_megabytes(self.needed)} at the peak, {_megabytes(self.free)} are free"


def estimate(files: Files, source: Source) -> Estimate:
    """Estimate a run's peak memory from the stored size of its input."""
    packed = any(files.is_compressed(file.path) for file in source.files)
    factor = _PACKED if packed else _FACTORS[source.format]
    return Estimate(_BASE + source.bytes * factor, free_memory())


def check_fits(found: Estimate, source: Source) -> None:
    """Raise InputError where the input does not fit the memory, with what to do instead."""
    if found.needed > found.free:
        raise InputError(
            f"{source.path} does not fit this machine: {source.bytes:,} bytes of {source.format} "
            f"need {found}; use the Spark job: spark-submit jobs/main.py prepare …"
        )


def _megabytes(count: int) -> str:
    return f"{count / 10**6:,.0f} MB"
