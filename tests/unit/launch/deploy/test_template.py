"""The template: what is in it, that it is the same twice, and that cfn-lint finds nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from launch.deploy.storage import lifecycle_by_hand
from launch.deploy.template import as_sent, as_text, storage_template, whole_template
from launch.description.load import Description
from launch.errors import LaunchError

from .conftest import JOBS, ROLE, SCHEDULES, Describe

KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
EVERYTHING: dict[str, Any] = {
    "create_bucket": True, "create_role": True, "kms_key": KEY,
    "subnets": ["subnet-0123456789abcdef0"], "security_groups": ["sg-0123456789abcdef0"],
    "alerts": {"email": ["a@example.com", "b@example.com"], "webhook": "https://example.com/x"},
    "retention": {"outputs": {"out/": "90d"}},
}  # fmt: skip
OFF = {**SCHEDULES["nightly"], "enabled": False}
KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "everything": {"target": EVERYTHING},
    "by alias": {"target": {**EVERYTHING, "kms_key": "alias/etl", "prefix": ""}},
    "nothing scheduled": {"target": {"create_bucket": True}, "schedules": {}},
    "switched off": {"schedules": {"nightly": OFF}},
    "by rate": {"schedules": {"often": {"job": "prepare", "cron": "rate(6 hours)"}}},
}


_RENDERED: dict[str, Any] = {}


def rendered(description: Description) -> dict[str, Any]:
    """Render each description once: the SDK takes a second for it."""
    key = repr((description.project, description.target, description.jobs, description.schedules))
    if key not in _RENDERED:
        _RENDERED[key] = whole_template(description)[0]
    return dict(_RENDERED[key])


def resources(description: Description) -> dict[str, Any]:
    return dict(rendered(description)["Resources"])


@pytest.mark.parametrize("kind", KINDS)
def test_cfn_lint_finds_nothing(describe: Describe, kind: str) -> None:
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    description = describe(**KINDS[kind])
    templates = [rendered(description)]
    if description.target.create_bucket:
        templates.append(storage_template(description))
    for template in templates:
        config = ManualArgs(regions=["eu-west-1"], include_checks=["W", "E"])
        assert lint(as_text(template), config=config) == []


def test_the_same_bytes_twice(describe: Describe) -> None:
    one, two = (as_sent(whole_template(describe(target=EVERYTHING))[0]) for _ in range(2))
    assert one == two
    assert len(one) < 51_200


def test_a_rule_in_utc_and_a_schedule_in_a_time_zone(describe: Describe) -> None:
    made = resources(describe())
    rule = made["NightlyRule"]["Properties"]
    assert (rule["ScheduleExpression"], rule["State"]) == ("cron(0 2 * * ? *)", "ENABLED")
    # The event itself arrives: it names the rule, and the time it was due.
    assert "Input" not in rule["Targets"][0]
    assert rule["Name"] == "launch-flights-prod-nightly"
    zoned = made["BerlinSchedule"]["Properties"]
    assert zoned["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert json.loads(zoned["Target"]["Input"]) == {
        "schedule": "berlin", "time": "<aws.scheduler.scheduled-time>",
    }  # fmt: skip
    for target in (rule["Targets"][0], zoned["Target"]):
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}
        assert target["RetryPolicy"]["MaximumRetryAttempts"] == 20
    retries = made["StarterRetries"]["Properties"]
    assert retries["MaximumRetryAttempts"] == 2
    assert made["StarterLog"]["Properties"]["RetentionInDays"] == 30
    assert resources(describe(schedules={"nightly": OFF}))["NightlyRule"]["Properties"][
        "State"
    ] == "DISABLED"  # fmt: skip


def test_alarms_of_a_schedule(describe: Describe) -> None:
    made = resources(describe())
    alarm = made["NightlyNoSuccess"]["Properties"]
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 26 * 3600
    assert alarm["TreatMissingData"] == "breaching"
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert "NightlyRefused" in made
    assert "DeadLettersAlarm" in made
    assert not {"BerlinNoSuccess", "BerlinRefused"} & set(made)
    assert "NightlyNoSuccess" not in resources(describe(schedules={"nightly": OFF}))


def test_alerts_reach_who_is_named(describe: Describe) -> None:
    made = resources(describe(target=EVERYTHING))
    found = [item["Properties"] for item in made.values() if "Subscription" in item["Type"]]
    assert sorted((item["Protocol"], item["Endpoint"]) for item in found) == [
        ("email", "a@example.com"), ("email", "b@example.com"), ("https", "https://example.com/x"),
    ]  # fmt: skip
    assert made["Alerts"]["Properties"]["KmsMasterKeyId"] == KEY
    assert "KmsMasterKeyId" not in resources(describe())["Alerts"]["Properties"]


def test_events_reach_the_topic(describe: Describe) -> None:
    """EventBridge takes no condition in a topic's policy; moto would let mails through with one."""
    policy = resources(describe())["AlertsPolicy"]["Properties"]["PolicyDocument"]
    by_sid = {item["Sid"]: item for item in policy["Statement"]}
    assert by_sid["Events"]["Principal"] == {"Service": "events.amazonaws.com"}
    assert "Condition" not in by_sid["Events"]
    assert "alarm:" in str(by_sid["Cloudwatch"]["Condition"])


