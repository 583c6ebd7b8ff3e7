from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.types import is_numeric, normal_type, widens_to


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("int", "int"),
        (" Integer ", "int"),
        ("byte", "tinyint"),
        ("short", "smallint"),
        ("LONG", "bigint"),
        ("real", "float"),
        ("str", "string"),
        ("bool", "boolean"),
        ("datetime", "timestamp"),
        ("decimal", "decimal(10,0)"),
        ("decimal(5,  2)", "decimal(5,2)"),
        ("Decimal(38,38)", "decimal(38,38)"),
        ("decimal(05,02)", "decimal(5,2)"),
    ],
)
def test_normal_type_gives_sparks_name(written: str, stored: str) -> None:
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
def test_normal_type_refuses_what_no_transform_takes(written: str) -> None:
    with pytest.raises(ValueError, match="is not supported; use one of tinyint, .*timestamp"):
        normal_type(written)


@given(st.integers(1, 38).flatmap(lambda p: st.tuples(st.just(p), st.integers(0, p))))
def test_every_decimal_of_spark_is_accepted(size: tuple[int, int]) -> None:
    precision, scale = size
    assert normal_type(f"DECIMAL({precision}, {scale})") == f"decimal({precision},{scale})"


@pytest.mark.parametrize("name", ["tinyint", "smallint", "int", "bigint", "float", "decimal(3,1)"])
def test_is_numeric(name: str) -> None:
    assert is_numeric(name)


@pytest.mark.parametrize("name", ["string", "boolean", "date", "timestamp"])
def test_is_not_numeric(name: str) -> None:
    assert not is_numeric(name)


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        ("int", "int"),
        ("string", "string"),
        ("tinyint", "bigint"),
        ("int", "bigint"),
        ("float", "double"),
        ("int", "double"),
        ("smallint", "double"),
    ],
)
def test_widens_to_where_no_value_is_lost(seen: str, wanted: str) -> None:
    assert widens_to(seen, wanted)


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        ("bigint", "int"),
        ("double", "float"),
        ("bigint", "double"),
        ("int", "float"),
        ("double", "int"),
        ("int", "string"),
        ("date", "timestamp"),
        ("boolean", "int"),
        ("decimal(10,2)", "decimal(5,2)"),
    ],
)
def test_does_not_widen_where_a_value_may_be_lost(seen: str, wanted: str) -> None:
    assert not widens_to(seen, wanted)
