"""What runs hear of each other, and what is said where a publish does not go well."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from memory_files import Disk, MemoryFiles
from publishing import DEAD, OUT, Writer, read

from jobs.clock import new_run_id
from jobs.errors import FAILED, ConflictError, describe
from jobs.publish import clean
from jobs.publish.layout import run_of
from jobs.publish.output import OutputDirectory
from jobs.publish.presence import ALIVE, this_process
from schemas.errors import InputError


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
