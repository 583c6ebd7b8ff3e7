"""The file operations a job needs, whoever carries them out: Hadoop or this machine alone."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass

from jobs.errors import ConflictError
from schemas.errors import InputError

# What is asked of these stores may be carried out after the answer was given up.
OBJECT_SCHEMES = ("s3", "s3a", "s3n", "gs")
_GLOB_CHARACTERS = "{}[]*?\\"
# pip's Hadoop has no native zstd; this codec, a jar of Spark's own, is plain Java.
ZSTD_CODEC = "io.airlift.compress.zstd.ZstdCodec"


@dataclass(frozen=True)
class File:
    """One file: its whole URI, size in bytes, and modification time in ms since 1970."""

    path: str
    size: int
    modified: int

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Versioned:
    """A small text file, and what tells this version of it from any other."""

    text: str
    version: str

    @classmethod
    def of(cls, data: bytes) -> Versioned:
        """Take a hash of the bytes for the version, where the store has none of its own."""
        return cls(data.decode("utf-8"), hashlib.sha256(data).hexdigest())


def check_version(path: str, found: Versioned | None, version: str | None) -> None:
    """Raise ConflictError where a file that was just read is of another version (None: none)."""
    if (found.version if found else None) != version:
        raise ConflictError(f"{path} was changed meanwhile")


class Files(ABC):
    """Files by path. Paths come back as whole URIs: ``file:/…``, ``hdfs://host/…``."""

    @abstractmethod
    def full(self, path: str) -> str:
        """Return the whole URI of a path."""

    @abstractmethod
    def exists(self, path: str) -> bool:
        """Tell whether there is a file or directory of exactly this name."""

    @abstractmethod
    def is_directory(self, path: str) -> bool:
        """Tell whether the path is a directory."""

    @abstractmethod
    def glob(self, pattern: str) -> list[str]:
        """Return the paths that a Hadoop glob matches, sorted."""

    @abstractmethod
    def walk(self, path: str) -> list[File]:
        """List the files at or below a path, sorted; names starting with _ or . are left out."""

    @abstractmethod
    def read_bytes(self, path: str, *, offset: int = 0, length: int = -1) -> bytes:
        """Read ``length`` bytes (all: -1) of a file as stored."""

    @abstractmethod
    def read_head(self, path: str, length: int) -> bytes:
        """Read the first bytes of a file, unpacked if its name says that it is compressed."""

    @abstractmethod
    def is_compressed(self, path: str) -> bool:
        """Tell whether readers unpack this file, going by its name."""

    @abstractmethod
    def check_readable(self, path: str) -> str | None:
        """Read a file to its end; return what is wrong with it, or None."""

    def read_text(self, path: str) -> str:
        """Read a small UTF-8 file; InputError where it is missing or no text."""
        if not self.exists(path) or self.is_directory(path):
            raise InputError(f"there is no file {path}")
        try:
            return self.read_bytes(path).decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError(f"{path} is not UTF-8 text: byte {error.start}") from None

    @abstractmethod
    def write_text(self, path: str, text: str, *, draft: str | None = None) -> None:
        """Put a small file in place at once: readers see the old text or the new, never a part.

        Where a rename does that, ``draft`` is the name it has before (default: one beside it).
        """

    @abstractmethod
    def read_versioned(self, path: str) -> Versioned | None:
        """Read a small UTF-8 file with its version; None where there is none."""

    @abstractmethod
    def replace(self, path: str, text: str, version: str | None, *, draft: str) -> None:
        """Put a small file in place at once if the one there is of a version (None: there is none).

        ``draft`` as in :meth:`write_text`.
        Raises ConflictError, and changes nothing, where it is of another. After any other exception
        the file may have been put in place or not.
        """

    @abstractmethod
    def newest(self, path: str) -> int:
        """Give the last change in ms since 1970 of anything at or below a path, hidden or not.

        0 where there is nothing.
        """

    @abstractmethod
    def parquet_schema(self, path: str) -> dict[str, str]:
        """Read a Parquet footer: the top-level columns, and how each is stored."""

    @abstractmethod
    def make_directory(self, path: str) -> None:
        """Make a directory and its parents."""

    @abstractmethod
    def move(self, source: str, target: str) -> None:
        """Rename a file; OSError where the file system refuses."""

    @abstractmethod
    def remove_if_empty(self, path: str) -> None:
        """Delete a directory that holds nothing at all, hidden files included."""

    @abstractmethod
    def remove(self, path: str) -> None:
        """Delete a file or a directory with all below it; nothing happens where there is none."""

    @abstractmethod
    def knows_encoding(self, name: str) -> bool:
        """Tell whether what reads the text knows an encoding by Python's name of it."""


def escaped(path: str) -> str:
    """Escape the glob characters of a real file name, which Spark would take for a pattern."""
    return "".join("\\" + c if c in _GLOB_CHARACTERS else c for c in path)


def java_message(error: BaseException) -> str:
    """Give the first line of what Java said, without its class and stack."""
    java = getattr(error, "java_exception", None)
    text = str(java.getMessage() if java is not None else error)
    return text.splitlines()[0] if text else type(error).__name__


def is_hidden(relative: str) -> bool:
    """Tell whether Spark passes over a path because a part of it starts with _ or a dot."""
    return any(part.startswith(("_", ".")) for part in relative.split("/") if part)
