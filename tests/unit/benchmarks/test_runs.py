"""A contestant that fails, hangs or writes the wrong rows is a row of the table."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from benchmarks.data import Table
from benchmarks.event_log import read_counters
from benchmarks.runs import CONTESTANTS, ROOT, Contestant, Setting, command, reason, wrong_rows


@pytest.fixture
def table(tmp_path: Path) -> Table:
    (tmp_path / "t" / "rows").mkdir(parents=True)
    (tmp_path / "t" / "rows" / "part-00000.csv").write_text("id,label\n1,1\n")
    return Table(tmp_path / "t", rows=10, labelled=9, bytes=13)


def contestant(tmp_path: Path, code: str) -> Contestant:
    (tmp_path / "script.py").write_text(code)
    return Contestant("polars", tmp_path / "script.py")


def test_floor_writes_every_row(tmp_path: Path, table: Table) -> None:
    (tmp_path / "out").mkdir()
    pa.parquet.write_table(pa.table({"id": list(range(10))}), tmp_path / "out" / "a.parquet")
    assert wrong_rows(CONTESTANTS["floor"], table, tmp_path / "out") is None
    pa.parquet.write_table(pa.table({"id": list(range(9))}), tmp_path / "out" / "a.parquet")
    assert "9 rows where 10" in str(wrong_rows(CONTESTANTS["floor"], table, tmp_path / "out"))


def test_the_telling_line_of_a_log() -> None:
    log = "x\njava.lang.OutOfMemoryError: Java heap space\nerror: late\n\tat line 3\n"
    assert reason(log) == "failed: java.lang.OutOfMemoryError: Java heap space"
    assert reason(f"error: no {ROOT}/data\n\tat a.b\n") == "failed: error: no data"
    assert reason("killed\n") == "failed: killed"
    assert reason("") == "failed: it said nothing"
    arguments = "usage: …\nmain.py: error: unrecognized arguments: --engine sail\n"
    assert reason(arguments).startswith("not available: main.py: error: unrecognized")


def test_command_lines(tmp_path: Path, table: Table) -> None:
    setting = Setting(tmp_path, driver_memory="2g", naive_memory="3g")

    def line(name: str) -> str:
        return " ".join(command(CONTESTANTS[name], table, Path("o"), Path("/e"), setting))

    ours = "--target label --key id --contract"
    assert "spark-submit --master local[2] --driver-memory 2g" in line("prepare")
    assert f"jobs/main.py prepare {table.input} o {ours} {table.contract}" in line("prepare")
    assert "spark.eventLog.dir=file:///e" in line("floor")
    assert "--driver-memory 3g" in line("naive")
    assert line("prepare-sail").endswith("--engine sail")
    assert "spark-submit" not in line("prepare-sail") + line("polars")


def test_counters_of_an_event_log(tmp_path: Path) -> None:
    task = (
        '{"Event":"SparkListenerTaskEnd","Task Metrics":{"Input Metrics":{"Bytes Read":100},'
        '"Shuffle Write Metrics":{"Shuffle Bytes Written":7},"Memory Bytes Spilled":3,'
        '"Disk Bytes Spilled":2}}\n'
    )
    lost = '{"Event":"SparkListenerTaskEnd"}\n'
    rest = '{"Event":"SparkListenerJobStart"}\n{"Event":"SparkListenerStageCompleted"}\n{"Eve'
    assert read_counters(tmp_path / "none") is None
    (tmp_path / "local-1").write_text(task + lost + task + rest)
    counters = read_counters(tmp_path)
    assert counters is not None
    assert (counters.jobs, counters.stages, counters.tasks) == (1, 1, 3)
    assert (counters.bytes_read, counters.shuffle_bytes) == (200, 14)
    assert (counters.memory_spilled, counters.disk_spilled) == (6, 4)
