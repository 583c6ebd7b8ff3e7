"""Rows that break the contract: quarantined with reason, file and line, or dropped, or refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from run_command import Run

from jobs.engine import spark_engine
from jobs.task import Task
from schemas.screen import FLAW

Table = Callable[..., Path]
RAGGED = "the line does not have the header's number of fields, or a quote in it is not closed"
TYPES = {"id": "bigint", "x": "double", "s": "string", "y": "bigint"}
COLUMNS = [{"name": n, "type": t, "nullable": n != "id"} for n, t in TYPES.items()]
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
REASONS = {
    RAGGED: 3,
    "x: not a double": 4,
    "s: not UTF-8, or has a NUL byte": 2,
    "id: not a bigint": 1,
    "id: null": 1,
    "y: not a bigint": 1,
}


@pytest.fixture
def dirty(table: Table, clean_csv: str, tmp_path: Path) -> Callable[[str], tuple[object, ...]]:
    """Write 60 good rows and, in a second file, 12 bad ones; return arguments with a contract."""

    def written(on_breach: str) -> tuple[object, ...]:
        table(clean_csv, "in/a.csv")
        table(b"id,x,s,y\n" + BAD, "in/b.csv")
        contract = json.dumps({"columns": COLUMNS, "on_breach": on_breach})
        return (tmp_path / "in", "--contract", table(contract, "contract.json"))

    return written


def first_reasons(counts: dict[str, int]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for reasons, count in counts.items():
        found[reasons.split("; ")[0]] += count
    return dict(found)


def test_bad_rows_are_quarantined_as_they_were(
    prepare: Run, dirty: Callable[[str], Any], tmp_path: Path
) -> None:
    done = prepare(*dirty("quarantine"))
    rows = done.manifest["rows"]
    assert (rows["read"], sum(rows["published"].values()), rows["dropped"]) == (72, 60, {})
    assert first_reasons(rows["quarantined"]) == REASONS
    assert f"quarantined: {RAGGED}" in done.out
    kept = done.quarantine
    assert {row["source_file"] for row in kept} == {f"file:{tmp_path / 'in' / 'b.csv'}"}
    lines = {row["raw_line"] for row in kept if row["reason"].startswith(RAGGED)}
    assert lines == {"60,1.5,a", "61,1.5,a,1,more", '62,1.5,"open,1'}
    cells = {row["reason"]: json.loads(row["row"]) for row in kept}
    assert cells["y: not a bigint"] == {"id": "70", "x": "1.5", "s": "a", "y": "1.9"}
    assert cells["id: null"] == {"id": None, "x": "1.5", "s": "a", "y": "1"}
    assert cells["id: not a bigint"]["id"] == "9223372036854775808"
    texts = [json.loads(row["row"])["x"] for row in kept if row["reason"] == "x: not a double"]
    assert sorted(texts) == ["1,234", "1e999", "NaN", "inf"]


def test_bad_rows_are_dropped_and_counted(prepare: Run, dirty: Callable[[str], Any]) -> None:
    done = prepare(*dirty("drop"))
    rows = done.manifest["rows"]
    assert (rows["read"], sum(rows["published"].values()), rows["quarantined"]) == (72, 60, {})
    assert first_reasons(rows["dropped"]) == REASONS
    assert not (done.output / "quarantine").exists()
    assert "dropped: x: not a double" in done.out


def test_bad_rows_stop_the_run_where_one_column_says_so(
    refuses: Run, dirty: Callable[[str], Any], table: Table, tmp_path: Path
) -> None:
    path, option, contract = dirty("drop")
    columns = [{**c, "on_breach": "fail"} if c["name"] == "x" else c for c in COLUMNS]
    contract.write_text(json.dumps({"columns": columns, "on_breach": "drop"}))
    words = (f"{path} breaks its contract (4 rows)", "x: not a double: 4 rows",
             f"for example file:{path / 'b.csv'}", '"x":"1e999"')  # fmt: skip
    refuses(path, option, contract, says=words)


def test_a_column_too_strict_for_all_rows(refuses: Run, table: Table, clean_csv: str) -> None:
    columns = [{**c, "type": "date"} if c["name"] == "s" else c for c in COLUMNS]
    contract = table(json.dumps({"columns": columns}), "contract.json")
    says = "none of the 60 rows keeps the contract: s: not a date"
    refuses(table(clean_csv), "--contract", contract, says=says)


@pytest.mark.parametrize(
    "bad",
    [
        {60: '60,1,"open'},
        {10: '10,1,"open', 30: '30,1,"open'},
        {61: '61,1,"open'},
        {10: '10,"3,b', 30: '30,"2,a'},
    ],
    ids=["one", "two", "last line", "not at the end"],
)
def test_quotes_left_open_swallow_no_rows(
    spark: SparkSession, opened: Callable[..., Task], table: Table, bad: dict[int, str]
) -> None:
    lines = [bad.get(i, f"{i},{i % 7},{'abc'[i % 3]}") for i in range(62)]
    task = opened(table("id,y,s\n" + "".join(line + "\n" for line in lines)))
    rows = task.table.screen(spark_engine(spark)).collect()
    good = [row for row in rows if row[FLAW] is None]
    assert (len(rows), {row["id"] for row in good} >= {*range(62)} - {*bad}) == (62, True)


def test_what_is_found_bad_beyond_the_sample_needs_no_contract(prepare: Run, table: Table) -> None:
    rows = "".join(f"{i},{'abc'[i % 3] * 40},{i % 7}\n" for i in range(25_000))
    path = table(f"id,s,y\n{rows}".encode() + b"25000,caf\xe9,1\n25001,b\n")
    assert path.stat().st_size > 1 << 20
    done = prepare(path)
    utf8 = "s: not UTF-8, or has a NUL byte"
    assert done.manifest["rows"]["quarantined"] == {RAGGED: 1, utf8: 1}
    assert len(done.rows()) == 25_000
    (text,) = [row for row in done.quarantine if row["reason"] == utf8]
    assert json.loads(text["row"]) == {"id": "25000", "s": "caf\ufffd", "y": "1"}


def test_a_json_line_that_is_cut(prepare: Run, table: Table) -> None:
    lines = "".join(f'{{"id": {i}, "y": {i % 7}}}\n' for i in range(60))
    done = prepare(table(lines + '{"id": 60, "y"\n', "t.json"))
    assert done.manifest["rows"]["read"] == 61
    assert [row["raw_line"] for row in done.quarantine] == ['{"id": 60, "y"']


def test_infinite_parquet_numbers_are_bad_and_nan_is_null(prepare: Run, tmp_path: Path) -> None:
    x = [float("inf"), float("nan"), *(i * 0.5 for i in range(60))]
    columns = {"id": range(62), "x": x, "y": [i % 7 for i in range(62)]}
    pq.write_table(pa.table({n: pa.array(c) for n, c in columns.items()}), tmp_path / "t.parquet")
    done = prepare(tmp_path / "t.parquet")
    assert done.manifest["rows"]["quarantined"] == {"x: infinite": 1}
    assert done.manifest["nulls_filled"] == {"id": 0, "x": 1}
    assert len(done.rows()) == 61


def test_of_many_combinations_of_reasons_the_frequent_are_named(
    prepare: Run, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("jobs.rows", "jobs.publish.spark_output"):
        monkeypatch.setattr(f"{place}.MOST_REASONS", 3)
    names = [f"c{i}" for i in range(4)]
    rows = [[("1", "no")[number >> bit & 1] for bit in range(4)] for number in range(16)]
    rows += [*[["1"] * 4] * 60, *[["no"] * 4] * 2]
    lines = [",".join([*row, str(number % 5), str(number)]) for number, row in enumerate(rows)]
    source = table("\n".join([",".join([*names, "y", "id"]), *lines]))
    columns = [{"name": name, "type": "int"} for name in [*names, "y", "id"]]
    done = prepare(source, "--contract", table(json.dumps({"columns": columns}), "c.json"))
    everywhere = "; ".join(f"{name}: not a int" for name in names)
    expected = {everywhere: 3, "c0: not a int": 1, "c0: not a int; c1: not a int": 1}
    assert done.manifest["rows"]["quarantined"] == {**expected, "other combinations of reasons": 12}
    assert len(done.quarantine) == 17