def test_what_an_alert_says_is_json_whatever_the_cause_holds(describe: Describe) -> None:
    (target,) = resources(describe())["OnFailed"]["Properties"]["Targets"]
    transformer = target["InputTransformer"]
    values = {
        "run": "flights-prepare-1", "status": "Failed", "cause": 'line "one"\nline two',
        "reason": "", "region": "eu-west-1", "time": "2026-11-24T02:10:00Z",
    }  # fmt: skip
    assert sorted(transformer["InputPathsMap"]) == sorted(values)
    text = transformer["InputTemplate"]
    # As EventBridge does: plain within quotes, a JSON text elsewhere.
    text = re.sub(r'"[^"\n]*<[^"\n]*"', lambda quoted: _plain(quoted[0], values), text)
    said = json.loads(re.sub(r"<(\w+)>", lambda name: json.dumps(values[name[1]]), text))
    assert said["cause"] == values["cause"]
    assert said["type"] == "launch why flights-prepare-1 --target prod"
    assert said["see"].endswith("region=eu-west-1#/processing-jobs/flights-prepare-1")


def _plain(text: str, values: dict[str, str]) -> str:
    return re.sub(r"<(\w+)>", lambda name: values[name[1]], text)


def test_the_bucket_stays_and_keeps_what_it_should(describe: Describe) -> None:
    made = resources(describe(target=EVERYTHING))
    bucket = made["Bucket"]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    rules = bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    assert {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "Prefix" in rule} == {
        "flights/launch/spark-events/": 90, "flights/launch/runs/": 30, "out/": 90,
    }  # fmt: skip
    (rest,) = [rule for rule in rules if "Prefix" not in rule]
    assert rest["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert rest["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert "Bucket" not in resources(describe())
    by_hand = lifecycle_by_hand(describe())["Rules"]
    assert [rule["Filter"]["Prefix"] for rule in by_hand] == [
        "flights/launch/spark-events/", "flights/launch/runs/", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ({"flights/": 90}, "'flights/' holds flights/launch/deployed/"),
        ({"flights/launch/deployed/x/": 9}, "must not expire"),
        ({"/": 90}, "is no prefix in the bucket"),
        ({"s3://etl-bucket/out/": 90}, "is no prefix in the bucket"),
    ],
)
def test_code_of_deployed_schedules_never_expires(
    describe: Describe, outputs: dict[str, int], message: str
) -> None:
    with pytest.raises(LaunchError, match=message):
        whole_template(describe(target={"retention": {"outputs": outputs}}))


