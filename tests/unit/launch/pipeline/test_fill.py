"""Literal texts of a request give way to what is known later."""

from __future__ import annotations

from typing import Any

import pytest

from launch.pipeline.fill import fill

LATER = object()
PARTS: dict[str, tuple[Any, ...]] = {
    "s3://b/raw": (LATER,),
    "s3://b/out/": ("s3://b/new/",),
    "s3://b/out/run-1/": ("s3://b/longer/",),
    "${date}": ("today",),
}


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ("s3://b/raw", LATER),
        ("s3://b/raw-2/x", "s3://b/raw-2/x"),
        ("--to=s3://b/out/x.csv", "--to=s3://b/new/x.csv"),
        ("s3://b/out/run-1/", "s3://b/longer/"),
        ("${date}x", "todayx"),
        ("", ""),
        (3, 3),
        ([{"a": ["s3://b/raw"], "b": None}], [{"a": [LATER], "b": None}]),
    ],
)
def test_texts_that_are_known_later_are_replaced(data: Any, value: Any) -> None:
    assert fill(data, PARTS) == value
    assert fill(data, {}) == data
