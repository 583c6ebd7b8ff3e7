"""The whole job from the bundle alone, on separate processes, from an empty directory."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from event_logs import event_log_options, read_event_log

from launch.bundle import make_bundle

ROOT = Path(__file__).resolve().parents[2]
Submit = Callable[..., subprocess.CompletedProcess[str]]


def sorted_split(output: Path, name: str) -> pa.Table:
    table = pa.concat_tables(pq.read_table(path) for path in (output / name).glob("*.parquet"))
    return table.sort_by([(column, "ascending") for column in table.column_names])


def test_bundle_on_two_workers_equals_the_laptop_run(
    cluster: str, submit: Submit, flights_csv: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    data = tmp_path / "flights.csv"
    with flights_csv.open() as source, data.open("w") as out:
        out.writelines(islice(source, 60_001))
    bundle = make_bundle(tmp_path / "bundle.zip")
    app = Path(shutil.copy(ROOT / "jobs" / "main.py", tmp_path / "main.py"))
    contract = ROOT / "schemas" / "flights.json"
    alone = {"PYTHONPATH": ""}

    on_cluster = submit(
        *("prepare", data, tmp_path / "cluster", "--contract", contract),
        options=(
            *event_log_options(tmp_path / "events", master=cluster),
            *("--py-files", str(bundle), "--executor-memory", "800m"),
            # Files of 2 MB, so that both workers have something to read.
            *("--conf", "spark.sql.files.maxPartitionBytes=2m"),
        ),
        app=app,
        cwd=empty,
        env=alone,
    )
    assert on_cluster.returncode == 0, on_cluster.stdout + on_cluster.stderr
    laptop = submit("prepare", data, tmp_path / "laptop", "--contract", contract)
    assert laptop.returncode == 0, laptop.stdout + laptop.stderr

    assert read_event_log(tmp_path / "events").hosts == {"127.0.0.11", "127.0.0.12"}
    assert list(empty.iterdir()) == []
    for name in ("train", "validation", "test"):
        ours, theirs = (sorted_split(tmp_path / run, name) for run in ("cluster", "laptop"))
        assert ours.num_rows > 5_000
        assert ours.equals(theirs)
    learned = [(tmp_path / run / "preprocessor.json").read_bytes() for run in ("cluster", "laptop")]
    assert learned[0] == learned[1]


def test_without_the_bundle_the_app_alone_fails(submit: Submit, tmp_path: Path) -> None:
    """The test above would be worth nothing if the packages came from somewhere else."""
    app = Path(shutil.copy(ROOT / "jobs" / "main.py", tmp_path / "main.py"))
    done = submit("infer", "x.csv", app=app, cwd=tmp_path, env={"PYTHONPATH": ""})
    assert done.returncode == 1
    assert "No module named 'jobs'" in done.stdout + done.stderr


def test_bad_input_on_a_cluster_ends_as_on_a_laptop(
    cluster: str, submit: Submit, tmp_path: Path
) -> None:
    """Exit code 2, one paragraph, no stack trace, nothing written."""
    data = tmp_path / "t.csv"
    data.write_text("x,y\n" + "1,\n" * 100)
    done = submit(
        *("prepare", data, tmp_path / "out", "--target", "y"),
        options=("--master", cluster, "--executor-memory", "800m"),
    )
    assert done.returncode == 2
    assert "the target 'y' is null in all 100 rows" in done.stderr
    assert "\tat " not in done.stdout + done.stderr
    assert not (tmp_path / "out").exists()
