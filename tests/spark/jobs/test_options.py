"""What each option of prepare does to the rows that are published."""

from __future__ import annotations

import csv
import statistics
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

Prepare = Callable[..., Any]
Table = Callable[..., Path]
# Where seed 42 puts the ids 0 … 59 with --key id.
VALIDATION = (18, 20, 25, 27, 44, 57)
TEST = (4, 11, 15, 28, 31, 35, 37, 58)
TRAIN = tuple(i for i in range(60) if i not in VALIDATION + TEST)
SPLITS = ("train", "validation", "test")


def cells(done: Any, name: str) -> dict[int, Any]:
    """Map id to the published cell, over all splits."""
    parts = (pq.read_table(done.output / s).to_pydict() for s in SPLITS)
    return {i: cell for part in parts for i, cell in zip(part["id"], part[name])}


def squares(without: tuple[int, ...]) -> str:
    lines = (f"{i},{'' if i in without else i * i},{i % 7}\n" for i in range(60))
    return "id,x,y\n" + "".join(lines)


def labels_csv() -> str:
    """Write rows with labels a and b; a row of test holds a new one, one of validation a null."""
    odd = {4: "new", 18: ""}
    return "id,s,y\n" + "".join(f"{i},{odd.get(i, 'aab'[i % 3])},{i % 7}\n" for i in range(60))


@pytest.mark.parametrize(
    ("fill", "learn"),
    [("mean", lambda x: float(Fraction(sum(x), len(x)))), ("median", statistics.median)],
)
def test_nulls_are_filled_with_what_train_shows(
    prepare: Prepare, table: Table, fill: str, learn: Callable[[list[int]], float]
) -> None:
    done = prepare(table(squares((0, 1, 4, 18))), "--key", "id", "--fill", fill)
    assert done.code == 0, done.err
    expected = learn([i * i for i in TRAIN if i > 1])
    found = cells(done, "x")
    assert {i: found[i] for i in (0, 1, 4, 18)} == dict.fromkeys((0, 1, 4, 18), expected)
    assert found[7] == 49.0
    assert done.manifest["nulls_filled"] == {"x": 4}
    assert "nulls filled" in done.out.lower()


def test_scale_without_fill(prepare: Prepare, table: Table) -> None:
    done = prepare(table(squares((0, 4))), "--key", "id", "--fill", "none", "--scale")
    assert done.code == 0, done.err
    train = [i * i for i in TRAIN if i != 0]
    center, spread = statistics.fmean(train), statistics.pstdev(train)
    found = cells(done, "x")
    assert found[0] is None
    assert found[4] is None
    assert found[58] == pytest.approx((58 * 58 - center) / spread, rel=1e-12)
    assert done.manifest["nulls_filled"] == {}


@pytest.mark.parametrize(
    ("policy", "of_new", "of_null"), [("keep", 2.0, 2.0), ("separate", 2.0, 3.0)]
)
def test_unseen_labels_get_an_index(
    prepare: Prepare, table: Table, policy: str, of_new: float, of_null: float
) -> None:
    done = prepare(table(labels_csv()), "--key", "id", "--unseen", policy)
    assert done.code == 0, done.err
    found = cells(done, "s_indexed")
    assert (found[4], found[18]) == (of_new, of_null)
    assert (found[3], found[5]) == (0.0, 1.0)
    assert done.rows() == 60


def test_rows_with_unseen_labels_are_skipped_and_counted(prepare: Prepare, table: Table) -> None:
    done = prepare(table(labels_csv()), "--key", "id", "--unseen", "skip")
    assert done.code == 0, done.err
    assert sorted(cells(done, "s_indexed")) == [i for i in range(60) if i not in (4, 18)]
    assert done.manifest["rows"] == {
        "read": 60,
        "published": {"train": 46, "validation": 5, "test": 7},
        "dropped": {"an unseen or null label (--unseen skip)": 2},
        "quarantined": {},
    }


def test_unseen_labels_can_be_refused(prepare: Prepare, table: Table) -> None:
    done = prepare(table(labels_csv()), "--key", "id", "--unseen", "error")
    assert done.code == 2
    assert "column 's' is null in 1 rows" in done.err
    assert "column 's' has labels without an index in 1 rows" in done.err
    assert not done.output.exists()


