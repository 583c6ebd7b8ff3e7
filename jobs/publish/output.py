"""An output directory while a run writes into it: stage, move in, exchange the manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from jobs.errors import ConflictError
from jobs.files import OBJECT_SCHEMES, File, Files, java_message
from jobs.publish import left_overs
from jobs.publish.delta import newest_commit
from jobs.publish.layout import (
    DELTA_TABLE,
    DIRECTORIES,
    MANIFEST,
    PREPROCESSOR,
    QUARANTINE,
    RULE,
    SPLIT_COLUMN,
    STAGING,
    Published,
    data_name,
    preprocessor_name,
    run_of,
)
from jobs.publish.manifest_file import as_text, read_manifest
from jobs.publish.presence import ALIVE, Presence, taken_for_dead
from schemas.errors import InputError
from transforms.preprocessor_json import preprocessor_from_json


class OutputDirectory:
    """An output directory while a run writes into it, whatever writes the data files."""

    def __init__(self, files: Files, path: str, run_id: str) -> None:
        self.files, self.run_id = files, run_id
        self.path = self.files.full(path).rstrip("/")
        self.staging = f"{self.path}/{STAGING}{run_id}"
        found = read_manifest(files, f"{self.path}/{MANIFEST}")
        self.old, self._version = found.content, found.version
        self._is_new = not self.files.exists(self.path)
        self._presence: Presence | None = None

    def check_free(self) -> None:
        """Raise InputError where files of somebody else would be mixed with the result."""
        known = set(left_overs.paths_of(self.old))
        alone = [] if self.old or self._is_left_over() else [PREPROCESSOR]
        if not left_overs.has_delta(self.old) and not self._has_own_delta():
            alone.append(DELTA_TABLE)
        for name in alone:
            if self.files.exists(f"{self.path}/{name}"):
                raise InputError(
                    f"{self.path} already holds {name}, which prepare did not write; "
                    "choose another output or move it away"
                )
        for directory in DIRECTORIES:
            for file in left_overs.files_below(self.files, f"{self.path}/{directory}"):
                relative = file.path[len(self.path) + 1 :]
                if relative not in known and not run_of(file.name):
                    raise InputError(
                        f"{self.path} already holds {relative}, which prepare did not write; "
                        "choose another output or move that file away"
                    )

    def _is_left_over(self) -> bool:
        """Tell whether a preprocessor lies here that a run wrote which died before its manifest."""
        path = f"{self.path}/{PREPROCESSOR}"
        try:
            return self.files.exists(path) and bool(
                preprocessor_from_json(self.files.read_text(path))
            )
        except InputError:
            return False

    def _has_own_delta(self) -> bool:
        """Tell whether a run wrote the Delta table that died before its manifest."""
        newest = newest_commit(self.files, f"{self.path}/{DELTA_TABLE}")
        return newest is not None and newest.is_ours

    def open(self) -> list[str]:
        """Make the staging directory and remove those of dead runs; return notes for the user.

        Files that a dead run had moved in stay until this one publishes: it may be taken for dead
        by mistake, and until then it might publish them. InputError where the output cannot be
        written.
        """
        try:
            self._presence = Presence(self.files, self.staging)
            runs = self._runs()
            for path in runs.dead:
                self.files.remove(path)
        except Exception as error:  # noqa: BLE001 - whatever Hadoop raises, it is this path
            self.close()
            raise InputError(f"cannot write to {self.path}: {java_message(error)}") from None
        return [
            *(f"removed what an earlier run left: {path}" for path in runs.dead),
            *(
                f"another run is writing to this output ({path}); the first to end publishes, "
                "the other fails"
                for path in runs.at_work
            ),
        ]

    def _runs(self) -> left_overs.Runs:
        # The store's own clock: this machine's may be wrong.
        now = self.files.newest(f"{self.staging}/{ALIVE}")
        return left_overs.runs_of(self.files, self.path, now=now, own=self.staging)

    def close(self) -> None:
        """Remove the staging directory, and the directories that this run made and did not fill.

        What cannot be removed now is left to the next run.
        """
        if self._presence is not None:
            self._presence.end()
        made = [self.path] if self._is_new else []
        with suppress(Exception):
            # The sign of life goes last: killed in between, the run is known to be dead still.
            for name in ("splits", "bad", PREPROCESSOR, MANIFEST):
                self.files.remove(f"{self.staging}/{name}")
            self.files.remove(self.staging)
            for directory in (*(f"{self.path}/{name}" for name in DIRECTORIES), *made):
                self.files.remove_if_empty(directory)

    def staged_split(self, split: str) -> str:
        """Say where the files of a split are staged."""
        return f"{self.staging}/splits/{SPLIT_COLUMN}={split}"

    def staged_rule(self, rule: str) -> str:
        """Say where the rows are staged that a rule applies to."""
        return f"{self.staging}/bad/{RULE}={rule}"

    def staged_files(self, ending: str) -> dict[str, Published]:
        """List the staged files, and what each will be called; those of splits get the ending."""
        planned = {}
        for directory in DIRECTORIES:
            is_bad = directory == QUARANTINE
            staged = self.staged_rule(QUARANTINE) if is_bad else self.staged_split(directory)
            for number, file in enumerate(left_overs.files_below(self.files, staged)):
                name = data_name(number, self.run_id, ".json" if is_bad else ending)
                planned[file.path] = Published(f"{directory}/{name}", directory, file.size)
        return planned

    def commit(
        self, staged: Mapping[str, Published], manifest: Mapping[str, Any], preprocessor: str
    ) -> list[str]:
        """Move the staged files beside the old ones, exchange the manifest, remove the old files.

        Raises ConflictError where the manifest is not the one of the beginning any more, or where
        files of this run are gone: another took it for dead, as it stood still too long. Whatever
        ends a run before the exchange leaves the old result as it was; files that were moved in by
        then are removed here, or by the next run. Returns what could not be done after it.
        """
        moved = [f"{self.path}/{preprocessor_name(self.run_id)}"]
        text = as_text(manifest)
        text.encode()  # what cannot be written is known before anything is moved
        try:
            for path, file in staged.items():
                moved.append(f"{self.path}/{file.path}")
                self._move_in(path, moved[-1])
            self.files.write_text(moved[0], preprocessor, draft=f"{self.staging}/{PREPROCESSOR}")
            # Another run's files are nobody's once this manifest stands, but not those of a run
            # that begins after it: so they are listed now.
            listed = left_overs.files_of_runs(self.files, self.path)
            old = self._runs().left_overs(listed, moved, self.staging)
            if gone := self._gone(moved, listed):
                raise taken_for_dead(self.path, gone)
        except BaseException:
            self._take_back(moved)
            raise
        try:
            self._exchange(text)
        except ConflictError:
            self._take_back(moved)
            raise
        except BaseException:
            if self._is_not_out():
                self._take_back(moved)
            raise
        try:
            gone = self._gone(moved, left_overs.files_of_runs(self.files, self.path))
            if not gone:
                self._copy_preprocessor()
                self._remove_old(old)
        except Exception as error:  # noqa: BLE001 - the result stands; the next run tidies up
            return [f"published, but not tidied up ({java_message(error)}); the next run does that"]
        if gone and self._put_back():
            self._take_back(moved)
            raise taken_for_dead(self.path, gone)
        return []

    def _move_in(self, path: str, target: str) -> None:
        for attempt in range(5):
            self.files.make_directory(target.rpartition("/")[0])
            try:
                self.files.move(path, target)
                return
            except OSError:
                # Another run may have removed the directory, as it was empty.
                if attempt == 4 or not self.files.exists(path):
                    raise

    def _gone(self, moved: Sequence[str], listed: Sequence[File]) -> list[str]:
        """Return what the manifest names and somebody removed meanwhile."""
        there = {file.path for file in listed}
        # A store's listing may be late; it is asked for the few that are not in it.
        return [path for path in moved if path not in there and not self.files.exists(path)]

    def _put_back(self) -> bool:
        """Put the manifest of the beginning over this run's; tell whether that one stood still.

        The files it names are there still: only a run that has published removes them.
        """
        path = f"{self.path}/{MANIFEST}"
        found = read_manifest(self.files, path)
        if found.content.get("run_id") != self.run_id:
            return False
        if self.old:
            self.files.make_directory(self.staging)  # it may be gone too
            draft = f"{self.staging}/{MANIFEST}"
            self.files.replace(path, as_text(self.old), found.version, draft=draft)
        else:
            self.files.remove(path)
        return True

    def _take_back(self, moved: list[str]) -> None:
        for path in moved:
            with suppress(Exception):  # the next run finds it
                self.files.remove(path)

    def _exchange(self, text: str) -> None:
        """Put the new manifest over the one of the beginning; whose answer is lost, looks again."""
        path = f"{self.path}/{MANIFEST}"
        try:
            self.files.replace(path, text, self._version, draft=f"{self.staging}/{MANIFEST}")
        except ConflictError:
            raise self._conflict() from None
        except Exception as error:
            # It may stand all the same: files it names must not be taken back.
            try:
                stands = self.current().get("run_id") == self.run_id
            except InputError:  # the store is away still; the first error says why
                raise error from None
            if not stands:
                raise

    def _is_not_out(self) -> bool:
        """Tell whether the manifest of this run does not stand, and will not.

        A request to an object store may be carried out after its caller gave up.
        """
        try:
            mine = self.current().get("run_id") == self.run_id
        except InputError:
            return False
        return not mine and self.path.partition(":")[0] not in OBJECT_SCHEMES

    def current(self) -> dict[str, Any]:
        """Read the manifest that stands now."""
        return read_manifest(self.files, f"{self.path}/{MANIFEST}").content

    def check_unchanged(self) -> None:
        """Raise ConflictError where the manifest is not the one of the beginning any more."""
        if read_manifest(self.files, f"{self.path}/{MANIFEST}").version != self._version:
            raise self._conflict()

    def _conflict(self) -> ConflictError:
        try:
            winner = self.current().get("run_id", "unknown")
        except InputError:  # somebody else's file lies there by now, or the store is away
            winner = "unknown"
        return ConflictError(
            f"another run ({winner}) published to {self.path} while this one was at work; "
            "its result stands, nothing of this run was published; run again to replace it"
        )

    def _copy_preprocessor(self) -> None:
        """Bring ``preprocessor.json`` in line with the manifest, whoever wrote that meanwhile."""
        target = f"{self.path}/{PREPROCESSOR}"
        draft = f"{self.staging}/{PREPROCESSOR}"
        named, absent = None, None
        while manifest := self.current():
            path = manifest["preprocessor"]["path"]
            if path in (named, PREPROCESSOR):
                return
            try:
                text = self.files.read_text(f"{self.path}/{path}")
                self.files.write_text(target, text, draft=draft)
                named = path
            except InputError:  # replaced between two looks
                if path == absent:
                    raise
                absent = path

    def _remove_old(self, old: left_overs.LeftOvers) -> None:
        """Remove what no manifest names any more and no run at work has moved in."""
        left_overs.remove(self.files, self.path, old)
        if left_overs.has_delta(self.old) and not left_overs.has_delta(self.current()):
            self.files.remove(f"{self.path}/{DELTA_TABLE}")
