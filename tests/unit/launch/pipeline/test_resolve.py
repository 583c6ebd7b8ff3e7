"""The functions of a definition: Get, Std:Join, Std:JsonGet, and conditions."""

from __future__ import annotations

from typing import Any

import pytest

from launch.errors import LaunchError
from launch.pipeline.resolve import Resolver, look_up

JSON_GET = {"Std:JsonGet": {"Path": "a.b[1]", "PropertyFile": {"Get": "Steps.E.PropertyFiles.r"}}}


@pytest.fixture
def resolver() -> Resolver:
    made = Resolver(
        {"Input": "s3://b/", "AtLeast": 0.5},
        {"PipelineExecutionId": "abc"},
        lambda reference: {"a": {"b": [1, 0.75], "none": None}, "from": reference},
    )
    outputs = {"out": {"S3Output": {"S3Uri": "s3://b/out"}}}
    made.steps["E"] = {"ProcessingOutputConfig": {"Outputs": outputs}}
    return made


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ({"Get": "Parameters.AtLeast"}, 0.5),
        ({"Get": "Execution.PipelineExecutionId"}, "abc"),
        ({"Get": "Steps.E.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri"}, "s3://b/out"),
        ({"Std:Join": {"On": "/", "Values": ["x", {"Get": "Parameters.Input"}, 3]}}, "x/s3://b//3"),
        (JSON_GET, 0.75),
        ({"Get": "x", "other": ["y"]}, {"Get": "x", "other": ["y"]}),
    ],
)
def test_a_function_gives_its_value(resolver: Resolver, data: Any, value: Any) -> None:
    assert resolver.value({"deep": [data]}) == {"deep": [value]}


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("Parameters.Other", "Parameters.Other has no value"),
        ("Steps.Later.Name", "the step Later has made nothing yet"),
        ("Steps.E.ModelArtifacts", r"there is no ModelArtifacts \(there is: ProcessingOutputConf"),
    ],
)
def test_what_leads_nowhere_is_named(resolver: Resolver, reference: str, said: str) -> None:
    with pytest.raises(LaunchError, match=said):
        resolver.value({"Get": reference})


@pytest.mark.parametrize(
    ("kind", "right", "holds"),
    [
        ("GreaterThanOrEqualTo", 0.75, True),
        ("GreaterThanOrEqualTo", 0.76, False),
        ("GreaterThan", 0.75, False),
        ("LessThanOrEqualTo", 0.75, True),
        ("LessThan", 0.75, False),
        ("Equals", 0.75, True),
    ],
)
def test_a_condition_holds_by_its_kind(
    resolver: Resolver, kind: str, right: float, holds: bool
) -> None:
    assert resolver.holds({"Type": kind, "LeftValue": JSON_GET, "RightValue": right}) is holds


def test_a_figure_without_a_value_is_no_small_one(resolver: Resolver) -> None:
    left = {"Std:JsonGet": {**JSON_GET["Std:JsonGet"], "Path": "a.none"}}
    with pytest.raises(LaunchError, match="the figure has no value"):
        resolver.holds({"Type": "LessThan", "LeftValue": left, "RightValue": 1})
    with pytest.raises(LaunchError, match="kind In is not played here"):
        resolver.holds({"Type": "In"})


def test_a_path_leads_through_keys_and_numbers() -> None:
    assert look_up({"a": [{"b": 1}]}, "a[0].b") == 1
    with pytest.raises(LaunchError, match=r"a\[2\]: there is no 2"):
        look_up({"a": [1]}, "a[2]")
