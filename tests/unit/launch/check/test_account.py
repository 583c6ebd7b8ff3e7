"""What an account is asked: its answers come from botocore's Stubber."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from botocore.stub import Stubber

from launch.check import Finding, check_account
from launch.description.load import Description

Describe = Callable[..., Description]
ROLE = "arn:aws:iam::111122223333:role/spark-etl"
TRUST = {"Statement": [{"Principal": {"Service": "sagemaker.amazonaws.com"}}]}
S3_INPUT = {
    "name": "raw",
    "source": "s3://other/raw/",
    "destination": "/opt/ml/processing/input/raw",
}


def role(trust: object = TRUST, arn: str = ROLE) -> dict[str, Any]:
    return {
        "Role": {
            "Arn": arn,
            "Path": "/",
            "RoleName": "spark-etl",
            "RoleId": "A" * 16,
            "CreateDate": "2026-01-01",
            "AssumeRolePolicyDocument": quote(json.dumps(trust)),
        }
    }


@pytest.fixture(autouse=True)
def _nothing_about_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """What costs too much is asked for in test_cost.py."""
    monkeypatch.setattr("launch.check.account.in_account", lambda case, client: ())


class Account:
    """A session whose clients answer what a test says; a text is an error's code."""

    def __init__(self, **answers: dict[str, Any] | str) -> None:
        good: dict[str, Any] = {
            "get_role": role(),
            "head_bucket": {"BucketRegion": "us-east-1"},
            "describe_key": {"KeyMetadata": {"KeyId": "k", "KeyState": "Enabled"}},
            "list_objects_v2": {"Contents": [{"Key": "raw/x.csv"}]},
        }
        self.answers = {**good, **answers}
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def client(self, service: str, **options: Any) -> Any:
        assert options == {"region_name": "us-east-1", "endpoint_url": None}
        client = boto3.client(
            service, "us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
        )
        stub = Stubber(client)
        operations = {
            "iam": ["get_role"],
            "s3": ["head_bucket", "list_objects_v2"],
            "kms": ["describe_key"],
        }
        for operation in operations[service]:
            setattr(client, operation, self._stubbed(stub, operation, getattr(client, operation)))
        return client

    def _stubbed(self, stub: Stubber, operation: str, call: Any) -> Any:
        def ask(**parameters: Any) -> Any:
            self.asked.append((operation, parameters))
            answer = self.answers[operation]
            if isinstance(answer, str):
                stub.add_client_error(operation, answer, "as the test has it")
            else:
                stub.add_response(operation, answer, parameters)
            with stub:
                return call(**parameters)

        return ask


def test_a_good_account(describe: Describe) -> None:
    account = Account()
    description = describe(target={"kms_key": "alias/k"}, inputs=[S3_INPUT])
    assert check_account(description, "prepare", account) == []
    assert account.asked == [
        ("get_role", {"RoleName": "spark-etl"}),
        ("head_bucket", {"Bucket": "b-dev"}),
        ("describe_key", {"KeyId": "alias/k"}),
        ("list_objects_v2", {"Bucket": "other", "Prefix": "raw/", "MaxKeys": 1}),
    ]


def test_without_a_key_and_inputs_in_s3_less_is_asked(describe: Describe) -> None:
    account = Account()
    assert check_account(describe(), "prepare", account) == []
    assert [operation for operation, _ in account.asked] == ["get_role", "head_bucket"]


@pytest.mark.parametrize(
    ("answers", "place", "message"),
    [
        ({"get_role": "NoSuchEntity"}, "targets.dev.role", f"there is no role {ROLE}"),
        (
            {"get_role": role({"Statement": []})},
            "targets.dev.role",
            "SageMaker may not assume the role spark-etl",
        ),
        (
            {"get_role": role(arn="arn:aws:iam::999988887777:role/spark-etl")},
            "targets.dev.role",
            "the account's role spark-etl is arn:aws:iam::999988887777:role/spark-etl",
        ),
        ({"head_bucket": "404"}, "targets.dev.bucket", "there is no bucket b-dev"),
        (
            {"head_bucket": {"BucketRegion": "eu-west-1"}},
            "targets.dev.bucket",
            "the bucket is in eu-west-1, the job in us-east-1",
        ),
        (
            {"describe_key": "NotFoundException"},
            "targets.dev.kms_key",
            "there is no key alias/k in us-east-1",
        ),
        (
            {"describe_key": {"KeyMetadata": {"KeyId": "k", "KeyState": "Disabled"}}},
            "targets.dev.kms_key",
            "the key is not enabled but Disabled",
        ),
        (
            {"list_objects_v2": {}},
            "jobs.prepare.inputs.0.source",
            "there is nothing at s3://other/raw/: the job fails when it downloads its inputs",
        ),
        (
            {"list_objects_v2": "NoSuchBucket"},
            "jobs.prepare.inputs.0.source",
            "there is no bucket other",
        ),
    ],
)
def test_what_is_absent(
    describe: Describe, answers: dict[str, Any], place: str, message: str
) -> None:
    description = describe(target={"kms_key": "alias/k"}, inputs=[S3_INPUT])
    (only,) = check_account(description, "prepare", Account(**answers))
    assert (only.level, only.place, only.message) == ("error", place, message)


@pytest.mark.parametrize(
    "operation", ["get_role", "head_bucket", "describe_key", "list_objects_v2"]
)
@pytest.mark.parametrize("code", ["AccessDenied", "403", "ThrottlingException"])
def test_what_may_not_be_asked_is_a_note(describe: Describe, operation: str, code: str) -> None:
    description = describe(target={"kms_key": "alias/k"}, inputs=[S3_INPUT])
    (only,) = check_account(description, "prepare", Account(**{operation: code}))
    assert only.level == "note"
    assert only.message.startswith("could not be checked: ")
    assert code in only.message


def test_a_bucket_of_somebody_else(describe: Describe) -> None:
    (only,) = check_account(describe(), "prepare", Account(head_bucket="403"))
    assert "another account's" in only.message
    assert "bucket_owner" in only.hint


def test_jars_and_the_app_in_s3_are_asked_for_too(describe: Describe) -> None:
    description = describe(app="s3://b-dev/main.py", jars=["s3://b-dev/x.jar"])
    found = check_account(description, "prepare", Account(list_objects_v2={}))
    assert [finding.place for finding in found] == ["jobs.prepare.app", "jobs.prepare.jars.0"]


def test_an_input_that_is_copied_first_is_not_asked_for(describe: Describe) -> None:
    copied = {"source": "data/flights.csv", "destination": "s3://other/raw/flights.csv"}
    description = describe(inputs=[S3_INPUT], data=[copied])
    assert check_account(description, "prepare", Account(list_objects_v2={})) == []


@pytest.mark.usefixtures("no_aws")
def test_without_credentials_there_is_one_note(describe: Describe) -> None:
    (only,) = check_account(describe(inputs=[S3_INPUT]), "prepare", boto3.Session())
    assert only.level == "note"
    assert only.message == "the account could not be checked: there are no credentials"


def test_without_a_network_there_are_notes(describe: Describe) -> None:
    session = boto3.Session("testing", "testing", region_name="us-east-1")
    description = describe(target={"endpoint_url": "http://127.0.0.1:9"})
    found: list[Finding] = check_account(description, "prepare", session)
    assert [finding.level for finding in found] == ["note", "note"]
    assert "could not be checked: Could not connect" in found[0].message
