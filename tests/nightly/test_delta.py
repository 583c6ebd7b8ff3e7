"""One Delta table for all splits, by Delta's real jars."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from one_spark import Run, one_spark

from jobs.session import DELTA_PACKAGE

Submit = Callable[..., subprocess.CompletedProcess[str]]
DELTA = ("--packages", DELTA_PACKAGE)
OPTIONS = ("--master", "local[2]", *DELTA)
SIZES = {"one": 200, "two": 300}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Give what runs command lines of jobs/main.py, all in one process."""
    with one_spark(tmp_path_factory.mktemp("delta"), DELTA, {}) as run:
        yield run


def write_table(path: Path, rows: int) -> Path:
    path.write_text("id,s,y\n" + "".join(f"{i},{'ab'[i % 2]},{i % 5}\n" for i in range(rows)))
    return path


def test_without_its_jars_delta_is_refused_at_once(submit: Submit, tmp_path: Path) -> None:
    data = write_table(tmp_path / "t.csv", 50)
    output = tmp_path / "out"
    done = submit("prepare", data, output, "--target", "y", "--format", "delta")
    assert done.returncode == 2
    assert f"spark-submit --packages {DELTA_PACKAGE}" in done.stderr
    assert not output.exists()


# Runs the job, and does something of its own where a run would exchange the manifest.
BETWEEN = """
import os, sys
from jobs.publish.spark_output import Output
import jobs.main

commit = Output.commit
{code}
sys.exit(jobs.main.main(sys.argv[1:]))
"""
DIES = """
def dies(self, *arguments):
    os._exit(9)

Output.commit = dies
"""
# Its table is committed, then the other's, then its manifest stands, then the other comes.
IS_OVERTAKEN = """
first = []

def overtaken(self, *arguments):
    if first:
        commit(*first)
        return commit(self, *arguments)
    first[:] = [self, *arguments]
    other = [sys.argv[1], sys.argv[2].replace("one.csv", "two.csv"), *sys.argv[3:]]
    assert jobs.main.main(other) == 1
    return []

Output.commit = overtaken
"""
# Another run commits to its table and fails: once right behind its own commit, once a moment later.
IS_CROSSED = """
from pyspark.sql import DataFrameWriter

def crossing(owner, name, output, code):
    whole = getattr(owner, name)

    def crossed(self, *arguments, **options):
        setattr(owner, name, whole)
        done = whole(self, *arguments, **options) if name == "save" else None
        Output.commit = None  # the other gets as far as this
        other = [sys.argv[1], sys.argv[2].replace("one.csv", "two.csv"), output, *sys.argv[4:]]
        assert jobs.main.main(other) == 1
        Output.commit = commit
        return whole(self, *arguments, **options) if name != "save" else done

    setattr(owner, name, crossed)
    assert jobs.main.main([*sys.argv[1:3], output, *sys.argv[4:]]) == code

crossing(DataFrameWriter, "save", sys.argv[3] + "1", 1)
crossing(Output, "_table", sys.argv[3] + "2", 0)
sys.exit()
"""
# Somebody else changes every row of the input between the two reads.
INPUT_CHANGES = """
import jobs.prepare
from pyspark.sql import functions as F

write = jobs.prepare._write

def changed(task, engine, *rest):
    table = engine.spark.read.format("delta").load(sys.argv[2])
    table = table.withColumn("id", F.col("id") + 1_000_000)
    table.write.format("delta").mode("overwrite").save(sys.argv[2])
    return write(task, engine, *rest)

jobs.prepare._write = changed
"""


def run_of(folder: Path, code: str) -> Path:
    app = folder / "between.py"
    app.write_text(BETWEEN.format(code=code))
    return app


def commits_of(output: Path) -> list[str]:
    return sorted(path.name[16:20] for path in (output / "delta/_delta_log").glob("0*.json"))


