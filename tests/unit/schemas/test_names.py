from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.names import name_problems, quoted, some


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a", "`a`"), ("a.b", "`a.b`"), ("a b", "`a b`"), ("a`b", "`a``b`"), ("``", "``````")],
)
def test_quoted(name: str, expected: str) -> None:
    assert quoted(name) == expected


@settings(max_examples=200)
@given(st.text())
def test_a_quoted_name_reads_back(name: str) -> None:
    inside = quoted(name)[1:-1]
    assert inside.replace("``", "`") == name


def test_names_that_can_be_used() -> None:
    assert name_problems(("Id", "id", "a.b", "a b", "a`b", 'a"b', "naïve 名", "_prepare")) == []


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "column 1 has no name: give the header a name there"),
        (" \t", "column 1 has no name: give the header a name there"),
        ("a\x00", "column 1, 'a\\x00': the name has a NUL, line break or bad byte"),
        ("a\ufffd", "column 1, 'a\ufffd': the name has a NUL, line break or bad byte"),
        ("a\nb", "column 1, 'a\\nb': the name has a NUL, line break or bad byte"),
        ("_metadata", "column '_metadata': Spark keeps this name for itself; rename it"),
        ("__prepare_x", "column '__prepare_x': names starting with __prepare_ are reserved"),
    ],
)
def test_names_that_cannot(name: str, problem: str) -> None:
    assert name_problems((name,)) == [problem]


def test_every_bad_name_is_listed() -> None:
    assert len(name_problems(("ok", "", "a\rb", "__prepare_"))) == 3


def test_names_are_listed_up_to_a_number_and_the_rest_counted() -> None:
    assert some(("a", "b c")) == "'a', 'b c'"
    assert some(()) == ""
    assert some(("a", "b", "c", "d"), most=2) == "'a', 'b' and 2 more"
