"""Requests, held against the API's own description: a good one, and one thing wrong at a time."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from launch.check import check_request
from launch.check.request import most

REQUEST: dict[str, Any] = {
    "ProcessingJobName": "flights-prepare-20261123-101500-ab12",
    "ProcessingInputs": [
        {
            "InputName": "code",
            "S3Input": {
                "S3Uri": "s3://b-dev/x/main.py",
                "LocalPath": "/opt/ml/processing/input/code",
                "S3DataType": "S3Prefix",
                "S3InputMode": "File",
                "S3DataDistributionType": "FullyReplicated",
            },
        }
    ],
    "ProcessingOutputConfig": {
        "Outputs": [
            {
                "OutputName": "spark-event-logs",
                "S3Output": {
                    "S3Uri": "s3://b-dev/events",
                    "LocalPath": "/opt/ml/processing/spark-events/",
                    "S3UploadMode": "Continuous",
                },
            }
        ]
    },
    "ProcessingResources": {
        "ClusterConfig": {
            "InstanceCount": 3,
            "InstanceType": "ml.m5.xlarge",
            "VolumeSizeInGB": 30,
        }
    },
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    "AppSpecification": {
        "ImageUri": "r.example/spark:3.5",
        "ContainerEntrypoint": ["smspark-submit", "/opt/ml/processing/input/code/main.py"],
        "ContainerArguments": ["prepare"],
    },
    "Environment": {"A": "b"},
    "RoleArn": "arn:aws:iam::111122223333:role/spark-etl",
    "Tags": [{"Key": "project", "Value": "flights"}],
}
CLUSTER = "ProcessingResources.ClusterConfig"


def changed(place: str, value: object) -> dict[str, Any]:
    request = copy.deepcopy(REQUEST)
    *parents, last = place.split(".")
    part: Any = request
    for name in parents:
        part = part[int(name)] if isinstance(part, list) else part[name]
    part[last] = value
    return request


def test_a_good_request() -> None:
    assert check_request(REQUEST) == []


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("ProcessingJobName", "x" * 64, "64 characters; at most 63"),
        ("Environment", {f"E{each}": "x" for each in range(101)}, "101 entries; at most 100"),
        ("AppSpecification.ContainerArguments", ["x"] * 101, "101 items; at most 100"),
        ("AppSpecification.ContainerArguments", [], "0 items; at least 1"),
        ("AppSpecification.ImageUri", "x" * 256, "256 characters; at most 255"),
        (f"{CLUSTER}.InstanceCount", 101, "101; at most 100"),
        (f"{CLUSTER}.InstanceCount", 0, "0; at least 1"),
        (f"{CLUSTER}.VolumeSizeInGB", 16_385, "16385; at most 16384"),
        ("StoppingCondition.MaxRuntimeInSeconds", 777_601, "777601; at most 777600"),
        ("Tags", [{"Key": f"k{each}", "Value": "v"} for each in range(51)], "51 items; at most 50"),
        ("ProcessingInputs", REQUEST["ProcessingInputs"] * 11, "11 items; at most 10"),
        (f"{CLUSTER}.InstanceType", "ml.m5.xlrge", "the API does not know 'ml.m5.xlrge'"),
        ("ProcessingInputs.0.S3Input.LocalPath", "/tmp/x", "/tmp/x is refused"),
        ("ProcessingOutputConfig.Outputs.0.S3Output.LocalPath", "/tmp", "/tmp is refused"),
        ("RoleArn", "arn:aws:iam::1:role/spark-etl", "has characters or a form that the API"),
        ("ProcessingInputs.0.S3Input.S3Uri", "hdfs:///x/", "has characters or a form that the API"),
    ],
)
def test_one_thing_wrong(place: str, value: object, words: str) -> None:
    found = check_request(changed(place, value))
    assert place in [finding.place for finding in found]
    assert {finding.level for finding in found} == {"error"}
    assert words in "\n".join(finding.message for finding in found)


@pytest.mark.parametrize(
    ("parent", "value", "place", "words"),
    [
        ("AppSpecification.ContainerArguments", ["x" * 257], "0", "257 characters; at most 256"),
        ("AppSpecification.ContainerArguments", ["x\ny"], "0", "has characters or a form"),
        ("Environment", {"A-B": "x"}, "A-B", "has characters or a form"),
        ("Environment", {"A": "x" * 257}, "A", "257 characters; at most 256"),
        ("Tags", [{"Key": "a#b", "Value": "v"}], "0.Key", "has characters or a form"),
    ],
)
def test_one_thing_wrong_further_down(parent: str, value: object, place: str, words: str) -> None:
    (only,) = check_request(changed(parent, value))
    assert only.place == f"{parent}.{place}"
    assert words in only.message


@pytest.mark.parametrize("missing", ["RoleArn", "AppSpecification", "ProcessingJobName"])
def test_a_missing_field(missing: str) -> None:
    request = {key: value for key, value in REQUEST.items() if key != missing}
    (only,) = check_request(request)
    assert only.message == f'Missing required parameter in input: "{missing}"'


@pytest.mark.parametrize(("key", "value"), [("Spot", True), ("EnableManagedSpotTraining", True)])
def test_a_field_that_does_not_exist(key: str, value: object) -> None:
    (only,) = check_request({**REQUEST, key: value})
    assert f'Unknown parameter in input: "{key}"' in only.message


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("Environment.A", 1),
        ("Environment", ["A"]),
        ("Tags", 7),
        ("StoppingCondition.MaxRuntimeInSeconds", "1h"),
    ],
)
def test_a_value_of_the_wrong_type(place: str, value: object) -> None:
    (only,) = check_request(changed(place, value))
    assert f"Invalid type for parameter {place}" in only.message


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("ProcessingJobName", "x" * 63),
        (f"{CLUSTER}.InstanceCount", 100),
        ("AppSpecification.ContainerArguments", ["x" * 256] * 100),
    ],
)
def test_a_limit_itself_is_allowed(place: str, value: object) -> None:
    assert check_request(changed(place, value)) == []


def test_two_ways_to_name_a_type() -> None:
    both = changed(f"{CLUSTER}.InstancePreferences", [{"InstanceType": "ml.m5.large"}])
    assert [finding.place for finding in check_request(both)] == [f"{CLUSTER}.InstanceType"]
    neither = copy.deepcopy(REQUEST)
    del neither["ProcessingResources"]["ClusterConfig"]["InstanceType"]
    assert [finding.place for finding in check_request(neither)] == [f"{CLUSTER}.InstanceType"]


def test_limits_come_from_the_api() -> None:
    assert [most(shape) for shape in ("ProcessingJobName", "ProcessingInputs", "TagList")] == [
        63,
        10,
        50,
    ]
