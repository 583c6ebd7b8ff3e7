"""Find and remove what runs left behind that are at work no more.

Order matters: files are listed first, then the runs at work, the manifest is read last. A run that
published in between is named by the manifest that is read; one that is at work still has its
staging directory; a file of neither is nobody's.

A run that publishes lists before its manifest stands and removes after it: whoever was taken for
dead by mistake began with an older manifest, and cannot publish files that are gone.
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


@dataclass(frozen=True)
class Runs:
    """The staging directories of an output's other runs: at work, and of the dead."""

    at_work: tuple[str, ...]
    dead: tuple[str, ...]

    def left_overs(self, listed: Sequence[File], named: Sequence[str], own: str = "") -> LeftOvers:
        """Return what may be removed: of the listed files those not named, of no run at work."""
        alive = {run_of(_name(path)) for path in (*self.at_work, own)}
        kept = set(named)
        files = (f for f in listed if f.path not in kept and run_of(f.name) not in alive)
        return LeftOvers(tuple(files), self.dead, self.at_work)


def runs_of(files: Files, output: str, *, now: int, own: str | None = None) -> Runs:
    """Tell the runs at work from the dead, by their staging directories.

    ``now`` is the store's time (:func:`jobs.publish.presence.is_dead`), ``own`` the staging
    directory of the run that asks.
    """
    paths = files.glob(f"{escaped(output)}/{STAGING}*")
    others = [path for path in paths if run_of(_name(path)) and path != own]
    dead = tuple(path for path in others if is_dead(files, path, now=now))
    return Runs(tuple(path for path in others if path not in dead), dead)


def find(files: Files, output: str, *, now: int) -> LeftOvers:
    """List what may be removed from an output, asked by who is no run; ``output`` is a whole URI.

    Names that no run gives are never listed.
    """
    listed = files_of_runs(files, output)
    runs = runs_of(files, output, now=now)
    manifest = read_manifest(files, f"{output}/{MANIFEST}").content
    return runs.left_overs(listed, [f"{output}/{path}" for path in paths_of(manifest)])


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


def files_of_runs(files: Files, output: str) -> list[File]:
    """List the data files and preprocessors that runs moved in, whichever."""
    places: Sequence[str] = [
        *(f"{output}/{directory}" for directory in DIRECTORIES),
        *files.glob(f"{escaped(output)}/preprocessor-*.json"),
    ]
    return [file for place in places for file in files_below(files, place) if run_of(file.name)]


def files_below(files: Files, place: str) -> list[File]:
    """List the files at or below a place; none where it is not there, or goes meanwhile."""
    try:
        return files.walk(place) if files.exists(place) else []
    except Exception:
        if files.exists(place):
            raise
        return []


def _name(path: str) -> str:
    return path.rstrip("/").rsplit("/", 1)[-1]
