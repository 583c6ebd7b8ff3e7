"""The role that jobs run with: what the jobs of launch.yaml name, and nothing beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from launch.deploy.names import Resources, arn, below, bucket_arn
from launch.deploy.policies import allow, role, use_of_key
from launch.description.load import Description
from launch.description.model import BaseJob, SparkJob

JOB_ROLE = "JobRole"
_URI = re.compile(r"s3a?://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/[^\s,;\"']*)?")
# Where the name of an object is not known before a run: its day, its run, a pattern of Spark's.
_OPEN = re.compile(r"\$\{|[*?{\[]")
_LOGS = "log-group:/aws/sagemaker/ProcessingJobs"
_READ = ["s3:GetObject"]
_WRITE = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts",
          "s3:PutObject"]  # fmt: skip
_ECR = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
_IMAGE = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com[a-z.]*/([^:@]+)")
# SageMaker's own images lie in accounts that differ by region.
_IMAGES = {"spark": "sagemaker-spark-processing", "sklearn": "sagemaker-scikit-learn"}


@dataclass(frozen=True, order=True)
class Place:
    """Objects of a bucket: one and all below it, or (``open``) all whose key begins so."""

    bucket: str
    key: str
    open: bool = False

    @property
    def patterns(self) -> list[str]:
        """Return the patterns of keys that a policy names."""
        if self.open or not self.key or self.key.endswith("/"):
            return [f"{self.key}*"]
        return [self.key, f"{self.key}/*"]

    def holds(self, other: Place) -> bool:
        """Tell whether another place lies in this one: ``flights-raw`` does not in ``flights``."""
        below = self.key if self.key.endswith("/") or not self.key else f"{self.key}/"
        return self.bucket == other.bucket and (
            other.key == self.key or other.key.startswith(below)
        )

    @property
    def parents(self) -> list[str]:
        """Return the keys by which Hadoop marks the folders above as such."""
        parts = self.key.strip("/").split("/")
        return ["/".join(parts[:n]) + "/" for n in range(1, len(parts))]


def job_role(description: Description) -> Resources:
    """Return the role, under the name that the target gives it."""
    _, _, whole = description.target.role.partition(":role/")
    path, _, name = whole.rpartition("/")
    properties = {"RoleName": name, "Path": f"/{path}/" if path else "/"}
    return {JOB_ROLE: role("sagemaker", list(_may(description)), **properties)}


def _may(description: Description) -> Iterator[dict[str, Any]]:
    target = description.target
    read, write = places(description)
    buckets = sorted({place.bucket for place in read | write})
    list_them = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
    # Spark looks for the folders above its own, so a list is of the whole bucket; names only.
    yield allow("ListBuckets", list_them, [bucket_arn(bucket) for bucket in buckets])
    yield allow("Read", _READ, _objects(read | write))
    yield allow("Write", _WRITE, _objects(write))
    # Hadoop removes the marks of folders above the one it writes to.
    marks = sorted({(place.bucket, key) for place in write for key in place.parents})
    if marks:
        yield allow("Unmark", ["s3:DeleteObject"], [bucket_arn(*mark) for mark in marks])
    log = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams",
           "logs:PutLogEvents"]  # fmt: skip
    yield allow("WriteLogs", log, [arn("logs", _LOGS), arn("logs", f"{_LOGS}:*")])
    space = {"StringEquals": {"cloudwatch:namespace": "/aws/sagemaker/ProcessingJobs"}}
    yield allow("WriteMetrics", ["cloudwatch:PutMetricData"], "*", space)
    yield allow("EnterEcr", ["ecr:GetAuthorizationToken"], "*")
    yield allow("PullImages", _ECR, [dict(item) for item in _repositories(description)])
    if target.kms_key:
        use = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey",
               "kms:ReEncryptFrom", "kms:ReEncryptTo"]  # fmt: skip
        yield use_of_key(target.kms_key, use, "UseKey")
        granted = use_of_key(target.kms_key, ["kms:CreateGrant"], "LendKeyToVolumes")
        granted.setdefault("Condition", {})["Bool"] = {"kms:GrantIsForAWSResource": "true"}
        yield granted
    if target.subnets:
        yield from _network(description)


def places(description: Description) -> tuple[set[Place], set[Place]]:
    """Return what the jobs read, and what they may write as well."""
    bucket = description.target.bucket
    read = {Place(bucket, below(description, name)) for name in ("deployed", "runs")}
    write = {Place(bucket, below(description, "spark-events"))}
    for job in description.jobs.values():
        inputs = [item.source for item in job.inputs]
        # An input is every object whose key begins so.
        read |= {Place(place.bucket, place.key, True) for place in _places(inputs)}
        data = set(_places(item.destination for item in job.data))
        told = set(_places((*job.arguments, *job.environment.values())))
        # Where launch puts a job's data, the job does not write.
        sources = {
            place for place in told if not place.open and any(place.holds(item) for item in data)
        }
        read |= data | sources
        write |= (told - sources) | set(_places(_outputs(job)))
        if isinstance(job, SparkJob):
            read |= set(_places((*job.jars, job.app)))
    return read, write


def _outputs(job: BaseJob) -> Iterator[str]:
    """Give the texts with addresses that a job writes to, besides those it is told."""
    yield from (item.destination for item in job.outputs)
    if isinstance(job, SparkJob):
        yield from job.spark.values()
        yield job.event_logs or ""


def _places(texts: Iterable[str]) -> Iterator[Place]:
    for text in texts:
        for found in _URI.finditer(text):
            key = (found[2] or "/")[1:]
            # ${date:%Y} holds no blank, so that the address reaches up to it.
            cut = _OPEN.search(key)
            yield Place(found[1], key[: cut.start()] if cut else key, bool(cut))


def _objects(found: set[Place]) -> list[dict[str, Any]]:
    keys = sorted({(place.bucket, key) for place in found for key in place.patterns})
    return [bucket_arn(*key) for key in keys]


def _repositories(description: Description) -> list[dict[str, Any]]:
    """Return the image repositories of all jobs."""
    found = set()
    for job in description.jobs.values():
        own = _IMAGE.match(job.image_uri or "")
        if own:
            account, region, name = own.groups()
            found.add(f"arn:${{AWS::Partition}}:ecr:{region}:{account}:repository/{name}")
        elif not job.image_uri and job.kind in _IMAGES:
            repository = f"repository/{_IMAGES[job.kind]}"
            found.add(f"arn:${{AWS::Partition}}:ecr:${{AWS::Region}}:*:{repository}")
    return [{"Fn::Sub": text} for text in sorted(found)]


def _network(description: Description) -> Iterator[dict[str, Any]]:
    """Allow what a container in subnets of one's own needs."""
    target = description.target
    here = [f"subnet/{name}" for name in target.subnets]
    here += [f"security-group/{name}" for name in target.security_groups]
    resources = [arn("ec2", name) for name in (*here, "network-interface/*")]
    change = ["ec2:CreateNetworkInterface", "ec2:CreateNetworkInterfacePermission",
              "ec2:DeleteNetworkInterface", "ec2:DeleteNetworkInterfacePermission"]  # fmt: skip
    yield allow("Network", change, resources)
    see = ["ec2:DescribeDhcpOptions", "ec2:DescribeNetworkInterfaces",
           "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"]  # fmt: skip
    yield allow("SeeNetwork", see, "*")
