"""A store in memory that fails where a test wants it to, and a writer that publishes to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from memory_files import Disk, MemoryFiles

from jobs.clock import new_run_id
from jobs.publish.layout import preprocessor_name
from jobs.publish.output import OutputDirectory
from jobs.publish.presence import ALIVE, this_process

OUT = "mem:/out"
DEAD = "20130101T000000Z-0123abcd"
WHOLE = 6  # files of a result: three splits, two preprocessors, the manifest
CHANGES = ("write_text", "replace", "move", "make_directory", "remove", "remove_if_empty")
LOOKS = ("exists", "glob", "walk", "read_bytes", "read_versioned", "newest")


class Killed(BaseException):
    """The process is gone: nothing that follows reaches the store."""


class Store(MemoryFiles):
    """Files whose calls of some kinds are counted; at one of them something happens."""

    def __init__(
        self, disk: Disk, at: int, kinds: tuple[str, ...], happens: Callable[[Store, Any], Any]
    ) -> None:
        super().__init__(disk)
        self.at, self.happens, self.calls, self.depth, self.dead = at, happens, 0, 0, False
        for name in kinds:
            setattr(self, name, self._counted(getattr(self, name)))

    def _counted(self, call: Any) -> Any:
        def counted(*arguments: Any, **options: Any) -> Any:
            if self.dead:
                raise Killed
            self.calls += not self.depth  # what a call does inside is one with it
            self.depth += 1
            try:
                if self.depth > 1 or self.calls != self.at:
                    return call(*arguments, **options)
                return self.happens(self, lambda: call(*arguments, **options))
            finally:
                self.depth -= 1

        return counted


class Ended(Store):
    """Files of a run whose process looks to others as if it had ended."""

    def write_text(self, path: str, text: str, *, draft: str | None = None) -> None:
        sign = json.dumps({**this_process(), "started": 1})
        super().write_text(path, sign if path.endswith(f"/{ALIVE}") else text)


class Writer:
    """A run reduced to its files: each holds the writer's name."""

    def __init__(self, files: MemoryFiles, name: str, out: str = OUT) -> None:
        self.name, self.files = name, files
        self.output = OutputDirectory(files, out, new_run_id())
        self.output.check_free()
        self.notes = self.output.open()

    def publish(self, **more: object) -> list[str]:
        try:
            for split in ("train", "validation", "test"):
                path = f"{self.output.staged_split(split)}/part-00000.csv"
                self.files.write_text(path, self.name)
            staged = self.output.staged_files(".csv")
            own = preprocessor_name(self.output.run_id)
            files = [file.entry() for file in staged.values()]
            files.append({"path": own, "split": None, "bytes": len(self.name)})
            manifest = {"job": "prepare", "run_id": self.output.run_id, "files": files, **more}
            manifest["preprocessor"] = {"path": own}
            return self.output.commit(staged, manifest, self.name)
        finally:
            self.output.close()


def read(disk: Disk, out: str = OUT) -> str:
    """Return whose the whole result is; fails where a named file is gone, or is another's."""
    if f"{out}/manifest.json" not in disk.texts:
        return "nothing"
    manifest = json.loads(disk.texts[f"{out}/manifest.json"][0])
    (name,) = {disk.texts[f"{out}/{file['path']}"][0] for file in manifest["files"]}
    return name


def outputs(over: str) -> Iterator[tuple[int, Disk]]:
    """Yield 1, 2, … each with an output of its own, which holds an old result or nothing."""
    first = Disk()
    if over == "old":
        Writer(MemoryFiles(first), "old").publish()
    for at in count(1):
        yield at, first.copy()
