"""Say in advance how much memory a table takes, and refuse one that does not fit."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.engine_choice import free_memory
from jobs.files import Files
from jobs.prepare_tabular import parquet
from jobs.prepare_tabular.packed import FOR_A_BYTE_OF_CSV
from jobs.source import Source
from schemas.errors import InputError

# Peaks of whole runs with the default options, each in a fresh process (pandas 3, CSV out). A table
# of 200 rows takes 161 MB; above that, CSV took for a byte of input:
#   flights: 10.4 bytes in 31 MB, 13.1 in 10 MB · 20 columns of one digit: 11.1 in 16 MB
#   4 columns of different fractions: 11.7 in 22 MB · 4 of different texts: 16.1 in 19 MB
# FOR_A_BYTE_OF_CSV is above all of them.
_BASE = 161 * 10**6
# Text packs up to eight times (flights: 3.8).
_PACKED = 8
# Parquet stores a column of few different values in next to nothing, so its cells are counted. The
# same tables took 259 MB for 6.4 million cells in 5.6 MB (flights), 294 MB for 8 million in 4 MB
# (digits), 232 MB for 2.5 million in 21 MB (fractions), 385 MB for 2.5 million in 19 MB (texts).
_FOR_A_CELL, _FOR_A_BYTE_OF_PARQUET = 45, 15


@dataclass(frozen=True)
class Estimate:
    """The memory that a run needs at its peak, and what this machine has free."""

    needed: int
    free: int

    @property
    def fits(self) -> bool:
        """Tell whether there is enough."""
        return self.needed <= self.free

    def __str__(self) -> str:
        end = "" if self.fits else ": too little"
        return f"about {_megabytes(self.needed)} at the peak, {_megabytes(self.free)} are free{end}"


def estimate(files: Files, source: Source) -> Estimate:
    """Estimate a run's peak memory, from above, by the stored size of its input."""
    needed = _BASE
    if source.format == "parquet":
        needed += parquet.cells_of(source) * _FOR_A_CELL + source.bytes * _FOR_A_BYTE_OF_PARQUET
    else:
        for file in source.files:
            factor = _PACKED if files.is_compressed(file.path) else 1
            needed += file.size * FOR_A_BYTE_OF_CSV * factor
    return Estimate(needed, free_memory())


def check_fits(found: Estimate, source: Source) -> None:
    """Raise InputError where the input does not fit the memory, with what to do instead."""
    if not found.fits:
        raise InputError(
            f"{source.path} does not fit this machine: {source.bytes:,} bytes of {source.format} "
            f"need {found}; use the Spark job: spark-submit jobs/main.py prepare …"
        )


def _megabytes(count: int) -> str:
    return f"{count / 10**6:,.0f} MB"
