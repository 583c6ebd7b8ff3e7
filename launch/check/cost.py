"""Check for what costs more than it has to: plain text, tiny files, idle machines, leftovers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from launch.check.case import Case
from launch.check.finding import Finding, note, warning
from launch.description.dates import dated
from launch.description.model import SparkJob
from launch.image.instances import UnknownInstanceError, instance

_TEXTS = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson")
_PACKED = (".gz", ".zst", ".bz2")
_MUCH_TEXT = 256 * 1024**2
_MANY_FILES, _TINY = 100, 1024**2
# What prepare reads by one task at the most, and how much text comes out of a packed byte.
_TASK_BYTES, _UNPACKED = 128 * 1024**2, 4
# Cores that find nothing to do: so many times as many as there are tasks, and no small cluster.
_IDLE_TIMES, _SMALL_CLUSTER = 8, 16
# Of the machine of a job without Spark: memory beside the input, and no small machine.
_EMPTY_TIMES, _SMALL_MEMORY_MIB = 100, 64 * 1024
# A listing is cut off there; what is said of it is "at least" then.
_PAGES = 5
_NOT_HERE = {"NoSuchBucket", "NotFoundException", "404"}


@dataclass(frozen=True)
class _File:
    name: str
    size: int

    @property
    def is_plain_text(self) -> bool:
        return self.name.lower().endswith(_TEXTS)

    @property
    def bytes_read(self) -> int:
        return self.size * (_UNPACKED if self.name.lower().endswith(_PACKED) else 1)


def local_inputs(case: Case) -> Iterator[Finding]:
    """Check the local files that are uploaded, for every run or once."""
    wanted = [("inputs", item.source) for item in case.job.inputs]
    wanted += [("data", item.source) for item in case.job.data]
    for number, (part, source) in enumerate(wanted):
        path = case.description.root / source
        if source.startswith(("s3://", "sample:")) or not path.exists():
            continue
        if part == "data" and not path.is_file():
            continue  # said elsewhere; it may be as large as the whole disk
        paths = sorted(path.rglob("*")) if path.is_dir() else [path]
        files = [_File(item.name, item.stat().st_size) for item in paths if item.is_file()]
        shift = 0 if part == "inputs" else len(case.job.inputs)
        yield from _of_files(case.at(part, number - shift, "source"), files)


def in_account(case: Case, client: Callable[[str], Any]) -> Iterator[Finding]:
    """Check what lies in S3, and what tidies it up; that a bucket is absent is not said here."""
    from botocore.exceptions import BotoCoreError, ClientError

    for look in (_inputs, _lifecycle):
        try:
            yield from look(case, client("s3"))
        except ClientError as refused:
            code = str(refused.response.get("Error", {}).get("Code", ""))
            if code not in _NOT_HERE:
                yield note("", f"what could be cheaper was not checked: {refused}")
        except BotoCoreError:
            # No credentials, no network: the other checks of the account say so.
            return


def _inputs(case: Case, s3: Any) -> Iterator[Finding]:
    everything: list[_File] = []
    for place, uri in _addresses(case):
        files = _listed(s3, uri)
        everything += files
        yield from _of_files(place, files)
    if everything:
        yield from _idle(case, sum(file.bytes_read for file in everything))


def _addresses(case: Case) -> Iterator[tuple[str, str]]:
    """Give the inputs in S3: of a job for Spark its first address too. Of days, yesterday's."""
    job = dated(case.job, datetime.now(timezone.utc).date() - timedelta(days=1))
    for number, item in enumerate(job.inputs):
        if item.source.startswith("s3://"):
            yield case.at("inputs", number, "source"), item.source
    if isinstance(job, SparkJob):
        for number, text in enumerate(job.arguments):
            if text.startswith(("s3://", "s3a://")):
                yield case.at("arguments", number), text
                return


def _listed(s3: Any, uri: str) -> list[_File]:
    bucket, _, key = uri.partition("://")[2].partition("/")
    # A glob is listed from the folder that it stands in.
    key = key.partition("*")[0]
    found: list[_File] = []
    given: dict[str, Any] = {"Bucket": bucket, "Prefix": key}
    for _ in range(_PAGES):
        page = s3.list_objects_v2(**given)
        found += [_File(item["Key"], item["Size"]) for item in page.get("Contents", ())]
        if not page.get("NextContinuationToken"):
            break
        given["ContinuationToken"] = page["NextContinuationToken"]
    return [file for file in found if file.size]


