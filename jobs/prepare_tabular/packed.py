"""Unpack a compressed file as far as it fits the memory."""

from __future__ import annotations

from jobs.engine_choice import free_memory
from jobs.files import File, Files
from schemas.errors import InputError

# Bytes of memory for a byte of text, at a run's peak; memory.py has the figures.
FOR_A_BYTE_OF_CSV = 17


def read_packed(files: Files, file: File) -> bytes:
    """Unpack a file; InputError where its text is more than fits the memory that is free now.

    How far a file swells shows only while it is read: gzip packs a text of one letter a
    thousandfold.
    """
    most = free_memory() // FOR_A_BYTE_OF_CSV
    text = files.read_head(file.path, most + 1)
    if len(text) > most:
        raise InputError(
            f"{file.path} does not fit this machine: its {file.size:,} bytes unpack to more than "
            f"{most / 10**6:,.0f} MB; use the Spark job: spark-submit jobs/main.py prepare …"
        )
    return text
