"""A few lines of launch.yaml that mean billions of values: refused at once, with their line."""

from __future__ import annotations

import pytest

from launch.description.variables import TooLongError, Variables

from .conftest import ProblemsOf, Read

GOOD = """\
project: shop
targets:
  dev: {region: eu-west-1, role: "arn:aws:iam::123456789012:role/etl", bucket: shop-dev}
jobs:
  nightly:
    kind: spark
    app: app.py
    instance_type: ml.m5.xlarge
"""
# 10 to the 12th values, and in the last as many pieces of nothing.
ALIASES = "v0: &v0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"v{n}: &v{n} [{','.join(10 * [f'*v{n - 1}'])}]\n" for n in range(1, 12)
)
MERGES = "m0: &m0 {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, i: 1, j: 1}\n" + "".join(
    f"m{n}: &m{n} {{<<: [{','.join(10 * [f'*m{n - 1}'])}]}}\n" for n in range(1, 12)
)


def chain(first: str) -> str:
    """Write 15 variables, each ten times the one before."""
    rest = (f"  a{n}: '{10 * f'${{var.a{n - 1}}}'}'\n" for n in range(1, 15))
    return f"variables:\n  a0: '{first}'\n{''.join(rest)}"


@pytest.mark.parametrize(("bomb", "key"), [(ALIASES, "v4"), (MERGES, "m4")])
def test_aliases_of_aliases_are_refused(problems_of: ProblemsOf, bomb: str, key: str) -> None:
    (problem,) = problems_of(GOOD + bomb)
    assert (problem.line, problem.place) == (13, key)
    assert "more than 100,000 values" in problem.message


def test_variables_of_variables_are_refused(problems_of: ProblemsOf) -> None:
    (problem,) = problems_of(GOOD + chain("xxxxxxxxxx"))
    assert (problem.line, problem.place) == (15, "variables.a5")
    assert "more than 1,000,000 characters" in problem.message


def test_variables_of_nothing_are_read(read: Read) -> None:
    """A million of millions of them, which would take for ever one by one."""
    assert read(GOOD + chain("")).project == "shop"


def test_many_values_together_have_the_same_limit() -> None:
    variables = Variables(project="p", variables={"a": 1000 * "x"}, target={}, environment={})
    for _ in range(1000):
        variables.replace("${var.a}")
    with pytest.raises(TooLongError):
        variables.replace("${var.a}")


@pytest.mark.parametrize("value", ["[*a]", "{<<: *a}", "{b: *a}", "[*a, *a, *a]"])
def test_what_holds_itself_is_refused(problems_of: ProblemsOf, value: str) -> None:
    (problem,) = problems_of(f"{GOOD}x: &a {value}\n")
    assert "refers to itself" in problem.message


def test_depth_has_a_limit(problems_of: ProblemsOf) -> None:
    text = f"{GOOD}    environment: {150 * '['}{150 * ']'}\n"
    (problem,) = problems_of(text)
    assert "nested too deeply" in problem.message


def test_a_mapping_may_be_merged_and_repeated(read: Read) -> None:
    """Its own keys win, of several mappings the first; none of that is a key that stands twice."""
    text = GOOD.replace("  nightly:\n", "  nightly: &nightly\n")
    text += """\
    environment: &own {<<: [{A: first, B: first}, {A: second, C: second}], B: own}
  weekly: *nightly
  yearly: {<<: *nightly, environment: *own}
"""
    jobs = read(text).jobs
    expected = {"A": "first", "B": "own", "C": "second"}
    assert [job.environment for job in jobs.values()] == 3 * [expected]


@pytest.mark.parametrize("value", ["x", "[x]", "[{a: b}, [c]]"])
def test_only_mappings_are_merged(problems_of: ProblemsOf, value: str) -> None:
    (problem,) = problems_of(f"{GOOD}x: {{<<: {value}}}\n")
    assert (problem.line, problem.message) == (9, "not YAML: << takes a mapping, or a list of them")
