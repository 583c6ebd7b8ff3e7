"""The SageMaker SDK at work: once to record a request, once to send it.

Both times the same processor runs; only its session differs. A recording session keeps what
would be uploaded and asked, and touches no network, so it needs no credentials.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from launch.aws.session import SDK_SETTINGS, share_models
from launch.description.load import Description
from launch.description.model import Job, SparkJob
from launch.errors import LaunchError
from launch.request import script_kind, spark_kind
from launch.request.data import data_uploads
from launch.request.kept import keep
from launch.request.plan import Artifacts, Plan, Upload

if TYPE_CHECKING:
    import boto3

Uploader = Callable[[Path, str], None]


def record(description: Description, job: Job, name: str, *, below: str = "runs") -> Plan:
    """Return what submitting would send, without credentials and without network.

    Its files go to the folder ``below`` of the target's prefix, to one of the run's name.
    """
    boto_session = recording_session(description)
    requests: list[dict[str, Any]] = []
    event = "sagemaker.CreateProcessingJob"
    boto_session.events.register(
        f"provide-client-params.{event}", lambda params, **_: requests.append(params)
    )
    boto_session.events.register(f"before-call.{event}", lambda **_: (_Answered(), {}))
    artifacts = _stage(description, job)
    known = {path.name: path for path in artifacts.copied}
    own = [*artifacts.sources, *(description.root / item.source for item in job.inputs)]
    uploads: list[Upload] = []

    def note(path: Path, uri: str) -> None:
        # The SDK copies jars and bundle to a folder of its own first; the originals are named.
        ours = any(path == item or path.is_relative_to(item) for item in own)
        kept = path.name == "configuration.json" and not ours
        uploads.append(Upload(uri, path if ours or kept else known[path.name]))

    _run(description, artifacts, name, boto_session, note, below)
    return Plan(name, requests[0], artifacts, tuple(uploads), tuple(data_uploads(description, job)))


def _stage(description: Description, job: Job) -> Artifacts:
    """Make or find the files that a job needs, as its kind does."""
    if isinstance(job, SparkJob):
        return spark_kind.stage(description, job)
    return script_kind.stage(description, job)


def recording_session(description: Description) -> boto3.Session:
    """Return a session that knows the target's region and nothing of this machine's settings."""
    import boto3

    # Signing never happens, since a recorded call is answered before it is sent.
    return boto3.Session(
        botocore_session=_bare_session(),
        aws_access_key_id="recorded", aws_secret_access_key="recorded",
        region_name=description.target.region,
    )  # fmt: skip


def _bare_session() -> Any:
    """Return a session of botocore that knows no profile and no settings file."""
    from botocore.session import Session

    nothing = (None, None, os.devnull, None)
    variables = {"config_file": nothing, "credentials_file": nothing}
    session = Session(session_vars={**variables, "profile": (None, None, None, None)})
    share_models(session)
    return session


def send(description: Description, plan: Plan, session: boto3.Session) -> None:
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

    _run(description, plan.artifacts, plan.name, session, put)


class _Answered:
    """The HTTP reply that stands for a recorded call."""

    status_code = 200
    headers: Mapping[str, str] = {}


def _run(
    description: Description,
    artifacts: Artifacts,
    name: str,
    boto_session: boto3.Session,
    put: Uploader,
    below: str = "runs",
) -> None:
    """Let the SDK make its uploads and its request, as the job's kind does."""
    with quiet():
        artifacts.run(description, name, _session(description, boto_session, put, below))


def _session(
    description: Description, boto_session: boto3.Session, put: Uploader, below: str
) -> Any:
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
        default_bucket_prefix=_joined(description.target.prefix, below),
        sagemaker_config=SDK_SETTINGS,
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the SDK's own log off the screen, and it from checking its settings again and again.

    Its errors arrive as exceptions. It holds its settings, here SDK_SETTINGS, against a schema when
    a session is made and at every look into them: 2.2 of the 3.2 seconds of processor time of one
    request.
    """
    from sagemaker.core.config.config_manager import SageMakerConfig
    from sagemaker.core.helper import session_helper

    check = "validate_sagemaker_config"
    checked = SageMakerConfig.__dict__[check], getattr(session_helper, check)
    setattr(SageMakerConfig, check, staticmethod(_unchecked))
    setattr(session_helper, check, _unchecked)
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        setattr(SageMakerConfig, check, checked[0])
        setattr(session_helper, check, checked[1])


def _unchecked(*_: Any, **__: Any) -> None:
    """Stand for the SDK's check of its settings."""


def _joined(*parts: str) -> str:
    return "/".join(part.strip("/") for part in parts if part.strip("/"))
