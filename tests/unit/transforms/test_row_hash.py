from __future__ import annotations

import zlib
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import InputError
from transforms.row_hash import canonical, parse_weights, row_bucket, split_of_row, thresholds

WEIGHTS = (Fraction(7, 10), Fraction(3, 20), Fraction(3, 20))
ID = {"id": "bigint"}
LONG_MAX, LONG_MIN = 9223372036854775807, -9223372036854775808


def test_parse_weights_is_exact() -> None:
    assert parse_weights("0.7,0.15,0.15") == WEIGHTS
    assert parse_weights(" 7/10, .15 ,15e-2 ") == WEIGHTS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-0.1,0.6,0.5", "each must be above 0"),
        ("0,0.5,0.5", "each must be above 0"),
        ("0.7,0.15,0.1", "sum to 0.95; they must sum to 1"),
        ("0.7,0.2,0.2", "sum to 1.1; they must sum to 1"),
        ("0.33,0.33,0.33", "sum to 0.99"),
        ("0.8,0.2", "there must be 3, for train, validation and test"),
        ("1", "there must be 3"),
        ("0.4,0.2,0.2,0.2", "there must be 3"),
        ("a,b,c", "are not numbers; write them as 0.7,0.15,0.15"),
        ("", "are not numbers"),
        ("nan,0.5,0.5", "are not numbers"),
        ("1/0,0.5,0.5", "are not numbers"),
    ],
)
def test_parse_weights_refuses(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_weights(text)


def test_thresholds_are_shares_of_all_hashes() -> None:
    assert thresholds((Fraction(1, 2), Fraction(1, 4), Fraction(1, 4))) == (2**31, 3 * 2**30)


@pytest.mark.parametrize(
    ("value", "type_name", "text"),
    [
        (None, "int", "\x00"),
        (float("nan"), "double", "\x00"),
        ("NaN", "string", "NaN"),
        ("", "string", ""),
        (-7, "int", "-7"),
        (3.0, "bigint", "3"),
        (True, "boolean", "true"),
        (False, "boolean", "false"),
        (date(213, 1, 2), "date", "0213-01-02"),
        (datetime(2013, 1, 2, 10), "date", "2013-01-02"),
        (datetime(1970, 1, 1, 0, 0, 1, 5), "timestamp", "1000005"),
        (datetime(1970, 1, 1, tzinfo=timezone(timedelta(hours=1))), "timestamp", "-3600000000"),
        (date(1970, 1, 2), "timestamp", "86400000000"),
        (1.5, "double", "1:4503599627370496"),
        (-0.25, "double", "-1:6755399441055744"),
        (-0.0, "double", "0:0"),
        (0, "double", "0:0"),
        (1e-300, "double", "0:0"),
        (1e300, "double", f"{LONG_MAX}:{LONG_MAX}"),
        (-1e300, "double", f"{LONG_MIN}:{LONG_MIN}"),
        (float("inf"), "float", f"{LONG_MAX}:{LONG_MAX}"),
        (float("-inf"), "float", f"{LONG_MIN}:{LONG_MIN}"),
        (Decimal("2.5"), "decimal(5,2)", "2:4503599627370496"),
    ],
)
def test_canonical(value: Any, type_name: str, text: str) -> None:
    assert canonical(value, type_name) == text


def test_the_hash_is_the_documented_one() -> None:
    mixed = zlib.crc32("7\x1fé".encode()) ^ zlib.crc32(b"seed:42")
    for _ in range(2):
        mixed = ((mixed ^ (mixed >> 16)) * 0x45D9F3B) % 2**32
    expected = mixed ^ (mixed >> 16)
    row = {"b": "é", "a": 7, "not in the key": 1}
    assert row_bucket(row, key={"b": "string", "a": "int"}, seed=42) == expected


def test_the_hash_never_changes_between_versions() -> None:
    rows: list[dict[str, Any]] = [{"id": 1}, {"id": 2}, {"id": None}, {}]
    buckets = [row_bucket(row, key=ID, seed=42) for row in rows]
    assert buckets == GOLDEN


GOLDEN = [1505227722, 2522467603, 662226010, 662226010]


@settings(max_examples=200)
@given(st.text(), st.integers(), st.integers(0, 2**31))
def test_a_hash_does_not_depend_on_the_order_of_the_key(text: str, number: int, seed: int) -> None:
    row = {"s": text, "n": number}
    one = row_bucket(row, key={"s": "string", "n": "bigint"}, seed=seed)
    assert one == row_bucket(row, key={"n": "bigint", "s": "string"}, seed=seed)
    assert 0 <= one < 2**32


def test_a_split_falls_to_the_side_of_its_bound() -> None:
    bucket = row_bucket({"id": 1}, key=ID, seed=42)
    at = (Fraction(bucket, 2**32), Fraction(1, 2**32), Fraction(2**32 - bucket - 1, 2**32))
    above = (at[0] + at[1], Fraction(1, 2**33), at[2] - Fraction(1, 2**33))
    assert split_of_row({"id": 1}, key=ID, seed=42, weights=at) == "validation"
    assert split_of_row({"id": 1}, key=ID, seed=42, weights=above) == "train"


def test_splits_are_close_to_their_weights() -> None:
    rows = ({"id": number} for number in range(20_000))
    counts = Counter(split_of_row(row, key=ID, seed=1, weights=WEIGHTS) for row in rows)
    assert abs(counts["train"] / 20_000 - 0.70) < 0.01
    assert abs(counts["validation"] / 20_000 - 0.15) < 0.01
    assert abs(counts["test"] / 20_000 - 0.15) < 0.01
