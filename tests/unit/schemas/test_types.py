from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.types import decimal_size, is_numeric, normal_type, widens_to

NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal(3,1)")
OTHERS = ("string", "boolean", "date", "timestamp")


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("int", "int"), (" Integer ", "int"), ("byte", "tinyint"), ("short", "smallint"),
        ("LONG", "bigint"), ("real", "float"), ("str", "string"), ("bool", "boolean"),
        ("datetime", "timestamp"), ("decimal", "decimal(10,0)"), ("decimal(5,  2)", "decimal(5,2)"),
        ("Decimal(38,38)", "decimal(38,38)"), ("decimal(05,02)", "decimal(5,2)"),
    ],
)  # fmt: skip
def test_a_type_is_stored_under_sparks_name(written: str, stored: str) -> None:
    assert normal_type(written) == stored


@pytest.mark.parametrize(
    "written",
    [
        "",
        "blob",
        "array<int>",
        "decimal(39,0)",
        "decimal(5,6)",
        "decimal(0,0)",
        "decimal(5)",
        "in t",
    ],
)
def test_a_type_that_no_transform_takes_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is not supported; use one of tinyint, .*timestamp"):
        normal_type(written)


@given(st.integers(1, 38).flatmap(lambda p: st.tuples(st.just(p), st.integers(0, p))))
def test_every_decimal_of_spark_is_accepted(size: tuple[int, int]) -> None:
    stored = normal_type(f"DECIMAL({size[0]}, {size[1]})")
    assert stored == f"decimal({size[0]},{size[1]})"
    assert decimal_size(stored) == size


def test_numbers_are_told_from_other_types() -> None:
    assert all(map(is_numeric, NUMBERS))
    assert not any(map(is_numeric, OTHERS))


def test_a_type_widens_to_another_where_no_value_is_lost() -> None:
    wider = {
        "tinyint": {"smallint", "int", "bigint", "double"},
        "smallint": {"int", "bigint", "double"},
        "int": {"bigint", "double"},
        "float": {"double"},
        "decimal(3,1)": {"decimal(5,2)"},
    }
    types = (*NUMBERS, "decimal(5,2)", "decimal(5,4)", *OTHERS)
    found = {one: {other for other in types if widens_to(one, other)} for one in types}
    assert found == {one: {one, *wider.get(one, ())} for one in types}
