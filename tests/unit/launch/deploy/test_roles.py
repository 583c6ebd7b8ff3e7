"""The roles of a stack: every right that each has, and on what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from deploy_fixtures import KEY, KINDS, ROLE, Describe

from .conftest import Resources, resources


def statements(made: Resources, role: str | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, item in made.items():
        if item["Type"] == "AWS::IAM::Role" and role in (name, None):
            for policy in item["Properties"]["Policies"]:
                for statement in policy["PolicyDocument"]["Statement"]:
                    yield name, statement


def spelled(resource: Any) -> Any:
    """Write a resource without what all ARNs begin with."""
    if isinstance(resource, list):
        return [spelled(item) for item in resource]
    if isinstance(resource, dict) and "Fn::Sub" in resource:
        return resource["Fn::Sub"].removeprefix("arn:${AWS::Partition}:")
    return resource["Fn::GetAtt"][0] if isinstance(resource, dict) else resource


# Every right of every role: what it is called, on what, under which condition.
HERE = "${AWS::Region}:${AWS::AccountId}"
LOGS = f"logs:{HERE}:log-group:/aws/sagemaker/ProcessingJobs"
EC2 = f"ec2:{HERE}"
TO_SAGEMAKER = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
MAY: dict[str, dict[str, tuple[str, Any, Any]]] = {
    "JobRole": {
        "ListBuckets": (
            "s3:GetBucketLocation s3:ListBucket s3:ListBucketMultipartUploads",
            ["s3:::etl-bucket", "s3:::etl-raw"], None,
        ),
        "Read": (
            "s3:GetObject",
            ["s3:::etl-bucket/flights/launch/deployed/*", "s3:::etl-bucket/flights/launch/runs/*",
             "s3:::etl-bucket/flights/launch/spark-events/*", "s3:::etl-bucket/out",
             "s3:::etl-bucket/out/*", "s3:::etl-bucket/raw/*", "s3:::etl-bucket/tabular/*",
             "s3:::etl-raw/flights.csv*"], None,
        ),
        "Write": (
            "s3:AbortMultipartUpload s3:DeleteObject s3:ListMultipartUploadParts s3:PutObject",
            ["s3:::etl-bucket/flights/launch/spark-events/*", "s3:::etl-bucket/out",
             "s3:::etl-bucket/out/*", "s3:::etl-bucket/raw/*", "s3:::etl-bucket/tabular/*"], None,
        ),
        "Unmark": (
            "s3:DeleteObject",
            ["s3:::etl-bucket/flights/", "s3:::etl-bucket/flights/launch/"], None,
        ),
        "WriteLogs": (
            "logs:CreateLogGroup logs:CreateLogStream logs:DescribeLogStreams logs:PutLogEvents",
            [LOGS, f"{LOGS}:*"], None,
        ),
        "WriteMetrics": (
            "cloudwatch:PutMetricData", "*",
            {"StringEquals": {"cloudwatch:namespace": "/aws/sagemaker/ProcessingJobs"}},
        ),
        "EnterEcr": ("ecr:GetAuthorizationToken", "*", None),
        "PullImages": (
            "ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:GetDownloadUrlForLayer",
            ["ecr:${AWS::Region}:*:repository/sagemaker-scikit-learn",
             "ecr:${AWS::Region}:*:repository/sagemaker-spark-processing"], None,
        ),
        "UseKey": (
            "kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey kms:ReEncryptFrom "
            "kms:ReEncryptTo", KEY, None,
        ),
        "LendKeyToVolumes": (
            "kms:CreateGrant", KEY, {"Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
        "Network": (
            "ec2:CreateNetworkInterface ec2:CreateNetworkInterfacePermission "
            "ec2:DeleteNetworkInterface ec2:DeleteNetworkInterfacePermission",
            [f"{EC2}:subnet/subnet-0123456789abcdef0", f"{EC2}:security-group/sg-0123456789abcdef0",
             f"{EC2}:network-interface/*"], None,
        ),
        "SeeNetwork": (
            "ec2:DescribeDhcpOptions ec2:DescribeNetworkInterfaces ec2:DescribeSecurityGroups "
            "ec2:DescribeSubnets ec2:DescribeVpcs", "*", None,
        ),
    },
    "StarterRole": {
        "StartRuns": (
            "sagemaker:AddTags sagemaker:CreateProcessingJob sagemaker:DescribeProcessingJob",
            [f"sagemaker:{HERE}:processing-job/flights-*"], None,
        ),
        "SeeWhatIsGoing": ("sagemaker:ListProcessingJobs", "*", None),
        "GiveTheRole": ("iam:PassRole", ROLE, TO_SAGEMAKER),
        "WriteItsLog": ("logs:CreateLogStream logs:PutLogEvents", "StarterLog", None),
        "KeepWhatFailed": ("sqs:SendMessage", "DeadLetters", None),
    },
    "SchedulerRole": {
        "CallTheStarter": ("lambda:InvokeFunction", "Starter", None),
        "KeepWhatFailed": ("sqs:SendMessage", "DeadLetters", None),
    },
}  # fmt: skip


@pytest.mark.parametrize("role", MAY)
def test_a_role_has_these_rights_and_no_others(everything: Resources, role: str) -> None:
    assert {name for name, _ in statements(everything)} == set(MAY)
    for name, item in statements(everything, role):
        right = (" ".join(item["Action"]), spelled(item["Resource"]), item.get("Condition"))
        assert (item["Effect"], item["Sid"], right) == (
            "Allow",
            item["Sid"],
            MAY[name][item["Sid"]],
        )
    assert {item["Sid"] for _, item in statements(everything, role)} == set(MAY[role])
    (trust,) = everything[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


@pytest.mark.parametrize("kind", KINDS)
def test_on_everything_are_only_rights_that_know_no_resource(
    templates: dict[str, dict[str, Any]], kind: str
) -> None:
    known = {sid for rights in MAY.values() for sid, right in rights.items() if right[1] == "*"}
    for name, item in statements(templates[kind]["Resources"]):
        assert item["Resource"] != "*" or item["Sid"] in known, name
        assert "*" not in "".join(item["Action"])


def test_the_jobs_role_is_made_under_the_name_that_the_target_has(everything: Resources) -> None:
    properties = everything["JobRole"]["Properties"]
    assert (properties["Path"], properties["RoleName"]) == ("/etl/", "jobs")


def test_a_key_by_alias_is_named_by_a_condition(templates: dict[str, dict[str, Any]]) -> None:
    made = templates["by alias"]["Resources"]
    by_sid = {item["Sid"]: item for _, item in statements(made, "JobRole")}
    alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/etl"}}
    assert spelled(by_sid["UseKey"]["Resource"]) == f"kms:{HERE}:key/*"
    assert by_sid["UseKey"]["Condition"] == alias
    assert by_sid["LendKeyToVolumes"]["Condition"] == {
        **alias, "Bool": {"kms:GrantIsForAWSResource": "true"},
    }  # fmt: skip


def test_without_key_and_network_there_are_no_rights_on_them(describe: Describe) -> None:
    made = resources(describe, target={"create_role": True})
    rights = {item["Sid"] for _, item in statements(made, "JobRole")}
    assert rights == set(MAY["JobRole"]) - {
        "UseKey", "LendKeyToVolumes", "Network", "SeeNetwork",
    }  # fmt: skip


def test_an_image_of_ones_own_is_pulled_from_its_repository_alone(describe: Describe) -> None:
    image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/team/mine:1"
    jobs = {"one": {"kind": "container", "image_uri": image}}
    made = resources(describe, target={"create_role": True}, jobs=jobs, schedules={})
    by_sid = {item["Sid"]: item for _, item in statements(made, "JobRole")}
    assert spelled(by_sid["PullImages"]["Resource"]) == [
        "ecr:us-east-1:111122223333:repository/team/mine"
    ]


@pytest.mark.parametrize(
    ("told", "data", "written"),
    [
        (["raw/", "out/"], "raw/flights.csv", ["out/*"]),
        (["flights-raw/x.csv", "flights"], "flights-raw/x.csv", ["flights", "flights/*"]),
        (["flights/raw.csv", "flights/${date}/out"], "flights/raw.csv", ["flights/*"]),
    ],
)
def test_data_of_a_job_are_read_and_not_written(
    describe: Describe, told: list[str], data: str, written: list[str]
) -> None:
    job = {
        "kind": "spark", "arguments": ["prepare", *(f"s3://etl-bucket/{path}" for path in told)],
        "data": [{"source": "schemas/flights.json", "destination": f"s3://etl-bucket/{data}"}],
    }  # fmt: skip
    made = resources(describe, target={"create_role": True}, jobs={"prepare": job}, schedules={})
    (right,) = [item for _, item in statements(made) if item["Sid"] == "Write"]
    assert spelled(right["Resource"]) == [
        f"s3:::etl-bucket/{path}" for path in sorted(["flights/launch/spark-events/*", *written])
    ]
