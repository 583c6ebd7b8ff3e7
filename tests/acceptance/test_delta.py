"""One Delta table for all splits, by Delta's real jars."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from one_spark import Run, one_spark

from jobs.session import DELTA_PACKAGE


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Give what runs command lines of jobs/main.py, all in one process."""
    with one_spark(tmp_path_factory.mktemp("delta"), ("--packages", DELTA_PACKAGE), {}) as run:
        yield run


def write_table(path: Path, rows: int) -> Path:
    path.write_text("id,s,y\n" + "".join(f"{i},{'ab'[i % 2]},{i % 5}\n" for i in range(rows)))
    return path


def test_one_commit_a_run_and_readable_again(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "out"
    arguments = (output, "--target", "y", "--key", "id", "--format", "delta")
    for rows in (200, 300):
        data = write_table(tmp_path / f"t{rows}.csv", rows)
        done = run(["prepare", data, *arguments])
        assert done.code == 0, done
    commits = sorted(path.name for path in (output / "delta/_delta_log").glob("0*.json"))
    assert commits == ["00000000000000000000.json", "00000000000000000001.json"]
    manifest = json.loads((output / "manifest.json").read_text())
    counted = dict.fromkeys(("train", "validation", "test"), 0)
    for entry in manifest["files"]:
        if entry["split"]:
            path = output / entry["path"]
            assert path.stat().st_size == entry["bytes"]
            counted[entry["split"]] += pq.ParquetFile(path).metadata.num_rows
    assert counted == manifest["rows"]["published"]
    assert sum(counted.values()) == 300

    again = run(["prepare", output / "delta", tmp_path / "again", "--target", "y"])
    assert again.code == 0, again
    rows = json.loads((tmp_path / "again" / "manifest.json").read_text())["rows"]
    assert rows["read"] == 300
