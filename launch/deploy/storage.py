"""The bucket, and for how long it keeps what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from launch.deploy.names import Resources, below, bucket_arn, ref
from launch.deploy.scheduled import PLACEHOLDER
from launch.description.load import Description
from launch.description.model import SparkJob
from launch.errors import LaunchError
from launch.request.spark_kind import event_log_uri
from launch.request.transfer import split_uri

BUCKET = "Bucket"


@dataclass(frozen=True)
class Expiry:
    """Objects below a prefix that are deleted after some days."""

    name: str
    prefix: str
    days: int


def storage_resources(description: Description) -> Resources:
    """Return the bucket and its policy; both stay when the stack is deleted."""
    bucket = description.target.bucket
    stays = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    properties = {
        "BucketName": bucket,
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [_encryption(description)]},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
        "VersioningConfiguration": {"Status": "Enabled"},
        "LifecycleConfiguration": {"Rules": _rules(description)},
    }
    only_tls = {
        "Sid": "OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn(bucket), bucket_arn(bucket, "*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = {
        "Bucket": ref(BUCKET),
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [only_tls]},
    }
    return {
        BUCKET: {"Type": "AWS::S3::Bucket", **stays, "Properties": properties},
        "BucketPolicy": {"Type": "AWS::S3::BucketPolicy", **stays, "Properties": policy},
    }


def expiries(description: Description) -> list[Expiry]:
    """Return what expires; LaunchError where it would reach the code of deployed schedules."""
    keep = description.target.retention
    made = [
        Expiry(f"event-logs-{number}", prefix, keep.event_logs)
        for number, prefix in enumerate(_event_logs(description), 1)
    ]
    made.append(Expiry("uploads", below(description, "runs"), keep.uploads))
    for number, (prefix, days) in enumerate(sorted(keep.outputs.items()), 1):
        if not prefix.strip("/") or "://" in prefix or prefix.startswith("/"):
            raise LaunchError(
                f"retention.outputs: {prefix!r} is no prefix in the bucket; write it as "
                "flights/prepared/"
            )
        made.append(Expiry(f"outputs-{number}", prefix, days))
    deployed = below(description, "deployed")
    for expiry in made:
        if deployed.startswith(expiry.prefix) or expiry.prefix.startswith(deployed):
            raise LaunchError(
                f"retention: {expiry.prefix!r} holds {deployed}, the code of scheduled runs, which "
                "must not expire; name a prefix beside it"
            )
    return made


def lifecycle_by_hand(description: Description) -> dict[str, Any]:
    """Return the rules as ``aws s3api put-bucket-lifecycle-configuration`` takes them."""
    keep = description.target.retention
    rules: list[dict[str, Any]] = [
        {"ID": item.name, "Status": "Enabled", "Filter": {"Prefix": item.prefix},
         "Expiration": {"Days": item.days}}
        for item in expiries(description)
    ]  # fmt: skip
    rules.append(
        {"ID": "rest", "Status": "Enabled", "Filter": {"Prefix": ""},
         "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": keep.multipart},
         "NoncurrentVersionExpiration": {"NoncurrentDays": keep.old_versions}}
    )  # fmt: skip
    return {"Rules": rules}


def _rules(description: Description) -> list[dict[str, Any]]:
    keep = description.target.retention
    rules: list[dict[str, Any]] = [
        {"Id": item.name, "Status": "Enabled", "Prefix": item.prefix,
         "ExpirationInDays": item.days}
        for item in expiries(description)
    ]  # fmt: skip
    rest = {
        "Id": "rest",
        "Status": "Enabled",
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": keep.multipart},
        "NoncurrentVersionExpiration": {"NoncurrentDays": keep.old_versions},
        "ExpiredObjectDeleteMarker": True,
    }
    return [*rules, rest]


def _event_logs(description: Description) -> list[str]:
    """Return the prefixes in the target's bucket below which runs have their event logs."""
    found = set()
    for job in description.jobs.values():
        uri = event_log_uri(description, job, PLACEHOLDER) if isinstance(job, SparkJob) else None
        bucket, key = split_uri(uri) if uri else ("", "")
        prefix = key.partition(f"{PLACEHOLDER}/")[0]
        if bucket == description.target.bucket and prefix and "${" not in prefix:
            found.add(prefix)
    return sorted(found)


def _encryption(description: Description) -> dict[str, Any]:
    key = description.target.kms_key
    if not key:
        return {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    by_key = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    return {"ServerSideEncryptionByDefault": by_key, "BucketKeyEnabled": True}
