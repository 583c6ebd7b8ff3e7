"""Whatever happens at whichever step of a publish: readers see one whole result, old or new."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Any

import pytest
from memory_files import Disk, MemoryFiles

from jobs.clock import new_run_id
from jobs.errors import FAILED, ConflictError, describe
from jobs.publish import clean, left_overs
from jobs.publish.layout import preprocessor_name, run_of
from jobs.publish.output import OutputDirectory
from jobs.publish.presence import ALIVE, Presence, this_process
from schemas.errors import InputError

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


@pytest.fixture(autouse=True)
def sign_is_not_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a thread that outlives a run which is killed here."""
    monkeypatch.setattr("jobs.publish.output.Presence", partial(Presence, every=3600))


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> MemoryFiles:
    """A store without any output."""
    files = MemoryFiles(Disk())
    monkeypatch.setattr(clean, "_files", lambda *_: files)
    return files


@pytest.fixture
def old(files: MemoryFiles) -> MemoryFiles:
    """A store with an output that holds a whole result."""
    Writer(files, "old").publish()
    return files


class Event:
    """What happens at a call of a run: to the run, or done by others in the same output."""

    def __init__(self, does: str, disk: Disk) -> None:
        self.does, self.files, self.found, self.killed = does, MemoryFiles(disk), "", False
        began = does == "a run that began before publishes"
        self.run = Writer(self.files, "rival") if began else None

    def __call__(self, store: Store, call: Any) -> Any:
        self.found = read(store.disk)
        if self.does in ("dies", "loses an answer"):
            call()
            store.dead = self.does == "dies"
        if store.dead:
            raise Killed
        if self.does in ("fails", "loses an answer"):
            raise OSError("connection reset")
        if "clean" in self.does:
            with suppress(InputError):  # there is no output yet
                self.clean()
        elif self.run is None:
            self.run = Writer(self.files, "rival")
        if "publishes" in self.does:
            with suppress(ConflictError):
                self.run.publish()
        return call()

    def clean(self) -> None:
        if "files" not in self.does:
            clean.run(OUT, dry_run=False)
            return
        found = left_overs.find(self.files, OUT, now=self.files.disk.now)
        left_overs.remove(self.files, OUT, replace(found, directories=()))


# Whose result stands in the end, and whether the run says that it published.
LEFT, KILLED_LATE, NEW = ("over", False), ("new", False), ("new", True)
LOST, REPLACED = ("rival", False), ("rival", True)


@pytest.mark.parametrize("over", ["nothing", "old"])
@pytest.mark.parametrize(
    ("does", "ends"),
    [
        ("dies", {LEFT, KILLED_LATE, NEW}),
        ("fails", {LEFT, NEW}),
        ("loses an answer", {LEFT, NEW}),
        ("a run that began before publishes", {LOST, NEW}),
        ("a run begins and publishes", {LOST, REPLACED, NEW}),
        ("a run begins", {NEW}),
        ("clean", {NEW}),
        ("taken for dead, a run begins", {LEFT, NEW}),
        ("taken for dead, a run begins and publishes", {LOST, REPLACED, NEW}),
        ("taken for dead, clean", {LEFT, NEW}),
        ("taken for dead, clean has come to the files", {LEFT, NEW}),
    ],
)
def test_at_every_call(
    monkeypatch: pytest.MonkeyPatch, does: str, ends: set[tuple[str, bool]], over: str
) -> None:
    own_fault, seen = does in ("dies", "fails", "loses an answer"), set()
    for at, disk in outputs(over):
        before, event = set(disk.texts), Event(does, disk)
        monkeypatch.setattr(clean, "_files", lambda *_, event=event: event.files)
        kind = Ended if own_fault or "dead" in does else Store
        store = kind(disk, at, CHANGES if own_fault else CHANGES + LOOKS, event)
        error, notes = None, []
        try:
            notes = Writer(store, "new").publish()
        except (Exception, Killed) as caught:  # noqa: BLE001 - every end is looked at
            error = caught
        found, where = read(disk), (at, repr(error))
        seen.add(("over" if found == over else found, error is None))
        if error is None and not notes:
            assert disk.texts[f"{OUT}/preprocessor.json"][0] == found, where
        if does != "dies" and event.found == "new":  # what was published is not called a failure
            assert error is None, where
        if does in ("fails", "loses an answer") and found == over:  # what was moved in is gone
            left = {path for path in disk.texts if "/_staging-" not in path}
            assert len(left - before) <= 1, where
        if event.run:
            event.run.output.close()
        next_run = Writer(MemoryFiles(disk), "next")
        assert not any("another run" in note for note in next_run.notes), where
        assert next_run.publish() == [], where
        assert (read(disk), len(disk.texts)) == ("next", WHOLE), (where, set(disk.texts))
        if store.calls < at:
            break
    assert at > 20
    assert seen == ends


