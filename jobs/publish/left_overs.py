"""Find and remove what runs left behind that are at work no more.

Order matters: files are listed first, then the runs at work, the manifest is read last. A run that
published in between is named by the manifest that is read; one that is at work still has its
staging directory; a file of neither is nobody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jobs.files import File, Files, escaped
from jobs.publish.layout import DELTA_TABLE, DIRECTORIES, MANIFEST, STAGING, run_of
from jobs.publish.manifest_file import read_manifest
from jobs.publish.presence import is_dead


@dataclass(frozen=True)
class LeftOvers:
    """What no run and no reader needs: files, staging directories, a Delta table."""

    files: tuple[File, ...] = ()
    directories: tuple[str, ...] = ()
    at_work: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """The size of all of it."""
        return sum(file.size for file in self.files)

    def __bool__(self) -> bool:
        return bool(self.files or self.directories)


def find(files: Files, output: str, *, now: int, own: str | None = None) -> LeftOvers:
    """List what may be removed from an output; ``output`` is a whole URI.

    ``now`` is the store's time (:func:`jobs.publish.presence.is_dead`), ``own`` the staging
    directory of the run that asks. Names that no run gives are never listed.
    """
    listed = _files_of_runs(files, output)
    stagings = [path for path in _stagings(files, output) if path != own]
    at_work = {run_of(_name(path)) for path in stagings if not is_dead(files, path, now=now)}
    if own is not None:
        at_work.add(run_of(_name(own)))
    manifest = read_manifest(files, f"{output}/{MANIFEST}").content
    named = {f"{output}/{path}" for path in paths_of(manifest)}
    dead = tuple(p for p in stagings if run_of(_name(p)) not in at_work)
    return LeftOvers(
        files=tuple(
            file for file in listed if file.path not in named and run_of(file.name) not in at_work
        ),
        directories=dead,
        at_work=tuple(p for p in stagings if p not in dead),
    )


def remove(files: Files, output: str, found: LeftOvers) -> None:
    """Remove what :func:`find` listed, and the directories of splits that are empty after it."""
    for file in found.files:
        files.remove(file.path)
    for path in found.directories:
        files.remove(path)
    for directory in DIRECTORIES:
        files.remove_if_empty(f"{output}/{directory}")


def paths_of(manifest: Any) -> list[str]:
    """Give the paths a manifest names, relative to the output."""
    return [entry["path"] for entry in manifest.get("files", ())]


def has_delta(manifest: Any) -> bool:
    """Tell whether a manifest's result is a Delta table."""
    return any(path.startswith(DELTA_TABLE + "/") for path in paths_of(manifest))


def _files_of_runs(files: Files, output: str) -> list[File]:
    """List the data files and preprocessors that runs wrote, whichever."""
    places: Sequence[str] = [
        *(f"{output}/{directory}" for directory in DIRECTORIES),
        *files.glob(f"{escaped(output)}/preprocessor-*.json"),
    ]
    found = [file for place in places if files.exists(place) for file in files.walk(place)]
    return [file for file in found if run_of(file.name)]


def _stagings(files: Files, output: str) -> list[str]:
    paths = files.glob(f"{escaped(output)}/{STAGING}*")
    return [path for path in paths if run_of(_name(path))]


def _name(path: str) -> str:
    return path.rstrip("/").rsplit("/", 1)[-1]
