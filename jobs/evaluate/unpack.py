"""Unpack model.tar.gz into a fresh directory, and nothing outside it.

An archive comes from wherever a model was trained, so nothing in it is believed: not its names,
not its sizes, not that it ends. It is read once, front to back; nothing of it stays on disk.
"""

from __future__ import annotations

import gzip
import os
import tarfile
import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import BinaryIO

from schemas.errors import InputError

MOST_MEMBERS = 10_000
DEEPEST = 32
# Trained models shrink to a half or a tenth; arrays of zeros reach gzip's own limit of about 1000,
# so the ratio is held against what is large enough to hurt.
MOST_RATIO = 200
_RATIO_FROM = 64 * 1024**2
# What tarfile may read for the header of one member: long names and attributes are held in memory.
_HEADER_BYTES = 1024**2
# Long names, long links and attributes stand in headers before the member's own: one of each kind.
# tarfile reads each within the one before, so a long chain would end in a RecursionError.
_BEFORE = (b"L", b"K", b"x", b"g", b"X")
_MOST_BEFORE = 8
_CHUNK = 1024**2
_KINDS = {
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.LNKTYPE: "a hard link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a named pipe",
    tarfile.GNUTYPE_SPARSE: "a sparse file",
}


class _RefusedError(Exception):
    """What is wrong with an archive, for the message."""


class _Header(tarfile.TarInfo):
    """A header whose damage is an error everywhere; tarfile takes it for the end of the archive."""

    before = 0

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header:
        try:
            header = super().frombuf(buf, encoding, errors)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as error:
            raise _RefusedError(f"it is damaged or was cut off ({error})") from None
        cls.before = cls.before + 1 if header.type in _BEFORE else 0
        if cls.before > _MOST_BEFORE:
            raise _RefusedError(f"more than {_MOST_BEFORE} headers in it describe one member")
        return header


class _Counting:
    """The unpacked bytes, counted as they come: a size in a header is only a claim."""

    def __init__(self, raw: BinaryIO, most: int) -> None:
        self._raw, self._most = raw, most
        self._data = gzip.GzipFile(fileobj=raw, mode="rb")
        self._total = 0
        self._allowed: int | None = None

    def start_header(self) -> None:
        """From here on, only so many bytes may be read until ``start_body``."""
        self._allowed = self._total + _HEADER_BYTES

    def start_body(self) -> None:
        self._allowed = None

    def read(self, size: int) -> bytes:
        data = self._data.read(size)
        self._total += len(data)
        if self._total > self._most:
            raise _RefusedError(
                f"it unpacks to more than {self._most:,} bytes; where that is meant, raise "
                "--max-model-bytes"
            )
        if self._total > max(_RATIO_FROM, MOST_RATIO * self._raw.tell()):
            raise _RefusedError(f"it unpacks to more than {MOST_RATIO} times its size")
        if self._allowed is not None and self._total > self._allowed:
            raise _RefusedError("a header in it is larger than any name can be")
        return data


@contextmanager
def unpacked(archive: Path, *, max_bytes: int) -> Iterator[Path]:
    """Yield a directory with the archive's files; it is removed at the end, and on any error.

    Files and directories only, with plain names inside the directory, each once (also where upper
    and lower case are one). InputError for anything else, for an archive that is cut off or
    damaged, and for one that unpacks to more than ``max_bytes``.
    """
    with TemporaryDirectory(prefix="model-") as name:
        root = Path(name)
        try:
            _unpack(archive, root, max_bytes)
        except _RefusedError as error:
            raise InputError(f"{archive} is refused: {error}") from None
        except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError) as error:
            raise InputError(
                f"{archive} is damaged or was cut off ({error}); pack it with tar czf, or copy it "
                "again"
            ) from None
        except OSError as error:
            raise InputError(
                f"cannot unpack {archive}: {error.strerror or error}; the files go to a temporary "
                "directory, which TMPDIR names"
            ) from None
        yield root


