"""Whether a run is at work still: by its process on this machine, by its last sign elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jobs.local_files import LocalFiles
from jobs.publish.presence import ALIVE, DEAD_AFTER, Presence, is_dead, is_running, this_process

NOW = 2_000_000_000_000
LONG_AGO = NOW - int(DEAD_AFTER * 1000) - 1


@pytest.fixture
def staging(tmp_path: Path) -> Path:
    (tmp_path / "_staging-x").mkdir()
    return tmp_path / "_staging-x"


def sign(staging: Path, content: object, modified: int) -> None:
    path = staging / ALIVE
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    for place in (path, staging):
        os.utime(place, (modified / 1000, modified / 1000))


def test_this_process_runs() -> None:
    assert is_running(this_process()) is True
    assert is_running({**this_process(), "started": 1}) is False
    assert is_running({**this_process(), "machine": "another"}) is None
    assert is_running({**this_process(), "machine": None}) is None
    for nothing in (None, [], {}, {"pid": "7"}, "x"):
        assert is_running(nothing) is None


def test_a_process_that_proc_hides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another user's, where /proc is mounted with hidepid: nobody can tell whether it runs."""

    def refused(_: int, __: int) -> None:
        raise PermissionError

    other = {**this_process(), "pid": 2**22 + 1}
    assert is_running(other) is False
    monkeypatch.setattr(os, "kill", refused)
    assert is_running(other) is None


def test_a_process_that_ended() -> None:
    code = (
        "import json, sys; from jobs.publish.presence import this_process;"
        "print(json.dumps(this_process()), flush=True); sys.stdin.read()"
    )
    line = [sys.executable, "-c", code]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        described = json.loads(child.stdout.readline())
        assert is_running(described) is True
        child.kill()
        # Until it is waited for, it is a zombie.
        while is_running(described):
            time.sleep(0.01)
        assert is_running(described) is False
    assert is_running(described) is False


@pytest.mark.parametrize(("modified", "dead"), [(LONG_AGO, True), (LONG_AGO + 2, False)])
@pytest.mark.parametrize("content", ['{"machine": "algo-1", "pid": 7, "started": 3}', "{half", ""])
def test_from_elsewhere_the_last_sign_counts(
    staging: Path, content: str, modified: int, dead: bool
) -> None:
    sign(staging, content, modified)
    assert is_dead(LocalFiles(), str(staging), now=NOW) is dead


def test_an_empty_directory_is_nobodys(staging: Path) -> None:
    os.utime(staging, (NOW / 1000, NOW / 1000))
    assert is_dead(LocalFiles(), str(staging), now=NOW) is True


def test_any_newer_file_is_a_sign(staging: Path) -> None:
    sign(staging, "", LONG_AGO)
    (staging / "splits").mkdir()
    assert is_dead(LocalFiles(), str(staging), now=NOW) is True
    os.utime(staging / "splits", (NOW / 1000, NOW / 1000))
    assert is_dead(LocalFiles(), str(staging), now=NOW) is False


def test_a_run_here_is_dead_at_once_or_alive_for_ever(staging: Path) -> None:
    sign(staging, this_process(), LONG_AGO)
    assert is_dead(LocalFiles(), str(staging), now=NOW) is False
    sign(staging, {**this_process(), "started": 1}, NOW)
    assert is_dead(LocalFiles(), str(staging), now=NOW) is True


def test_the_sign_is_renewed_until_the_end(staging: Path) -> None:
    presence = Presence(LocalFiles(), str(staging), every=0.01)
    path = staging / ALIVE
    assert is_running(json.loads(path.read_text())) is True
    os.utime(path, (1, 1))
    limit = time.monotonic() + 10
    while path.stat().st_mtime == 1 and time.monotonic() < limit:
        time.sleep(0.01)
    assert path.stat().st_mtime > 1
    presence.end()
    path.unlink()
    time.sleep(0.05)
    assert not path.exists()


def test_a_store_that_is_away_for_a_while(staging: Path) -> None:
    class Flaky(LocalFiles):
        calls = 0

        def write_text(self, path: str, text: str, *, draft: str | None = None) -> None:
            self.calls += 1
            if self.calls == 2:
                raise OSError("503 slow down")
            super().write_text(path, text, draft=draft)

    files = Flaky()
    presence = Presence(files, str(staging), every=0.01)
    limit = time.monotonic() + 10
    while files.calls < 4 and time.monotonic() < limit:
        time.sleep(0.01)
    presence.end()
    assert files.calls >= 4


def test_the_first_sign_is_written_where_another_run_removed_the_directory(staging: Path) -> None:
    class Raced(LocalFiles):
        asked = 0

        def write_text(self, path: str, text: str, *, draft: str | None = None) -> None:
            self.asked += 1
            if self.asked == 1:
                raise OSError(f"cannot write {path}: No such file or directory")
            super().write_text(path, text, draft=draft)

    Presence(Raced(), str(staging)).end()
    assert json.loads((staging / ALIVE).read_text()) == this_process()
