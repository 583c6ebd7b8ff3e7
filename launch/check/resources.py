"""Check the machines: do they exist, does Spark's image run on them, do the executors fit."""

from __future__ import annotations

from collections.abc import Iterator

from launch.check.case import SparkCase
from launch.check.finding import Finding, error, note, warning
from launch.image.instances import (
    UnknownInstanceError,
    instance,
    is_arm,
    is_gpu,
    nearest,
    processing_types,
)
from launch.image.sizing import (
    ADVANCED,
    MODE_VARIABLE,
    SMALLEST_HEAP_MIB,
    STANDARD,
    Sizing,
    executors_that_start,
    gib,
    size_cluster,
    with_settings,
)


def instance_type(case: SparkCase) -> Iterator[Finding]:
    """Check that the API and the image know the instance type."""
    name, place = case.job.instance_type, case.at("instance_type")
    if is_arm(name):
        yield error(place, f"{name} has ARM processors; the Spark image is for x86", "an m5 or m6i")
    elif name not in processing_types():
        near = ", ".join(nearest(name, processing_types()))
        hint = f"did you mean {near}?" if near else "such as ml.m5.xlarge"
        yield error(place, f"processing jobs have no instance type {name}", hint)
    elif is_gpu(name) and not case.job.image_uri:
        yield error(place, f"{name} has a GPU; there is no Spark image for it", "an m5, c5 or r5")
    elif is_gpu(name):
        yield warning(place, f"{name} has a GPU, which Spark leaves idle and you pay for")
    elif name.startswith("ml.t"):
        yield note(place, f"{name} is burstable: a longer job is slowed down when credits run out")


def sizing(case: SparkCase) -> Iterator[Finding]:
    """Check that executors start: the image's own formulas, then the job's settings."""
    job = case.job
    if job.instance_type not in processing_types():
        return
    text = job.environment.get(MODE_VARIABLE, str(STANDARD))
    if text not in (str(STANDARD), str(ADVANCED)):
        place = case.at("environment", MODE_VARIABLE)
        yield error(place, f"the image stops on mode {text!r}", "1, its default, or 2")
        return
    try:
        computed = size_cluster(instance(job.instance_type), job.instance_count, mode=int(text))
        sized = with_settings(computed, case.spark, case.properties("yarn-site"))
    except UnknownInstanceError as unknown:
        yield warning(case.at("instance_type"), f"{unknown}; whether executors fit is not checked")
        return
    except ValueError as wrong:
        yield error(case.at("spark"), str(wrong))
        return
    found = list(_misfits(case, sized))
    yield from found
    if not any(finding.level == "error" for finding in found):
        yield note(case.at("instance_type"), _summary(sized))


def _misfits(case: SparkCase, sized: Sizing) -> Iterator[Finding]:
    """Report what keeps executors from starting; the first error is the one that shows."""
    refusal = _refusal(case, sized)
    if refusal:
        yield refusal
        return
    started = executors_that_start(sized)
    room = f"an executor takes {gib(sized.container_mib)} of a host's {gib(sized.yarn_memory_mib)}"
    master = f"YARN's application master {gib(sized.master_mib)} of one host"
    if started == 0:
        yield error(
            case.at("instance_type"),
            f"no executor starts: {room}, and {master}; the job would hang with "
            '"Initial job has not accepted any resources"',
            "a larger instance_type, a second host, or a smaller spark.executor.memory",
        )
    elif started < sized.executors and not _dynamic(case):
        yield warning(
            case.at("instance_count"),
            f"{started} of {sized.executors} executors start: {room}, and {master}",
            "a larger instance_type, or less spark.executor.memory and memoryOverhead",
        )
    if sized.driver_memory_mib > sized.node_memory_mib:
        yield warning(
            case.at("spark", "spark.driver.memory"),
            f"the driver's heap of {gib(sized.driver_memory_mib)} is more than the host has",
            f"at most {gib(sized.node_memory_mib)}, less what the executor on that host needs",
        )


def _refusal(case: SparkCase, sized: Sizing) -> Finding | None:
    """Return what Spark or YARN refuses at once, and None where they go on."""
    memory, cores = (case.at("spark", f"spark.executor.{key}") for key in ("memory", "cores"))
    if sized.executors <= 0:
        return _no_executors(case, sized)
    if sized.executor_cores <= 0:
        return error(cores, "Spark refuses executors without cores")
    if sized.executor_memory_mib < SMALLEST_HEAP_MIB:
        message = f"Spark refuses executor memory below {SMALLEST_HEAP_MIB} MiB"
        return error(memory, message, "1g or more")
    if sized.driver_memory_mib < SMALLEST_HEAP_MIB:
        message = f"Spark refuses driver memory below {SMALLEST_HEAP_MIB} MiB"
        return error(case.at("spark", "spark.driver.memory"), message, "1g or more")
    if sized.container_mib > sized.largest_container_mib:
        return error(
            memory,
            f"Spark refuses to start: an executor of {gib(sized.container_mib)}, overhead "
            f"included, is more than a host's {gib(sized.largest_container_mib)}",
            "less of it, or a larger instance_type",
        )
    if sized.executor_cores > sized.node_vcpu:
        return error(
            cores,
            f"YARN refuses executors of {sized.executor_cores} cores on hosts of "
            f"{sized.node_vcpu} vCPU",
            f"{sized.node_vcpu} or fewer",
        )
    return None


def _no_executors(case: SparkCase, sized: Sizing) -> Finding:
    """Word the image's mode 2 on one small host apart from a setting by hand."""
    stops = 'spark-submit stops with "Number of executors must be a positive number"'
    if "spark.executor.instances" in case.spark:
        return error(case.at("spark", "spark.executor.instances"), stops, "1 or more")
    return error(
        case.at("environment", MODE_VARIABLE),
        f"mode 2 leaves one executor's place to the driver, and {sized.hosts} host of "
        f"{sized.node_vcpu} vCPU has one place: it computes 0 executors, and {stops}",
        "a second host, 12 vCPU or more, or mode 1",
    )


def _dynamic(case: SparkCase) -> bool:
    return case.spark.get("spark.dynamicAllocation.enabled", "").lower() == "true"


def _summary(sized: Sizing) -> str:
    started = executors_that_start(sized)
    return (
        f"{started} executor{'s' if started != 1 else ''} of {sized.executor_cores} cores, "
        f"{gib(sized.executor_memory_mib)} heap and {gib(sized.executor_overhead_mib)} overhead; "
        f"the driver's heap of {gib(sized.driver_memory_mib)} shares the first host with them"
    )
