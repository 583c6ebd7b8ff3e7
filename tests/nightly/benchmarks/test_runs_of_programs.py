"""A contestant that fails, hangs or writes the wrong rows is a row of the table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.__main__ import Again, results_of, round_of
from benchmarks.data import Table
from benchmarks.runs import CONTESTANTS, Contestant, Setting, run

WRITE = """
import sys, pyarrow as pa, pyarrow.parquet as pq
from dataclasses import replace
from pathlib import Path
for split, rows in {}.items():
    folder = Path(sys.argv[2]) / split
    folder.mkdir(parents=True)
    pq.write_table(pa.table({{"id": list(range(rows))}}), folder / "a.parquet")
"""


@pytest.fixture
def table(tmp_path: Path) -> Table:
    (tmp_path / "t" / "rows").mkdir(parents=True)
    (tmp_path / "t" / "rows" / "part-00000.csv").write_text("id,label\n1,1\n")
    return Table(tmp_path / "t", rows=10, labelled=9, bytes=13)


def contestant(tmp_path: Path, code: str) -> Contestant:
    (tmp_path / "script.py").write_text(code)
    return Contestant("polars", tmp_path / "script.py")


def test_a_run_that_is_right(tmp_path: Path, table: Table) -> None:
    one = contestant(tmp_path, WRITE.format({"train": 6, "validation": 2, "test": 1}))
    done = run(one, table, Setting(tmp_path / "s"), 1)
    assert (done.failed, done.round, done.counters) == (None, 1, None)
    assert (done.output_files, done.empty_files) == (3, 0)
    assert done.seconds > 0
    assert not (tmp_path / "s" / "output").exists()
    assert (tmp_path / "s" / "logs" / "t-polars-1.log").exists()


@pytest.mark.parametrize(
    ("code", "failed"),
    [
        (WRITE.format({"train": 6, "validation": 1, "test": 1}),
         "failed: wrong result, 8 rows where 9 were due"),
        (WRITE.format({"train": 6, "validation": 3}),
         "failed: wrong result, splits are {'train': 6, 'validation': 3}"),
        (WRITE.format({"train": 6, "validation": 3, "test": 0}),
         "failed: wrong result, splits are {'test': 0, 'train': 6, 'validation': 3}"),
        ("pass", "failed: wrong result, splits are missing"),
        ("import time; time.sleep(60)", "stopped: more than 1 s"),
        ("raise ValueError('no such column')", "failed: ValueError: no such column"),
        ("import nothing_of_that_name",
         "not available: ModuleNotFoundError: No module named 'nothing_of_that_name'"),
    ],
)  # fmt: skip
def test_failures_are_told(tmp_path: Path, table: Table, code: str, failed: str) -> None:
    limit = 1 if "sleep" in code else 60
    done = run(contestant(tmp_path, code), table, Setting(tmp_path / "s", limit=limit), 1)
    assert done.failed == failed


def test_rounds_are_interleaved_and_a_failure_is_not_repeated(
    tmp_path: Path, table: Table, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    good = contestant(tmp_path, WRITE.format({"train": 6, "validation": 2, "test": 1}))
    monkeypatch.setitem(CONTESTANTS, "polars", good)
    monkeypatch.setitem(CONTESTANTS, "duckdb", Contestant("duckdb", tmp_path / "missing.py"))
    monkeypatch.setattr("benchmarks.__main__.provide", lambda shape, data: table)
    both, setting = ("polars", "duckdb"), Setting(tmp_path / "s")
    *_, result = results_of(["tall-2m"], both, tmp_path, Again(2), setting)
    runs = result.runs
    assert [(one.contestant, one.round) for one in runs] == [
        ("polars", 1), ("duckdb", 1), ("polars", 2),
    ]  # fmt: skip
    assert "t, round 1/2, duckdb" in capsys.readouterr().err
    for again in (Again(2, repeat_below=0), Again(2, minutes=0)):
        *_, result = results_of(["tall-2m"], ["polars"], tmp_path, again, setting)
        assert [(one.contestant, one.round) for one in result.runs] == [("polars", 1)]
    assert "0 minutes are over" in capsys.readouterr().err


def test_who_takes_many_times_as_long_as_prepare_is_stopped(
    tmp_path: Path, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = contestant(tmp_path, WRITE.format({"train": 6, "validation": 2, "test": 1}))
    monkeypatch.setitem(CONTESTANTS, "prepare", replace(good, name="prepare"))
    slow = tmp_path / "slow.py"
    slow.write_text("import time; time.sleep(60)")
    monkeypatch.setitem(CONTESTANTS, "naive", Contestant("naive", slow))
    setting = Setting(tmp_path / "s")
    prepare, naive = round_of(table, ["prepare", "naive"], Again(1, stop_at=2), setting)
    assert naive.failed is not None
    assert naive.failed.startswith("stopped: more than")
    assert 2 * prepare.seconds <= naive.seconds + 0.1 < 60