@pytest.mark.parametrize("began", ["before", "just then"])
@pytest.mark.parametrize("publishes", [True, False])
def test_clean_takes_nothing_from_a_run_at_any_of_its_calls(
    monkeypatch: pytest.MonkeyPatch, publishes: bool, began: str
) -> None:
    for at, disk in outputs("old"):
        files = MemoryFiles(disk)
        runs = [Writer(files, "rival")] if began == "before" else []
        files.write_text(f"{OUT}/train/part-00000-{DEAD}.csv", "left")

        def happens(store: Store, call: Any, files: Any = files, runs: Any = runs) -> Any:
            if not runs:
                runs.append(Writer(files, "rival"))
            if publishes:
                runs[0].publish()
            else:
                name = f"part-00000-{runs[0].output.run_id}.csv"
                files.write_text(f"{OUT}/train/{name}", "moved in")
            return call()

        store = Store(disk, at, CHANGES + LOOKS, happens)
        monkeypatch.setattr(clean, "_files", lambda *_, store=store: store)
        clean.run(OUT, dry_run=False)
        if store.calls < at:
            break
        texts = [text for text, _ in disk.texts.values()]
        assert read(disk) == ("rival" if publishes else "old"), at
        assert len(texts) == WHOLE if publishes else "moved in" in texts, (at, set(disk.texts))
        runs[0].output.close()
    assert at > 10


def test_two_at_work_hear_of_each_other_and_the_loser_of_the_winner(files: MemoryFiles) -> None:
    one, two = Writer(files, "one"), Writer(files, "two")
    assert one.notes == []
    (note,) = two.notes
    assert note.startswith(f"another run is writing to this output ({one.output.staging})")
    assert one.publish() == []
    with pytest.raises(ConflictError) as conflict:
        two.publish()
    code, message = describe(conflict.value)
    assert code == FAILED
    assert f"another run ({one.output.run_id}) published to {OUT}" in message
    assert "run again" in message


@pytest.mark.parametrize("over", ["nothing", "old"])
def test_a_store_may_carry_out_the_exchange_after_its_caller_gave_up(over: str) -> None:
    out, late = "s3a://bucket/out", []

    class Late(MemoryFiles):
        def replace(self, *arguments: Any, **options: Any) -> None:
            late.append(lambda: MemoryFiles.replace(self, *arguments, **options))
            raise OSError("timed out")

    files = Late(Disk())
    if over == "old":
        Writer(MemoryFiles(files.disk), "old", out).publish()
    with pytest.raises(OSError, match="timed out"):
        Writer(files, "new", out).publish()
    assert read(files.disk, out) == over
    late[0]()
    assert read(files.disk, out) == "new"


def taken_for_dead(files: MemoryFiles, run_id: str) -> None:
    for path in [path for path in files.disk.texts if f"/part-00000-{run_id}" in path]:
        del files.disk.texts[path]


def manifest_cut_off(files: MemoryFiles, run_id: str) -> None:
    files.write_text(f"{OUT}/manifest.json", '{"job": "prep')


def store_away(files: MemoryFiles, run_id: str) -> None:
    def refuse(path: str) -> None:
        raise OSError("connection refused")

    files.read_versioned = refuse  # type: ignore[method-assign]
    refuse(OUT)


