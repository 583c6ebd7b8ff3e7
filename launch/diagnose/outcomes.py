"""Ends that are no failure of the program: done, running, stopped, out of time, never begun."""

from __future__ import annotations

import re

from launch.diagnose.case import EVENT_LOG, Case, make_diagnosis
from launch.diagnose.evidence import Diagnosis, shorten

_OUT_OF_TIME = re.compile(r"max_?\s?(?:imum\s)?run_?\s?time", re.IGNORECASE)
_TIMED_OUT = re.compile(
    r"timed out|time ?limit|exceeded.{0,30}(?:time|duration)|timeout", re.IGNORECASE
)
_IMAGE = re.compile(
    r"pull\w* .*image|image .*(?:not found|does not exist|pull)|CannotPull|ImagePull"
    r"|manifest (?:unknown|for)|RepositoryNotFound|CannotStartContainer|exec format error"
    r"|executable file not found|entry ?point.*(?:not found|no such|fail)|InvalidImage",
    re.IGNORECASE,
)
_NO_ENTRYPOINT = re.compile(
    r"smspark-submit\W{1,3}(?:command )?not found|exec: .*executable file not found"
    r"|^exec .*exec format error"
)
_OPTION = re.compile(r"[Nn]o such option:? '?(?P<option>-[\w-]+)|[Mm]issing (?:argument|parameter)")
_NOTHING_SAID = ("read the log: launch logs JOB", "see the stages: launch history")


def succeeded(case: Case) -> Diagnosis | None:
    """Say that a job is done, and what went wrong on the way."""
    if case.evidence.status != "Completed":
        return None
    quotes = []
    if case.events and case.events.failed_tasks:
        quotes.append(f"{EVENT_LOG}: {_tasks(case.events.failed_tasks)} failed and ran again")
    quotes += [clue.quote() for clue in case.losses if clue.source == EVENT_LOG]
    advice = (
        ("executors were lost on the way: more memory would save time",)
        if (case.events and case.events.losses)
        else ()
    )
    return make_diagnosis("succeeded", "the job completed", None, quotes, *advice)


def _tasks(count: int) -> str:
    return f"{count:,} task{'s' if count != 1 else ''}"


def running(case: Case) -> Diagnosis | None:
    """Say what a running job does."""
    if case.evidence.status not in ("InProgress", "Stopping"):
        return None
    if starved(case):
        found = _no_resources(case)
        cause = f"the job is running, but no executor fits on {case.evidence.cluster} so far"
        return make_diagnosis("running", cause, case.progress, found.evidence, *found.advice)
    doing = case.progress
    stopping = "the job is being stopped" if case.evidence.status == "Stopping" else ""
    cause = stopping or (f"the job is running, {doing}" if doing else "the job is running")
    quotes = (
        [f"{EVENT_LOG}: {case.events.progress}"] if case.events and case.events.progress else []
    )
    last = [line.quote() for line in case.log.lines[-1:]]
    return make_diagnosis(
        "running", cause, doing, quotes or last, "follow it: launch logs --follow"
    )


def starved(case: Case) -> bool:
    """Tell whether Spark waited for executors to its end."""
    if case.events and (case.events.jobs or case.events.done_tasks):
        return case.events.starved
    waiting = case.log.waiting
    if waiting is None or case.log.progress:
        return False
    loud = [line for line in case.log.lines if line.level and not line.quiet]
    return waiting in loud[-10:]


def out_of_time(case: Case) -> bool:
    """Tell whether the job was ended because its time ran out."""
    said, limit, took = case.evidence.said, case.evidence.max_runtime, case.evidence.seconds
    if _OUT_OF_TIME.search(said):
        return True
    if not re.match(r"Algorithm ?Error", said) and _TIMED_OUT.search(
        case.evidence.failure_reason or ""
    ):
        return True
    stopped = case.evidence.status == "Stopped"
    return bool(stopped and limit and took and took >= limit)


def no_resources(case: Case) -> Diagnosis | None:
    """Say that no executor ever came, however the job ended."""
    ended = out_of_time(case) or case.evidence.status == "Stopped" or case.consequence
    return _no_resources(case) if ended and starved(case) else None


