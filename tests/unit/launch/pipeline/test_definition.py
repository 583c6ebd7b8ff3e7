"""What SageMaker would refuse about a definition."""

from __future__ import annotations

from typing import Any

import pytest

from launch.pipeline.definition import all_steps, needs, problems_of


def step(name: str, uses: Any = (), **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Processing", "Arguments": {"uses": uses}, **more}


def definition(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    parameters = [{"Name": "Input", "Type": "String"}]
    return {"Version": "2020-12-01", "Parameters": parameters, "Steps": list(steps), **more}


CHOICE = {
    "Name": "Choice",
    "Type": "Condition",
    "Arguments": {
        "Conditions": [{"LeftValue": {"Get": "Steps.A.PropertyFiles.r"}}],
        "IfSteps": [step("Inner", {"Get": "Steps.A.Name"})],
        "ElseSteps": [],
    },
}
REPORTING = step("A", PropertyFiles=[{"PropertyFileName": "r"}])


def test_a_good_definition_has_its_steps_in_order() -> None:
    good = definition(REPORTING, CHOICE, step("B", {"Get": "Parameters.Input"}, DependsOn=["A"]))
    assert problems_of(good) == []
    assert [each["Name"] for each in all_steps(good["Steps"])] == ["A", "Choice", "Inner", "B"]
    assert [needs(each) for each in good["Steps"]] == [[], ["A"], ["A"]]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (definition(Version="2020"), "Version is '2020', not '2020-12-01'"),
        (definition(step("A"), step("A")), "steps: 'A' stands twice"),
        (definition(step("no blanks")), "steps: 'no blanks' is not 1 to 64 letters"),
        (definition(Parameters=[{"Name": "x" * 65}]), "is not 1 to 64 letters"),
        (definition(*(step(f"s{n}") for n in range(51))), "51 steps; SageMaker takes 50"),
        (definition(step("A", {"Get": "Parameters.X"})), "step A: Parameters.X leads nowhere"),
        (definition(step("A", {"Get": "Steps.B.Name"})), "step A: Steps.B.Name leads nowhere"),
        (definition(step("A", {"Get": "Execution.Id"})), "step A: Execution.Id leads nowhere"),
        (definition(step("A", {"Get": "Weather.Today"})), "Weather.Today leads nowhere"),
        (definition(step("A"), CHOICE), "step Choice: Steps.A.PropertyFiles.r leads nowhere"),
        (definition(step("A", DependsOn=["B"])), "step A depends on B, which is not there"),
        (definition(step("A", "x" * 1_048_577)), "longer than 1,048,576 characters"),
        (
            definition(step("A", {"Get": "Steps.B.Name"}), step("B", DependsOn=["A"])),
            "these steps wait for each other: A, B",
        ),
    ],
)
def test_what_sagemaker_would_refuse_is_named(wrong: dict[str, Any], said: str) -> None:
    (problem,) = problems_of(wrong)
    assert said in problem
