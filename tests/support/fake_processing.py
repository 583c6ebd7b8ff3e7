"""SageMaker Processing inside a moto server: jobs that run, fail, and are stopped, as on AWS.

moto itself completes a job when it is created and forgets half of the request.
"""

from __future__ import annotations

import json
import queue
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from fake_player import Play, PlayContext, play_nothing
from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import ResourceInUseException, ValidationError
from moto.sagemaker.responses import SageMakerResponse

MESSAGE_LIMIT = 1024
_ENDED = ("Completed", "Failed", "Stopped")
_SORT_KEYS = {
    "Name": "ProcessingJobName",
    "CreationTime": "CreationTime",
    "Status": "ProcessingJobStatus",
}
_SUMMARY = (
    "ProcessingJobName",
    "ProcessingJobArn",
    "CreationTime",
    "ProcessingEndTime",
    "LastModifiedTime",
    "ProcessingJobStatus",
    "FailureReason",
    "ExitMessage",
)
# What AWS gives where MaxResults is not; small, so that a caller without paging shows.
_PAGE = 10


@dataclass
class Job:
    """A job: the request as it came, and what AWS adds to it."""

    request: dict[str, Any]
    context: PlayContext
    state: dict[str, Any] = field(default_factory=dict)

    def move(self, status: str, **state: Any) -> None:
        """Go into a status, now."""
        moved = {"ProcessingJobStatus": status, "LastModifiedTime": _now(), **state}
        self.state = {**self.state, **moved}

    def described(self) -> dict[str, Any]:
        """Give the answer of DescribeProcessingJob."""
        told = {key: value for key, value in self.request.items() if key != "Tags"}
        return {**told, **self.state}


class ProcessingJobs:
    """All jobs of the account, and the thread that plays them one after another."""

    def __init__(self, folder: Path, *, endpoint: str, play: Play = play_nothing) -> None:
        self._folder = folder
        self._endpoint = endpoint
        self._play = play
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._queue: queue.Queue[Job | None] = queue.Queue()
        self._player = threading.Thread(target=self._play_all, daemon=True)
        self._player.start()

    def requests(self) -> list[dict[str, Any]]:
        """Give the CreateProcessingJob requests, oldest first."""
        return [job.request for job in list(self._jobs.values())]

    def create(self, request: dict[str, Any], *, region: str, arn: Callable[[], str]) -> str:
        """Take a job; refuse a name that was used before."""
        name = request["ProcessingJobName"]
        context = PlayContext(
            name, endpoint=self._endpoint, region=region, folder=self._folder / name
        )
        with self._lock:
            if name in self._jobs:
                raise ResourceInUseException(
                    "Job name must be unique within an AWS account and region, and a job with "
                    f"this name already exists ({self._jobs[name].state['ProcessingJobArn']})"
                )
            job = Job(request, context)
            job.move("InProgress", ProcessingJobArn=arn(), CreationTime=_now())
            self._jobs[name] = job
        self._queue.put(job)
        return str(job.state["ProcessingJobArn"])

    def describe(self, name: str) -> dict[str, Any]:
        """Give everything about a job."""
        return self._find(name).described()

    def stop(self, name: str) -> None:
        """Ask a job to stop; its player decides when it has."""
        job = self._find(name)
        with self._lock:
            status = job.state["ProcessingJobStatus"]
            if status in _ENDED:
                raise ValidationError(
                    f"The request was rejected because the processing job is in status {status}."
                )
            job.move("Stopping")
        job.context.stopping.set()

    def list(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Filter, then sort, then cut into pages, as AWS does."""
        found = [job.state | {"ProcessingJobName": name} for name, job in list(self._jobs.items())]
        found = [job for job in found if _is_wanted(job, wanted)]
        key = _SORT_KEYS[wanted.get("SortBy") or "CreationTime"]
        found.sort(key=lambda job: job[key], reverse=wanted.get("SortOrder") == "Descending")
        first = int(wanted.get("NextToken") or 0)
        last = first + int(wanted.get("MaxResults") or _PAGE)
        page = [{key: job[key] for key in _SUMMARY if key in job} for job in found[first:last]]
        more = {"NextToken": str(last)} if last < len(found) else {}
        return {"ProcessingJobSummaries": page, **more}

    def close(self, timeout: float) -> None:
        """Stop every job and wait for the player to end."""
        for job in list(self._jobs.values()):
            job.context.stopping.set()
        self._queue.put(None)
        self._player.join(timeout)

    def _find(self, name: str) -> Job:
        if name not in self._jobs:
            raise ValidationError(f"Could not find requested job with name: {name}")
        return self._jobs[name]

    def _play_all(self) -> None:
        while (job := self._queue.get()) is not None:
            if job.context.stopping.is_set():
                job.move("Stopped", ProcessingEndTime=_now())
            else:
                self._play_one(job)

    def _play_one(self, job: Job) -> None:
        context = job.context
        context.folder.mkdir(parents=True, exist_ok=True)
        (context.folder / "request.json").write_text(json.dumps(job.request, indent=2))
        job.state = {**job.state, "ProcessingStartTime": _now()}
        context.open()
        reason = ""
        try:
            code, message = self._play(job.request, context)
            if code != 0:
                reason = f"AlgorithmError: {message}, exit code: {code}"
        except Exception as error:  # noqa: BLE001 - the next job must still be played
            traceback.print_exc()
            message, reason = "", f"InternalServerError: the player raised {error!r}"
        context.close()
        end: dict[str, Any] = {"ProcessingEndTime": _now()}
        if message:
            end["ExitMessage"] = message[:MESSAGE_LIMIT]
        with self._lock:
            if job.state["ProcessingJobStatus"] == "Stopping":
                job.move("Stopped", **end)
            elif reason:
                job.move("Failed", **end, FailureReason=reason[:MESSAGE_LIMIT])
            else:
                job.move("Completed", **end)


def install(jobs: ProcessingJobs) -> None:
    """Put these jobs in the place of moto's; moto's own keep the tags."""
    original = SageMakerResponse.create_processing_job

    def create(self: SageMakerResponse) -> ActionResult:
        def arn() -> str:
            result: Any = original(self).result
            return str(result["ProcessingJobArn"])

        made = jobs.create(json.loads(self.body), region=self.region, arn=arn)
        return ActionResult({"ProcessingJobArn": made})

    def describe(self: SageMakerResponse) -> ActionResult:
        return ActionResult(jobs.describe(self._get_param("ProcessingJobName")))

    def stop(self: SageMakerResponse) -> ActionResult:
        jobs.stop(self._get_param("ProcessingJobName"))
        return EmptyResult()

    def list_jobs(self: SageMakerResponse) -> ActionResult:
        return ActionResult(jobs.list(json.loads(self.body)))

    methods = {
        "create_processing_job": create,
        "describe_processing_job": describe,
        "stop_processing_job": stop,
        "list_processing_jobs": list_jobs,
    }
    for name, method in methods.items():
        setattr(SageMakerResponse, name, method)


def _is_wanted(job: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Apply the filters of ListProcessingJobs; their times are seconds since 1970."""
    created = job["CreationTime"].timestamp()
    return (
        wanted.get("NameContains", "") in job["ProcessingJobName"]
        and wanted.get("StatusEquals") in (None, job["ProcessingJobStatus"])
        and created > wanted.get("CreationTimeAfter", 0)
        and created < wanted.get("CreationTimeBefore", float("inf"))
    )


def _now() -> datetime:
    return datetime.now(timezone.utc)
