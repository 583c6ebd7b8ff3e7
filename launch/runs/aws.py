"""Runs on SageMaker, their logs in CloudWatch and S3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from launch.aws.session import client
from launch.errors import AwsError, LaunchError, NoSuchRunError
from launch.request.transfer import split_uri
from launch.runs.model import LogLine, Run

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
_NOT_FOUND = ("ResourceNotFound", "ResourceNotFoundException", "ValidationException")
# The service's list is sorted; a stand-in's may not be, so at least this many are looked at.
_PAGE = 100


class AwsRuns:
    """Processing jobs of one account and region."""

    def __init__(self, session: Any) -> None:
        self._sagemaker = client(session, "sagemaker")
        self._logs = client(session, "logs")
        self._s3 = client(session, "s3")

    def newest(self, *, limit: int, contains: str = "", status: str | None = None) -> list[Run]:
        """Return the newest runs first."""
        query: dict[str, Any] = {"SortBy": "CreationTime", "SortOrder": "Descending"}
        if contains:
            query["NameContains"] = contains
        if status:
            query["StatusEquals"] = status
        found: list[Run] = []
        with readable_errors():
            pages = self._sagemaker.get_paginator("list_processing_jobs").paginate(
                **query, PaginationConfig={"MaxItems": max(limit, _PAGE), "PageSize": _PAGE}
            )
            for page in pages:
                found += [_run(summary) for summary in page["ProcessingJobSummaries"]]
        return sorted(found, key=lambda run: run.created, reverse=True)[:limit]

    def get(self, name: str) -> Run:
        """Return one run with its request; LaunchError where there is none of that name."""
        from botocore.exceptions import ClientError

        try:
            with readable_errors():
                data = self._sagemaker.describe_processing_job(ProcessingJobName=name)
        except LaunchError as error:
            cause = error.__cause__
            if isinstance(cause, ClientError) and _code(cause) in _NOT_FOUND:
                raise NoSuchRunError(
                    f"there is no run {name!r} here; `launch list` shows them"
                ) from None
            raise
        data.pop("ResponseMetadata", None)
        return _run(data, with_request=True)

    def stop(self, name: str) -> None:
        """Ask a run to stop; it gets 120 seconds to end by itself."""
        with readable_errors():
            self._sagemaker.stop_processing_job(ProcessingJobName=name)

    def log(self, name: str) -> CloudWatchReader:
        """Open a run's log at its beginning."""
        return CloudWatchReader(self._logs, name)

    def fetch_event_logs(self, name: str, folder: Path) -> list[Path]:
        """Copy a run's event logs into a folder; none where there are none."""
        request = self.get(name).request or {}
        fetched = []
        for output in request.get("ProcessingOutputConfig", {}).get("Outputs", ()):
            if output["OutputName"] != "spark-event-logs":
                continue
            bucket, prefix = split_uri(output["S3Output"]["S3Uri"])
            with readable_errors():
                pages = self._s3.get_paginator("list_objects_v2").paginate(
                    Bucket=bucket, Prefix=prefix
                )
                for item in (item for page in pages for item in page.get("Contents", ())):
                    path = folder / Path(item["Key"]).name
                    folder.mkdir(parents=True, exist_ok=True)
                    self._s3.download_file(bucket, item["Key"], str(path))
                    fetched.append(path)
        return fetched


class CloudWatchReader:
    """Reads all streams of a run on, by the forward token of each."""

    def __init__(self, logs: Any, name: str) -> None:
        self._logs = logs
        self._name = name
        self._tokens: dict[str, str] = {}
        # Lines whose token was taken over already: kept while another stream's call fails.
        self._pending: list[LogLine] = []

    def read(self) -> list[LogLine]:
        """Return what is new, all hosts, in order of time."""
        with readable_errors():
            for stream in list(self._streams()):
                self._read_stream(stream)
        lines, self._pending = self._pending, []
        return sorted(lines, key=lambda line: line.time)

    def _streams(self) -> Iterator[str]:
        from botocore.exceptions import ClientError

        pages = self._logs.get_paginator("describe_log_streams").paginate(
            logGroupName=LOG_GROUP, logStreamNamePrefix=f"{self._name}/"
        )
        try:
            for page in pages:
                yield from (stream["logStreamName"] for stream in page["logStreams"])
        except ClientError as error:
            # The group is made with the account's first job, some time after it starts.
            if _code(error) not in _NOT_FOUND:
                raise

    def _read_stream(self, stream: str) -> None:
        # The stream's name is JOB/HOST-NUMBER.
        host = stream.rpartition("/")[2].rpartition("-")[0]
        query: dict[str, Any] = {"logGroupName": LOG_GROUP, "logStreamName": stream}
        while True:
            token = self._tokens.get(stream)
            given = {"nextToken": token} if token else {"startFromHead": True}
            page = self._logs.get_log_events(**query, **given)
            self._pending += [
                LogLine(host, event["timestamp"], event["message"]) for event in page["events"]
            ]
            self._tokens[stream] = page["nextForwardToken"]
            # The same token again says that the end is reached; an empty page does not.
            if page["nextForwardToken"] == token:
                return


@contextmanager
def readable_errors() -> Iterator[None]:
    """Turn what AWS refuses into a LaunchError that says what to do; keep the cause."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    try:
        yield
    except NoCredentialsError as error:
        raise LaunchError("no AWS credentials; run `aws configure`, or set AWS_PROFILE") from error
    except ClientError as error:
        details = error.response.get("Error", {})
        raise AwsError(
            f"{error.operation_name}: {details.get('Message', error)}{_advice(_code(error))}"
        ) from error
    except BotoCoreError as error:
        raise AwsError(f"AWS cannot be reached: {error}") from error


def _advice(code: str) -> str:
    if code in ("AccessDenied", "AccessDeniedException"):
        return " — your user or role may not do this; ask for the permission"
    if code in ("ExpiredToken", "ExpiredTokenException"):
        return " — log in again, for instance with `aws sso login`"
    return ""


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _run(data: Mapping[str, Any], *, with_request: bool = False) -> Run:
    return Run(
        name=data["ProcessingJobName"],
        status=data["ProcessingJobStatus"],
        created=_utc(data["CreationTime"]),
        started=_utc(data["ProcessingStartTime"]) if data.get("ProcessingStartTime") else None,
        ended=_utc(data["ProcessingEndTime"]) if data.get("ProcessingEndTime") else None,
        exit_message=data.get("ExitMessage", ""),
        failure_reason=data.get("FailureReason", ""),
        request=_plain(data) if with_request else None,
    )


def _plain(data: Any) -> Any:
    """Turn times into text, so that everything can be printed as JSON."""
    if isinstance(data, dict):
        return {key: _plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_plain(value) for value in data]
    return data.isoformat() if isinstance(data, datetime) else data


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(timezone.utc)
