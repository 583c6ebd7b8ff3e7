from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contract import Column, Contract, ContractError, CsvDialect, default_treatment
from schemas.contract_json import contract_from_dict, contract_from_json, contract_to_json
from schemas.errors import InputError
from schemas.names import name_problems

SMALL: dict[str, Any] = {"columns": [{"name": "a", "type": "int"}]}


def problems_of(data: Any) -> tuple[str, ...]:
    with pytest.raises(ContractError) as caught:
        contract_from_dict(data)
    return caught.value.problems


def test_the_smallest_contract_gets_the_defaults() -> None:
    assert contract_from_dict(SMALL) == Contract(
        columns=(Column("a", "int", nullable=True),),
        name="table",
        target=None,
        key=(),
        null_tokens=("",),
        on_breach="quarantine",
        csv=CsvDialect(",", '"', '"', "UTF-8", multiline=False),
    )


def test_types_are_stored_under_sparks_names() -> None:
    contract = contract_from_dict({"columns": [{"name": "a", "type": "Long"}]})
    assert contract.column("a").type == "bigint"


def test_a_column_that_is_left_out_may_have_any_type() -> None:
    column = {"name": "a", "type": "array<int>", "treat": "leave_out"}
    assert contract_from_dict({"columns": [column]}).used == ()


def test_every_malformed_part_is_reported_at_once() -> None:
    problems = problems_of(
        {
            "contract_version": 2,
            "colour": "red",
            "key": "a",
            "null_tokens": [1],
            "target": 7,
            "csv": {"delimiter": "||", "encoding": "klingon"},
            "columns": [
                {"name": "a", "type": "blob"},
                {"name": "b", "type": "int", "nullabel": True},
                {"name": "c", "type": "int", "nullable": "yes"},
                {"name": "d", "type": "int", "treat": 1, "null_tokens": "NA"},
                {"type": "int"},
                "e",
            ],
        }
    )
    assert len(problems) == 14
    told = "\n".join(problems)
    for text in (
        "contract_version is 2, this program reads 1",
        "unknown field 'colour'; known: columns, contract_version, csv",
        "key must be a list of texts, not 'a'",
        "null_tokens must be a list of texts, not [1]",
        "target must be a text, not 7",
        "csv.delimiter must be one character, not '||'",
        "csv.encoding 'klingon' is not known",
        "column 'a': type 'blob' is not supported",
        "column 'b': unknown field 'nullabel'",
        "column 'c': nullable must be true or false",
        "column 'd': treat must be a text, not 1",
        "column 'd': null_tokens must be a list of texts",
        "column 5 must be an object with a name",
        "column 6 must be an object with a name",
    ):
        assert text in told


def test_everything_that_does_not_fit_together_is_reported_at_once() -> None:
    columns = [{"name": n, "type": "int"} for n in ("a", "a", "b", "b", "b")]
    assert problems_of({"columns": columns, "target": "c", "key": ["a", "d"]}) == (
        "column 'a' is listed 2 times",
        "column 'b' is listed 3 times",
        "target 'c' is not a column; there are: 'a', 'a', 'b', 'b', 'b'",
        "key 'd' is not a column; there are: 'a', 'a', 'b', 'b', 'b'",
    )


@pytest.mark.parametrize("columns", [None, [], {}, "a"])
def test_a_contract_without_columns_is_refused(columns: Any) -> None:
    told = problems_of({"columns": columns})
    assert told == ("columns must be a list with at least one column",)


@pytest.mark.parametrize("data", [None, [], "a", 1])
def test_what_is_no_object_is_refused(data: Any) -> None:
    assert problems_of(data) == ("it must be a JSON object",)


