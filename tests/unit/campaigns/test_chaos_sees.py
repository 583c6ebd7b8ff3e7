"""The reader and the verdicts find what is wrong: a harness that cannot fail proves nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from campaigns.chaos.cases import Case
from campaigns.chaos.outcome import Outcome, table_of
from campaigns.chaos.reader import Seen, look

TABLES = {"old": 6, "new": 9}
CASE = Case("kill-driver-fit-0", "kill driver", "fit", 1)
FINE, OLD = Seen("new"), Seen("old")


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Write a whole result of the new table, by hand."""
    learned = b"{}"
    files: list[dict[str, Any]] = []
    for number, split in enumerate(("train", "validation", "test")):
        path = tmp_path / split / "part-0.parquet"
        path.parent.mkdir()
        ids = list(range(number, 9, 3))
        pq.write_table(pa.table({"id": ids, "mark": [1] * len(ids)}), path)
        files.append(
            {"path": f"{split}/part-0.parquet", "split": split, "bytes": path.stat().st_size}
        )
    (tmp_path / "preprocessor-1.json").write_bytes(learned)
    (tmp_path / "preprocessor.json").write_bytes(learned)
    files.append({"path": "preprocessor-1.json", "split": None, "bytes": 2})
    manifest = {
        "input": {"path": "/in/new.csv"},
        "files": files,
        "rows": {"published": {"train": 3, "validation": 3, "test": 3}},
        "preprocessor": {
            "path": "preprocessor-1.json",
            "sha256": hashlib.sha256(learned).hexdigest(),
        },
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path


def test_a_whole_result(output: Path) -> None:
    assert look(output, TABLES) == Seen("new")


def replace_rows(output: Path, ids: list[int], mark: int = 1) -> None:
    """Write other rows into a file, and its size into the manifest."""
    path = output / "train" / "part-0.parquet"
    pq.write_table(pa.table({"id": ids, "mark": [mark] * len(ids)}), path)
    manifest = json.loads((output / "manifest.json").read_text())
    manifest["files"][0]["bytes"] = path.stat().st_size
    (output / "manifest.json").write_text(json.dumps(manifest))


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize(
    ("spoil", "wrong"),
    [
        (lambda out: (out / "test" / "part-0.parquet").unlink(), "FileNotFoundError"),
        (lambda out: cut_off(out / "test" / "part-0.parquet"), "bytes, not"),
        (lambda out: cut_off(out / "manifest.json"), "JSONDecodeError"),
        (lambda out: replace_rows(out, [0, 3, 3]), "9 ids, 8 different"),
        (lambda out: replace_rows(out, [0, 3]), "rows are"),
        (lambda out: replace_rows(out, [0, 3, 6], mark=0), "rows of the tables [0, 1]"),
        (lambda out: (out / "preprocessor-1.json").write_text("[]"), "another run's"),
    ],
)
def test_what_is_wrong_is_seen(output: Path, spoil: Callable[[Path], object], wrong: str) -> None:
    spoil(output)
    assert wrong in look(output, TABLES).wrong


def test_nothing_and_strangers_are_seen(output: Path) -> None:
    (output / "train" / "part-9.parquet").write_text("x")
    assert look(output, TABLES) == Seen("new", strangers=("train/part-9.parquet",))
    (output / "manifest.json").unlink()
    assert look(output, TABLES).table == "nothing"


@pytest.mark.parametrize(
    ("code", "seen", "again", "then", "lost"),
    [
        (137, OLD, 0, FINE, ""),
        (0, FINE, 0, FINE, ""),
        (1, FINE, 0, FINE, ""),
        (0, OLD, 0, FINE, "a reader finds the old result"),
        (None, OLD, 0, FINE, "hung"),
        (137, Seen("nothing"), 0, FINE, "nothing"),
        (137, Seen("new", "9 ids"), 0, FINE, "9 ids"),
        (137, OLD, 1, OLD, "exit code 1"),
        (137, OLD, None, FINE, "exit code None"),
        (137, OLD, 0, Seen("new", strangers=("train/x",)), "left behind: train/x"),
    ],
)
def test_what_counts_as_lost(
    code: int | None, seen: Seen, again: int | None, then: Seen, lost: str
) -> None:
    outcome = Outcome(CASE, True, code, seen, again, then, 1.0)
    assert (lost in outcome.lost) if lost else not outcome.lost
    assert f"lost = {int(bool(lost))}" in table_of([outcome])


@pytest.mark.parametrize(
    ("reached", "before", "code", "seen", "lost"),
    [
        (True, "old", 1, Seen("other"), ""),
        (True, "new", 0, Seen("other"), ""),  # it had published when the other began
        (True, "old", 0, Seen("other"), "though another had before it"),
        (True, "old", 1, FINE, "after the fault: new"),
        (True, "old", 0, FINE, "after the fault: new"),
        (False, "old", 0, FINE, ""),
    ],
)
def test_who_was_overtaken_must_not_publish(
    reached: bool, before: str, code: int, seen: Seen, lost: str
) -> None:
    case = Case("second-run-publish-1", "second run", "publish", 3)
    outcome = Outcome(case, reached, code, seen, 0, FINE, 1.0, before)
    assert (lost in outcome.lost) if lost else not outcome.lost
