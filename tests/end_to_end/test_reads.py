"""How often the input is read, and how many Spark jobs it takes: from Spark's own event log."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from event_logs import EventLog, event_log_options, read_event_log

ROOT = Path(__file__).resolve().parents[2]
Submit = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.slow


def prepared(submit: Submit, tmp_path: Path, data: Path, contract: Path, *more: str) -> EventLog:
    name = data.stem + "".join(more)
    options = event_log_options(tmp_path / f"events-{name}")
    done = submit(
        "prepare", data, tmp_path / f"out-{name}", "--contract", contract, *more, options=options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return read_event_log(tmp_path / f"events-{name}")


@pytest.mark.parametrize("more", [(), ("--fill", "median", "--scale")])
def test_flights_are_read_twice(
    submit: Submit, flights_csv: Path, tmp_path: Path, more: tuple[str, ...]
) -> None:
    log = prepared(submit, tmp_path, flights_csv, ROOT / "schemas" / "flights.json", *more)
    assert 1.9 <= log.bytes_read / flights_csv.stat().st_size <= 2.1


def wide_table(tmp_path: Path, columns: int) -> tuple[Path, Path]:
    """Write 2,000 rows of so many columns, half of them strings, and their contract."""
    names = [f"c{i}" for i in range(columns)]
    data = tmp_path / f"wide{columns}.csv"
    lines = [",".join([*names, "y"])]
    for row in range(2_000):
        cells = [
            f"v{row % 7}" if i % 2 else "" if (row + i) % 11 == 0 else str(row * i)
            for i in range(columns)
        ]
        lines.append(",".join([*cells, str(row % 5)]))
    data.write_text("\n".join(lines) + "\n")
    contract = {
        "name": "wide",
        "target": "y",
        "columns": [
            *({"name": n, "type": "string" if i % 2 else "double"} for i, n in enumerate(names)),
            {"name": "y", "type": "int"},
        ],
    }
    path = tmp_path / f"wide{columns}.json"
    path.write_text(json.dumps(contract))
    return data, path


def test_the_number_of_jobs_does_not_depend_on_the_columns(submit: Submit, tmp_path: Path) -> None:
    narrow = prepared(submit, tmp_path, *wide_table(tmp_path, 10))
    wide = prepared(submit, tmp_path, *wide_table(tmp_path, 200))
    assert narrow.jobs == wide.jobs
    assert 1 <= narrow.jobs <= 8
