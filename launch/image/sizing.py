"""Compute what the Spark image makes of a cluster: executors, cores, memory.

The formulas and constants are those of the image's bootstrapper (aws/sagemaker-spark-container,
``get_yarn_spark_resource_config``), with its truncation to whole numbers. The same everywhere,
whatever the region.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass

from launch.errors import LaunchError
from launch.image.instances import Instance

MODE_VARIABLE = "AWS_SPARK_CONFIG_MODE"
STANDARD, ADVANCED = 1, 2
# Spark refuses a smaller heap: 1.5 times the 300 MB that it reserves.
SMALLEST_HEAP_MIB = 450

_OVERHEAD_SHARE = 0.1
_DRIVER_SHARE = 0.9
_EXECUTOR_SHARE = 0.95
_ADVANCED_HEAP_SHARE = 0.90
_ADVANCED_NODE_SHARE = 0.95
_ADVANCED_CORES = 5
_ADVANCED_DAEMONS_MIB = 1024
# Spark's own defaults for the application master of a driver outside YARN.
_MASTER_MIB = 512
_MASTER_OVERHEAD_SHARE = 0.1
_MASTER_OVERHEAD_MIB = 384

_UNITS = {"b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40, "p": 2**50}
_UNITS |= {f"{unit}b": factor for unit, factor in _UNITS.items() if unit != "b"}


@dataclass(frozen=True)
class Sizing:
    """A cluster as the image sets it up: memory in MiB, and executors as asked for.

    ``executor_extra_mib`` is off-heap and Python memory that a container holds beside heap and
    overhead; ``master_mib`` the container of YARN's application master.
    """

    mode: int
    hosts: int
    node_memory_mib: int
    node_vcpu: int
    executors: int
    executors_per_host: int
    executor_cores: int
    executor_memory_mib: int
    executor_overhead_mib: int
    driver_memory_mib: int
    driver_overhead_mib: int
    parallelism: int
    yarn_memory_mib: int
    largest_container_mib: int
    executor_extra_mib: int = 0
    master_mib: int = _MASTER_MIB + _MASTER_OVERHEAD_MIB

    @property
    def container_mib(self) -> int:
        """The memory that YARN sets aside for one executor."""
        return self.executor_memory_mib + self.executor_overhead_mib + self.executor_extra_mib


def size_cluster(instance: Instance, count: int, *, mode: int = STANDARD) -> Sizing:
    """Compute the image's sizing of ``count`` hosts; mode 2 asks for several small executors."""
    memory, vcpu = instance.memory_mib, instance.vcpu
    if mode == STANDARD:
        cores, per_host, executors = vcpu, 1, count
        heap = int(((memory * _EXECUTOR_SHARE) / per_host) * (1 - _OVERHEAD_SHARE))
        overhead = int(heap * _OVERHEAD_SHARE)
        driver = int(memory * _DRIVER_SHARE)
        driver_overhead = int(driver * _OVERHEAD_SHARE)
        parallelism = count * vcpu * 2
    elif mode == ADVANCED:
        cores = _ADVANCED_CORES if vcpu > _ADVANCED_CORES else vcpu - 1
        per_host = int((vcpu - 1) / cores)
        executors = count * per_host - 1
        usable = int(memory * _ADVANCED_NODE_SHARE) - _ADVANCED_DAEMONS_MIB
        whole = int(usable / per_host)
        heap, overhead = int(whole * _ADVANCED_HEAP_SHARE), int(whole * _OVERHEAD_SHARE)
        driver, driver_overhead = heap, overhead
        parallelism = executors * cores * 2
    else:
        raise LaunchError(f"{MODE_VARIABLE} is 1 or 2, not {mode}")
    return Sizing(
        mode=mode,
        hosts=count,
        node_memory_mib=memory,
        node_vcpu=vcpu,
        executors=executors,
        executors_per_host=per_host,
        executor_cores=cores,
        executor_memory_mib=heap,
        executor_overhead_mib=overhead,
        driver_memory_mib=driver,
        driver_overhead_mib=driver_overhead,
        parallelism=parallelism,
        yarn_memory_mib=memory,
        largest_container_mib=memory,
    )


