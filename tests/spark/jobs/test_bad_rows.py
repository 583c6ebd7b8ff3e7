"""Rows that break the contract: quarantined with reason, file and line, or dropped, or refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Prepare = Callable[..., Any]
Table = Callable[..., Path]
RAGGED = "the line does not have the header's number of fields, or a quote in it is not closed"
COLUMNS = [
    {"name": "id", "type": "bigint", "nullable": False},
    {"name": "x", "type": "double"},
    {"name": "s", "type": "string"},
    {"name": "y", "type": "bigint"},
]
BAD = (
    b"60,1.5,a\n"  # too few fields
    b"61,1.5,a,1,more\n"  # too many
    b'62,1.5,"open,1\n'  # a quote that is not closed
    b'63,"1,234",a,1\n'
    b"64,NaN,a,1\n"
    b"65,inf,a,1\n"
    b"66,1e999,a,1\n"
    b"67,1.5,caf\xe9,1\n"  # not UTF-8
    b"68,1.5,a\x00b,1\n"  # a NUL byte
    b"9223372036854775808,1.5,a,1\n"  # one more than 64 bits hold
    b",1.5,a,1\n"
    b"70,1.5,a,1.9\n"
)


@pytest.fixture
def dirty(prepare: Prepare, table: Table, clean_csv: str, tmp_path: Path) -> Callable[[str], Any]:
    """Prepare 60 good rows and, in a second file, 12 bad ones, under a rule."""

    def run(on_breach: str) -> Any:
        contract = {"columns": COLUMNS, "on_breach": on_breach}
        table(clean_csv, "in/a.csv")
        table(b"id,x,s,y\n" + BAD, "in/b.csv")
        return prepare(tmp_path / "in", "--contract", table(json.dumps(contract), "contract.json"))

    return run


REASONS = {
    RAGGED: 3,
    "x: not a double": 4,
    "s: not UTF-8, or has a NUL byte": 2,
    "id: not a bigint": 1,
    "id: null": 1,
    "y: not a bigint": 1,
}


def quarantine_of(done: Any) -> list[dict[str, Any]]:
    parts = sorted((done.output / "quarantine").glob("*.json"))
    return [json.loads(line) for part in parts for line in part.read_text().splitlines()]


def test_bad_rows_are_quarantined_as_they_were(dirty: Callable[[str], Any], tmp_path: Path) -> None:
    done = dirty("quarantine")
    assert done.code == 0, done.err
    rows = done.manifest["rows"]
    by_column: dict[str, int] = {}
    for reasons, count in rows["quarantined"].items():
        first = reasons.split("; ")[0]
        by_column[first] = by_column.get(first, 0) + count
    assert rows["read"] == 72
    assert sum(rows["published"].values()) == 60
    assert rows["dropped"] == {}
    assert by_column == REASONS
    kept = quarantine_of(done)
    assert {row["source_file"] for row in kept} == {f"file:{tmp_path / 'in' / 'b.csv'}"}
    lines = {row["raw_line"] for row in kept if row["reason"].startswith(RAGGED)}
    assert lines == {"60,1.5,a", "61,1.5,a,1,more", '62,1.5,"open,1'}
    cells = {row["reason"]: json.loads(row["row"]) for row in kept}
    assert cells["y: not a bigint"] == {"id": "70", "x": "1.5", "s": "a", "y": "1.9"}
    assert cells["id: null"] == {"id": None, "x": "1.5", "s": "a", "y": "1"}
    assert cells["id: not a bigint"]["id"] == "9223372036854775808"
    texts = [json.loads(row["row"])["x"] for row in kept if row["reason"] == "x: not a double"]
    assert sorted(texts) == ["1,234", "1e999", "NaN", "inf"]


def test_bad_rows_are_dropped_and_counted(dirty: Callable[[str], Any]) -> None:
    done = dirty("drop")
    assert done.code == 0, done.err
    rows = done.manifest["rows"]
    assert rows["read"] == 72
    assert sum(rows["published"].values()) == 60
    assert sum(rows["dropped"].values()) == 12
    assert rows["quarantined"] == {}
    assert not (done.output / "quarantine").exists()
    assert "dropped: x: not a double" in done.out


def test_bad_rows_stop_the_run(dirty: Callable[[str], Any], tmp_path: Path) -> None:
    done = dirty("fail")
    assert done.code == 2
    assert f"{tmp_path / 'in'} breaks its contract (12 rows)" in done.err
    assert "x: not a double: 4 rows" in done.err
    assert f"for example file:{tmp_path / 'in' / 'b.csv'}" in done.err
    assert "Traceback" not in done.err
    assert "java." not in done.err
    assert not done.output.exists()


def test_one_column_may_be_stricter_than_the_table(
    prepare: Prepare, table: Table, clean_csv: str
) -> None:
    columns = [{**c, "on_breach": "fail"} if c["name"] == "x" else c for c in COLUMNS]
    contract = table(json.dumps({"columns": columns, "on_breach": "drop"}), "contract.json")
    done = prepare(table(clean_csv + "60,1.5,a,z\n61,ten,a,1\n"), "--contract", contract)
    assert done.code == 2
    assert "breaks its contract (1 rows)" in done.err
    assert "x: not a double: 1 rows" in done.err
    assert '"x":"ten"' in done.err


def test_a_column_too_strict_for_all_rows(prepare: Prepare, table: Table, clean_csv: str) -> None:
    columns = [{**c, "type": "date"} if c["name"] == "s" else c for c in COLUMNS]
    contract = table(json.dumps({"columns": columns}), "contract.json")
    done = prepare(table(clean_csv), "--contract", contract)
    assert done.code == 2
    assert "none of the 60 rows keeps the contract: s: not a date" in done.err
    assert not done.output.exists()


def test_bytes_that_are_no_utf8_beyond_the_sample(prepare: Prepare, table: Table) -> None:
    rows = "".join(f"{i},{'abc'[i % 3] * 40},{i % 7}\n" for i in range(25_000))
    path = table(f"id,s,y\n{rows}".encode() + b"25000,caf\xe9,1\n")
    assert path.stat().st_size > 1 << 20
    done = prepare(path)
    assert done.code == 0, done.err
    assert done.manifest["rows"]["quarantined"] == {"s: not UTF-8, or has a NUL byte": 1}
    assert done.rows() == 25_000
    assert json.loads(quarantine_of(done)[0]["row"]) == {
        "id": "25000",
        "s": "caf\ufffd",
        "y": "1",
    }


def test_a_ragged_row_needs_no_contract_to_be_seen(
    prepare: Prepare, table: Table, clean_csv: str
) -> None:
    done = prepare(table(clean_csv + "60,1.5\n"))
    assert done.code == 0, done.err
    assert done.manifest["rows"]["quarantined"] == {RAGGED: 1}
    assert [row["raw_line"] for row in quarantine_of(done)] == ["60,1.5"]
    assert f"quarantined: {RAGGED}" in done.out


def test_a_json_line_that_is_cut(prepare: Prepare, table: Table) -> None:
    lines = "".join(f'{{"x": {i}, "y": {i % 7}}}\n' for i in range(60))
    done = prepare(table(lines + '{"x": 60, "y"\n', "t.json"))
    assert done.code == 0, done.err
    assert done.manifest["rows"]["read"] == 61
    assert sum(done.manifest["rows"]["quarantined"].values()) == 1
    assert [row["raw_line"] for row in quarantine_of(done)] == ['{"x": 60, "y"']


def test_infinite_parquet_numbers(prepare: Prepare, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    x = [float("inf"), float("nan"), *(i * 0.5 for i in range(60))]
    pq.write_table(pa.table({"x": x, "y": [i % 7 for i in range(62)]}), tmp_path / "t.parquet")
    done = prepare(tmp_path / "t.parquet")
    assert done.code == 0, done.err
    assert done.manifest["rows"]["quarantined"] == {"x: infinite": 1}
    assert done.rows() == 61
    assert done.manifest["nulls_filled"] == {"x": 1}


def test_of_many_combinations_of_reasons_the_frequent_are_named(
    prepare: Prepare, table: Table, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for place in ("jobs.rows", "jobs.publish.spark_output"):
        monkeypatch.setattr(f"{place}.MOST_REASONS", 3)
    monkeypatch.setattr("jobs.learned._MOST_REASONS", 3)
    names = [f"c{i}" for i in range(4)]
    rows = [[("1", "no")[number >> bit & 1] for bit in range(4)] for number in range(16)]
    rows += [*[["1"] * 4] * 60, *[["no"] * 4] * 2]
    lines = [",".join([*row, str(number % 5), str(number)]) for number, row in enumerate(rows)]
    source = table("\n".join([",".join([*names, "y", "id"]), *lines]))
    columns = [{"name": name, "type": "int"} for name in [*names, "y", "id"]]
    for rule in ("quarantine", "fail"):
        described = {"contract_version": 1, "name": "t", "on_breach": rule, "columns": columns}
        table(json.dumps(described), f"{rule}.json")
    given = ("--contract", tmp_path / "quarantine.json")
    done = prepare(source, *given)
    assert done.code == 0, done.err
    everywhere = "; ".join(f"{name}: not a int" for name in names)
    expected = {everywhere: 3, "c0: not a int": 1, "c0: not a int; c1: not a int": 1}
    assert done.manifest["rows"]["quarantined"] == {**expected, "other combinations of reasons": 12}
    quarantined = done.spark.read.json(str(done.output / "quarantine"))
    assert quarantined.count() == 17
    failed = prepare(source, "--contract", tmp_path / "fail.json", output="fail")
    assert failed.code == 2
    assert "and 1 more reasons" in failed.err
