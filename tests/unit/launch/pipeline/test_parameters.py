"""What differs from one start to the next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from launch.description.load import Description
from launch.errors import LaunchError
from launch.pipeline.parameters import (
    date_name,
    deciding,
    parameters_of,
    start_values,
    with_given,
)

Describe = Callable[..., Description]
DAY = date(2026, 11, 3)
IN_INPUT = ("s3://shop-bucket/raw/", "s3://shop-bucket/raw/${date:%Y/%m/%d}/")
TYPES = {"Input": "String", "InputFingerprint": "String", "Date": "String", "AtLeast": "Float"}


@pytest.mark.parametrize(
    ("form", "name"),
    [(None, "Date"), ("%Y-%m-%d", "Date"), ("%Y/%m/%d", "Date-Y-m-d"), ("d%Y%m%d", "Date-d-Y-m-d")],
)
def test_each_form_of_a_date_has_its_name(form: str | None, name: str) -> None:
    assert date_name(form) == name


def test_only_what_a_start_has_to_say_has_no_default(describe: Describe) -> None:
    description = describe()
    found = parameters_of(description, description.pipelines["sales"])
    assert [(item.name, item.default) for item in found] == [
        ("Input", "s3://shop-bucket/raw/"), ("InputFingerprint", None), ("Date", None),
        ("AtLeast", 0.8),
    ]  # fmt: skip


def test_a_day_in_the_input_is_part_of_that_parameter(describe: Describe) -> None:
    description = describe(IN_INPUT, (', --day, "${date}"', ""))
    pipeline = description.pipelines["sales"]
    names = {item.name: item.default for item in parameters_of(description, pipeline)}
    assert names == {"Input": None, "InputFingerprint": None, "AtLeast": 0.8}
    values = start_values(description, pipeline, day=DAY, source=None)
    assert values == {"Input": "s3://shop-bucket/raw/2026/11/03/"}


def test_two_forms_of_one_name_are_refused(describe: Describe) -> None:
    other = ("[evaluate, --label, sold]", '[evaluate, "${date:%Y/%m/%d}", "${date:%Y_%m_%d}"]')
    description = describe(other)
    with pytest.raises(LaunchError, match="would both be the parameter Date-Y-m-d"):
        parameters_of(description, description.pipelines["sales"])


def test_the_day_of_a_start(describe: Describe) -> None:
    description = describe()
    pipeline = description.pipelines["sales"]
    values = start_values(description, pipeline, day=DAY, source="s3://other/here")
    assert values == {"Input": "s3://other/here/", "Date": "2026-11-03"}
    with pytest.raises(LaunchError, match="give --date"):
        start_values(description, pipeline, day=None, source=None)
    with pytest.raises(LaunchError, match="write s3://BUCKET/PREFIX/"):
        start_values(description, pipeline, day=DAY, source="raw/")
    dateless = describe((', --day, "${date}"', ""))
    with pytest.raises(LaunchError, match=r"neither the input nor the jobs .* have"):
        start_values(dateless, dateless.pipelines["sales"], day=DAY, source=None)


def test_values_given_by_hand_come_first() -> None:
    done = with_given({"Input": "s3://b/"}, TYPES, ["AtLeast=0.9", "Date=2026-01-02"])
    assert done == {"Input": "s3://b/", "AtLeast": "0.9", "Date": "2026-01-02"}
    assert deciding(done) == {"Input": "s3://b/", "Date": "2026-01-02"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("AtLeast", "write NAME=VALUE"),
        ("AtMost=1", "the pipeline has Input, InputFingerprint, Date, AtLeast"),
        ("AtLeast=high", "AtLeast is a number"),
        ("InputFingerprint=1", "it follows from the input"),
        ("Input=s3://b/", "write --input"),
    ],
)
def test_wrong_values_are_named(text: str, said: str) -> None:
    with pytest.raises(LaunchError, match=said):
        with_given({}, TYPES, [text])
