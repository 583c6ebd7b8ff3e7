"""Numbers of JSON: published as they are written, or quarantined where digits would be lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

Prepare = Callable[..., Any]
Table = Callable[..., Path]


def contract_of(table: Table, **types: str) -> Path:
    columns = [{"name": name, "type": kind} for name, kind in types.items()]
    return table(json.dumps({"contract_version": 1, "name": "t", "columns": columns}), "c.json")


def test_a_decimal_keeps_its_digits_or_is_quarantined(prepare: Prepare, table: Table) -> None:
    numbers = ["12345678901234567.01", "100000000000000001.0", "123456789012345678",
               '"12345678901234567.01"', "1234567890123.45", "-0.5", "1e3"]  # fmt: skip
    lines = [f'{{"id": {i}, "d": {numbers[i % 7]}, "y": {i % 5}}}\n' for i in range(70)]
    source = table("".join(lines), "t.jsonl")
    contract = contract_of(table, id="int", d="decimal(20,2)", y="int")
    done = prepare(source, "--contract", contract, "--key", "id")
    assert done.code == 0, done.err
    reason = "d: not a decimal(20,2)"
    assert done.manifest["rows"]["quarantined"] == {reason: 20}
    quarantine = "".join(path.read_text() for path in (done.output / "quarantine").glob("*.json"))
    assert "write it as a text" in quarantine
    found = {}
    for split in ("train", "validation", "test"):
        part = pq.read_table(done.output / split).to_pydict()
        found.update(zip((i % 7 for i in part["id"]), part["d"]))
    exact = {2: numbers[2], 3: "12345678901234567.01", 4: numbers[4], 5: "-0.5", 6: "1000"}
    assert found == {number: float(Decimal(text)) for number, text in exact.items()}


def test_nan_as_python_writes_it_is_a_null(prepare: Prepare, table: Table) -> None:
    rows = [{"id": i, "x": float("nan") if i % 3 else i * 0.5, "y": i % 5} for i in range(60)]
    source = table("".join(json.dumps(row) + "\n" for row in rows), "t.jsonl")
    done = prepare(source, "--key", "id")
    assert done.code == 0, done.err
    assert done.manifest["rows"]["quarantined"] == {}
    assert done.rows() == 60
    assert next(c for c in done.preprocessor["columns"] if c["name"] == "x")["type"] == "double"
