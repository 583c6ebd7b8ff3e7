"""Files of this machine, without Java: the same answers as Hadoop's local file system gives."""

from __future__ import annotations

import bz2
import codecs
import fcntl
import gzip
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from typing import IO, Any

from jobs.errors import UnsupportedError
from jobs.files import File, Files, Versioned, check_version, is_hidden, java_message
from jobs.local_glob import matches
from schemas.errors import InputError

_OPENERS: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open}
# What Hadoop unpacks and the standard library does not.
_UNKNOWN = (".zst", ".snappy", ".lz4", ".deflate")


class LocalFiles(Files):
    """The file operations a job needs, on this machine's file system."""

    def full(self, path: str) -> str:
        """Return the whole URI of a path, ``file:/…``."""
        return f"file:{_local(path)}"

    def exists(self, path: str) -> bool:
        """Tell whether there is a file or directory of exactly this name."""
        try:
            os.stat(_local(path))
        except PermissionError:  # it may be there: who cannot look must not say no
            raise
        except (OSError, ValueError):
            return False
        return True

    def is_directory(self, path: str) -> bool:
        """Tell whether the path is a directory."""
        return os.path.isdir(_local(path))

    def glob(self, pattern: str) -> list[str]:
        """Return the paths that a Hadoop glob matches, sorted."""
        return [f"file:{path}" for path in matches(_local(pattern))]

    def walk(self, path: str) -> list[File]:
        """List the files at or below a path, sorted; names starting with _ or . are left out."""
        root = _local(path)
        if not os.path.isdir(root):
            return [_file(root)]
        found = []
        for directory, _, names in os.walk(root, followlinks=True, onerror=_raise):
            paths = [os.path.join(directory, name) for name in names]
            found += [p for p in paths if not is_hidden(p[len(root) :])]
        listed = []
        for path in sorted(found):
            # A link that leads nowhere is no file, to Hadoop either; or another run tidies up.
            with suppress(FileNotFoundError):
                listed.append(_file(path))
        return listed

    def read_bytes(self, path: str, *, offset: int = 0, length: int = -1) -> bytes:
        """Read ``length`` bytes (all: -1) of a file as stored."""
        with open(_local(path), "rb") as stream:
            stream.seek(offset)
            return stream.read(length)

    def read_head(self, path: str, length: int) -> bytes:
        """Read the first bytes of a file, unpacked if its name says that it is compressed."""
        with _unpacked(path) as stream:
            return stream.read(length)

    def is_compressed(self, path: str) -> bool:
        """Tell whether readers unpack this file, going by its name."""
        return path.endswith((*_OPENERS, *_UNKNOWN))

    def check_readable(self, path: str) -> str | None:
        """Read a file to its end; return what is wrong with it, or None."""
        try:
            with _unpacked(path) as stream:
                while stream.read(1 << 20):
                    pass
        except Exception as error:  # noqa: BLE001 - whatever is wrong is the answer
            return java_message(error)
        return None

    def write_text(self, path: str, text: str, *, draft: str | None = None) -> None:
        """Put a small file in place at once: readers see the old text or the new, never a part."""
        target = Path(_local(path))
        # A name of its own: two runs may write the same file at once.
        beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
        before = Path(_local(draft)) if draft else beside
        data = text.encode("utf-8")
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(before, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(before, target)
        except OSError as error:
            before.unlink(missing_ok=True)
            raise OSError(f"cannot write {path}: {error.strerror}") from None

    def read_versioned(self, path: str) -> Versioned | None:
        """Read a small UTF-8 file; its version is a hash of its bytes."""
        try:
            with open(_local(path), "rb") as stream:
                data = stream.read()
        except FileNotFoundError:
            return None
        return Versioned.of(data)

    def replace(self, path: str, text: str, version: str | None, *, draft: str) -> None:
        """Compare and rename under a lock on the directory, which other runs here respect."""
        directory = os.path.dirname(_local(path))
        with _locked(directory):
            check_version(path, self.read_versioned(path), version)
            self.write_text(path, text, draft=draft)

    def newest(self, path: str) -> int:
        """Give the last change of anything at or below a path; 0 where there is nothing."""
        root = _local(path)
        paths = [root]
        for directory, directories, names in os.walk(root):
            paths += [os.path.join(directory, name) for name in (*directories, *names)]
        return max(_modified(path) for path in paths)

    def parquet_schema(self, path: str) -> dict[str, str]:
        """Read a Parquet footer: the top-level columns, and how each is stored."""
        from pyarrow import parquet

        try:
            # An open file, because pyarrow takes some file names for URIs.
            with open(_local(path), "rb") as stream:
                schema = parquet.ParquetFile(stream).schema
                names = schema.to_arrow_schema().names
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it is this file
            wrong = java_message(error)
            raise InputError(f"{path} is not a whole Parquet file: {wrong}") from None
        return _stored_as([schema.column(i) for i in range(len(schema))], names)

    def make_directory(self, path: str) -> None:
        """Make a directory and its parents."""
        os.makedirs(_local(path), exist_ok=True)

    def move(self, source: str, target: str) -> None:
        """Rename a file; OSError where the file system refuses."""
        local = _local(target)
        if os.path.exists(local):
            raise OSError(f"could not move {source} to {target}: it exists")
        os.makedirs(os.path.dirname(local), exist_ok=True)
        os.rename(_local(source), local)

    def remove_if_empty(self, path: str) -> None:
        """Delete a directory that holds nothing at all, hidden files included."""
        local = _local(path)
        # Another run may move a file in just now.
        with suppress(OSError):
            if os.path.isdir(local) and not os.listdir(local):
                os.rmdir(local)

    def remove(self, path: str) -> None:
        """Delete a file or a directory with all below it; nothing happens where there is none."""
        local = Path(_local(path))
        if local.is_dir() and not local.is_symlink():
            shutil.rmtree(local)
            return
        local.unlink(missing_ok=True)
        # Hadoop keeps a checksum beside each file it wrote.
        local.with_name(f".{local.name}.crc").unlink(missing_ok=True)

    def knows_encoding(self, name: str) -> bool:
        """Say yes to UTF-8; an engine without Java reads nothing else."""
        if codecs.lookup(name).name.removesuffix("-sig") != "utf-8":
            raise UnsupportedError(f"text encoded as {name}")
        return True


def check_links(root: str) -> None:
    """Raise InputError where a link below a path leads back to a directory that it lies in.

    Files would be read 40 times over, and with two such links without end.
    """
    for directory, names, _ in os.walk(_local(root), followlinks=True):
        here = os.path.realpath(directory) + os.sep
        for path in (os.path.join(directory, name) for name in names):
            above = os.path.realpath(path).rstrip(os.sep) + os.sep if os.path.islink(path) else ""
            if above and here.startswith(above):
                raise InputError(f"{path} is a link to a directory that it lies in; take it out")


def is_bare(path: str) -> bool:
    """Tell whether a path has no scheme, so that Hadoop's settings may put it elsewhere."""
    return ":" not in path.split("/", 1)[0]


def is_local(path: str) -> bool:
    """Tell whether a path names this machine's own file system, as far as can be seen."""
    scheme, colon, _ = path.split("/", 1)[0].partition(":")
    return not colon or scheme == "file"


def _local(path: str) -> str:
    """Give the absolute path that a path or ``file:`` URI names."""
    if not is_local(path):
        raise UnsupportedError(f"{path}: not a local file")
    plain = path.removeprefix("file:")
    # normpath keeps two slashes at the front, as POSIX allows; here they are one.
    return "/" + os.path.normpath(os.path.join(os.getcwd(), plain)).lstrip("/")


def _unpacked(path: str) -> IO[bytes]:
    local = _local(path)
    ending = os.path.splitext(local)[1]
    if ending in _UNKNOWN:
        raise UnsupportedError(f"{path}: a file compressed as {ending}")
    stream: IO[bytes] = _OPENERS.get(ending, open)(local, "rb")
    return stream


def _file(path: str) -> File:
    status = os.stat(path)
    return File(f"file:{path}", status.st_size, status.st_mtime_ns // 1_000_000)


def _modified(path: str) -> int:
    try:
        return os.lstat(path).st_mtime_ns // 1_000_000
    except OSError:  # gone between two looks
        return 0


@contextmanager
def _locked(directory: str) -> Iterator[None]:
    """Hold a directory's lock; the system lets it go when the process ends, however it ends.

    Where it cannot be locked (some network file systems), the comparison is all there is.
    """
    handle = os.open(directory, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _raise(error: OSError) -> None:
    raise error


def _stored_as(leaves: list[Any], names: list[str]) -> dict[str, str]:
    """Describe each top-level column by its leaves; leaves stand in the order of the columns."""
    stored = {}
    for name in names:
        # A leaf of just this name is the whole column; otherwise it is the first of several.
        whole = leaves[0].path == name
        count = 1 if whole else _length_of_run(leaves, name + ".")
        stored[name] = ", ".join(_leaf(leaf) for leaf in leaves[:count])
        leaves = leaves[count:]
    return stored


def _length_of_run(leaves: list[Any], prefix: str) -> int:
    return sum(1 for _ in takewhile(lambda leaf: leaf.path.startswith(prefix), leaves))


def _leaf(leaf: Any) -> str:
    levels = f"{leaf.max_definition_level}/{leaf.max_repetition_level}"
    return f"{leaf.physical_type} {leaf.path} ({leaf.logical_type}) {levels}"