def _unpack(archive: Path, root: Path, max_bytes: int) -> None:
    with archive.open("rb") as raw:
        if raw.read(2) != b"\x1f\x8b":
            raise _RefusedError("it is no gzip file; pack the model's files with tar czf")
        raw.seek(0)
        counting = _Counting(raw, max_bytes)
        counting.start_header()
        _Header.before = 0
        # The stream mode reads forward only; tarfile's own extraction is not used at all.
        with tarfile.open(fileobj=counting, mode="r|", tarinfo=_Header) as tar:  # type: ignore[call-overload]
            names = _Names()
            for number, member in enumerate(tar, start=1):
                if number > MOST_MEMBERS:
                    raise _RefusedError(f"it has more than {MOST_MEMBERS:,} members")
                counting.start_body()
                _write(tar, member, root, names, max_bytes)
                counting.start_header()
        counting.start_body()
        while counting.read(_CHUNK):  # up to gzip's checksum
            pass


def _write(
    tar: tarfile.TarFile, member: tarfile.TarInfo, root: Path, names: _Names, most: int
) -> None:
    kind = "a sparse file" if member.issparse() else _KINDS.get(member.type)
    if kind is None and not (member.isreg() or member.isdir()):
        kind = "of an unknown kind"
    if kind:
        raise _RefusedError(f"{member.name!r} is {kind}; a model is made of plain files")
    parts = _parts(member.name)
    if member.isdir():
        names.add_directory(parts)
        root.joinpath(*parts).mkdir(parents=True, exist_ok=True)
        return
    if not 0 <= member.size <= most:
        raise _RefusedError(f"{member.name!r} has {member.size:,} bytes, of {most:,} allowed")
    names.add_file(parts, member.name)
    path = root.joinpath(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    body = tar.extractfile(member)
    assert body is not None
    with path.open("xb") as file:
        left = member.size
        while left:
            data = body.read(min(left, _CHUNK))
            if not data:
                raise _RefusedError(f"it was cut off within {member.name!r}")
            file.write(data)
            left -= len(data)


def _parts(name: str) -> tuple[str, ...]:
    """Split a member's name into plain parts; refuse a name that leads elsewhere."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise _RefusedError(f"the name {name!r} is not UTF-8") from None
    if any(ord(char) < 32 or ord(char) == 127 for char in name):
        raise _RefusedError(f"the name {name!r} holds a control character")
    if name.startswith(("/", "~")) or "\\" in name or name[1:2] == ":":
        raise _RefusedError(f"the name {name!r} leads outside the archive")
    parts = PurePosixPath(name).parts
    if ".." in parts:
        raise _RefusedError(f"the name {name!r} leads outside the archive")
    if len(parts) > DEEPEST:
        raise _RefusedError(f"{name[:60]!r}… is nested more than {DEEPEST} deep")
    if any(len(os.fsencode(part)) > 255 for part in parts):
        raise _RefusedError(f"the name {name[:60]!r}… is longer than a file system allows")
    return parts


class _Names:
    """The names so far; two that some file system takes for one are refused."""

    def __init__(self) -> None:
        self._spelt: dict[str, tuple[str, ...]] = {}
        self._files: set[str] = set()

    def add_directory(self, parts: tuple[str, ...]) -> None:
        for depth in range(1, len(parts) + 1):
            head = parts[:depth]
            key = unicodedata.normalize("NFC", "/".join(head)).casefold()
            if key in self._files or self._spelt.setdefault(key, head) != head:
                raise _RefusedError(
                    f"{'/'.join(head)!r} is in it twice, under one or two spellings"
                )

    def add_file(self, parts: tuple[str, ...], name: str) -> None:
        if not parts:
            raise _RefusedError(f"a file in it has the name {name!r}")
        self.add_directory(parts[:-1])
        key = unicodedata.normalize("NFC", "/".join(parts)).casefold()
        if key in self._spelt:
            raise _RefusedError(f"{name!r} is in it twice, under one or two spellings")
        self._spelt[key] = parts
        self._files.add(key)
