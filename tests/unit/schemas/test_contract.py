from __future__ import annotations

import pytest

from schemas.contract import (
    Column,
    Contract,
    ContractError,
    contract_problems,
    default_treatment,
)

FLAT = Contract(
    columns=(
        Column("id", "bigint"),
        Column("x", "double", on_breach="fail", null_tokens=("-",)),
        Column("note", "string", treat="leave_out"),
        Column("y", "int"),
    ),
    target="y",
    key=("id",),
    null_tokens=("", "NA"),
    on_breach="drop",
)


@pytest.mark.parametrize(
    ("column", "treatment"),
    [
        (Column("a", "tinyint"), "numeric"),
        (Column("a", "decimal(5,2)"), "numeric"),
        (Column("a", "double"), "numeric"),
        (Column("a", "string"), "category"),
        (Column("a", "boolean"), "keep"),
        (Column("a", "date"), "keep"),
        (Column("a", "timestamp"), "keep"),
        (Column("a", "int", treat="category"), "category"),
        (Column("id", "int"), "keep"),
        (Column("id", "int", treat="numeric"), "numeric"),
        (Column("y", "string", treat="category"), "keep"),
    ],
)
def test_default_treatment(column: Column, treatment: str) -> None:
    contract = Contract(columns=(column,), target="y", key=("id",))
    assert default_treatment(contract, column) == treatment


def test_columns_by_name_and_those_that_are_used() -> None:
    assert FLAT.column("x").type == "double"
    with pytest.raises(KeyError):
        FLAT.column("X")
    assert [column.name for column in FLAT.used] == ["id", "x", "y"]
    keyed = Contract(columns=(Column("id", "int", treat="leave_out"),), key=("id",))
    assert [column.name for column in keyed.used] == ["id"]  # left out, and still read


def test_a_columns_own_rule_and_tokens_come_before_the_tables() -> None:
    x, y = FLAT.column("x"), FLAT.column("y")
    assert (FLAT.rule_of(x), FLAT.tokens_of(x)) == ("fail", ("-",))
    assert (FLAT.rule_of(y), FLAT.tokens_of(y)) == ("drop", ("", "NA"))
    assert FLAT.tokens_of(Column("a", "string", null_tokens=())) == ()


def test_choices_replace_target_and_key_where_they_fit() -> None:
    chosen = FLAT.with_choices(target="x", key=("y", "id"))
    assert (chosen.target, chosen.key) == ("x", ("y", "id"))
    assert FLAT.with_choices(target=None, key=None) == FLAT
    with pytest.raises(ContractError) as caught:
        FLAT.with_choices(target="Y", key=("id", "nope"))
    assert caught.value.problems == (
        "target 'Y' is not a column; there are: 'id', 'x', 'note', 'y'",
        "key 'nope' is not a column; there are: 'id', 'x', 'note', 'y'",
    )
    with pytest.raises(ContractError, match="target 'note' cannot be left out"):
        FLAT.with_choices(target="note")


def test_every_problem_of_a_contract_is_listed() -> None:
    contract = Contract(
        columns=(
            Column("a", "string", treat="numeric"),
            Column("b", "double", treat="category"),
            Column("c", "decimal(5,2)", treat="category"),
            Column("d", "int", treat="guess"),
            Column("e", "int", on_breach="ignore"),
            Column("f", "int"),
            Column("f", "int"),
            Column("", "int"),
        ),
        target="z",
        key=("k",),
        on_breach="shout",
    )
    problems = "\n".join(contract_problems(contract))
    assert len(contract_problems(contract)) == 10
    for text in (
        "column 'f' is listed 2 times",
        "column 8 has no name",
        "on_breach 'shout' is none of fail, drop, quarantine",
        "column 'a': a string cannot be treated as numeric",
        "column 'b': a double cannot be treated as a category",
        "column 'c': a decimal cannot be treated as a category",
        "column 'd': treat 'guess'",
        "column 'e': on_breach 'ignore'",
        "target 'z' is not a column",
        "key 'k' is not a column",
    ):
        assert text in problems


def test_a_sound_contract_has_no_problems_and_case_twins_are_two_columns() -> None:
    assert contract_problems(FLAT) == []
    assert contract_problems(Contract((Column("Id", "int"), Column("id", "int")))) == []