def _no_resources(case: Case) -> Diagnosis:
    quotes = [case.log.waiting.quote()] if case.log.waiting else []
    if case.events and case.events.starved:
        quotes.append(f"{EVENT_LOG}: {case.events.jobs} job started, no executor was added")
    if case.evidence.said:
        quotes.append(f"failure reason: {shorten(case.evidence.said)}")
    return make_diagnosis(
        "no_resources",
        f"no executor fits on {case.evidence.cluster}: Spark waited for one until it ended",
        case.progress,
        quotes,
        "choose a larger instance_type in launch.yaml: one host of 8 GiB has no room for an "
        "executor beside YARN's own processes; or raise instance_count",
        "lower spark.executor.memory and spark.executor.cores, where you set them",
        "AWS_SPARK_CONFIG_MODE=2 leaves no executor on one small host: remove it",
    )


def timeout(case: Case) -> Diagnosis | None:
    """Say what a job was doing when its time ran out."""
    if not out_of_time(case):
        return None
    limit = case.evidence.max_runtime
    time = f"its time ({limit:,} s)" if limit else "its time"
    doing = f" in {case.progress}" if case.progress else ""
    reason = case.evidence.said
    quotes = [f"failure reason: {shorten(reason)}"] if reason else []
    if case.events and case.events.progress:
        quotes.append(f"{EVENT_LOG}: {case.events.progress}")
    quotes += [clue.quote() for clue in case.losses[-2:]] or case.log.telling(2)
    return make_diagnosis(
        "timeout",
        f"the job used up {time}{doing}",
        case.progress,
        quotes,
        "raise max_runtime in launch.yaml",
        "or give it more hosts: raise instance_count, or choose a larger instance_type",
        "see where the time went: launch history",
    )


def stopped(case: Case) -> Diagnosis | None:
    """Say that somebody stopped the job."""
    if case.evidence.status != "Stopped":
        return None
    doing = f", in {case.progress}" if case.progress else ""
    reason = case.evidence.said
    quotes = [f"failure reason: {shorten(reason)}"] if reason else []
    return make_diagnosis(
        "stopped",
        f"the job was stopped on request{doing}",
        case.progress,
        [*quotes, *case.log.telling(2)],
        "submit it again: launch submit JOB",
    )


def image(case: Case) -> Diagnosis | None:
    """Say that the container did not start."""
    reason = case.evidence.failure_reason or ""
    # A job that ran may speak of images itself; what the service says of its own is no such thing.
    service = not case.log.lines or re.match(r"(?:Client|InternalServer) ?Error", reason)
    quotes = [f"failure reason: {shorten(reason)}"] if service and _IMAGE.search(reason) else []
    quotes += [line.quote() for line in case.log.lines[-50:] if _NO_ENTRYPOINT.search(line.text)]
    if not quotes:
        return None
    return make_diagnosis(
        "image",
        f"the container did not start: {shorten(quotes[0].partition(': ')[2], 200)}",
        None,
        quotes,
        "check image_uri, or framework_version, py_version and container_version in launch.yaml",
        "check that the job's role may pull the image, and that the region has it",
    )


def wrong_options(case: Case) -> Diagnosis | None:
    """Say that smspark-submit did not take an option."""
    for line in case.log.lines:
        found = None if line.quiet or line.container else _OPTION.search(line.text)
        if found:
            option = found["option"]
            what = (
                f"the image's smspark-submit has no option {option}"
                if option
                else (f"smspark-submit: {line.text.strip()}")
            )
            return make_diagnosis(
                "input_error",
                what,
                None,
                case.quotes(line.quote()),
                "write Spark's settings below spark: in launch.yaml, jars below jars:",
                "see the whole request: launch submit JOB --dry-run",
            )
    return None


def unknown(case: Case) -> Diagnosis:
    """Show the lines that tell most."""
    code = case.log.exit_code
    lines = case.log.telling()
    reason = [f"failure reason: {shorten(case.evidence.said)}"] if case.evidence.said else []
    ended = f" (exit code {code})" if code else ""
    missing = "" if case.log.lines else "; there is no log of it"
    return make_diagnosis(
        "unknown",
        f"the job failed{ended}, and nothing in its logs says why{missing}",
        case.progress or case.stage,
        [*lines, *reason],
        *_NOTHING_SAID,
    )
