"""How often the input is read, and how many Spark jobs it takes: from Spark's own event log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from event_logs import EventLog, read_event_log
from one_spark import Run

ROOT = Path(__file__).resolve().parents[2]


def prepared(run: Run, tmp_path: Path, data: Path, contract: Path, *more: str) -> EventLog:
    """Prepare in a session of its own, and read what it says of itself."""
    name = data.stem + "".join(more)
    events = tmp_path / f"events-{name}"
    events.mkdir()
    run(["session", "spark.eventLog.enabled=true", f"spark.eventLog.dir={events.as_uri()}"])
    done = run(["prepare", data, tmp_path / f"out-{name}", "--contract", contract, *more])
    assert done.code == 0, done
    run(["session"])
    return read_event_log(events)


@pytest.mark.parametrize("more", [(), ("--fill", "median", "--scale")])
def test_flights_are_read_twice(
    run: Run, flights_csv: Path, tmp_path: Path, more: tuple[str, ...]
) -> None:
    log = prepared(run, tmp_path, flights_csv, ROOT / "schemas" / "flights.json", *more)
    assert 1.9 <= log.bytes_read / flights_csv.stat().st_size <= 2.1


def wide_table(tmp_path: Path, columns: int) -> tuple[Path, Path]:
    """Write 500 rows of so many columns, half of them strings, and their contract."""
    names = [f"c{i}" for i in range(columns)]
    data = tmp_path / f"wide{columns}.csv"
    lines = [",".join([*names, "y"])]
    for row in range(500):
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


def test_the_number_of_jobs_does_not_depend_on_the_columns(run: Run, tmp_path: Path) -> None:
    narrow = prepared(run, tmp_path, *wide_table(tmp_path, 10))
    # Beyond 100 columns Spark generates code of another kind.
    wide = prepared(run, tmp_path, *wide_table(tmp_path, 110))
    assert narrow.jobs == wide.jobs
    assert 1 <= narrow.jobs <= 8


def rows_of(path: Path, rows: range) -> Path:
    lines = "".join(f"{i % 10},{'abcdefg'[i % 7]},{i % 3}\n" for i in rows)
    path.parent.mkdir(exist_ok=True)
    path.write_text("x,s,y\n" + lines)
    return path


def small_contract(tmp_path: Path) -> Path:
    types = {"x": "double", "s": "string", "y": "int"}
    columns = [{"name": name, "type": type_name} for name, type_name in types.items()]
    path = tmp_path / "small.json"
    path.write_text(json.dumps({"name": "small", "target": "y", "columns": columns}))
    return path


def reading_tasks(directory: Path) -> int:
    """Count the tasks that read input."""
    (path,) = directory.iterdir()
    events = (json.loads(line) for line in path.read_text().splitlines())
    ended = [event for event in events if event["Event"] == "SparkListenerTaskEnd"]
    return sum(event["Task Metrics"]["Input Metrics"]["Bytes Read"] > 0 for event in ended)


def test_shuffled_bytes_do_not_grow_with_the_rows(run: Run, tmp_path: Path) -> None:
    contract = small_contract(tmp_path)
    few = prepared(run, tmp_path, rows_of(tmp_path / "few.csv", range(20_000)), contract)
    many = prepared(run, tmp_path, rows_of(tmp_path / "many.csv", range(200_000)), contract)
    tasks = {reading_tasks(tmp_path / f"events-{name}") for name in ("few", "many")}
    assert len(tasks) == 1
    assert 0 < many.shuffle_bytes <= 1.2 * few.shuffle_bytes


def test_many_small_files_are_read_together(run: Run, tmp_path: Path) -> None:
    for number in range(300):
        rows_of(tmp_path / "in" / f"{number}.csv", range(number * 50, number * 50 + 50))
    prepared(run, tmp_path, tmp_path / "in", small_contract(tmp_path))
    assert 2 <= reading_tasks(tmp_path / "events-in") <= 40
