"""A table's columns held against a contract, before any row is read."""

from __future__ import annotations

import pytest
from refusals import refused

from schemas.check_columns import check_columns
from schemas.contract import Column, Contract, ContractError


@pytest.mark.parametrize(
    ("types", "columns", "problem"),
    [
        ({"x": "bigint", "y": "int"}, "xy", "column 'x' is bigint in the input, should"),
        ({"y": "int"}, "xy", "column 'x' is in the contract, not in the input"),
        ({"y": "int", "z": "int"}, "y", "column 'z' is in the input, not in the contract"),
        ({"y": "map<int,int>"}, "y", r"column 'y' is map<int,int> in the input, should be"),
    ],
)
def test_declared_types_are_held_against_a_contract(
    types: dict[str, str | None], columns: str, problem: str
) -> None:
    contract = Contract(tuple(Column(name, "int") for name in columns), name="c")
    refused(check_columns, f"^t does not fit contract 'c':.*{problem}", contract, types, source="t")


def test_every_discrepancy_between_columns_and_contract_is_told() -> None:
    contract = Contract(tuple(Column(n, "int") for n in ("a", "b", "Id")), name="c")
    seen: dict[str, str | None] = {"b": "bigint", "id": "int", "new": None}
    with pytest.raises(ContractError, match="^x.csv does not fit contract 'c':") as caught:
        check_columns(contract, seen, source="x.csv")
    assert caught.value.problems == (
        "column 'a' is in the contract, not in the input",
        "column 'Id' is in the contract, not in the input",
        "column 'b' is bigint in the input, should be int",
        "column 'id' is in the input, not in the contract",
        "column 'new' is in the input, not in the contract",
        "the input has: 'b', 'id', 'new'",
    )


def test_order_narrower_types_and_what_is_left_out_do_not_matter_to_a_contract() -> None:
    contract = Contract((Column("a", "bigint"), Column("b", "string", treat="leave_out")))
    check_columns(contract, {"b": "array<int>", "a": "int"}, source="t")
    check_columns(contract, {"a": None, "b": None}, source="t")
