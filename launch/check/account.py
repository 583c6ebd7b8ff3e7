"""Ask the account whether what a job needs is there. What may not be asked is only a note."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import unquote

from launch.check.case import Case
from launch.check.cost import in_account
from launch.check.finding import Finding, error, note
from launch.description.load import Description
from launch.description.model import SparkJob

_ABSENT = {"NoSuchEntity", "NoSuchBucket", "NotFoundException", "404"}
_SERVICE = "sagemaker.amazonaws.com"


@dataclass(frozen=True)
class _Question:
    """One thing to ask: at which place it was named, and what to say where it is absent."""

    place: str
    absent: str
    hint: str
    ask: Callable[[], Iterator[Finding]]


def check_account(description: Description, job_name: str, session: Any) -> list[Finding]:
    """Return what an account lacks for a job: role, bucket, key, inputs; and what costs too much.

    Args:
        description: The launch.yaml.
        job_name: Which of its jobs.
        session: A boto3 session. Without credentials or the right to ask, there are notes only.
    """
    description.job(job_name)
    case = Case(description, job_name)

    def client(service: str) -> Any:
        return session.client(
            service, region_name=case.target.region, endpoint_url=case.target.endpoint_url
        )

    found = [
        finding
        for question in (*_basics(case, client), *_objects(case, client))
        for finding in _answer(question)
    ]
    found += in_account(case, client)
    return list(dict.fromkeys(found))


def _answer(question: _Question) -> Iterator[Finding]:
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        NoCredentialsError,
    )

    try:
        yield from question.ask()
    except ClientError as refused:
        code = str(refused.response.get("Error", {}).get("Code", ""))
        if code in _ABSENT:
            yield error(question.place, question.absent, question.hint)
        else:
            yield note(question.place, f"could not be checked: {refused}")
    except NoCredentialsError:
        hint = "log in (aws sso login, or aws configure), or name a profile in the target"
        yield note("", "the account could not be checked: there are no credentials", hint)
    except BotoCoreError as failed:
        yield note(question.place, f"could not be checked: {failed}")


# Whoever makes by hand what the stack is to make is refused by the deployment.
_MADE = "launch deploy makes it"


def _basics(case: Case, client: Callable[[str], Any]) -> Iterator[_Question]:
    target = case.target
    yield _Question(
        case.at_target("role"),
        f"there is no role {target.role}",
        _MADE if target.create_role else f"make one that {_SERVICE} may assume",
        lambda: _role(case, client("iam")),
    )
    yield _Question(
        case.at_target("bucket"),
        f"there is no bucket {target.bucket}",
        _MADE
        if target.create_bucket
        else f"aws s3 mb s3://{target.bucket} --region {target.region}",
        lambda: _bucket(case, client("s3")),
    )
    if target.kms_key:
        yield _Question(
            case.at_target("kms_key"),
            f"there is no key {target.kms_key} in {target.region}",
            "a key's ID, its ARN, or alias/NAME",
            lambda: _key(case, client("kms")),
        )


def _objects(case: Case, client: Callable[[str], Any]) -> Iterator[_Question]:
    """Ask for everything in S3 that must be there before the job starts."""
    wanted = [
        (case.at("inputs", number, "source"), item.source)
        for number, item in enumerate(case.job.inputs)
    ]
    if isinstance(case.job, SparkJob):
        wanted.append((case.at("app"), case.job.app))
        wanted += [(case.at("jars", number), jar) for number, jar in enumerate(case.job.jars)]
    copied = {item.destination for item in case.job.data}
    for place, uri in wanted:
        if uri.startswith("s3://") and not any(made.startswith(uri) for made in copied):
            yield _Question(
                place,
                f"there is no bucket {uri.split('/')[2]}",
                "check the name",
                partial(_object, client, place, uri),
            )


def _role(case: Case, iam: Any) -> Iterator[Finding]:
    name = case.target.role.rpartition("/")[2]
    role = iam.get_role(RoleName=name)["Role"]
    if role["Arn"] != case.target.role:
        yield error(case.at_target("role"), f"the account's role {name} is {role['Arn']}")
    trust = role.get("AssumeRolePolicyDocument", "")
    text = unquote(trust) if isinstance(trust, str) else str(trust)
    if _SERVICE not in text:
        message = f"SageMaker may not assume the role {name}"
        yield error(case.at_target("role"), message, f"trust {_SERVICE} in its trust policy")


def _bucket(case: Case, s3: Any) -> Iterator[Finding]:
    from botocore.exceptions import ClientError

    try:
        answer = s3.head_bucket(Bucket=case.target.bucket)
    except ClientError as refused:
        if refused.response.get("Error", {}).get("Code") not in ("403", "AccessDenied"):
            raise
        message = f"could not be checked: another account's, or you may not look at it ({refused})"
        hint = "bucket_owner names an owner other than the target's account"
        yield note(case.at_target("bucket"), message, hint)
        return
    region = answer.get("BucketRegion") or case.target.region
    if region != case.target.region:
        message = f"the bucket is in {region}, the job in {case.target.region}"
        yield error(case.at_target("bucket"), message, "the same region for both")


def _key(case: Case, kms: Any) -> Iterator[Finding]:
    state = kms.describe_key(KeyId=case.target.kms_key)["KeyMetadata"]["KeyState"]
    if state != "Enabled":
        yield error(case.at_target("kms_key"), f"the key is not enabled but {state}")


def _object(client: Callable[[str], Any], place: str, uri: str) -> Iterator[Finding]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    answer = client("s3").list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
    if not answer.get("Contents"):
        yield error(place, f"there is nothing at {uri}: the job fails when it downloads its inputs")
