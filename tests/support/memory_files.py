"""A store in memory, for tests that look at an output after each of many calls."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fnmatch import fnmatch

from jobs.files import File, Files, Versioned, check_version, is_hidden


@dataclass
class Disk:
    """What lies in a store, with the time of the last change: texts and directories by path."""

    texts: dict[str, tuple[str, int]] = field(default_factory=dict)
    directories: dict[str, int] = field(default_factory=dict)
    now: int = 2_000_000_000_000  # the store's clock, in ms

    def copy(self) -> Disk:
        return replace(self, texts=dict(self.texts), directories=dict(self.directories))

    def below(self, path: str) -> list[str]:
        return [p for p in (*self.texts, *self.directories) if p.startswith(path + "/")]


class MemoryFiles(Files):
    """Files of a disk in memory: without drafts, and strict where a directory is missing."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk

    def full(self, path: str) -> str:
        return path

    def exists(self, path: str) -> bool:
        return path in self.disk.texts or self.is_directory(path)

    def is_directory(self, path: str) -> bool:
        return path in self.disk.directories

    def glob(self, pattern: str) -> list[str]:
        depth, below = pattern.count("/"), self.disk.below(pattern.rpartition("/")[0])
        return sorted(path for path in below if path.count("/") == depth and fnmatch(path, pattern))

    def walk(self, path: str) -> list[File]:
        if not self.exists(path):
            raise FileNotFoundError(path)
        paths = [p for p in sorted((path, *self.disk.below(path))) if p in self.disk.texts]
        seen = [(p, *self.disk.texts[p]) for p in paths if not is_hidden(p[len(path) :])]
        return [File(p, len(text), modified) for p, text, modified in seen]

    def read_bytes(self, path: str, *, offset: int = 0, length: int = -1) -> bytes:
        if path not in self.disk.texts:
            raise FileNotFoundError(path)
        return self.disk.texts[path][0].encode()

    def write_text(self, path: str, text: str, *, draft: str | None = None) -> None:
        self.make_directory(path.rpartition("/")[0])
        self.disk.texts[path] = (text, self.disk.now)

    def read_versioned(self, path: str) -> Versioned | None:
        return Versioned.of(self.read_bytes(path)) if path in self.disk.texts else None

    def replace(self, path: str, text: str, version: str | None, *, draft: str) -> None:
        check_version(path, self.read_versioned(path), version)
        self.write_text(path, text)

    def newest(self, path: str) -> int:
        paths, disk = (path, *self.disk.below(path)), self.disk
        return max(disk.texts[p][1] if p in disk.texts else disk.directories[p] for p in paths)

    def make_directory(self, path: str) -> None:
        while path:
            self.disk.directories.setdefault(path, self.disk.now)
            path = path.rpartition("/")[0]

    def move(self, source: str, target: str) -> None:
        if not self.is_directory(target.rpartition("/")[0]) or self.exists(target):
            raise OSError(f"could not move {source} to {target}")
        self.disk.texts[target] = self.disk.texts.pop(source)

    def remove_if_empty(self, path: str) -> None:
        if not self.disk.below(path):
            self.disk.directories.pop(path, None)

    def remove(self, path: str) -> None:
        for one in (path, *self.disk.below(path)):
            self.disk.texts.pop(one, None)
            self.disk.directories.pop(one, None)


MemoryFiles.__abstractmethods__ = frozenset()  # nothing here reads tables