@pytest.mark.parametrize(
    ("happens", "error", "message"),
    [
        (taken_for_dead, ConflictError, "3 files of this run .* another run or clean took it for"),
        (manifest_cut_off, ConflictError, "another run .unknown. published"),
        (store_away, OSError, "connection refused"),  # no fault of the user's
    ],
)
def test_what_is_said_of_an_exchange(
    old: MemoryFiles, happens: Any, error: type[Exception], message: str
) -> None:
    class Odd(MemoryFiles):
        def replace(self, *arguments: Any, **options: Any) -> None:
            happens(self, writer.output.run_id)
            super().replace(*arguments, **options)

    before, manifest = set(old.disk.texts), old.disk.texts[f"{OUT}/manifest.json"]
    writer = Writer(Odd(old.disk), "new")
    with pytest.raises(error, match=message):
        writer.publish()
    if happens is not store_away:
        assert set(old.disk.texts) == before
    old.disk.texts[f"{OUT}/manifest.json"] = manifest
    assert read(old.disk) == "old"


def test_a_run_that_misses_files_does_not_even_write_its_manifest(old: MemoryFiles) -> None:
    class Sleeper(MemoryFiles):
        def write_text(self, path: str, text: str, *, draft: str | None = None) -> None:
            super().write_text(path, text)
            if "/preprocessor-" in path:
                taken_for_dead(self, writer.output.run_id)

        def replace(self, *arguments: Any, **options: Any) -> None:
            pytest.fail("readers would find a manifest without its files")

    writer = Writer(Sleeper(old.disk), "new")
    with pytest.raises(ConflictError, match="took it for dead"):
        writer.publish()


@pytest.mark.parametrize(
    ("call", "path", "error"),
    [
        ("remove", f"{OUT}/train/", OSError("read-only file system")),
        ("read_text", f"{OUT}/preprocessor-", InputError("there is no file")),
    ],
)
def test_what_cannot_be_done_after_the_exchange_is_told_and_not_waited_for(
    old: MemoryFiles, call: str, path: str, error: Exception
) -> None:
    do = getattr(old, call)

    def refuse(its_path: str) -> Any:
        if its_path.startswith(path):
            raise error
        return do(its_path)

    setattr(old, call, refuse)
    notes = Writer(old, "new").publish()
    assert notes == [f"published, but not tidied up ({error}); the next run does that"]
    assert read(old.disk) == "new"


def test_a_manifest_that_cannot_be_written_moves_nothing(old: MemoryFiles) -> None:
    before = dict(old.disk.texts)
    with pytest.raises(UnicodeEncodeError):
        Writer(old, "new").publish(description="half \ud800")
    assert old.disk.texts == before


@pytest.mark.parametrize("made", [True, False])
def test_a_directory_goes_with_the_run_that_made_it(files: MemoryFiles, made: bool) -> None:
    if made:
        files.make_directory(OUT)
    output = OutputDirectory(files, OUT, new_run_id())
    output.open()
    assert files.is_directory(OUT)
    output.close()
    assert files.is_directory(OUT) is made


def test_somebody_elses_files_are_refused(files: MemoryFiles) -> None:
    files.write_text(f"{OUT}/train/mine.csv", "")
    with pytest.raises(InputError, match="already holds train/mine.csv"):
        Writer(files, "new")
    assert list(files.disk.texts) == [f"{OUT}/train/mine.csv"]


@pytest.mark.parametrize("who", ["a run that begins", "a run that publishes", "clean"])
def test_a_clock_that_is_fast_makes_nobody_dead(
    monkeypatch: pytest.MonkeyPatch, old: MemoryFiles, who: str
) -> None:
    sign = f"{OUT}/_staging-{DEAD}/{ALIVE}"
    old.write_text(sign, json.dumps({**this_process(), "machine": "another"}))
    monkeypatch.setattr(time, "time", lambda: old.disk.now / 1000 + 3600)
    if who == "clean":
        clean.run(OUT, dry_run=False)
    else:
        new = Writer(old, "new")
        assert "publishes" not in who or new.publish() == []
    assert old.exists(sign)


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [
        (f"part-00000-{DEAD}.csv", True),
        (f"part-123456-{DEAD}.snappy.parquet", True),
        (f"preprocessor-{DEAD}.json", True),
        (f"_staging-{DEAD}", True),
        (f"part-00000-{DEAD}", False),
        ("preprocessor.json", False),
        ("_staging-mine", False),
        ("part-00000.csv", False),
    ],
)
def test_names_of_runs(name: str, is_ours: bool) -> None:
    assert run_of(name) == (DEAD if is_ours else None)
