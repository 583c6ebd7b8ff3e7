"""``jobs/main.py clean``: what killed runs left is shown, then removed; nothing else is."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest

import jobs.main
from jobs.local_files import LocalFiles
from jobs.publish import clean
from jobs.publish.presence import ALIVE, this_process

DEAD, LIVE = "20130101T000000Z-0123abcd", "20130102T000000Z-0123abcd"


@pytest.fixture
def out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A result, and what one dead and one live run would leave beside it."""
    rows = "".join(f"{i},{i % 3}\n" for i in range(40))
    (tmp_path / "t.csv").write_text("id,y\n" + rows)
    out = tmp_path / "out"
    arguments = ["prepare-tabular", str(tmp_path / "t.csv"), str(out), "--target", "y"]
    assert jobs.main.main(arguments) == 0
    for run, process in ((DEAD, {**this_process(), "started": 1}), (LIVE, this_process())):
        (out / f"_staging-{run}").mkdir()
        (out / f"_staging-{run}" / ALIVE).write_text(json.dumps(process))
        (out / "train" / f"part-00000-{run}.csv").write_text("left")
        (out / f"preprocessor-{run}.json").write_text("{}")
    (out / "README.txt").write_text("mine")
    (out / "_staging-mine").mkdir()
    capsys.readouterr()
    return out


def tree(out: Path) -> set[str]:
    return {path.relative_to(out).as_posix() for path in out.rglob("*")}


def test_dry_run_shows_and_touches_nothing(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(out)
    assert jobs.main.main(["clean", str(out), "--dry-run"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert tree(out) == before
    assert said[0] == f"at work: file:{out}/_staging-{LIVE}"
    assert said[1].startswith(f"file:{out}/train/part-00000-{DEAD}.csv  4 bytes, 0.0 hours old")
    assert said[-2] == f"file:{out}/_staging-{DEAD}/"
    assert said[-1] == "would be removed: 2 files with 6 bytes, 1 staging directories"


def test_clean_removes_what_the_dead_left(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(out)
    assert jobs.main.main(["clean", str(out)]) == 0
    assert "removed: 2 files" in capsys.readouterr().out
    gone = {name for name in before if DEAD in name}
    assert tree(out) == before - gone
    assert len(gone) == 4
    assert jobs.main.main(["clean", str(out)]) == 0
    assert capsys.readouterr().out.endswith("nothing was left behind\n")


def test_a_clock_that_is_fast_makes_nobody_dead(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sign = out / f"_staging-{LIVE}" / ALIVE
    sign.write_text(json.dumps({**this_process(), "machine": "another"}))
    wrong = time.time() + 3600
    monkeypatch.setattr(time, "time", lambda: wrong)
    assert jobs.main.main(["clean", str(out)]) == 0
    assert sign.exists()
    assert not (out / f"_staging-{DEAD}").exists()
    assert not list(out.glob("_clean-*"))


def test_a_run_of_another_machine(out: Path) -> None:
    sign = out / f"_staging-{LIVE}" / ALIVE
    sign.write_text(json.dumps({**this_process(), "machine": "another"}))
    assert jobs.main.main(["clean", str(out)]) == 0
    assert sign.exists()
    old = time.time() - 901
    for path in (sign, sign.parent):
        os.utime(path, (old, old))
    assert jobs.main.main(["clean", str(out)]) == 0
    assert not sign.parent.exists()
    assert (out / "_staging-mine").exists()


def test_without_a_manifest_all_of_the_dead_goes(out: Path) -> None:
    (out / "manifest.json").unlink()
    shutil.rmtree(out / f"_staging-{LIVE}")
    assert jobs.main.main(["clean", str(out)]) == 0
    assert tree(out) == {"README.txt", "_staging-mine", "preprocessor.json"}


@pytest.mark.parametrize("made", [False, True])
def test_what_is_no_output(tmp_path: Path, capsys: pytest.CaptureFixture[str], made: bool) -> None:
    place = tmp_path / "elsewhere"
    if made:
        place.mkdir()
        (place / "file.txt").write_text("mine")
    assert jobs.main.main(["clean", str(place)]) == 2
    wanted = "holds nothing that prepare wrote" if made else "there is no output"
    assert wanted in capsys.readouterr().err


def test_a_manifest_of_somebody_else(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(out)
    (out / "manifest.json").write_text('{"name": "web app"}')
    assert jobs.main.main(["clean", str(out)]) == 2
    assert "was not written by prepare" in capsys.readouterr().err
    assert tree(out) == before


@pytest.mark.parametrize(
    ("path", "elsewhere"), [("out", True), ("/data/out", True), ("file:/data/out", False)]
)
def test_a_path_without_a_scheme_lies_where_hadoop_says(
    monkeypatch: pytest.MonkeyPatch, path: str, elsewhere: bool
) -> None:
    opened: list[str] = []
    monkeypatch.setenv("HADOOP_CONF_DIR", "/etc/hadoop/conf")
    monkeypatch.setattr("jobs.session.get_session", lambda name, **_: opened.append(name))
    monkeypatch.setattr("jobs.hadoop_files.HadoopFiles", lambda _: LocalFiles())
    clean._files(path, False)
    assert opened == (["clean"] if elsewhere else [])
