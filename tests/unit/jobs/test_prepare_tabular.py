"""prepare-tabular by itself: what it publishes, what it refuses, and where pyspark is missing."""

from __future__ import annotations

import csv
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hostile_names import HOSTILE, assert_nothing_ran, hostile_table
from run_command import Done, Run
from twins import CODECS, csv_of

import jobs.prepare_tabular.conform
import jobs.prepare_tabular.run
import jobs.publish.layout
import schemas.conform
from jobs.prepare_tabular import csv_cells, memory, packed

ROOT = Path(__file__).resolve().parents[3]
Table = Callable[..., Path]
SMALL = csv_of("x: 0.1 2.5  1e3", "s: a b  c")
# Importing one of these raises, as where it is not installed.
BLOCKER = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("pyspark", "py4j", "pyarrow", "pysail", "grpc"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
"""


@pytest.fixture(name="prepare")
def on_one_machine(prepare: Run) -> Run:
    return partial(prepare, job="prepare-tabular")


@pytest.fixture(name="refuses")
def one_machine_refuses(refuses: Run) -> Run:
    return partial(refuses, job="prepare-tabular")


def files_of(output: Path) -> dict[str, bytes]:
    return {str(p.relative_to(output)): p.read_bytes() for p in output.rglob("*") if p.is_file()}


def rows_of(done: Done) -> list[dict[str, str]]:
    found = []
    for path in sorted(done.output.glob("*/part-*.csv")):
        with path.open(newline="") as lines:
            found += [*csv.DictReader(lines)]
    return found


def test_it_runs_where_there_is_neither_pyspark_nor_pyarrow(table: Table, tmp_path: Path) -> None:
    table(BLOCKER, "lib/sitecustomize.py")
    source = table(csv_of("x: 0.1 2.5  1e3", "s: a b  c", "d: 2013-01-01 "))

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, ROOT / "jobs/main.py", "prepare-tabular", *arguments]
        env = {**os.environ, "PYTHONPATH": str(tmp_path / "lib")}
        return subprocess.run(
            [*map(str, line), "--target", "y"], capture_output=True, text=True, env=env, timeout=60
        )

    done = run(source, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert sum(manifest["rows"]["published"].values()) == 300
    assert {Path(f["path"]).suffix for f in manifest["files"]} == {".csv", ".json"}
    for line in ((source, "--format", "parquet"), (table("PAR1", "in.parquet"),)):
        refused = run(line[0], tmp_path / "parquet", *line[1:])
        assert refused.returncode == 2
        assert (
            "parquet needs pyarrow, which is not installed: pip install pyarrow" in refused.stderr
        )
        assert not (tmp_path / "parquet").exists()


def test_the_same_bytes_every_time_and_duplicates_are_left_out(prepare: Run, table: Table) -> None:
    source = table("x,y\n" + "".join(f"{i % 40 * 10},{i % 40 % 7}\n" for i in range(80)))
    first = prepare(source)
    before = {n: b for n, b in files_of(first.output).items() if n.endswith(".csv")}
    learned = (first.output / "preprocessor.json").read_bytes()
    assert first.manifest["rows"]["dropped"] == {"a duplicate": 40}
    again = prepare(source)
    assert (again.output / "preprocessor.json").read_bytes() == learned
    after = [b for n, b in files_of(again.output).items() if n.endswith(".csv")]
    assert sorted(after) == sorted(before.values())
    assert len(after) == 3


@pytest.mark.parametrize(("asked", "codec", "ending"), CODECS)
def test_parquet_is_packed_as_asked(
    prepare: Run, table: Table, clean_csv: str, asked: str | None, codec: str, ending: str
) -> None:
    given = ("--compression", asked) if asked else ()
    done = prepare(table(clean_csv), "--format", "parquet", *given)
    assert done.manifest["compression"] == (asked or "snappy")
    paths = [entry["path"] for entry in done.manifest["files"] if entry["split"]]
    assert {path.partition(".")[2] for path in paths} == {ending}
    groups = [pq.ParquetFile(done.output / path).metadata.row_group(0) for path in paths]
    assert {group.column(0).compression for group in groups} == {codec}


@pytest.mark.parametrize("text", ['{"ProcessingJobName": "flights-1"}', "", "{", "[]", "{}", None])
def test_the_manifest_names_the_processing_job_where_there_is_one(
    prepare: Run, table: Table, clean_csv: str, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    if text is not None:
        table(text, "ml/config/processingjobconfig.json")
    source = table(clean_csv)
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(source.parent / "ml"))
    expected = "flights-1" if text and "flights" in text else None
    assert prepare(source).manifest["processing_job"] == expected


def test_formulas_are_escaped_on_request_only(prepare: Run, table: Table) -> None:
    cells = ["=cmd|' /C calc'!A1", "+1", "plain", "-2", "@x"]
    source = table("id,=n,y\n" + "".join(f'{i},"{cells[i % 5]}",{i}\n' for i in range(60)))
    options = ("--key", "=n,id")
    assert {row["=n"] for row in rows_of(prepare(source, *options))} == {*cells}
    escaped = rows_of(prepare(source, *options, "--escape-formulas"))
    assert {row["'=n"] for row in escaped} == {c if c == "plain" else f"'{c}" for c in cells}


def test_hostile_names_and_labels_are_texts_and_nothing_else(
    prepare: Run, table: Table, tmp_path: Path
) -> None:
    source = table(hostile_table(), "in/it's a $(touch pwned) `table`.csv")
    done = prepare(source, "--key", "id", output="out $(touch pwned) `x`; 'y' ${z}")
    assert all(set(done.steps[name]["labels"]) == set(HOSTILE) for name in HOSTILE)
    assert_nothing_ran(tmp_path, source, done.output)


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        ('{"x": 1, "y": 2}\n', "a.json", "json input; use spark-submit jobs/main.py prepare"),
        ('x,y\n1,2\n1,"a"b\n', "a.csv", "text behind a closing quote"),
        ("x,y\n1,2\n1,2\n1,\n", "a.csv", "(1 rows in all; 1 left out: a duplicate; 1 left"),
        ("x,y\n" + "".join(f",{i}\n" for i in range(60)), "a.csv", "every column is null in ev"),
        ("x,y\n1,\n2,\n3,\n", "a.csv", "the target 'y' is null in all 3 rows"),
        ('x,y\n1,"a\nb"\n1\n', "a.csv", "rows unlike its header"),
        (gzip.compress(b"x,y\n1,2\n", mtime=0)[:-9], "a.csv.gz", "it was cut off: file:"),
        (gzip.compress(b"", mtime=0), "a.csv.gz", "has no columns"),
        ("x,y\n1,2\n", "a.csv.bz2", ("a file is not compressed as its name says", "a.csv.bz2")),
    ],
)  # fmt: skip
def test_what_it_cannot_read_as_spark_does_is_refused(
    refuses: Run, table: Table, content: Any, name: str, says: Any
) -> None:
    refuses(table(content, name), says=says)


def test_other_places_and_headers_are_refused(refuses: Run, table: Table, tmp_path: Path) -> None:
    refuses("s3://bucket/raw", says=("not a local file", "spark-submit"))
    table("x,y\n1,2\n", "in/a.csv")
    table("y,x\n1,2\n", "in/b.csv")
    words = ("the header of one file differs", "b.csv", "it has y, x; expected x, y")
    refuses(tmp_path / "in", says=words)


def test_a_rule_to_fail_ends_the_run(refuses: Run, table: Table) -> None:
    columns = [{"name": "x", "type": "int"}, {"name": "y", "type": "int"}]
    given = table(json.dumps({"columns": columns, "on_breach": "fail"}), "contract.json")
    source = table("x,y\n" + "1,2\n" * 50 + "a,2\n")
    words = ("breaks its contract (1 rows)", "x: not a int: 1 rows", '{"x":"a","y":"2"}')
    refuses(source, "--contract", given, says=words)


def test_a_run_that_fails_while_writing_leaves_the_earlier_result(
    prepare: Run, command: Run, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = prepare(table(SMALL))
    before = files_of(done.output)
    monkeypatch.setattr("jobs.prepare_tabular.run.write_csv", lambda *_, **__: 1 / 0)
    assert command("prepare-tabular", table(SMALL), done.output, "--target", "y").code == 1
    assert files_of(done.output) == before
    assert len(before) == 6


def test_a_file_that_changes_while_it_is_read_ends_the_run(
    refuses: Run, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = jobs.prepare_tabular.run._write

    def changed(*arguments: Any) -> Any:
        written = write(*arguments)
        table(SMALL.replace("2.5", "9.75"))
        return written

    monkeypatch.setattr("jobs.prepare_tabular.run._write", changed)
    refuses(table(SMALL), says=("the input changed while it was read: 1 files", "table.csv"))


def test_the_memory_a_run_takes_is_told_and_what_does_not_fit_is_refused(
    command: Run, refuses: Run, table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explained(path: Path) -> str:
        return command("prepare-tabular", path, tmp_path / "out", "--target", "y", "--explain").out

    assert "161 MB at the peak" in explained(table(SMALL))
    assert "median fill, scale" in explained(table(SMALL))
    text = gzip.compress(csv_of("x: 0.1 2.5  1e3", rows=200_000).encode())
    peak = f"about {161 + len(text) * 17 * 8 / 10**6:,.0f} MB at the peak"
    assert peak in explained(table(text, "a.csv.gz"))
    # A million equal cells are stored in next to nothing.
    pq.write_table(pa.table({"x": [1] * 500_000, "y": [1] * 500_000}), tmp_path / "t.parquet")
    assert (tmp_path / "t.parquet").stat().st_size < 10_000
    assert "about 206 MB at the peak" in explained(tmp_path / "t.parquet")
    assert not (tmp_path / "out").exists()
    monkeypatch.setattr(memory, "free_memory", lambda: 10**8)
    words = ("does not fit this machine", "100 MB are free", "jobs/main.py prepare")
    refuses(table(SMALL), says=words)


def test_what_swells_beyond_the_memory_is_refused_while_it_is_read(
    refuses: Run, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """4 MB in 4 kB: by its stored size it would fit."""
    monkeypatch.setattr(packed, "free_memory", lambda: 20 * 10**6)
    path = table(gzip.compress(b"id,y\n" + b"1,1\n" * 10**6, mtime=0), "table.csv.gz")
    refuses(path, says="unpack to more than 1 MB; use the Spark job")


def test_memory_that_runs_out_on_the_way_publishes_nothing(
    refuses: Run, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_large(*_: Any, **__: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("jobs.prepare_tabular.run.count_pandas", too_large)
    refuses(table(SMALL), says=("did not fit the memory", "use spark-submit jobs/main.py prepare"))


def test_blank_lines_are_dropped_before_lines_are_counted(
    prepare: Run, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Millions of blank lines cost next to nothing and are no rows, wherever they stand."""
    rows = [f"{i},{i % 7},{'abc'[i % 3]}\n" for i in range(60)]
    blanks = "\n" * 100_000
    text = "id,y,s\n" + blanks + blanks.join(rows) + blanks
    counted: list[int] = []
    kinds = csv_cells._kinds_of_lines

    def counting(data: bytes, *rest: Any) -> Any:
        counted.append(data.count(b"\n"))
        return kinds(data, *rest)

    monkeypatch.setattr(csv_cells, "_kinds_of_lines", counting)
    done = prepare(table(gzip.compress(text.encode(), mtime=0), "table.csv.gz"))
    assert done.manifest["rows"]["read"] == 60
    assert sum(counted) <= 62


def test_words_that_stand_twice_because_one_place_needs_pyspark_are_the_same() -> None:
    assert jobs.prepare_tabular.conform.RAGGED == schemas.conform.RAGGED
    assert jobs.publish.layout.RULE == schemas.conform.RULE
