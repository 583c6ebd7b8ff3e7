"""Sessions and clients of AWS: with retries, and without telemetry."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from launch.errors import LaunchError

if TYPE_CHECKING:
    import boto3

    from launch.description.model import Target

# The SDK reports each call to a host of its own unless told not to. Given as data, this also keeps
# settings files of the machine from changing a request.
SDK_SETTINGS: dict[str, Any] = {
    "SchemaVersion": "1.0",
    "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
}


def open_session(target: Target) -> boto3.Session:
    """Return a session for a target; LaunchError where its profile does not exist."""
    import boto3

    if target.endpoint_url:
        # The SDK makes clients of its own; botocore reads this for all of them.
        os.environ.setdefault("AWS_ENDPOINT_URL", target.endpoint_url)
    with profile_found():
        session = boto3.Session(
            botocore_session=_with_shared_models(target.profile), region_name=target.region
        )
    owner = target.bucket_owner or target.account
    if owner:
        insist_on_owner(session, target.bucket, owner)
    return session


def _with_shared_models(profile: str | None) -> Any:
    from botocore.session import Session

    session = Session(profile=profile)
    # Looked up in the profile, which has to be there; where it is set, the models are one's own.
    if not session.get_config_variable("data_path"):
        share_models(session)
    return session


def share_models(session: Any) -> None:
    """Let botocore's sessions share its descriptions of services: to parse them takes 0.3 s."""
    from botocore.loaders import Loader

    session.register_component("data_loader", Loader(file_loader=_parsed_files()))


@functools.cache
def _parsed_files() -> Any:
    from botocore.loaders import JSONFileLoader

    loader = JSONFileLoader()
    loader.load_file = functools.cache(loader.load_file)
    return loader


@contextmanager
def profile_found() -> Iterator[None]:
    """Raise LaunchError where botocore misses a profile, whoever has named it."""
    from botocore.exceptions import ProfileNotFound

    try:
        yield
    except ProfileNotFound as error:
        settings = os.environ.get("AWS_CONFIG_FILE", "~/.aws/config")
        keys = os.environ.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
        raise LaunchError(
            f"there is no AWS profile {error.kwargs['profile']}: profiles stand in {settings} and "
            f"{keys}, and `aws configure list-profiles` lists them. AWS_PROFILE or the target's "
            "profile names the one to use"
        ) from error


def insist_on_owner(session: boto3.Session, bucket: str, owner: str) -> None:
    """Have S3 refuse (403) whatever this session asks of a bucket that is another account's.

    Names of buckets are free again when one is deleted: whoever makes it anew would be sent code
    and data.
    """

    def name_owner(params: dict[str, Any], **_: Any) -> None:
        if params.get("Bucket") == bucket:
            params.setdefault("ExpectedBucketOwner", owner)

    session.events.register("provide-client-params.s3", name_owner)


def client(session: boto3.Session, service: str) -> Any:
    """Return a client that repeats throttled calls and dropped connections, with growing pauses."""
    from botocore.config import Config

    retries: Any = {"mode": "standard", "total_max_attempts": 8}
    return session.client(service, config=Config(retries=retries, connect_timeout=10))
