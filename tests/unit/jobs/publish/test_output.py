"""Two runs into one output: the first to end publishes, the other fails, no file is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jobs.clock import new_run_id
from jobs.errors import FAILED, ConflictError, describe
from jobs.local_files import LocalFiles
from jobs.publish.layout import preprocessor_name, run_of
from jobs.publish.output import OutputDirectory
from schemas.errors import InputError

SPLITS = ("train", "validation", "test")


class Writer:
    """A run reduced to its files: one row a split, which holds the writer's name."""

    def __init__(self, folder: Path, name: str, files: LocalFiles | None = None) -> None:
        self.name = name
        self.output = OutputDirectory(files or LocalFiles(), str(folder), new_run_id())
        self.output.check_free()
        self.notes = self.output.open()

    def publish(self, **more: object) -> list[str]:
        try:
            for split in SPLITS:
                path = Path(self.output.staged_split(split).removeprefix("file:"))
                path.mkdir(parents=True)
                (path / "part-00000.csv").write_text(self.name)
            staged = self.output.staged_files(".csv")
            name = preprocessor_name(self.output.run_id)
            files = [file.entry() for file in staged.values()]
            files.append({"path": name, "split": None, "bytes": len(self.name)})
            manifest = {"job": "prepare", "run_id": self.output.run_id, "files": files, **more}
            manifest["preprocessor"] = {"path": name}
            return self.output.commit(staged, manifest, self.name)
        finally:
            self.output.close()


def read(folder: Path) -> set[str]:
    """Read all that the manifest names."""
    manifest = json.loads((folder / "manifest.json").read_text())
    return {(folder / file["path"]).read_text() for file in manifest["files"]}


