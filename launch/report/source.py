"""Open event logs: plain or packed, one file or Spark's rolling parts, whole or cut off."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from launch.errors import LaunchError
from launch.history.event_logs import application_id

# Spark's plans can be megabytes on a line; what is longer is no event, and would fill the memory.
_LONGEST_LINE = 64 * 2**20
_PART = re.compile(r"events_(?P<number>\d+)_(?P<of>.+?)(?:\.(?:zstd|lz4|lzf|snappy))?(\.compact)?")
_UNREADABLE = {
    b"LZ4Block": "lz4",
    b"\x04\x22\x4d\x18": "lz4",
    b"\x82SNAPPY\x00": "snappy",
    b"ZV": "lzf",
}
_RUNNING = ".inprogress"
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_UNPACKED = "set spark.eventLog.compress to false (or spark.eventLog.compression.codec to zstd)"


class NoEventLogError(LaunchError):
    """Something that is no event log, or one that cannot be read."""


@dataclass
class EventLogFile:
    """One application's log, in one part or in several; ``broken`` once its end was not there."""

    name: str
    parts: tuple[Path, ...]
    broken: bool = field(default=False)

    def lines(self) -> Iterator[str]:
        """Yield its lines, one at a time; what is cut off in the middle of a packed file ends it.

        Raises:
            NoEventLogError: It is packed in a way that cannot be read here, or not readable.
        """
        self.broken = False
        for part in self.parts:
            try:
                with part.open("rb") as raw:
                    yield from _lines(io.TextIOWrapper(_unpacked(raw, part), "utf-8", "replace"))
            except PermissionError as error:
                raise NoEventLogError(f"{part} cannot be read: {error.strerror}") from None
            except (EOFError, zlib.error, OSError, _zstd_error()):
                self.broken = True


def find_logs(path: Path) -> list[EventLogFile]:
    """Return the logs at a path: a file, Spark's folder of rolling parts, or a folder of logs.

    Raises:
        NoEventLogError: There is nothing, nothing that looks like an event log, or no way to it.
    """
    try:
        return _found(path)
    except OSError as error:
        raise NoEventLogError(
            f"{error.filename or path} cannot be read: {error.strerror}"
        ) from None


def _found(path: Path) -> list[EventLogFile]:
    if path.is_file():
        if not path.stat().st_size:
            raise NoEventLogError(
                f"{path} is empty: the driver ended before Spark wrote anything; "
                "`launch why` reads what it printed"
            )
        return group([path])
    if not path.is_dir():
        raise NoEventLogError(f"there is no {path}; name an event log of Spark")
    own = group(_files(path)) if application_id(path.name) else []
    found = own or [
        log
        for entry in sorted(path.iterdir())
        if application_id(entry.name)
        for log in group(_files(entry) if entry.is_dir() else [entry])
    ]
    if not found:
        raise NoEventLogError(
            f"{path} holds no event log: files named application_…, app-… or local-…, or a folder "
            "eventlog_v2_…; name the file itself if it is called otherwise"
        )
    return found


def group(paths: Sequence[Path]) -> list[EventLogFile]:
    """Put the parts of rolling logs together, in order; any other file is a log of its own.

    What was copied while the application ran stays beside the whole log in S3: it is left out.
    """
    logs = []
    names = {path.name for path in paths}
    parts: dict[str, list[tuple[int, Path]]] = {}
    for path in paths:
        found = _PART.fullmatch(path.name)
        if found:
            number = int(found["number"])
            parts.setdefault(found["of"], []).append((number, path))
        elif _is_log(path.name) and path.name.removesuffix(_RUNNING) not in names - {path.name}:
            logs.append(EventLogFile(path.name, (path,)))
    for name, numbered in parts.items():
        # What stands before a compacted part is in it.
        start = max((number for number, path in numbered if ".compact" in path.name), default=0)
        kept = [path for number, path in sorted(numbered) if _counts(number, path, start)]
        logs.append(EventLogFile(name, tuple(kept)))
    return logs


def _is_log(name: str) -> bool:
    return not name.endswith(".crc") and not name.startswith("appstatus_")


def _counts(number: int, path: Path, start: int) -> bool:
    return number > start or (number == start and ".compact" in path.name) or start == 0


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and path.stat().st_size)


def _lines(text: IO[str]) -> Iterator[str]:
    whole = True
    while line := text.readline(_LONGEST_LINE):
        ends = line.endswith("\n") or len(line) < _LONGEST_LINE
        if whole and ends:
            yield line
        whole = ends


def _unpacked(raw: IO[bytes], path: Path) -> Any:
    """Return a reader of what is in the file, told by its first bytes: names can be wrong."""
    start = raw.read(8)
    raw.seek(0)
    for magic, codec in _UNREADABLE.items():
        if start.startswith(magic):
            raise NoEventLogError(
                f"{path} is packed with {codec}, which is not read here; for the next run "
                f"{_UNPACKED} under `spark:` in launch.yaml. `launch history` reads this one"
            )
    if start.startswith(_GZIP):
        import gzip

        return gzip.GzipFile(fileobj=raw)
    if start.startswith(_ZSTD):
        try:
            import zstandard
        except ImportError:
            raise NoEventLogError(
                f"{path} is packed with zstd, and the Python package zstandard is not here: "
                f"install it, or unpack the file with `zstd -d`; for the next run {_UNPACKED}"
            ) from None
        return zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
    return raw


def _zstd_error() -> type[Exception]:
    try:
        import zstandard
    except ImportError:
        return EOFError
    error: type[Exception] = zstandard.ZstdError
    return error