def test_labels_are_bounded(prepare: Prepare, table: Table) -> None:
    done = prepare(table(labels_csv()), "--key", "id", "--max-labels", "1")
    assert done.code == 0, done.err
    assert done.preprocessor["columns"][1]["labels"] == ["a"]
    assert "'s': 1 labels get no index of their own" in done.out


def test_all_labels_on_request(
    prepare: Prepare, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "".join(f"{i},label {i % 50},{'pqr'[i % 3]},{i % 7}\n" for i in range(60))
    data = table("id,s,t,y\n" + lines)
    usual = prepare(data, "--key", "id")
    expected = {name: cells(usual, name) for name in ("s_indexed", "t_indexed")}
    for module in ("plan", "string_index"):
        monkeypatch.setattr(f"transforms.{module}.DEFAULT_MAX_LABELS", 10)
    done = prepare(data, "--key", "id", "--max-labels", "unlimited")
    assert done.code == 0, done.err
    assert {name: cells(done, name) for name in expected} == expected
    assert "get no index" not in done.out
    assert done.manifest["rows"] == usual.manifest["rows"]


def test_duplicates_are_dropped_and_counted(prepare: Prepare, table: Table, clean_csv: str) -> None:
    twice = clean_csv + "0,0.0,a,0\n0,0,a,0\n3,1.5,a,3\n7,3.5,b,\n7,3.5,b,\n7,oops\n7,oops\n"
    done = prepare(table(twice), "--drop-duplicates")
    assert done.code == 0, done.err
    rows = done.manifest["rows"]
    assert rows["read"] == 67
    assert sum(rows["published"].values()) == 60
    assert rows["dropped"] == {"a duplicate": 3, "the target is null": 2}
    assert sum(rows["quarantined"].values()) == 2
    assert "a duplicate" in done.out


def test_csv_output_tells_null_from_empty(prepare: Prepare, table: Table) -> None:
    text = ("plain", "", 'say ""hi"", now', "two\nlines")
    rows = "".join(f'{i},{"" if i == 0 else i},"{text[i % 4]}"\n' for i in range(60))
    path = table("id,x,y\n" + rows.replace('""\n', '"-"\n'))
    done = prepare(path, "--key", "id", "--format", "csv", "--fill", "none")
    assert done.code == 0, done.err
    found = {}
    for entry in done.manifest["files"]:
        if entry["split"]:
            with (done.output / entry["path"]).open(newline="") as part:
                found.update({row["id"]: (row["x"], row["y"]) for row in csv.DictReader(part)})
    assert len(found) == 60
    assert [found[i] for i in ("0", "1", "2", "3", "4")] == [
        ("", "plain"),
        ("1", "-"),
        ("2", 'say "hi", now'),
        ("3", "two\nlines"),
        ("4", "plain"),
    ]


def test_the_random_split(prepare: Prepare, table: Table, clean_csv: str) -> None:
    done = prepare(table(clean_csv), "--split-method", "random", "--key", "id")
    assert done.code == 0, done.err
    assert done.manifest["split"]["method"] == "random"
    assert done.manifest["rows"]["read"] == 60
    assert sorted(cells(done, "y")) == list(range(60))
    assert sorted(pq.read_table(done.output / "test")["id"].to_pylist()) != list(TEST)


def test_weights_and_seed_move_rows(prepare: Prepare, table: Table, clean_csv: str) -> None:
    done = prepare(table(clean_csv), "--weights", "1/3,1/3,1/3", "--seed", "-7")
    assert done.code == 0, done.err
    assert done.manifest["split"]["weights"] == ["1/3", "1/3", "1/3"]
    assert done.manifest["split"]["seed"] == -7
    assert all(10 <= count <= 30 for count in done.manifest["rows"]["published"].values())


def test_explain_touches_nothing(
    prepare: Prepare, table: Table, clean_csv: str, tmp_path: Path
) -> None:
    path = table(clean_csv)
    done = prepare(path, "--explain", "--scale", "--fill", "median", "--key", "id")
    assert done.code == 0, done.err
    assert [p.name for p in tmp_path.rglob("*")] == ["table.csv"]
    said = [line.split() for line in done.out.splitlines()]
    assert ["x", "double", "median", "fill,", "scale", "x", "(double)"] in said
    assert ["y", "bigint", "target,", "kept", "y", "(bigint)"] in said
    assert "hash of id, seed 42, 0.7 / 0.15 / 0.15" in done.out
