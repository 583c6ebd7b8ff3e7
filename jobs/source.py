"""Find the input: which files, of which format, partitioned how."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from jobs.errors import UnsupportedError
from jobs.files import File, Files, escaped, java_message
from jobs.local_files import check_links, is_local
from schemas.errors import InputError

FORMATS = ("csv", "json", "parquet", "delta")
_COMPRESSED = (".gz", ".zst", ".bz2", ".deflate", ".lz4", ".snappy")
_FORMAT_OF = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv",
    ".json": "json", ".jsonl": "json", ".ndjson": "json",
    ".parquet": "parquet",
}  # fmt: skip
# What Hive and Spark name the directory of rows without a value.
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
_MAGIC = {
    b"PAR1": "parquet",
    b"\x1f\x8b": "gzip-compressed; its name must end in .gz",
    b"\x28\xb5\x2f\xfd": "zstd-compressed; its name must end in .zst",
    b"PK\x03\x04": "a zip archive; unpack it, or compress the file with gzip or zstd",
}


@dataclass(frozen=True)
class Source:
    """The input as found: its files in order, their format, the partition columns in its paths."""

    path: str
    format: str
    files: tuple[File, ...]
    roots: tuple[str, ...]
    partitions: tuple[str, ...] = ()
    base: str = ""
    version: str = ""  # of a Delta table: its newest commit, and when that was written

    @property
    def bytes(self) -> int:
        """The stored size of all files."""
        return sum(file.size for file in self.files)

    @property
    def delta_version(self) -> int | None:
        """The newest version of a Delta table; None where its log has checkpoints alone."""
        return int(self.version[:20]) if self.version else None

    @property
    def fingerprint(self) -> str:
        """A hash of every file's path, size and modification time: new data, new fingerprint.

        And of a Delta table's version: a commit that removes rows may leave all files in place.
        """
        lines = (f"{f.path[len(self.base) :]}\t{f.size}\t{f.modified}\n" for f in self.files)
        return hashlib.sha256("".join([*lines, self.version]).encode()).hexdigest()


def partition_value(path: str, name: str) -> str | None:
    """Give what a ``name=value`` directory in a path stands for, as Spark reads it."""
    value = unquote(path.rsplit(f"/{name}=", 1)[1].split("/", 1)[0])
    return None if value == _NO_VALUE else value


def find_source(files: Files, path: str, *, format_name: str | None = None) -> Source:
    """Resolve a file, directory or glob to a Source; InputError says what is wrong with it.

    An existing path is taken literally, also where it holds glob characters. Directories are read
    whole, sub-directories too; ``name=value`` directories become columns.
    """
    found, listed = _listed(files, path)
    for name in (path, *(file.path for file in listed)):
        check_name(name)
    if not found:
        raise InputError(f"there is no file or directory {path}; check the path for typing errors")
    if len(found) == 1 and files.exists(found[0].rstrip("/") + "/_delta_log"):
        if format_name not in (None, "delta"):
            raise InputError(f"{path} is a Delta table, --input-format says {format_name}")
        version = _delta_version(files, found[0].rstrip("/"))
        return Source(path, "delta", tuple(listed), tuple(found), base=found[0], version=version)
    if format_name == "delta":
        raise InputError(f"{path} is not a Delta table: it has no _delta_log")
    ignored = [root for root in found if root.rstrip("/").rsplit("/", 1)[-1][:1] in ("_", ".")]
    if ignored:
        raise InputError(f"{ignored[0]}: Spark ignores names that start with _ or . ; rename it")
    colons = [file.path for file in listed if ":" in file.name]
    if colons:
        raise InputError(f"{colons[0]}: Hadoop takes no colon in a file name; rename it")
    if not listed:
        raise InputError(f"{path} is an empty directory: it holds no data file")
    if not any(file.size for file in listed):
        raise InputError(f"{path} is empty: 0 bytes in {len(listed)} file(s), so it has no columns")
    listed = [file for file in listed if file.size]
    chosen = format_name or _one_format(files, path, listed)
    base = _base(files, found, literal=files.exists(path))
    partitions, base = _partitions(listed, base)
    return Source(path, chosen, tuple(listed), tuple(found), partitions, base)


def check_name(path: str) -> None:
    """Raise InputError for a path whose bytes are not UTF-8: neither Java nor JSON can hold it."""
    try:
        path.encode()
    except UnicodeEncodeError:
        raise InputError(f"{ascii(path)}: the name is not UTF-8; rename it") from None


def _delta_version(files: Files, table: str) -> str:
    commits = files.glob(f"{escaped(table)}/_delta_log/*.json")
    newest = max((path for path in commits if path[-25:-5].isdigit()), default="")
    return f"{newest[-25:]}\t{files.newest(newest)}\n" if newest else ""


def _listed(files: Files, path: str) -> tuple[list[str], list[File]]:
    """Return what a path or glob stands for, and all files there."""
    try:
        found = [files.full(path)] if files.exists(path) else files.glob(path)
        for root in filter(is_local, found):
            check_links(root)
        return found, [file for root in found for file in files.walk(root)]
    except UnsupportedError:
        raise
    except Exception as error:  # noqa: BLE001 - an unknown scheme, a host that is not there …
        raise InputError(f"cannot read {path}: {java_message(error)}") from None


def _one_format(files: Files, path: str, listed: Sequence[File]) -> str:
    examples: dict[str, str] = {}
    for file in listed:
        examples.setdefault(_format_of(files, file), file.name)
    if len(examples) > 1:
        mixed = ", ".join(f"{name} ({example})" for name, example in sorted(examples.items()))
        raise InputError(
            f"{path} mixes formats: {mixed}; give one format, by a glob such as '*.csv'"
        )
    return next(iter(examples))


def _format_of(files: Files, file: File) -> str:
    name = file.name.lower()
    for ending in _COMPRESSED:
        name = name[: -len(ending)] if name.endswith(ending) else name
    for ending, format_name in _FORMAT_OF.items():
        if name.endswith(ending) and not name.endswith(".snappy" + ending):
            return format_name
    if name.endswith(".snappy.parquet"):
        return "parquet"
    head = files.read_bytes(file.path, length=4)
    for magic, meaning in _MAGIC.items():
        if head.startswith(magic):
            if meaning in FORMATS:
                return meaning
            raise InputError(f"{file.path} is {meaning}")
    return "json" if head[:1] == b"{" else "csv"


def check_magic(files: Files, file: File) -> None:
    """Raise InputError where a text file is really packed or another format."""
    head = files.read_bytes(file.path, length=4)
    for magic, meaning in _MAGIC.items():
        if head.startswith(magic) and not files.is_compressed(file.path):
            what = "a Parquet file" if meaning == "parquet" else meaning
            raise InputError(f"{file.path} is {what}")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{file.path} is UTF-16, not UTF-8; convert it with iconv")


def _partitions(listed: Sequence[File], base: str) -> tuple[tuple[str, ...], str]:
    """Find the columns that ``name=value`` directories stand for, the same in every path."""
    shapes: dict[tuple[str, ...], str] = {}
    for file in listed:
        inner = file.path[len(base) :].strip("/").split("/")[:-1]
        shapes.setdefault(tuple(p.split("=", 1)[0] for p in inner if "=" in p), file.path)
    if len(shapes) > 1:
        raise InputError("partition directories differ: " + " and ".join(list(shapes.values())[:2]))
    return next(iter(shapes)), base


def _base(files: Files, found: Sequence[str], *, literal: bool) -> str:
    """Say below which directory name=value parts are columns: INPUT, or what a glob starts from."""
    if literal:
        return found[0] if files.is_directory(found[0]) else found[0].rsplit("/", 1)[0]
    bases = sorted({_parent(path) for path in found})
    if len(bases) > 1 and any("=" in path for path in found):
        raise InputError(f"partitions below several directories: {bases[0]}, {bases[1]}; read one")
    return bases[0]


def _parent(path: str) -> str:
    """Cut a matched path before its first name=value part, or before its last part."""
    parts = path.split("/")
    for number, part in enumerate(parts):
        if "=" in part:
            return "/".join(parts[:number])
    return "/".join(parts[:-1])
