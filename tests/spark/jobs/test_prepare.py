"""What prepare publishes, reckoned by hand: splits, numbers, counts; and runs after the first."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hostile_names import HOSTILE, assert_nothing_ran, hostile_table
from pyspark.sql import SparkSession
from run_command import Done, Run

import jobs.main

Table = Callable[..., Path]
SPLITS = ("train", "validation", "test")
# Where seed 42 puts the ids 0 … 59 with --key id.
VALIDATION = (18, 20, 25, 27, 44, 57)
TEST = (4, 11, 15, 28, 31, 35, 37, 58)
TRAIN = tuple(i for i in range(60) if i not in VALIDATION + TEST)
OPTIONS = ("--key", "id", "--scale")
COUNTS = {"train": 46, "validation": 6, "test": 8}


def csv_of(count: int, changed: dict[int, str] | None = None) -> str:
    """Write id, x, s, y; every tenth x is null."""
    rows = (f"{i},{'' if i % 10 == 9 else i * 0.5},{'abc'[i % 3]},{i % 7}" for i in range(count))
    return "id,x,s,y\n" + "".join(f"{(changed or {}).get(i, row)}\n" for i, row in enumerate(rows))


@pytest.fixture(scope="module")
def first(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Publish 60 rows once; no test writes into this output."""
    root = tmp_path_factory.mktemp("first")
    (root / "t.csv").write_text(csv_of(60))
    line = ["prepare", str(root / "t.csv"), str(root / "out"), "--target", "y", *OPTIONS]
    return Done(jobs.main.main(line), "", "", root / "out")


