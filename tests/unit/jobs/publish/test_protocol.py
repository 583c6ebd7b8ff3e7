"""Whatever happens at whichever step of a publish: readers see one whole result, old or new."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from memory_files import Disk, MemoryFiles
from publishing import CHANGES, DEAD, LOOKS, OUT, WHOLE, Ended, Killed, Store, Writer, outputs, read

from jobs.errors import ConflictError
from jobs.publish import clean, left_overs
from schemas.errors import InputError


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
