"""The template: what is in it, that it is the same twice, and that cfn-lint finds nothing."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from deploy_fixtures import (
    EVERYTHING,
    JOBS,
    KEY,
    SCHEDULES,
    Describe,
    lint,
)

from launch.deploy.storage import lifecycle_by_hand
from launch.deploy.template import as_sent, as_text, storage_template, whole_template
from launch.errors import LaunchError

from .conftest import Resources, resources


def test_cfn_lint_finds_nothing(describe: Describe, templates: dict[str, dict[str, Any]]) -> None:
    """Every other kind of template is looked at by night."""
    assert lint(as_text(templates["everything"])) == []
    assert lint(as_text(storage_template(describe(target=EVERYTHING)))) == []


def test_the_same_bytes_twice(describe: Describe, templates: dict[str, dict[str, Any]]) -> None:
    again = as_sent(whole_template(describe(target=EVERYTHING))[0])
    assert again == as_sent(templates["everything"])
    assert len(again) < 51_200


def test_a_rule_in_utc_and_a_schedule_in_a_time_zone(
    plain: Resources, templates: dict[str, dict[str, Any]]
) -> None:
    rule = plain["NightlyRule"]["Properties"]
    assert (rule["ScheduleExpression"], rule["State"]) == ("cron(0 2 * * ? *)", "ENABLED")
    # The event itself arrives: it names the rule, and the time it was due.
    assert "Input" not in rule["Targets"][0]
    assert rule["Name"] == "launch-flights-prod-nightly"
    zoned = plain["BerlinSchedule"]["Properties"]
    assert zoned["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert json.loads(zoned["Target"]["Input"]) == {
        "schedule": "berlin", "time": "<aws.scheduler.scheduled-time>",
    }  # fmt: skip
    for target in (rule["Targets"][0], zoned["Target"]):
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}
        assert target["RetryPolicy"]["MaximumRetryAttempts"] == 20
    assert plain["StarterRetries"]["Properties"]["MaximumRetryAttempts"] == 2
    assert plain["StarterLog"]["Properties"]["RetentionInDays"] == 30
    off = templates["switched off"]["Resources"]["NightlyRule"]
    assert off["Properties"]["State"] == "DISABLED"


def test_alarms_of_a_schedule(plain: Resources, templates: dict[str, dict[str, Any]]) -> None:
    alarm = plain["NightlyNoSuccess"]["Properties"]
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 26 * 3600
    assert alarm["TreatMissingData"] == "breaching"
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert {"NightlyRefused", "DeadLettersAlarm"} <= set(plain)
    assert not {"BerlinNoSuccess", "BerlinRefused"} & set(plain)
    assert "NightlyNoSuccess" not in templates["switched off"]["Resources"]


def test_alerts_reach_who_is_named(plain: Resources, everything: Resources) -> None:
    subscribed = [
        item["Properties"] for item in everything.values() if "Subscription" in item["Type"]
    ]
    assert sorted((item["Protocol"], item["Endpoint"]) for item in subscribed) == [
        ("email", "a@example.com"), ("email", "b@example.com"), ("https", "https://example.com/x"),
    ]  # fmt: skip
    assert everything["Alerts"]["Properties"]["KmsMasterKeyId"] == KEY
    assert "KmsMasterKeyId" not in plain["Alerts"]["Properties"]


def test_events_reach_the_topic(plain: Resources) -> None:
    """EventBridge takes no condition in a topic's policy; moto would let mails through with one."""
    policy = plain["AlertsPolicy"]["Properties"]["PolicyDocument"]
    by_sid = {item["Sid"]: item for item in policy["Statement"]}
    assert by_sid["Events"]["Principal"] == {"Service": "events.amazonaws.com"}
    assert "Condition" not in by_sid["Events"]
    assert "alarm:" in str(by_sid["Cloudwatch"]["Condition"])


def test_what_an_alert_says_is_json_whatever_the_cause_holds(plain: Resources) -> None:
    (target,) = plain["OnFailed"]["Properties"]["Targets"]
    transformer = target["InputTransformer"]
    values = {
        "run": "flights-prepare-1", "status": "Failed", "cause": 'line "one"\nline two',
        "reason": "", "region": "eu-west-1", "time": "2026-11-24T02:10:00Z",
    }  # fmt: skip
    assert sorted(transformer["InputPathsMap"]) == sorted(values)

    def filled(text: str) -> str:
        return re.sub(r"<(\w+)>", lambda name: values[name[1]], text)

    # As EventBridge does: plain within quotes, a JSON text elsewhere.
    text = re.sub(
        r'"[^"\n]*<[^"\n]*"', lambda quoted: filled(quoted[0]), transformer["InputTemplate"]
    )
    said = json.loads(re.sub(r"<(\w+)>", lambda name: json.dumps(values[name[1]]), text))
    assert said["cause"] == values["cause"]
    assert said["type"] == "launch why flights-prepare-1 --target prod"
    assert said["see"].endswith("region=eu-west-1#/processing-jobs/flights-prepare-1")


def test_the_bucket_stays_and_keeps_what_it_should(
    describe: Describe, plain: Resources, everything: Resources
) -> None:
    bucket = everything["Bucket"]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    rules = bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    assert {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "Prefix" in rule} == {
        "flights/launch/spark-events/": 90, "flights/launch/runs/": 30, "out/": 90,
    }  # fmt: skip
    (rest,) = [rule for rule in rules if "Prefix" not in rule]
    assert rest["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert rest["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert "Bucket" not in plain
    by_hand = lifecycle_by_hand(describe())["Rules"]
    assert [rule["Filter"]["Prefix"] for rule in by_hand] == [
        "flights/launch/spark-events/", "flights/launch/runs/", "",
    ]  # fmt: skip


def test_the_bucket_is_private_encrypted_and_asks_for_tls(everything: Resources) -> None:
    properties = everything["Bucket"]["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    (encryption,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY,
    }  # fmt: skip
    (statement,) = everything["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == (
        "Deny", {"Bool": {"aws:SecureTransport": "false"}},
    )  # fmt: skip


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
    made = resources(describe, schedules={f"{long}{n}": SCHEDULES["nightly"] for n in (1, 2)})
    names = [item["Properties"]["Name"] for key, item in made.items() if key.endswith("Rule")]
    assert len(set(names)) == 2
    assert all(len(name) <= 64 for name in names)
