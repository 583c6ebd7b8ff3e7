"""Millions of blank lines cost next to nothing and are no rows, wherever they stand."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs.prepare_tabular import csv_cells, memory, packed

Table = Callable[..., Path]


def test_blank_lines_are_dropped_before_lines_are_counted(
    command: Callable[..., Any], table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{i},{i % 7},{'abc'[i % 3]}\n" for i in range(60)]
    blanks = "\n" * 100_000
    text = "id,y,s\n" + blanks + blanks.join(rows) + blanks
    counted: list[int] = []
    kinds = csv_cells._kinds_of_lines

    def counting(data: bytes, *rest: Any) -> Any:
        counted.append(data.count(b"\n"))
        return kinds(data, *rest)

    monkeypatch.setattr(csv_cells, "_kinds_of_lines", counting)
    packed = table(gzip.compress(text.encode(), mtime=0), "table.csv.gz")
    done = command("prepare-tabular", packed, tmp_path / "out", "--target", "y")
    assert done.code == 0, done.err
    assert done.out.split()[:3] == ["Rows", "read", "60"]
    assert sum(counted) <= 62


def test_what_swells_beyond_the_memory_is_refused_while_it_is_read(
    command: Callable[..., Any], table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """40 MB in 39 kB: by its stored size it would fit."""
    for module in (memory, packed):
        monkeypatch.setattr(module, "free_memory", lambda: 200 * 10**6)
    path = table(gzip.compress(b"id,y\n" + b"1,1\n" * 10**7, mtime=0), "table.csv.gz")
    done = command("prepare-tabular", path, tmp_path / "out", "--target", "y")
    assert done.code == 2
    assert "unpack to more than 12 MB; use the Spark job" in done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_time_for_columns_grows_in_a_straight_line(
    command: Callable[..., Any], tmp_path: Path
) -> None:
    """20,000 columns took four minutes: each was taken out of a frame with all the others."""

    def seconds(columns: int) -> float:
        names = ",".join(f"c{i}" for i in range(columns))
        rows = "".join(",".join("1" * columns) + f",{y % 5}\n" for y in range(3))
        (tmp_path / "t.csv").write_text(f"{names},y\n{rows}")
        began = time.process_time()
        done = command("prepare-tabular", tmp_path / "t.csv", tmp_path / "out", "--target", "y")
        assert "got no rows" in done.err  # three rows are too few, which shows at the end
        return time.process_time() - began

    seconds(10)
    assert seconds(8000) < 9 * seconds(2000)
