"""``${…}`` in launch.yaml."""

from __future__ import annotations

import pytest

from launch.description.variables import VariableError, Variables


def variables(**values: str) -> Variables:
    return Variables(
        project="shop",
        variables=values,
        target={"name": "dev", "bucket": "b-${target.name}", "tags": {"a": "b"}},
        environment={"HOME": "/h", "EMPTY": ""},
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("${project}", "shop"),
        ("${var.a}/${var.a}", "1/1"),
        ("${target.bucket}", "b-dev"),
        ("${env.HOME}", "/h"),
        ("${env.NONE:-else}", "else"),
        ("${env.EMPTY:-else}", "else"),
        ("${env.EMPTY}", ""),
        ("${env.NONE:-${var.a}}", "1"),
        ("${var.${project}_x}", "nested"),
        ("$${not}", "${not}"),
        ("a$b", "a$b"),
    ],
)
def test_replaced(text: str, expected: str) -> None:
    assert variables(a="1", shop_x="nested").replace(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${var.nope}", r"\$\{var.nope\} is not defined; there is a"),
        ("${target.tags}", "is not defined; there is bucket, name"),
        ("${env.NONE}", "NONE is not set"),
        ("${what}", "is unknown"),
        ("${run}", "in the destination of an output, and nowhere else"),
        ("${other.x}", "is unknown"),
        ("${var.loop}", "refers to itself"),
    ],
)
def test_leads_nowhere(text: str, message: str) -> None:
    with pytest.raises(VariableError, match=message):
        variables(a="1", loop="${var.loop}").replace(text)
