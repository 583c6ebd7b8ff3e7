"""Check the API's limits that launch.yaml alone decides, before a request is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from launch.check.case import Case, SparkCase, jar_kind
from launch.check.finding import Finding, error, note, warning
from launch.check.request import most, shape_findings
from launch.description.dates import has_dates
from launch.description.model import BaseJob, ContainerJob, SparkJob
from launch.image.instances import UnknownInstanceError, instance

# What `launch submit` puts behind PROJECT-JOB: "-YYYYMMDD-HHMMSS-xxxx".
NAME_SUFFIX = 21
# Before it, where the job has ${date}: "-dYYYYMMDD".
DAY_SUFFIX = 10
# Inputs and outputs that the SDK adds under these names.
SDK_INPUTS = ("code", "py-files", "jars", "files", "conf")
SDK_OUTPUT, SDK_OUTPUT_PATH = "spark-event-logs", "/opt/ml/processing/spark-events"
_INPUT = "/opt/ml/processing/input"
_DAY = 86_400


def job_name(case: Case) -> Iterator[Finding]:
    """Check that the name of a run fits, with the time behind it, and the day where it has one."""
    base = f"{case.description.project}-{case.name}"
    of_day = has_dates(case.job)
    room = most("ProcessingJobName") - NAME_SUFFIX - DAY_SUFFIX * of_day
    if len(base) > room:
        behind = "day and time" if of_day else "the time"
        message = f"{base!r} has {len(base)} characters; with {behind} behind it, {room} fit"
        yield error(case.at(), message, "a shorter name of the project or the job")


def environment(case: Case) -> Iterator[Finding]:
    """Check names, values and number of environment variables."""
    yield from shape_findings(
        "ProcessingEnvironmentMap", dict(case.job.environment), case.at("environment")
    )


def tags(case: Case) -> Iterator[Finding]:
    """Check the tags of target and job together."""
    merged = {**case.target.tags, **case.job.tags}
    if len(merged) > most("TagList"):
        message = f"{len(merged)} tags with the target's; {most('TagList')} fit"
        yield error(case.at("tags"), message, "fewer")
    for key, value in merged.items():
        place = case.at("tags", key) if key in case.job.tags else case.at_target("tags", key)
        yield from shape_findings("TagKey", key, place)
        yield from shape_findings("TagValue", value, place)
        if key.lower().startswith("aws:"):
            yield error(place, "tags that start with aws: belong to AWS", "another name")


def counts(case: Case) -> Iterator[Finding]:
    """Check the number of inputs and outputs, with those that the SDK adds."""
    job, added = case.job, list(_added_inputs(case.job))
    room, total = most("ProcessingInputs"), len(job.inputs) + len(added)
    if total > room:
        message = f"{total} inputs with those that submitting adds ({', '.join(added)}); {room} fit"
        yield error(case.at("inputs"), message, "fewer: one folder can hold several files")
    event_logs = isinstance(job, SparkJob) and job.event_logs is not False
    room, total = most("ProcessingOutputs"), len(job.outputs) + event_logs
    if total > room:
        message = f"{total} outputs with the event logs; {room} fit"
        yield error(case.at("outputs"), message, "fewer, or event_logs: false")


def _added_inputs(job: BaseJob) -> Iterator[str]:
    """Name the inputs that submitting adds."""
    if not isinstance(job, ContainerJob) or job.script:
        yield "code"
    if not isinstance(job, ContainerJob) or job.bundle:
        yield "py-files"
    if isinstance(job, SparkJob):
        # Settings for the event log are sent even where launch.yaml has none.
        if job.spark or job.configuration or job.event_logs is not False:
            yield "conf"
        if job.adds_delta or any(jar_kind(jar) != "s3" for jar in job.jars):
            yield "jars"


def names(case: Case) -> Iterator[Finding]:
    """Check that no two inputs or outputs share a name or a folder, the SDK's own included."""
    spark = isinstance(case.job, SparkJob)
    own = SDK_INPUTS if spark else SDK_INPUTS[:2]
    taken_names = Counter(item.name for item in case.job.inputs)
    taken_paths = Counter(item.destination.rstrip("/") for item in case.job.inputs)
    sdk_paths = {f"{_INPUT}/{name}" for name in own}
    for number, item in enumerate(case.job.inputs):
        path = item.destination.rstrip("/")
        if item.name in own or taken_names[item.name] > 1:
            place, message = case.at("inputs", number, "name"), f"the name {item.name} is taken"
            yield error(place, message, f"another; the SDK uses {', '.join(own)}")
        if path in sdk_paths or taken_paths[path] > 1:
            place, message = case.at("inputs", number, "destination"), f"{path} is taken"
            yield error(place, message, f"a folder of its own, such as {_INPUT}/data-{number}")
    taken_names = Counter(item.name for item in case.job.outputs)
    for number, output in enumerate(case.job.outputs):
        if (spark and output.name == SDK_OUTPUT) or taken_names[output.name] > 1:
            place = case.at("outputs", number, "name")
            yield error(place, f"the name {output.name} is taken", "another")
        if spark and output.source.rstrip("/") == SDK_OUTPUT_PATH:
            place = case.at("outputs", number, "source")
            yield error(place, f"{output.source} is the event logs' folder", "another")


def jar_list(case: SparkCase) -> Iterator[Finding]:
    """Check the length of jars on S3: they are one item of the entrypoint, joined by commas."""
    joined = ",".join(jar for jar in case.job.jars if jar_kind(jar) == "s3")
    room = most("ContainerEntrypointString")
    if len(joined) > room:
        message = f"the addresses have {len(joined)} characters together; {room} fit"
        yield error(case.at("jars"), message, "local files or coordinates, which have no limit")


def keys(case: Case) -> Iterator[Finding]:
    """Check that no key is asked for where the disk is the instance's own."""
    if not case.target.kms_key:
        return
    try:
        local = instance(case.job.instance_type).local_nvme
    except UnknownInstanceError:
        return
    if local:
        yield error(
            case.at("instance_type"),
            f"{case.job.instance_type} has a disk of its own, encrypted by its hardware; the API "
            f"refuses {case.at_target('kms_key')} for its volume",
            "a type without local disks, such as ml.m5.xlarge, or no kms_key",
        )


def runtime(case: Case) -> Iterator[Finding]:
    """Mention a limit of days: a job that hangs is paid for until then."""
    if case.job.max_runtime > _DAY:
        hours = case.job.max_runtime // 3600
        yield note(case.at("max_runtime"), f"a job that hangs is paid for, for {hours} hours")


def bucket(case: Case) -> Iterator[Finding]:
    """Warn of dots in the bucket's name."""
    if "." in case.target.bucket:
        yield warning(
            case.at_target("bucket"),
            f"{case.target.bucket} has dots: TLS names of such buckets do not match, and S3A "
            "may refuse them",
            "a name with hyphens",
        )


def role(case: Case) -> Iterator[Finding]:
    """Check that the role is the account's own."""
    account = case.target.role.split(":")[4]
    if case.target.account and account != case.target.account:
        message = f"the role is of account {account}, the target of {case.target.account}"
        yield error(case.at_target("role"), message, "a role of the account that the job runs in")
