"""The SageMaker SDK at work: once to record a request, once to send it.

Both times the same PySparkProcessor runs; only its session differs. A recording session keeps what
would be uploaded and asked, and touches no network, so it needs no credentials.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from launch.aws.session import SDK_SETTINGS
from launch.description.load import Description
from launch.description.model import SparkJob
from launch.errors import LaunchError
from launch.request.data import data_uploads
from launch.request.plan import Artifacts, Plan, Upload, keep, stage

if TYPE_CHECKING:
    import boto3

Uploader = Callable[[Path, str], None]


def event_log_uri(description: Description, job: SparkJob, name: str) -> str | None:
    """Return where a run's event log goes: a folder of its own; None where it is switched off."""
    if job.event_logs is False:
        return None
    target = description.target
    base = job.event_logs or f"s3://{target.bucket}/{_joined(target.prefix, 'spark-events')}"
    return f"{base.rstrip('/')}/{name}/"


def record(description: Description, job: SparkJob, name: str) -> Plan:
    """Return what submitting would send, without credentials and without network."""
    import boto3

    # Signing never happens, since the one call is answered before it is sent; no profile is read.
    boto_session = boto3.Session(
        botocore_session=_bare_session(),
        aws_access_key_id="recorded", aws_secret_access_key="recorded",
        region_name=description.target.region,
    )  # fmt: skip
    requests: list[dict[str, Any]] = []
    event = "sagemaker.CreateProcessingJob"
    boto_session.events.register(
        f"provide-client-params.{event}", lambda params, **_: requests.append(params)
    )
    boto_session.events.register(f"before-call.{event}", lambda **_: (_Answered(), {}))
    artifacts = stage(description, job, event_logs=job.event_logs is not False)
    known = {path.name: path for path in (*map(Path, artifacts.jars), artifacts.bundle)}
    own = [artifacts.app, *(description.root / item.source for item in job.inputs)]
    uploads: list[Upload] = []

    def note(path: Path, uri: str) -> None:
        # The SDK copies jars and bundle to a folder of its own first; the originals are named.
        ours = any(path == item or path.is_relative_to(item) for item in own)
        kept = path.name == "configuration.json" and not ours
        uploads.append(Upload(uri, path if ours or kept else known[path.name]))

    _run(description, job, name, artifacts, boto_session, note)
    return Plan(name, requests[0], artifacts, tuple(uploads), tuple(data_uploads(description, job)))


def _bare_session() -> Any:
    """Return a session of botocore that knows no profile and no settings file."""
    from botocore.session import Session

    nothing = (None, None, os.devnull, None)
    variables = {"config_file": nothing, "credentials_file": nothing}
    return Session(session_vars={**variables, "profile": (None, None, None, None)})


def send(description: Description, job: SparkJob, plan: Plan, session: boto3.Session) -> None:
    """Upload and create the job by the SDK.

    What the SDK is about to send is held against the plan first: what was printed and checked is
    what runs.
    """
    from launch.request.transfer import upload_file

    def same(params: dict[str, Any], **_: Any) -> None:
        if params != plan.request:
            raise LaunchError("the SDK made another request than was planned; nothing was created")

    session.events.register("provide-client-params.sagemaker.CreateProcessingJob", same)
    s3 = session.client("s3")

    def put(path: Path, uri: str) -> None:
        upload_file(s3, Upload(uri, path), kms_key=description.target.kms_key)

    _run(description, job, plan.name, plan.artifacts, session, put)


class _Answered:
    """The HTTP reply that stands for a recorded call."""

    status_code = 200
    headers: Mapping[str, str] = {}