@pytest.mark.parametrize(
    ("csv", "problem"),
    [
        ({"colour": "red"}, "csv must be an object with only delimiter"),
        ([], "csv must be an object with only delimiter"),
        ({"multiline": "yes"}, "csv.multiline has the wrong type: 'yes'"),
        ({"quote": ""}, "csv.quote must be one character, not ''"),
        ({"delimiter": '"'}, "csv.delimiter must differ from csv.quote and csv.escape"),
        ({"delimiter": "\n"}, "csv.delimiter cannot be a line break or NUL"),
        ({"delimiter": "\x00"}, "csv.delimiter cannot be a line break or NUL"),
        ({"encoding": "UTF-9"}, "csv.encoding 'UTF-9' is not known; try UTF-8 or ISO-8859-1"),
        ({"encoding": "undefined"}, "csv.encoding 'undefined' is not known"),
        ({"encoding": "a\x00"}, "csv.encoding 'a\\x00' is not known"),
    ],
)
def test_a_wrong_csv_dialect_is_refused(csv: Any, problem: str) -> None:
    assert [told.startswith(problem) for told in problems_of({**SMALL, "csv": csv})] == [True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"columns": [\n{"name": "a", "type": "int"},\n]}', "line 3, column 1: not valid JSON"),
        ("", "line 1, column 1: not valid JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "not valid JSON"),
        ('"\\ud800"', "holds '.ud800', which is half a character"),
    ],
)
def test_what_is_no_json_is_named_with_its_place(text: str, message: str) -> None:
    with pytest.raises(InputError, match=f"^mine.json(, |: ){message}"):
        contract_from_json(text, source="mine.json")


def test_a_byte_order_mark_is_skipped() -> None:
    assert contract_from_json("\ufeff" + json.dumps(SMALL)).names == ("a",)


def test_json_has_one_column_a_line() -> None:
    contract = Contract((Column("a", "int"), Column("b", "string", nullable=False)), target="a")
    assert contract_to_json(contract).splitlines()[-5:] == [
        '  "columns": [',
        '    {"name": "a", "type": "int", "nullable": true},',
        '    {"name": "b", "type": "string", "nullable": false}',
        "  ]",
        "}",
    ]


NAMES = st.text(min_size=1, max_size=8).filter(lambda name: not name_problems((name,)))
COLUMNS = st.builds(
    Column,
    name=NAMES,
    type=st.sampled_from(["int", "bigint", "string", "decimal(7,3)", "timestamp"]),
    nullable=st.booleans(),
    treat=st.sampled_from([None, "keep"]),
    on_breach=st.sampled_from([None, "fail", "drop", "quarantine"]),
    null_tokens=st.none() | st.lists(st.text(max_size=3), max_size=3).map(tuple),
    description=st.none() | st.text(max_size=5),
)
CONTRACTS = st.builds(
    Contract,
    columns=st.lists(COLUMNS, min_size=1, max_size=4, unique_by=lambda c: c.name).map(tuple),
    name=st.text(max_size=5),
    description=st.none() | st.text(min_size=1, max_size=5),
    null_tokens=st.lists(st.text(max_size=3), max_size=3).map(tuple),
    on_breach=st.sampled_from(["fail", "drop", "quarantine"]),
    csv=st.builds(CsvDialect, delimiter=st.sampled_from([",", "\t", "é"]), multiline=st.booleans()),
)


@settings(max_examples=200)
@given(CONTRACTS, st.booleans())
def test_a_contract_reads_back_from_its_json(contract: Contract, chosen: bool) -> None:
    if chosen:
        contract = contract.with_choices(target=contract.names[-1], key=contract.names[:2])
    assert contract_from_json(contract_to_json(contract)) == contract


def test_the_flights_contract() -> None:
    text = resources.files("schemas").joinpath("flights.json").read_text(encoding="utf-8")
    flights = contract_from_json(text)
    assert (flights.target, flights.key) == ("arr_delay", ("time_hour", "carrier", "flight"))
    assert len(flights.columns) == 19
    assert flights.null_tokens == ("", "NA")
    assert default_treatment(flights, flights.column("carrier")) == "category"
    assert default_treatment(flights, flights.column("flight")) == "keep"
    assert contract_from_json(contract_to_json(flights)) == flights
