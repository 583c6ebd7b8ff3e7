"""``--escape-formulas``: a CSV export for people who open it in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CELLS = ["=cmd|' /C calc'!A1", "+1", "plain", "-2", "@x"]
TEXT = "id,=n,y\n" + "".join(f'{i},"{CELLS[i % 5]}",{CELLS[i % 5]}\n' for i in range(60))


def cells(output: Path) -> set[str]:
    """Return every cell and name of a published CSV."""
    found: set[str] = set()
    for path in sorted(output.glob("*/part-*.csv")):
        with path.open(newline="") as lines:
            found.update(cell for row in csv.reader(lines) for cell in row)
    return found


@pytest.mark.parametrize("job", ["prepare", "prepare-tabular"])
def test_on_request_and_for_csv_alone(
    command: Callable[..., Any], table: Callable[..., Path], tmp_path: Path, job: str
) -> None:
    path = table(TEXT)
    given = (job, path, tmp_path / "out", "--target", "y", "--key", "=n,id")
    done = command(*given, "--format", "csv", "--escape-formulas")
    assert done.code == 0, done.err
    assert {f"'{cell}" if cell != "plain" else cell for cell in CELLS} <= cells(tmp_path / "out")
    assert not [cell for cell in cells(tmp_path / "out") if cell[:1] in "=+-@" and cell[:1]]

    done = command(*given, "--format", "csv")
    assert done.code == 0, done.err
    assert {*CELLS, "=n"} <= cells(tmp_path / "out")

    done = command(*given, "--format", "parquet", "--escape-formulas")
    assert (done.code, "the format is parquet" in done.err) == (2, True)