def _of_files(place: str, files: Sequence[_File]) -> Iterator[Finding]:
    text = sum(file.size for file in files if file.is_plain_text)
    if text >= _MUCH_TEXT:
        yield warning(
            place,
            f"{_size(text)} of uncompressed text",
            "Parquet is a fifth of it and read in less time; text packed by gzip or zstd is a "
            "fourth of it, in files of some 100 MB, as each is read by one task (docs/cost.md)",
        )
    total = sum(file.size for file in files)
    if len(files) > _MANY_FILES and total < _TINY * len(files):
        yield warning(
            place,
            f"{len(files):,} files of {_size(total // len(files))} on average: each costs a "
            "request, and opening it takes longer than reading it",
            "files of 100 MB or more; prepare's own output of small input is few files",
        )


def _idle(case: Case, size: int) -> Iterator[Finding]:
    """Report machines that are far larger than the input."""
    job, place = case.job, case.at("instance_type")
    try:
        machine = instance(job.instance_type)
    except UnknownInstanceError:
        return
    machines = f"{job.instance_count} × {job.instance_type}"
    if isinstance(job, SparkJob):
        tasks = -(-size // _TASK_BYTES)
        cores = machine.vcpu * job.instance_count
        if cores > _SMALL_CLUSTER and cores >= _IDLE_TIMES * tasks:
            yield warning(
                place,
                f"{_size(size)} of input are {tasks} task{'s' * (tasks != 1)} of 128 MB; "
                f"{machines} have {cores} cores, all of them paid for to the end",
                f"fewer or smaller machines; launch cost {case.name} shows what they cost",
            )
    elif (
        machine.memory_mib >= _SMALL_MEMORY_MIB
        and machine.memory_mib * 1024**2 > _EMPTY_TIMES * size
    ):
        gib = machine.memory_mib // 1024
        yield warning(
            place,
            f"{machines} has {gib} GiB of memory, and the input is {_size(size)}",
            f"a smaller machine; launch cost {case.name} shows what it costs",
        )


def _lifecycle(case: Case, s3: Any) -> Iterator[Finding]:
    """Say what is kept, and paid for, without end."""
    from botocore.exceptions import ClientError

    target, keep = case.target, case.target.retention
    try:
        rules = s3.get_bucket_lifecycle_configuration(Bucket=target.bucket)["Rules"]
    except ClientError as refused:
        if refused.response.get("Error", {}).get("Code") != "NoSuchLifecycleConfiguration":
            raise
        rules = []
    enabled = [rule for rule in rules if rule.get("Status") == "Enabled"]
    prefix = f"{target.prefix.strip('/')}/".lstrip("/")
    missing: dict[str, int] = {}
    if not _expires(enabled, f"{prefix}spark-events/"):
        missing["Spark's event logs"] = keep.event_logs
    if prefix and not _expires(enabled, prefix):
        missing["what past runs uploaded"] = keep.uploads
    if not any("AbortIncompleteMultipartUpload" in rule for rule in enabled):
        missing["uploads that never ended"] = keep.multipart
    if missing:
        after = ", ".join(f"{what} after {days} days" for what, days in missing.items())
        made = "sets" if target.create_bucket else "with create_bucket: true would set"
        yield note(
            case.at_target("bucket"),
            f"{target.bucket} keeps for ever, as no lifecycle rule removes them: "
            f"{', '.join(missing)}",
            f"launch deploy {made} rules that remove {after} (retention in launch.yaml)",
        )


def _expires(rules: Sequence[Any], prefix: str) -> bool:
    """Tell whether a rule removes what is below a prefix, all of it or a part."""
    starts = [_prefix_of(rule) for rule in rules if "Expiration" in rule]
    return any(prefix.startswith(start) or start.startswith(prefix) for start in starts)


def _prefix_of(rule: Any) -> str:
    chosen = rule.get("Filter", {})
    inner = chosen.get("And", chosen)
    return str(inner.get("Prefix", rule.get("Prefix", "")))


def _size(count: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} bytes"
