"""``jobs/main.py clean``: what killed runs left is shown, then removed; nothing else is."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

import jobs.main
from jobs.local_files import LocalFiles
from jobs.publish import clean
from jobs.publish.presence import ALIVE, this_process

RUN, DEAD, LIVE = (f"201301{day:02}T000000Z-0123abcd" for day in (1, 2, 3))


def write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A result, what one dead and one live run would leave beside it, and somebody's own files."""
    out = tmp_path / "out"
    files = [f"train/part-00000-{RUN}.csv", f"preprocessor-{RUN}.json"]
    write(out / "manifest.json", {"job": "prepare", "files": [{"path": path} for path in files]})
    for path in (*files, "preprocessor.json", "README.txt", "_staging-mine/notes"):
        write(out / path, "kept")
    for run, process in ((DEAD, {**this_process(), "started": 1}), (LIVE, this_process())):
        write(out / f"_staging-{run}" / ALIVE, process)
        write(out / f"train/part-00000-{run}.csv", "left")
        write(out / f"preprocessor-{run}.json", "{}")
    return out


def tree(out: Path) -> set[str]:
    return {path.relative_to(out).as_posix() for path in out.rglob("*")}


def test_what_the_dead_left_is_shown_then_removed(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(out)
    assert jobs.main.main(["clean", str(out), "--dry-run"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert tree(out) == before
    assert said[0] == f"at work: file:{out}/_staging-{LIVE}"
    assert said[1].startswith(f"file:{out}/train/part-00000-{DEAD}.csv  4 bytes, 0.0 hours old")
    assert said[-2] == f"file:{out}/_staging-{DEAD}/"
    assert said[-1] == "would be removed: 2 files with 6 bytes, 1 staging directories"
    assert jobs.main.main(["clean", str(out)]) == 0
    assert "removed: 2 files" in capsys.readouterr().out
    gone = {name for name in before if DEAD in name}
    assert tree(out) == before - gone
    assert len(gone) == 4
    assert jobs.main.main(["clean", str(out)]) == 0
    assert capsys.readouterr().out.endswith("nothing was left behind\n")


def test_a_run_of_another_machine_is_dead_after_a_quarter_of_an_hour(out: Path) -> None:
    sign = out / f"_staging-{LIVE}" / ALIVE
    write(sign, {**this_process(), "machine": "another"})
    assert jobs.main.main(["clean", str(out)]) == 0
    assert sign.exists()
    old = time.time() - 901
    for path in (sign, sign.parent):
        os.utime(path, (old, old))
    assert jobs.main.main(["clean", str(out)]) == 0
    assert not sign.parent.exists()
    assert not list(out.glob("_clean-*"))


def test_without_a_manifest_all_of_the_dead_goes(out: Path) -> None:
    (out / "manifest.json").unlink()
    shutil.rmtree(out / f"_staging-{LIVE}")
    assert jobs.main.main(["clean", str(out)]) == 0
    assert tree(out) == {"README.txt", "_staging-mine", "_staging-mine/notes", "preprocessor.json"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (None, "", "there is no output"),
        ("file.txt", "mine", "holds nothing that prepare wrote"),
        ("manifest.json", '{"name": "web app"}', "was not written by prepare"),
    ],
)
def test_what_is_no_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str | None, content: str, message: str
) -> None:
    place = tmp_path / "elsewhere"
    if name:
        write(place / name, content)
    assert jobs.main.main(["clean", str(place)]) == 2
    assert message in capsys.readouterr().err
    assert name is None or (place / name).read_text() == content


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