def rows_listed(output: Path) -> int:
    """Count the rows of all files that the manifest names, and see that they are there."""
    manifest = json.loads((output / "manifest.json").read_text())
    files = [output / file["path"] for file in manifest["files"] if file["split"]]
    return sum(pq.ParquetFile(path).metadata.num_rows for path in files)


def test_killed_between_table_and_manifest(submit: Submit, run: Run, tmp_path: Path) -> None:
    output = tmp_path / "out"
    arguments = (output, "--target", "y", "--key", "id", "--format", "delta")
    one, two = (write_table(tmp_path / f"{name}.csv", rows) for name, rows in SIZES.items())
    died = submit("prepare", one, *arguments, options=OPTIONS, app=run_of(tmp_path, DIES))
    assert died.returncode != 0
    assert commits_of(output) == ["0000"]
    assert not (output / "manifest.json").exists()

    again = run(["prepare", one, *arguments])
    assert again.code == 0, again
    assert commits_of(output) == ["0000"]
    assert json.loads((output / "manifest.json").read_text())["delta_version"] == 0
    assert rows_listed(output) == 200

    other = run(["prepare", two, *arguments])
    assert other.code == 0, other
    back = run(["prepare", one, *arguments])
    assert back.code == 0, back
    assert commits_of(output) == ["0000", "0001", "0002"]
    assert rows_listed(output) == 200


def test_the_table_of_the_winner_is_put_back(submit: Submit, run: Run, tmp_path: Path) -> None:
    output = tmp_path / "out"
    arguments = (output, "--target", "y", "--key", "id", "--format", "delta")
    one, _ = (write_table(tmp_path / f"{name}.csv", rows) for name, rows in SIZES.items())
    app = run_of(tmp_path, IS_OVERTAKEN)
    done = submit("prepare", one, *arguments, options=OPTIONS, app=app)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "its result stands, nothing of this run was published" in done.stdout + done.stderr
    assert commits_of(output) == ["0000", "0001", "0002"]
    assert json.loads((output / "manifest.json").read_text())["delta_version"] == 0
    assert rows_listed(output) == 200
    again = run(["prepare", output / "delta", tmp_path / "out2", "--target", "y"])
    assert again.code == 0, again
    assert json.loads((tmp_path / "out2/manifest.json").read_text())["rows"]["read"] == 200


def test_another_run_commits_to_the_table_at_the_same_time(submit: Submit, tmp_path: Path) -> None:
    write_table(tmp_path / "two.csv", SIZES["two"])
    one = write_table(tmp_path / "one.csv", SIZES["one"])
    arguments = (one, tmp_path / "out", "--target", "y", "--key", "id", "--format", "delta")
    app = run_of(tmp_path, IS_CROSSED)
    done = submit("prepare", *arguments, options=OPTIONS, app=app)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "at the same time; nothing of this run was published" in done.stderr
    assert not (tmp_path / "out1/manifest.json").exists()
    # The version is its own, though the other's was the newest when its rows were counted.
    assert json.loads((tmp_path / "out2/manifest.json").read_text())["delta_version"] == 0
    assert commits_of(tmp_path / "out2") == ["0000", "0001"]
    assert rows_listed(tmp_path / "out2") == SIZES["one"]


def test_an_input_is_read_in_one_version(submit: Submit, run: Run, tmp_path: Path) -> None:
    table = write_table(tmp_path / "one.csv", SIZES["one"])
    made = run(["prepare", table, tmp_path / "in", "--target", "y", "--format", "delta"])
    assert made.code == 0, made
    app = run_of(tmp_path, INPUT_CHANGES)
    arguments = (tmp_path / "in/delta", tmp_path / "out", "--target", "y")
    done = submit("prepare", *arguments, options=OPTIONS, app=app)
    assert done.returncode == 0, done.stdout + done.stderr
    assert commits_of(tmp_path / "in") == ["0000", "0001"]
    ids = [n for name in ("train", "validation", "test")
           for n in pq.read_table(tmp_path / "out" / name)["id"].to_pylist()]  # fmt: skip
    assert sorted(ids) == list(range(SIZES["one"]))