def with_settings(
    sizing: Sizing, spark: Mapping[str, str], yarn: Mapping[str, str] | None = None
) -> Sizing:
    """Lay the user's Spark settings and properties of yarn-site over a sizing, as the image does.

    Each setting wins alone: with ``spark.executor.memory`` the overhead stays what the image
    computed for its own heap, because it writes that number into spark-defaults.conf.

    Raises:
        ValueError: A size or a number that Spark could not read either; it names the setting.
    """
    yarn = yarn or {}
    return dataclasses.replace(
        sizing,
        executors=_count(spark, "spark.executor.instances", sizing.executors),
        executor_cores=_count(spark, "spark.executor.cores", sizing.executor_cores),
        executor_memory_mib=_size(spark, "spark.executor.memory", sizing.executor_memory_mib),
        executor_overhead_mib=_size(
            spark, "spark.executor.memoryOverhead", sizing.executor_overhead_mib
        ),
        driver_memory_mib=_size(spark, "spark.driver.memory", sizing.driver_memory_mib),
        driver_overhead_mib=_size(spark, "spark.driver.memoryOverhead", sizing.driver_overhead_mib),
        parallelism=_count(spark, "spark.default.parallelism", sizing.parallelism),
        yarn_memory_mib=_count(yarn, "yarn.nodemanager.resource.memory-mb", sizing.yarn_memory_mib),
        largest_container_mib=_count(
            yarn, "yarn.scheduler.maximum-allocation-mb", sizing.largest_container_mib
        ),
        executor_extra_mib=_off_heap(spark) + _size(spark, "spark.executor.pyspark.memory", 0),
        master_mib=_master(spark),
    )


def executors_that_start(sizing: Sizing) -> int:
    """Count the executors that find room: YARN's application master takes its part of one host.

    YARN counts memory alone here (its DefaultResourceCalculator), and the driver runs on the
    primary host without YARN knowing.
    """
    if sizing.master_mib > min(sizing.yarn_memory_mib, sizing.largest_container_mib):
        return 0
    if sizing.container_mib > sizing.largest_container_mib or sizing.container_mib <= 0:
        return 0
    beside_master = (sizing.yarn_memory_mib - sizing.master_mib) // sizing.container_mib
    elsewhere = (sizing.hosts - 1) * (sizing.yarn_memory_mib // sizing.container_mib)
    return max(0, min(sizing.executors, beside_master + elsewhere))


def to_text(sizing: Sizing) -> list[tuple[str, str]]:
    """Return a sizing as rows of a table: a label and a value each."""
    extra = f" + {gib(sizing.executor_extra_mib)} more" if sizing.executor_extra_mib else ""
    return [
        ("hosts", f"{sizing.hosts} × {sizing.node_vcpu} vCPU, {gib(sizing.node_memory_mib)}"),
        ("executors asked for", f"{sizing.executors}, {sizing.executor_cores} cores each"),
        ("executors that start", str(executors_that_start(sizing))),
        (
            "an executor's memory",
            f"{gib(sizing.executor_memory_mib)} heap"
            f" + {gib(sizing.executor_overhead_mib)} overhead{extra}",
        ),
        ("the driver's heap", f"{gib(sizing.driver_memory_mib)}, on the first host"),
        ("default parallelism", str(sizing.parallelism)),
        ("the image's sizing mode", str(sizing.mode)),
    ]


def gib(mib: int) -> str:
    """Write an amount of memory for people: ``13.7 GiB``, ``896 MiB``."""
    return f"{mib / 1024:.1f} GiB" if mib >= 1024 else f"{mib} MiB"


def parse_size(text: str, *, unit: str = "m") -> int:
    """Read one of Spark's sizes as MiB: ``4g``, ``512m``, or a number in ``unit``.

    Spark takes whole numbers only, and so does this: ValueError for ``1.5g``.
    """
    found = re.fullmatch(r"(\d+)([a-z]*)", text.strip().lower())
    if not found or (found[2] and found[2] not in _UNITS):
        raise ValueError(f"{text!r} is no size to Spark; write whole numbers such as 4g or 512m")
    return int(found[1]) * _UNITS[found[2] or unit] // _UNITS["m"]


def _size(settings: Mapping[str, str], key: str, default: int, *, unit: str = "m") -> int:
    """Read a size where it is given, and name the setting where that fails."""
    try:
        return parse_size(settings[key], unit=unit) if key in settings else default
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def _count(settings: Mapping[str, str], key: str, default: int) -> int:
    try:
        return int(settings.get(key, default))
    except ValueError:
        raise ValueError(f"{key}: {settings[key]!r} is no whole number") from None


def _off_heap(spark: Mapping[str, str]) -> int:
    enabled = spark.get("spark.memory.offHeap.enabled", "false").lower() == "true"
    return _size(spark, "spark.memory.offHeap.size", 0, unit="b") if enabled else 0


def _master(spark: Mapping[str, str]) -> int:
    heap = _size(spark, "spark.yarn.am.memory", _MASTER_MIB)
    overhead = max(_MASTER_OVERHEAD_MIB, int(heap * _MASTER_OVERHEAD_SHARE))
    return heap + _size(spark, "spark.yarn.am.memoryOverhead", overhead)
