"""Read a file that grows, whole lines at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO


class LineReader:
    """Keeps what follows the last line break until the rest of the line has come."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._begun = b""

    def read(self, *, last: bool = False) -> Iterator[str]:
        """Give the lines that are whole by now; with ``last`` the one that was only begun, too."""
        *lines, self._begun = (self._begun + self._file.read()).split(b"\n")
        if last and self._begun:
            lines.append(self._begun)
            self._begun = b""
        for line in lines:
            yield line.decode("utf-8", errors="replace").rstrip("\r")