def statements(made: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, item in made.items():
        if item["Type"] == "AWS::IAM::Role":
            for policy in item["Properties"]["Policies"]:
                for statement in policy["PolicyDocument"]["Statement"]:
                    yield name, statement


# Those that know no resource: what they may do is bounded in another way, or only read.
WITHOUT_RESOURCE = {
    "cloudwatch:PutMetricData", "ecr:GetAuthorizationToken", "sagemaker:ListProcessingJobs",
    "ec2:DescribeDhcpOptions", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets", "ec2:DescribeVpcs",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_least_privilege(describe: Describe, kind: str) -> None:
    made = resources(describe(**KINDS[kind]))
    for name, statement in statements(made):
        assert statement["Effect"] == "Allow"
        for action in statement["Action"]:
            assert re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", action), (name, action)
            if statement["Resource"] == "*":
                assert action in WITHOUT_RESOURCE, (name, action)
        if "iam:PassRole" in statement["Action"]:
            assert statement["Resource"] == ROLE
            assert statement["Condition"] == {
                "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
            }
        if "cloudwatch:PutMetricData" in statement["Action"]:
            assert "cloudwatch:namespace" in statement["Condition"]["StringEquals"]
    for item in made.values():
        if item["Type"] == "AWS::IAM::Role":
            (trust,) = item["Properties"]["AssumeRolePolicyDocument"]["Statement"]
            assert "aws:SourceAccount" in trust["Condition"]["StringEquals"]


def test_the_jobs_role_reaches_what_the_jobs_name(describe: Describe) -> None:
    made = resources(describe(target=EVERYTHING))
    assert made["JobRole"]["Properties"]["RoleName"] == "jobs"
    assert made["JobRole"]["Properties"]["Path"] == "/etl/"
    by_sid = {item["Sid"]: item for name, item in statements(made) if name == "JobRole"}

    def objects(sid: str) -> list[str]:
        found = by_sid[sid]["Resource"]
        return [arn["Fn::Sub"].removeprefix("arn:${AWS::Partition}:s3:::") for arn in found]

    assert objects("Write") == [
        "etl-bucket/flights/launch/spark-events/*", "etl-bucket/out", "etl-bucket/out/*",
        "etl-bucket/raw/*", "etl-bucket/tabular/*",
    ]  # fmt: skip
    assert "etl-raw/flights.csv*" in objects("Read")
    assert "etl-bucket/flights/launch/deployed/*" in objects("Read")
    assert objects("ListBuckets") == ["etl-bucket", "etl-raw"]
    assert objects("Unmark") == ["etl-bucket/flights/", "etl-bucket/flights/launch/"]
    repositories = [arn["Fn::Sub"] for arn in by_sid["PullImages"]["Resource"]]
    assert [text.rpartition("/")[2] for text in repositories] == [
        "sagemaker-scikit-learn", "sagemaker-spark-processing",
    ]  # fmt: skip
    assert by_sid["UseKey"]["Resource"] == KEY
    plain = resources(describe(target={"create_role": True}))
    sids = {item["Sid"] for name, item in statements(plain) if name == "JobRole"}
    assert not {"UseKey", "Network"} & sids


def test_data_of_a_job_are_read_and_not_written(describe: Describe) -> None:
    data = [{"source": "schemas/flights.json", "destination": "s3://etl-bucket/raw/flights.csv"}]
    told = ["prepare", "s3://etl-bucket/raw/", "s3://etl-bucket/out/"]
    job = {"kind": "spark", "arguments": told, "data": data}
    made = resources(describe(target={"create_role": True}, jobs={"prepare": job}, schedules={}))
    written = [item["Resource"] for _, item in statements(made) if item["Sid"] == "Write"]
    assert "raw" not in str(written)
    assert "out/*" in str(written)


@pytest.mark.parametrize(
    ("output", "data", "written"),
    [
        ("flights", "flights-raw/x.csv", "etl-bucket/flights/*"),
        ("flights/${date}/out", "flights/raw.csv", "etl-bucket/flights/*"),
    ],
)
def test_data_beside_an_output_do_not_make_it_a_source(
    describe: Describe, output: str, data: str, written: str
) -> None:
    sent = [{"source": "schemas/flights.json", "destination": f"s3://etl-bucket/{data}"}]
    told = ["prepare", f"s3://etl-bucket/{data}", f"s3://etl-bucket/{output}"]
    job = {"kind": "spark", "arguments": told, "data": sent}
    made = resources(describe(target={"create_role": True}, jobs={"prepare": job}, schedules={}))
    (may,) = [item["Resource"] for _, item in statements(made) if item["Sid"] == "Write"]
    assert any(arn["Fn::Sub"].endswith(written) for arn in may)
    assert data not in str(may)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schedules": {"n": {**SCHEDULES["nightly"], "alarm_after": "8d"}}}, "7 days at most"),
        ({"schedules": {"a-b": SCHEDULES["nightly"], "aB": SCHEDULES["nightly"]}},
         "rename one of them"),
        ({"jobs": {**JOBS, "prepare": {**JOBS["prepare"], "spark": {"spark.x": "${date}"}}}},
         "schedules.nightly: jobs.….spark holds \\${date}"),
        ({"name": "flights-of-all-the-airports", "jobs": JOBS}, "shorten the name"),
    ],
)  # fmt: skip
def test_what_cannot_be_deployed_is_refused(
    describe: Describe, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(LaunchError, match=message):
        whole_template(describe(**change))


def test_long_names_are_cut_and_stay_apart(describe: Describe) -> None:
    long = "a-schedule-with-a-name-of-forty-letters"
    twins = {f"{long}{n}": SCHEDULES["nightly"] for n in (1, 2)}
    made = resources(describe(schedules=twins))
    names = [item["Properties"]["Name"] for key, item in made.items() if key.endswith("Rule")]
    assert len(set(names)) == 2
    assert all(len(name) <= 64 for name in names)