def assert_disk_is_manifest(done: Done) -> None:
    """Every listed file is there with its size, and nothing else that a reader would see."""
    listed = {file["path"]: file["bytes"] for file in done.manifest["files"]}
    found = {
        str(path.relative_to(done.output)): path.stat().st_size
        for path in done.output.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    copy = (done.output / "preprocessor.json").read_bytes()
    assert copy == (done.output / done.manifest["preprocessor"]["path"]).read_bytes()
    assert found.pop("preprocessor.json") == len(copy)
    assert found.pop("manifest.json") > 0
    assert found == listed
    assert not list(done.output.rglob("_*"))


def test_the_first_run_publishes_what_can_be_reckoned_by_hand(first: Done) -> None:
    assert_disk_is_manifest(first)
    assert first.manifest["rows"] == {
        "read": 60, "published": COUNTS, "dropped": {}, "quarantined": {}
    }  # fmt: skip
    assert first.manifest["contract"]["inferred"] is True
    assert first.manifest["nulls_filled"] == {"x": 6}
    for split, ids in zip(SPLITS, (TRAIN, VALIDATION, TEST)):
        assert [row["id"] for row in first.rows(split)] == list(ids)
    known = [Fraction(i, 2) for i in TRAIN if i % 10 != 9]
    fill = float(sum(known) / len(known))
    filled = [fill if i % 10 == 9 else i * 0.5 for i in TRAIN]
    center, spread = statistics.fmean(filled), statistics.pstdev(filled)
    assert first.steps["x"]["fill"] == fill
    labels = sorted("abc", key=lambda s: (-sum("abc"[i % 3] == s for i in TRAIN), s))
    for i, row in enumerate(first.rows()):
        x = fill if i % 10 == 9 else i * 0.5
        assert row["x"] == pytest.approx((x - center) / spread, rel=1e-12)
        assert (row["s_indexed"], row["y"]) == (labels.index("abc"[i % 3]), i % 7)


def test_the_same_again_replaces_all_that_was_there(
    prepare: Run, table: Table, first: Done
) -> None:
    twice = csv_of(90) + csv_of(90).partition("\n")[2] + "ragged\n90,1,a,\n90,1,a,\n"
    options = ("--key", "id", "--drop-duplicates", "--format", "csv", "--compression", "zstd")
    dirty = prepare(table(twice), *options[:-2])
    rows = dirty.manifest["rows"]
    assert (rows["read"], sum(rows["published"].values())) == (183, 90)
    assert rows["dropped"] == {"a duplicate": 90, "the target is null": 2}
    assert "a duplicate" in dirty.out
    assert len(dirty.quarantine) == sum(rows["quarantined"].values()) == 1
    assert_disk_is_manifest(dirty)
    done = prepare(table(csv_of(60)), *OPTIONS, *options[-2:])
    assert_disk_is_manifest(done)
    assert not (done.output / "quarantine").exists()
    assert {path.suffix for path in done.output.glob("*/[!.]*")} == {".parquet"}
    for split in SPLITS:
        assert done.rows(split) == first.rows(split)
    assert done.preprocessor == first.preprocessor


def test_more_rows_move_no_old_row(prepare: Run, table: Table, first: Done) -> None:
    done = prepare(table(csv_of(120)), *OPTIONS)
    for split in SPLITS:
        old = [row["id"] for row in first.rows(split)]
        assert [row["id"] for row in done.rows(split) if row["id"] < 60] == old
    assert len(done.rows()) == 120


def test_a_test_row_teaches_nothing(prepare: Run, table: Table, first: Done) -> None:
    done = prepare(table(csv_of(60, {4: "4,1e6,never seen,6"})), *OPTIONS)
    changed, before = done.rows("test")[0], first.rows("test")[0]
    assert changed["id"] == before["id"] == 4
    assert changed["x"] > 10_000 > before["x"]
    assert changed["s_indexed"] == 3.0
    assert done.preprocessor == first.preprocessor
    assert done.rows("train") == first.rows("train")


def test_an_earlier_preprocessor_is_applied_and_not_fitted_again(
    prepare: Run, table: Table, first: Done
) -> None:
    earlier = first.output / "preprocessor.json"
    changed = {i: f"{i},7000.0,b,1" for i in TRAIN}
    options = ("--key", "id", "--preprocessor", earlier, "--fill", "median")
    done = prepare(table(csv_of(60, changed)), *options, target=None)
    assert done.manifest["preprocessor"]["fitted_here"] is False
    assert (done.output / "preprocessor.json").read_bytes() == earlier.read_bytes()
    for split in ("validation", "test"):
        assert done.rows(split) == first.rows(split)
    x = first.steps["x"]
    assert {row["x"] for row in done.rows("train")} == {(7000.0 - x["center"]) / x["spread"]}


def labels_csv() -> str:
    """Write rows with labels a and b; a row of test holds a new one, one of validation a null."""
    odd = {4: "new", 18: ""}
    rows = (f"{i},{i * i},{odd.get(i, 'aab'[i % 3])},{i % 7}\n" for i in range(60))
    return "id,x,s,y\n" + "".join(rows)


def test_every_choice_of_learning_is_followed(prepare: Run, table: Table) -> None:
    without = labels_csv().replace("\n0,0,", "\n0,,").replace("\n4,16,", "\n4,,")
    options = ("--key", "id", "--fill", "median", "--unseen", "separate", "--max-labels", "1")
    done = prepare(table(without), *options)
    median = statistics.median(i * i for i in TRAIN if i)
    x, s = done.column("x"), done.column("s_indexed")
    assert (x[0], x[4], x[7]) == (median, median, 49.0)
    assert done.manifest["nulls_filled"] == {"x": 2}
    assert "Nulls filled" in done.out
    assert done.steps["s"]["labels"] == ["a"]
    assert (s[3], s[5], s[4], s[18]) == (0.0, 1.0, 1.0, 2.0)
    assert "'s': 1 labels get no index of their own" in done.out


def test_rows_with_unseen_labels_are_skipped_and_counted(prepare: Run, table: Table) -> None:
    done = prepare(table(labels_csv()), "--key", "id", "--unseen", "skip", "--fill", "none")
    assert sorted(done.column("s_indexed")) == [i for i in range(60) if i not in (4, 18)]
    assert done.manifest["nulls_filled"] == {}
    assert done.manifest["rows"] == {
        "read": 60,
        "published": {"train": 46, "validation": 5, "test": 7},
        "dropped": {"an unseen or null label (--unseen skip)": 2},
        "quarantined": {},
    }


def test_a_random_split_is_drawn_alike_by_both_reads(prepare: Run, table: Table) -> None:
    """What is drawn depends on how the input is cut; small files need a finer second read."""
    lines = "".join(f"{i},{i * 0.5},{i % 7}\n" for i in range(3000))
    options = ("--split-method", "random", "--seed", "-7", "--weights", "1/3,1/3,1/3")
    done = prepare(table("id,x,y\n" + lines), *options, "--target-file-size", "2k")
    assert done.manifest["split"] == {
        "method": "random", "seed": -7, "weights": ["1/3"] * 3, "key": None
    }  # fmt: skip
    assert sorted(done.column("y")) == list(range(3000))
    train = [row["x"] for row in done.rows("train")]
    assert done.steps["x"]["fill"] == statistics.fmean(train)  # learned of the rows it published
    assert all(900 < count < 1100 for count in done.manifest["rows"]["published"].values())
    assert len(list((done.output / "train").glob("*.parquet"))) > 1


ODD = ["a.b", "a b", "a`b", "a'b", 'a"b', "größe 漢字", "Id", "id", "a,b;{}()=", " padded ",
       "select", "label", "split", "slot"]  # fmt: skip


def test_column_names_of_every_kind_under_a_contract_that_infer_wrote(
    command: Run, prepare: Run, table: Table, tmp_path: Path
) -> None:
    header = ",".join('"' + name.replace('"', '""') + '"' for name in ODD)
    cells = ",".join(str(number) for number in range(1, 15))
    path = table(
        f"{header},kind.of,y\n" + "".join(f"{cells},{'ab'[i % 2]},{i}\n" for i in range(60))
    )
    contract = tmp_path / "c.json"
    written = command("infer", path, "--output", contract, "--target", "y")
    assert written.code == 0, written.err
    options = ("--key", '"a.b","a`b",y', "--scale", "--drop-duplicates")
    done = prepare(path, "--contract", contract, *options, target=None)
    assert done.manifest["contract"]["inferred"] is False
    found = pq.read_table(done.output / "train")
    assert found.column_names == [*ODD, "kind.of_indexed", "y"]
    assert done.manifest["split"]["key"] == ["a.b", "a`b", "y"]
    kept = ("a.b", "a`b")  # the key is not scaled
    assert {name: done.steps[name].get("center") for name in ODD} == {
        name: None if name in kept else float(number) for number, name in enumerate(ODD, 1)
    }
    assert (set(found["a.b"].to_pylist()), set(found["a b"].to_pylist())) == ({1}, {0.0})


def test_hostile_names_and_labels_are_texts_and_nothing_else(
    prepare: Run, table: Table, tmp_path: Path
) -> None:
    source = table(hostile_table(), "in/it's a $(touch pwned) `table`.csv")
    done = prepare(source, "--key", "id", output="out[1] $(touch pwned) `x`; 'y' ${z}/ü %20+")
    assert all(set(done.steps[name]["labels"]) == set(HOSTILE) for name in HOSTILE)
    assert_nothing_ran(tmp_path, source, done.output)


def test_a_quote_far_behind_the_sample_is_parsed(prepare: Run, table: Table) -> None:
    lines = [f"{i},{'pqr'[i % 3] * 20},{i % 7}" for i in range(5000)]
    lines[4000:] = [f'{i},"one, two",{i % 7}' for i in range(4000, 5000)]
    text = "id,s,y\n" + "\n".join(lines) + "\n"
    assert text.index('"') > 1 << 16
    done = prepare(table(text))
    assert (done.manifest["rows"]["read"], len(done.rows())) == (5000, 5000)
    assert sorted(done.steps["s"]["labels"]) == ["one, two", "p" * 20, "q" * 20, "r" * 20]


def test_files_of_somebody_else_are_not_deleted(prepare: Run, table: Table, clean_csv: str) -> None:
    mine = [table("precious", f"out/{name}") for name in ("quarantine/_mine.txt", "test/.mine/a")]
    mine.append(table(json.dumps({"notes": 1}), "out/notes.json"))
    done = prepare(table(clean_csv))
    assert [path.exists() for path in mine] == [True] * 3
    assert sum(done.manifest["rows"]["published"].values()) == 60


def test_a_run_leaves_the_session_as_it_was(
    prepare: Run, table: Table, clean_csv: str, spark: Any
) -> None:
    setting = "spark.sql.files.maxPartitionBytes"
    spark.conf.set(setting, "64m")
    try:
        prepare(table(clean_csv))
        assert spark.conf.get(setting) == "64m"
    finally:
        spark.conf.unset(setting)
