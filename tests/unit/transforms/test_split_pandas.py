from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.row_hash import row_bucket, split_of_row, thresholds
from transforms.split_pandas import row_buckets, split_by_hash

WEIGHTS = (Fraction(7, 10), Fraction(3, 20), Fraction(3, 20))
TYPES = {
    "a": "bigint", "b": "int", "c": "double", "d": "float", "e": "string", "f": "boolean",
    "g": "date", "h": "timestamp", "i": "decimal(6,2)",
}  # fmt: skip
DTYPES = {"a": "Int64", "b": "Int32", "c": "float64", "d": "float32", "f": "boolean"}
CELLS = {
    "a": st.integers(-(2**63), 2**63 - 1),
    "b": st.integers(-(2**31), 2**31 - 1),
    "c": st.floats(allow_nan=True),
    "d": st.floats(width=32),
    "e": st.text(st.characters(exclude_categories=["Cs"])),
    "f": st.booleans(),
    "g": st.dates(),
    "h": st.datetimes(timezones=st.just(timezone.utc)),
    "i": st.decimals(-9999, 9999, places=2),
}
ROWS = st.lists(st.fixed_dictionaries({n: st.none() | cell for n, cell in CELLS.items()}))


def frame_of(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(
        {n: pd.Series([row[n] for row in rows], dtype=DTYPES.get(n, "object")) for n in TYPES}
    )


@given(ROWS, st.integers(-(2**63), 2**63 - 1))
@settings(max_examples=60)
def test_buckets_are_those_of_the_scalar_hash(rows: list[dict[str, Any]], seed: int) -> None:
    found = row_buckets(frame_of(rows), key=TYPES, seed=seed)
    assert found.tolist() == [row_bucket(row, key=TYPES, seed=seed) for row in rows]


def test_splits_are_those_of_the_scalar_rule() -> None:
    rows = [{"x": i / 7, "s": None if i % 3 else f"ü{i}"} for i in range(500)]
    key = {"s": "string", "x": "double"}
    found = split_by_hash(pd.DataFrame(rows), key=key, seed=1, weights=WEIGHTS)
    expected = [split_of_row(row, key=key, seed=1, weights=WEIGHTS) for row in rows]
    assert found.tolist() == expected
    assert set(expected) == {"train", "validation", "test"}


def test_a_bucket_at_a_bound_is_in_the_next_split(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = thresholds(WEIGHTS)
    buckets = np.array([first - 1, first, second - 1, second], dtype=np.uint64)
    monkeypatch.setattr("transforms.split_pandas.row_buckets", lambda *_, **__: buckets)
    found = split_by_hash(pd.DataFrame(), key={}, seed=1, weights=WEIGHTS)
    assert found.tolist() == ["train", "validation", "validation", "test"]


def test_an_empty_table_has_no_splits() -> None:
    none = pd.DataFrame({"x": np.zeros(0)})
    assert split_by_hash(none, key={"x": "double"}, seed=1, weights=WEIGHTS).tolist() == []


def test_dates_and_decimals_by_hand() -> None:
    row = {"g": date(2013, 1, 1), "h": datetime(2013, 1, 1, tzinfo=timezone.utc)}
    rows = [{**row, "i": Decimal("1.50")}]
    key = {name: TYPES[name] for name in "ghi"}
    assert row_buckets(pd.DataFrame(rows), key=key, seed=42).tolist() == [
        row_bucket(rows[0], key=key, seed=42)
    ]