def names(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.mark.parametrize("earlier", [False, True])
def test_two_at_work(out: Path, earlier: bool) -> None:
    if earlier:
        Writer(out, "old").publish()
    one, two = Writer(out, "one"), Writer(out, "two")
    assert "another run is writing to this output" in two.notes[0]
    assert one.publish() == []
    assert read(out) == {"one"}
    after_one = names(out)
    with pytest.raises(ConflictError) as conflict:
        two.publish()
    code, message = describe(conflict.value)
    assert code == FAILED
    assert f"another run ({one.output.run_id}) published to" in message
    assert "run again" in message
    assert read(out) == {"one"}
    assert names(out) == [name for name in after_one if not name.startswith("_staging")]
    assert (out / "preprocessor.json").read_text() == "one"
    assert Writer(out, "three").publish() == []
    assert read(out) == {"three"}
    assert len(names(out)) == 6


def test_files_that_another_run_moved_in_stay(out: Path) -> None:
    """Seen before there was a sign of life: the first to publish removed them."""

    class Slow(LocalFiles):
        def replace(self, *arguments: Any, **options: Any) -> None:
            other.publish()
            super().replace(*arguments, **options)

    other = Writer(out, "other")
    slow = Writer(out, "slow", Slow())
    with pytest.raises(ConflictError):
        slow.publish()
    assert read(out) == {"other"}
    assert len(names(out)) == 6


def test_a_lost_answer_is_looked_up(out: Path) -> None:
    """The manifest stands, and what told so broke: its files must not be taken back."""

    class Lost(LocalFiles):
        def replace(self, *arguments: Any, **options: Any) -> None:
            super().replace(*arguments, **options)
            raise OSError("connection reset")

    assert Writer(out, "new", Lost()).publish() == []
    assert read(out) == {"new"}


@pytest.mark.parametrize("is_store", [False, True])
def test_an_exchange_that_fails_leaves_the_old_result(
    out: Path, monkeypatch: pytest.MonkeyPatch, is_store: bool
) -> None:
    if is_store:
        monkeypatch.setattr("jobs.publish.output.OBJECT_SCHEMES", ("file",))

    class Broken(LocalFiles):
        def replace(self, *arguments: Any, **options: Any) -> None:
            raise OSError("connection reset")

    Writer(out, "old").publish()
    before = names(out)
    with pytest.raises(OSError, match="connection reset"):
        Writer(out, "new", Broken()).publish()
    assert read(out) == {"old"}
    # It might stand yet in a store that answers late, so only the next run takes its files away.
    assert set(names(out)) > set(before) if is_store else names(out) == before
    Writer(out, "next").publish()
    assert read(out) == {"next"}
    assert len(names(out)) == 6


def test_a_manifest_that_cannot_be_written_moves_nothing(out: Path) -> None:
    Writer(out, "old").publish()
    before = names(out)
    with pytest.raises(UnicodeEncodeError):
        Writer(out, "new").publish(description="half \ud800")
    assert names(out) == before


@pytest.mark.parametrize("gone", ["train", "preprocessor"])
def test_a_run_that_was_taken_for_dead_names_no_file_that_is_gone(out: Path, gone: str) -> None:
    """It stood still between moving files in and the manifest; another run or clean tidied up."""

    class Sleeper(LocalFiles):
        def write_text(self, path: str, text: str, *, draft: str | None = None) -> None:
            super().write_text(path, text, draft=draft)
            if "/preprocessor-" in path:
                place = out / "train" if gone == "train" else out
                for left in place.glob(f"*{run_of(Path(path).name)}*"):
                    if left.is_file():
                        left.unlink()

    Writer(out, "old").publish()
    before = names(out)
    with pytest.raises(ConflictError, match="took it for dead"):
        Writer(out, "new", Sleeper()).publish()
    assert read(out) == {"old"}
    assert names(out) == before


def test_a_manifest_that_cannot_be_read_at_the_exchange_is_a_conflict(out: Path) -> None:
    class Spoiled(LocalFiles):
        def replace(self, *arguments: Any, **options: Any) -> None:
            (out / "manifest.json").write_text(text[: len(text) // 2])
            super().replace(*arguments, **options)

    Writer(out, "old").publish()
    before, text = names(out), (out / "manifest.json").read_text()
    with pytest.raises(ConflictError, match="another run .unknown. published"):
        Writer(out, "new", Spoiled()).publish()
    (out / "manifest.json").write_text(text)
    assert names(out) == before
    assert read(out) == {"old"}


def test_a_store_that_goes_away_at_the_exchange_is_no_fault_of_the_users(out: Path) -> None:
    class Away(LocalFiles):
        away = False

        def replace(self, *arguments: Any, **options: Any) -> None:
            self.away = True
            raise OSError("connection refused")

        def read_versioned(self, path: str) -> Any:
            if self.away:
                raise OSError("connection refused")
            return super().read_versioned(path)

    Writer(out, "old").publish()
    with pytest.raises(OSError, match="connection refused"):
        Writer(out, "new", Away()).publish()
    assert read(out) == {"old"}


def test_a_preprocessor_that_is_gone_is_told_and_not_waited_for(out: Path) -> None:
    class Thief(LocalFiles):
        def replace(self, *arguments: Any, **options: Any) -> None:
            super().replace(*arguments, **options)
            (out / preprocessor_name(thief.output.run_id)).unlink()

    thief = Writer(out, "new", Thief())
    (note,) = thief.publish()
    assert note.startswith("published, but not tidied up (there is no file ")


def test_what_cannot_be_tidied_up_is_told(out: Path) -> None:
    class Stuck(LocalFiles):
        def remove(self, path: str) -> None:
            if "_staging" not in path:
                raise OSError("read-only file system")

    Writer(out, "old").publish()
    notes = Writer(out, "new", Stuck()).publish()
    assert notes == ["published, but not tidied up (read-only file system); the next run does that"]
    assert read(out) == {"new"}


def test_the_copy_of_the_preprocessor_follows_the_manifest(out: Path) -> None:
    """Between manifest and copy another run publishes: the copy is the last manifest's."""

    class Late(LocalFiles):
        late = True

        def write_text(self, path: str, text: str, *, draft: str | None = None) -> None:
            if path.endswith("/preprocessor.json") and self.late:
                self.late = False
                Writer(out, "last").publish()
            super().write_text(path, text, draft=draft)

    Writer(out, "first", Late()).publish()
    assert read(out) == {"last"}
    assert (out / "preprocessor.json").read_text() == "last"


def test_a_directory_the_user_made_stays(out: Path) -> None:
    out.mkdir()
    output = OutputDirectory(LocalFiles(), str(out), new_run_id())
    output.open()
    output.close()
    assert out.is_dir()
    out.rmdir()
    output = OutputDirectory(LocalFiles(), str(out), new_run_id())
    output.open()
    output.close()
    assert not out.exists()


def test_somebody_elses_files(out: Path) -> None:
    (out / "train").mkdir(parents=True)
    (out / "train" / "mine.csv").write_text("")
    with pytest.raises(InputError, match="already holds train/mine.csv"):
        Writer(out, "new")
    assert names(out) == ["train/mine.csv"]


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [
        ("part-00000-20130101T000000Z-0123abcd.csv", True),
        ("part-123456-20130101T000000Z-0123abcd.snappy.parquet", True),
        ("preprocessor-20130101T000000Z-0123abcd.json", True),
        ("_staging-20130101T000000Z-0123abcd", True),
        ("part-00000-20130101T000000Z-0123abcd", False),
        ("preprocessor.json", False),
        ("_staging-mine", False),
        ("part-00000.csv", False),
    ],
)
def test_names_of_runs(name: str, is_ours: bool) -> None:
    assert run_of(name) == ("20130101T000000Z-0123abcd" if is_ours else None)
