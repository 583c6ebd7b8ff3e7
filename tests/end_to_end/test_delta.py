"""One Delta table for all splits, by Delta's real jars."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from jobs.session import DELTA_PACKAGE

Submit = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.slow
OPTIONS = ("--master", "local[2]", "--packages", DELTA_PACKAGE)


def write_table(path: Path, rows: int) -> Path:
    path.write_text("id,s,y\n" + "".join(f"{i},{'ab'[i % 2]},{i % 5}\n" for i in range(rows)))
    return path


def test_one_commit_a_run_and_readable_again(submit: Submit, tmp_path: Path) -> None:
    output = tmp_path / "out"
    arguments = (output, "--target", "y", "--key", "id", "--format", "delta")
    for rows in (200, 300):
        data = write_table(tmp_path / f"t{rows}.csv", rows)
        done = submit("prepare", data, *arguments, options=OPTIONS)
        assert done.returncode == 0, done.stdout + done.stderr
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

    again = submit(
        *("prepare", output / "delta", tmp_path / "again", "--target", "y"), options=OPTIONS
    )
    assert again.returncode == 0, again.stdout + again.stderr
    rows = json.loads((tmp_path / "again" / "manifest.json").read_text())["rows"]
    assert rows["read"] == 300


def test_without_its_jars_delta_is_refused_at_once(submit: Submit, tmp_path: Path) -> None:
    data = write_table(tmp_path / "t.csv", 50)
    output = tmp_path / "out"
    done = submit("prepare", data, output, "--target", "y", "--format", "delta")
    assert done.returncode == 2
    assert f"spark-submit --packages {DELTA_PACKAGE}" in done.stderr
    assert not output.exists()
