from __future__ import annotations

import pytest

from schemas.contract import Column, Contract, ContractError
from transforms.plan import ColumnPlan, FitOptions, plan_columns


def planned(column: Column, options: FitOptions | None = None) -> ColumnPlan:
    contract = Contract((column,), target="y", key=("id",))
    (plan,) = plan_columns(contract, options or FitOptions())
    return plan


@pytest.mark.parametrize("type_name", ["tinyint", "int", "bigint", "float", "decimal(5,2)"])
def test_a_number_that_may_be_null_is_filled_and_becomes_double(type_name: str) -> None:
    plan = planned(Column("a", type_name))
    assert plan == ColumnPlan("a", type_name, "number", "a", "double", fill="mean", scale=False)


def test_a_number_that_may_not_be_null_keeps_its_type() -> None:
    plan = planned(Column("a", "int", nullable=False))
    assert plan == ColumnPlan("a", "int", "number", "a", "int", fill=None, scale=False)


def test_fill_none_keeps_the_type() -> None:
    plan = planned(Column("a", "int"), FitOptions(fill="none"))
    assert (plan.output_type, plan.fill) == ("int", None)


def test_scale_makes_every_number_double() -> None:
    plan = planned(Column("a", "int", nullable=False), FitOptions(scale=True))
    assert (plan.output_type, plan.fill, plan.scale) == ("double", None, True)


@pytest.mark.parametrize("type_name", ["boolean", "date", "timestamp"])
def test_other_types_are_kept_and_become_double_by_wish(type_name: str) -> None:
    assert planned(Column("a", type_name)) == ColumnPlan("a", type_name, "keep", "a", type_name)
    wished = planned(Column("a", type_name, nullable=False, treat="numeric"))
    assert (wished.action, wished.output_type, wished.fill) == ("number", "double", None)


@pytest.mark.parametrize("type_name", ["string", "int", "boolean", "date"])
def test_categories_are_indexed_into_a_double(type_name: str) -> None:
    plan = planned(Column("a", type_name, treat="category"))
    assert plan == ColumnPlan("a", type_name, "index", "a_indexed", "double")


def test_target_and_key_are_kept() -> None:
    assert planned(Column("y", "string")) == ColumnPlan("y", "string", "keep", "y", "string")
    assert planned(Column("id", "bigint")) == ColumnPlan("id", "bigint", "keep", "id", "bigint")


def test_columns_come_in_order_without_those_left_out() -> None:
    columns = (Column("b", "int"), Column("a", "string"), Column("c", "int", treat="leave_out"))
    outputs = [plan.output for plan in plan_columns(Contract(columns), FitOptions())]
    assert outputs == ["b", "a_indexed"]


def test_an_output_that_exists_is_refused() -> None:
    contract = Contract((Column("a", "string"), Column("a_indexed", "int")))
    with pytest.raises(ContractError, match="'a' is indexed into 'a_indexed', which exists"):
        plan_columns(contract, FitOptions())


def test_an_output_whose_twin_is_itself_indexed_is_fine() -> None:
    contract = Contract((Column("a", "string"), Column("a_indexed", "string")))
    outputs = [plan.output for plan in plan_columns(contract, FitOptions())]
    assert outputs == ["a_indexed", "a_indexed_indexed"]


def test_every_wrong_option_is_reported() -> None:
    with pytest.raises(ContractError) as caught:
        FitOptions(fill="mode", unseen="guess", min_frequency=0, max_labels=0, median_error=1.0)
    assert caught.value.problems == (
        "fill 'mode' is none of mean, median, none",
        "unseen 'guess' is none of error, skip, keep, separate",
        "min_frequency must be 1 or more, not 0",
        "max_labels must be 1 or more, not 0",
        "median_error must be in [0, 1), not 1.0",
    )
