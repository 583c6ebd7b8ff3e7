"""The stand-in for AWS answers in the API's own shapes, where moto alone does not."""

from __future__ import annotations

from typing import Any

import aws_fixture
import pytest
from aws_fixture import FakeAws
from botocore.exceptions import (  # type: ignore[import-untyped,unused-ignore]
    ClientError,
)

aws = aws_fixture.aws

ROLE = "arn:aws:iam::123456789012:role/etl-role"


def request_of(name: str, *arguments: str, hosts: int = 2) -> dict[str, Any]:
    upload = {"S3Uri": "s3://etl-bucket/code/", "LocalPath": "/opt/ml/processing/input/code"}
    kind = {"S3DataType": "S3Prefix", "S3InputMode": "File"}
    events = {"S3Uri": "s3://etl-bucket/events/", "LocalPath": "/opt/ml/processing/spark-events/"}
    cluster = {"InstanceCount": hosts, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 30}
    return {
        "ProcessingJobName": name,
        "ProcessingInputs": [{"InputName": "code", "S3Input": {**upload, **kind}}],
        "ProcessingOutputConfig": {
            "Outputs": [
                {"OutputName": "events", "S3Output": {**events, "S3UploadMode": "Continuous"}}
            ]
        },
        "ProcessingResources": {"ClusterConfig": cluster},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "AppSpecification": {
            "ImageUri": "1.dkr.ecr.eu-west-1.amazonaws.com/spark:3.5",
            "ContainerEntrypoint": ["smspark-submit"],
            "ContainerArguments": list(arguments or ("0",)),
        },
        "Environment": {"AWS_SPARK_CONFIG_MODE": "2"},
        "NetworkConfig": {"EnableInterContainerTrafficEncryption": True},
        "RoleArn": ROLE,
    }


def test_a_job_runs_then_completes_and_keeps_its_request(aws: FakeAws) -> None:
    request = request_of("whole")
    client = aws.client("sagemaker")
    arn = client.create_processing_job(**request)["ProcessingJobArn"]
    assert arn == "arn:aws:sagemaker:eu-west-1:123456789012:processing-job/whole"
    running = client.describe_processing_job(ProcessingJobName="whole")
    assert running["ProcessingJobStatus"] == "InProgress"
    assert "ProcessingEndTime" not in running
    done = aws.wait_until_ended("whole")
    assert done["ProcessingJobStatus"] == "Completed"
    assert {key: done[key] for key in request} == request
    times = [done[f"{name}Time"] for name in ("Creation", "ProcessingStart", "ProcessingEnd")]
    assert times == sorted(times)
    assert (times[2] - times[1]).total_seconds() > 0.9
    assert request in aws.requests()


def test_a_used_name_is_refused(aws: FakeAws) -> None:
    client = aws.client("sagemaker")
    client.create_processing_job(**request_of("twice"))
    with pytest.raises(client.exceptions.ResourceInUse, match="must be unique") as caught:
        client.create_processing_job(**request_of("twice"))
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    names = [request["ProcessingJobName"] for request in aws.requests()]
    assert names.count("twice") == 1


def test_a_job_that_is_not_there(aws: FakeAws) -> None:
    client = aws.client("sagemaker")
    for call in (client.describe_processing_job, client.stop_processing_job):
        with pytest.raises(ClientError, match=r"Could not find requested job with name: absent"):
            call(ProcessingJobName="absent")
