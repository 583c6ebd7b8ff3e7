"""The stand-in for AWS behaves as AWS does, where moto alone does not."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_fixture
import pytest
from aws_fixture import FakeAws, fake_aws_server
from botocore.exceptions import (  # type: ignore[import-untyped,unused-ignore]
    ClientError,
    ConnectionClosedError,
)

aws = aws_fixture.aws

SUMMARIES = "ProcessingJobSummaries"
ROLE = "arn:aws:iam::123456789012:role/etl-role"
PLAYS = """
    import time

    def play(request, context):
        what = request["AppSpecification"]["ContainerArguments"][0]
        context.log("algo-1", f"{what} at {context.endpoint}")
        context.log("algo-2", "")
        (context.folder / "played").write_text(what)
        if what == "raise":
            raise LookupError("no cluster")
        if what == "wait":
            assert context.stopping.wait(60)
            return 143, "told to stop"
        return int(what), "target column absent" if what != "0" else "all well"
"""


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


@pytest.fixture(scope="module")
def playing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeAws]:
    """Give a stand-in whose jobs do what their first argument says."""
    folder = tmp_path_factory.mktemp("playing")
    (folder / "plays.py").write_text(textwrap.dedent(PLAYS))
    with fake_aws_server(folder, play="plays:play", pythonpath=folder) as server:
        server.make_bucket_and_role()
        yield server


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


def test_logs_have_a_stream_for_each_host(aws: FakeAws) -> None:
    aws.client("sagemaker").create_processing_job(**request_of("logged", hosts=3))
    aws.wait_until_ended("logged")
    streams = aws.logs("logged")
    assert [name[:-10] for name in streams] == [f"logged/algo-{n}-" for n in (1, 2, 3)]
    assert all(name[-10:].isdecimal() for name in streams)
    assert list(streams.values())[1] == ["started on algo-2", "ended on algo-2"]
    assert aws.logs("logged-not") == {}


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


def test_list_filters_then_sorts_then_pages(aws: FakeAws) -> None:
    client = aws.client("sagemaker")
    for name in ("list-b", "other", "list-c", "list-a"):
        client.create_processing_job(**request_of(name))

    def names(**wanted: Any) -> list[str]:
        pages = client.get_paginator("list_processing_jobs").paginate(
            NameContains="list-", **wanted
        )
        return [job["ProcessingJobName"] for page in pages for job in page[SUMMARIES]]

    newest = client.list_processing_jobs(
        NameContains="list-", SortBy="CreationTime", SortOrder="Descending", MaxResults=2
    )
    assert [job["ProcessingJobName"] for job in newest[SUMMARIES]] == ["list-a", "list-c"]
    assert newest["NextToken"]
    assert names() == ["list-b", "list-c", "list-a"]
    paged = {"PaginationConfig": {"PageSize": 1}}
    assert names(SortBy="Name", SortOrder="Descending", **paged) == ["list-c", "list-b", "list-a"]
    aws.wait_until_ended("list-a")
    assert len(names(StatusEquals="Completed")) == 3
    assert names(StatusEquals="Failed") == []
    last = newest[SUMMARIES][0]["CreationTime"]
    assert names(CreationTimeBefore=last) == ["list-b", "list-c"]


def test_a_failed_job_tells_why(playing: FakeAws) -> None:
    playing.client("sagemaker").create_processing_job(**request_of("failing", "2"))
    done = playing.wait_until_ended("failing")
    assert done["ProcessingJobStatus"] == "Failed"
    assert done["ExitMessage"] == "target column absent"
    assert done["FailureReason"] == "AlgorithmError: target column absent, exit code: 2"


def test_a_player_gets_request_folder_and_log(playing: FakeAws) -> None:
    playing.client("sagemaker").create_processing_job(**request_of("played"))
    done = playing.wait_until_ended("played")
    assert (done["ProcessingJobStatus"], done["ExitMessage"]) == ("Completed", "all well")
    assert (playing.folder / "jobs" / "played" / "played").read_text() == "0"
    assert list(playing.logs("played").values()) == [[f"0 at {playing.url}"], [" "]]


def test_a_player_that_raises_fails_its_job_and_the_next_is_played(playing: FakeAws) -> None:
    client = playing.client("sagemaker")
    client.create_processing_job(**request_of("broken", "raise"))
    client.create_processing_job(**request_of("after-broken"))
    reason = playing.wait_until_ended("broken")["FailureReason"]
    assert reason == "InternalServerError: the player raised LookupError('no cluster')"
    assert playing.wait_until_ended("after-broken")["ProcessingJobStatus"] == "Completed"


def test_stop_goes_by_stopping_to_stopped(playing: FakeAws) -> None:
    client = playing.client("sagemaker")
    client.create_processing_job(**request_of("stopped", "wait"))
    client.create_processing_job(**request_of("stopped-waiting", "0"))
    client.stop_processing_job(ProcessingJobName="stopped-waiting")
    waiting = client.describe_processing_job(ProcessingJobName="stopped-waiting")
    assert waiting["ProcessingJobStatus"] == "Stopping"
    client.stop_processing_job(ProcessingJobName="stopped")
    done = playing.wait_until_ended("stopped")
    assert (done["ProcessingJobStatus"], done["ExitMessage"]) == ("Stopped", "told to stop")
    assert "FailureReason" not in done
    assert playing.wait_until_ended("stopped-waiting")["ProcessingJobStatus"] == "Stopped"
    assert not (playing.folder / "jobs" / "stopped-waiting").exists()
    with pytest.raises(ClientError, match="in status Stopped"):
        client.stop_processing_job(ProcessingJobName="stopped")


def test_faults_meet_the_next_calls_of_one_operation(aws: FakeAws) -> None:
    client = aws.client("sagemaker")
    client.create_processing_job(**request_of("faulty"))

    def describe() -> str:
        found = client.describe_processing_job(ProcessingJobName="faulty")
        return str(found["ProcessingJobName"])

    aws.faults("DescribeProcessingJob", "throttle", times=2)
    aws.faults("DescribeProcessingJob", "drop")
    aws.faults("DescribeProcessingJob", "error500")
    assert client.list_processing_jobs()[SUMMARIES]
    for _ in range(2):
        with pytest.raises(ClientError, match="ThrottlingException") as throttled:
            describe()
        assert throttled.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    with pytest.raises(ConnectionClosedError):
        describe()
    with pytest.raises(ClientError) as broken:
        describe()
    assert broken.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert describe() == "faulty"


def test_bucket_role_and_caller(aws: FakeAws) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket="etl-bucket", Key="a/b", Body=b"x")
    assert s3.get_object(Bucket="etl-bucket", Key="a/b")["Body"].read() == b"x"
    role = aws.client("iam").get_role(RoleName="etl-role")["Role"]
    assert role["Arn"] == ROLE
    principal = role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
    assert principal == {"Service": "sagemaker.amazonaws.com"}
    assert aws.client("sts").get_caller_identity()["Account"] == "123456789012"


def test_a_process_finds_it_by_its_environment_alone(aws: FakeAws) -> None:
    program = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
    done = subprocess.run(
        [sys.executable, "-c", program], env=aws.env, capture_output=True, text=True
    )
    assert done.stdout.strip() == "123456789012", done.stderr


def test_sigterm_lets_a_running_job_stop_first(tmp_path: Path) -> None:
    (tmp_path / "plays.py").write_text(
        "def play(request, context):\n"
        "    (context.folder / 'running').touch()\n"
        "    assert context.stopping.wait(30)\n"
        "    (context.folder / 'cleaned-up').touch()\n"
        "    return 0, ''\n"
    )
    with fake_aws_server(tmp_path, play="plays:play", pythonpath=tmp_path) as server:
        server.client("sagemaker").create_processing_job(**request_of("last"))
        folder = tmp_path / "jobs" / "last"
        while not (folder / "running").exists():
            time.sleep(0.05)
    assert (folder / "cleaned-up").exists()