def _run(
    description: Description,
    job: SparkJob,
    name: str,
    artifacts: Artifacts,
    boto_session: boto3.Session,
    put: Uploader,
) -> None:
    """Let PySparkProcessor make its uploads and its request."""
    from sagemaker.core.spark.processing import PySparkProcessor

    target = description.target
    versions: dict[str, Any] = {
        "framework_version": job.framework_version,
        "py_version": job.py_version,
        "container_version": job.container_version,
    }
    with _quiet():
        try:
            processor = PySparkProcessor(
                role=target.role,
                instance_type=job.instance_type,
                instance_count=job.instance_count,
                volume_size_in_gb=job.volume_size_gb,
                volume_kms_key=target.kms_key,
                output_kms_key=target.kms_key,
                max_runtime_in_seconds=job.max_runtime,
                env=dict(job.environment) or None,
                tags=[{"Key": k, "Value": v} for k, v in {**target.tags, **job.tags}.items()],
                network_config=_network(description, job),
                sagemaker_session=_session(description, boto_session, put),
                **({"image_uri": job.image_uri} if job.image_uri else versions),
            )
        except ValueError as error:
            raise LaunchError(f"the image cannot be named: {error}") from error
        processor.run(
            submit_app=str(artifacts.app),
            submit_py_files=[str(artifacts.bundle)],
            submit_jars=list(artifacts.jars) or None,
            arguments=list(job.arguments) or None,
            inputs=_inputs(description, job),
            outputs=_outputs(job),
            configuration=artifacts.configuration or None,
            spark_event_logs_s3_uri=event_log_uri(description, job, name),
            job_name=name,
            wait=False,
            logs=False,
        )


def _session(description: Description, boto_session: boto3.Session, put: Uploader) -> Any:
    """Make the SDK's session upload by ``put``, to the target's bucket.

    The SDK's own would list all buckets and create the one it does not find.
    """
    from sagemaker.core.helper.session_helper import Session

    bucket = description.target.bucket

    class ProjectSession(Session):  # type: ignore[misc]
        def default_bucket(self) -> str:
            return bucket

        def upload_data(
            self,
            path: str,
            bucket: str,
            key_prefix: str,
            callback: Any = None,
            extra_args: Any = None,
        ) -> str:
            source = Path(path)
            files = sorted(p for p in source.rglob("*") if p.is_file()) or [source]
            for file in files:
                below = file.relative_to(source).as_posix() if source.is_dir() else file.name
                put(file, f"s3://{bucket}/{key_prefix}/{below}")
            end = "" if source.is_dir() else f"/{source.name}"
            return f"s3://{bucket}/{key_prefix}{end}"

        def upload_string_as_file_body(
            self, body: Any, bucket: str, key: str, kms_key: str | None = None
        ) -> str:
            content = body.read() if hasattr(body, "read") else str(body).encode()
            put(keep(description, "configuration.json", content), f"s3://{bucket}/{key}")
            return f"s3://{bucket}/{key}"

    return ProjectSession(
        boto_session=boto_session,
        default_bucket=bucket,
        default_bucket_prefix=_joined(description.target.prefix, "runs"),
        sagemaker_config=SDK_SETTINGS,
    )


def _network(description: Description, job: SparkJob) -> Any:
    from sagemaker.core.network import NetworkConfig

    target = description.target
    if not (target.subnets or target.encrypt_traffic or job.network_isolation):
        return None
    return NetworkConfig(
        enable_network_isolation=job.network_isolation,
        subnets=list(target.subnets) or None,
        security_group_ids=list(target.security_groups) or None,
        encrypt_inter_container_traffic=target.encrypt_traffic or None,
    )


def _inputs(description: Description, job: SparkJob) -> list[Any]:
    from sagemaker.core.shapes import ProcessingInput, ProcessingS3Input

    made = []
    for item in job.inputs:
        source = item.source
        if not source.startswith("s3://"):
            path = description.root / source
            if not path.exists():
                raise LaunchError(f"input {item.name}: {source} is not in {description.root}")
            source = str(path)
        distribution = "ShardedByS3Key" if item.distribution == "sharded" else "FullyReplicated"
        s3_input = ProcessingS3Input(
            s3_uri=source, local_path=item.destination, s3_data_type="S3Prefix",
            s3_input_mode="File", s3_data_distribution_type=distribution,
        )  # fmt: skip
        made.append(ProcessingInput(input_name=item.name, s3_input=s3_input))
    return made


def _outputs(job: SparkJob) -> list[Any]:
    from sagemaker.core.shapes import ProcessingOutput, ProcessingS3Output

    modes = {"end": "EndOfJob", "continuous": "Continuous"}
    return [
        ProcessingOutput(
            output_name=item.name,
            s3_output=ProcessingS3Output(
                s3_uri=item.destination, local_path=item.source, s3_upload_mode=modes[item.upload]
            ),
        )
        for item in job.outputs
    ]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the SDK's own log off the screen; its errors arrive as exceptions."""
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _joined(*parts: str) -> str:
    return "/".join(part.strip("/") for part in parts if part.strip("/"))
