from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contract import Column, Contract, ContractError, CsvDialect
from schemas.infer import Inferred, infer_contract, narrow_note


def infer(*cells: str | None) -> Inferred:
    return infer_contract(["a"], [[cell] for cell in cells], name="t")


def type_of(*cells: str | None) -> str:
    return infer(*cells).contract.columns[0].type


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "-2", "+3", "0"], "bigint"),
        ([" 1 ", "2"], "bigint"),
        (["999999999999999999"], "bigint"),
        (["1", "2.5"], "double"),
        (["1e5", ".5", "5."], "double"),
        (["true", "FALSE"], "boolean"),
        (["2013-01-31"], "date"),
        (["2013-01-31 10:00"], "timestamp"),
        (["2013-01-31T10:00:00.5Z", "2013-01-31 10:00:00+02:00"], "timestamp"),
        (["a", "1"], "string"),
        (["2013-01-31", "2013-01-31 10:00"], "string"),
        (["2013-13-01"], "string"),
        (["1", "true"], "string"),
        (["inf"], "string"),
        (["0x10"], "string"),
    ],
)
def test_types(cells: list[str], expected: str) -> None:
    assert type_of(*cells) == expected


def test_leading_zeros_stay_strings() -> None:
    assert type_of("01067", "10115") == "string"
    assert type_of("00", "1.5") == "string"


def test_zero_itself_is_a_number() -> None:
    assert type_of("0", "0.5", "-0") == "double"


def test_nulls_do_not_decide_a_type() -> None:
    assert type_of(None, "", "NA", "7") == "bigint"


def test_a_column_without_values_is_a_string_and_noted() -> None:
    inferred = infer(None, "", None)
    assert inferred.contract.columns[0].type == "string"
    assert inferred.notes == ("'a' has no value in the sample; it is taken for a string",)


def test_a_table_without_rows_is_all_strings() -> None:
    contract = infer_contract(["a", "b"], [], name="t").contract
    assert [column.type for column in contract.columns] == ["string", "string"]
    assert contract.null_tokens == ("",)


def test_na_beside_numbers_is_null_in_the_whole_table() -> None:
    rows = [["NA", "DE"], ["1", "NA"]]
    inferred = infer_contract(["x", "country"], rows, name="t")
    assert inferred.contract.null_tokens == ("", "NA")
    assert [column.type for column in inferred.contract.columns] == ["bigint", "string"]
    assert inferred.notes == ("'NA' is read as null everywhere: it stands in 'x'",)


def test_na_in_strings_alone_is_no_null() -> None:
    inferred = infer_contract(["x", "country"], [["1", "DE"], ["2", "NA"]], name="t")
    assert inferred.contract.null_tokens == ("",)
    assert inferred.notes == ()


def test_a_column_of_nothing_but_na_proves_nothing() -> None:
    assert infer("NA", "NA").contract.null_tokens == ("",)


def test_the_null_of_hive_needs_no_proof() -> None:
    assert infer("a", "\\N").contract.null_tokens == ("", "\\N")


def test_several_tokens_are_proved_each_by_itself() -> None:
    rows = [["?", "-"], ["1", "2013-01-01"], ["2", "NULL"]]
    assert infer_contract(["x", "d"], rows, name="t").contract.null_tokens == ("", "NULL", "-", "?")


def test_thousands_are_noted() -> None:
    inferred = infer("1,234", "5", "-1,000,000.5")
    assert inferred.contract.columns[0].type == "string"
    assert inferred.notes == (
        "'a' writes numbers like '1,234'; without the commas it would be numeric",
    )


def test_a_rare_odd_cell_among_numbers_is_noted() -> None:
    inferred = infer(*(str(i) for i in range(19)), "n.a.")
    assert inferred.notes == ("'a' is a number but for 1 of 20 cells, such as 'n.a.'",)


def test_many_odd_cells_are_not_noted() -> None:
    assert infer("1", "2", "x").notes == ()


def test_every_column_is_nullable_and_none_is_chosen() -> None:
    contract = infer_contract(["a"], [["1"]], name="t", dialect=CsvDialect(";")).contract
    assert contract == Contract((Column("a", "bigint"),), name="t", csv=CsvDialect(";"))


def test_short_rows_are_taken_as_far_as_they_go() -> None:
    contract = infer_contract(["a", "b"], [["1"], ["2", "x"]], name="t").contract
    assert [column.type for column in contract.columns] == ["bigint", "string"]


def test_names_that_cannot_be_used_are_refused_all_at_once() -> None:
    with pytest.raises(ContractError) as caught:
        infer_contract(["a", "b", "a", "", "a"], [], name="t")
    assert caught.value.problems == (
        "the name 'a' stands 3 times",
        "column 4 has no name: give the header a name there",
    )


@settings(max_examples=200)
@given(st.lists(st.integers(-(10**18) + 1, 10**18 - 1), min_size=1))
def test_integers_are_inferred_as_integers(values: list[int]) -> None:
    assert type_of(*(str(value) for value in values)) == "bigint"


@settings(max_examples=200)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_floats_are_inferred_as_double(values: list[float]) -> None:
    assert type_of(*(repr(value) for value in values)) == "double"


@settings(max_examples=200)
@given(st.lists(st.none() | st.text(), max_size=5))
def test_no_text_breaks_it(cells: list[str | None]) -> None:
    contract = infer(*cells).contract
    assert contract.names == ("a",)
    assert contract.null_tokens[0] == ""


def test_narrow_note() -> None:
    columns = (Column("a", "int"), Column("b", "string"), Column("c", "date"), Column("d", "float"))
    assert narrow_note(Contract(columns)) == "4 columns: 2 numeric, 1 string, 1 other"
