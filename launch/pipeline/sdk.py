"""The whole SageMaker SDK, which an extra installs: loaded quietly, and only here."""

from __future__ import annotations

import importlib.util
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

from launch.aws.session import SDK_SETTINGS
from launch.description.load import Description
from launch.errors import LaunchError
from launch.request.sdk import quiet, recording_session

# What the SDK imports must send nothing anywhere, and its check of the role would ask AWS. Its
# steps open sessions of their own, which must neither depend on this machine's settings nor look
# for credentials, in the end at the address where machines of EC2 have theirs.
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "SAGEMAKER_VALIDATE_ROLE": "false",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_PROFILE": None,
    "AWS_ACCESS_KEY_ID": "recorded",
    "AWS_SECRET_ACCESS_KEY": "recorded",
    "AWS_SESSION_TOKEN": None,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def pipeline_session(description: Description) -> Iterator[Any]:
    """Give a PipelineSession that reaches no network."""
    wanted = {**_ENVIRONMENT, "AWS_DEFAULT_REGION": description.target.region}
    with _environment(wanted), quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        boto_session = recording_session(description)
        _load(boto_session)
        from sagemaker.core.workflow.pipeline_context import PipelineSession

        yield PipelineSession(
            boto_session=boto_session,
            default_bucket=description.target.bucket,
            sagemaker_config=SDK_SETTINGS,
        )


@contextmanager
def _environment(wanted: Mapping[str, str | None]) -> Iterator[None]:
    """Set variables, or unset them, for the time of a block."""
    before = {name: os.environ.get(name) for name in wanted}
    _set(wanted)
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


def require_sdk() -> None:
    """Raise LaunchError where the SDK's pipelines are not installed."""
    if not _is_there("sagemaker.mlops"):
        raise LaunchError(
            "a pipeline's definition is made by the whole SageMaker SDK (1 GB), which is not "
            "installed: pip install '.[pipelines]' in the folder of this project. To start a "
            "pipeline that is in the account it is not needed"
        )


def step_arguments(session: Any, caller: str, request: dict[str, Any]) -> Any:
    """Return what the SDK's steps take, for a request that was made before.

    The SDK's own come from a processor's ``run``, which takes texts where we have parts of texts to
    be filled in later.
    """
    from sagemaker.core.workflow.pipeline_context import _JobStepArguments, _StepArguments

    def answer(holder: Any) -> None:
        holder.sagemaker_session.context = _JobStepArguments(caller, _copy(request))

    holder = SimpleNamespace(sagemaker_session=session, source_code=None)
    return _StepArguments(caller, answer, holder)


def _copy(data: Any) -> Any:
    """Copy a request, but not the parts that stand for values of a later time."""
    if isinstance(data, dict):
        return {key: _copy(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_copy(value) for value in data]
    return deepcopy(data) if isinstance(data, (str, int, float)) else data


def _is_there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _load(boto_session: Any) -> None:
    """Import the SDK's pipelines. On its way it makes a client of boto3's default session."""
    import boto3

    before, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, boto_session
    try:
        import sagemaker.mlops.workflow  # noqa: F401
    finally:
        boto3.DEFAULT_SESSION = before
