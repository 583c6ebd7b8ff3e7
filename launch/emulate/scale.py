"""Bring the image's sizing down to this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psutil

from launch.errors import LaunchError
from launch.image.sizing import parse_size

# Spark refuses heaps below 450 MiB; a worker of Python and a JVM's own needs come on top.
_SMALLEST_HEAP = 512
_DRIVER_SHARE = 0.2
_HOSTS_SHARE = 0.5


@dataclass(frozen=True)
class Scale:
    """What a host and the driver get here."""

    cores: int
    executor_memory_mib: int
    executor_overhead_mib: int
    driver_memory_mib: int

    @property
    def host_memory_mib(self) -> int:
        """Memory of a host: its executor, and on YARN room for the application master."""
        return self.executor_memory_mib + self.executor_overhead_mib + 1024


def scale_to_machine(
    hosts: int, *, cores: int, executor_mib: int, driver_mib: int, machine: Machine | None = None
) -> Scale:
    """Divide this machine among the hosts, never giving more than the real ones have.

    Args:
        hosts: How many.
        cores: Of each real host.
        executor_mib: Heap of a real executor.
        driver_mib: Heap of the real driver.
        machine: Cores and free memory; this machine's where it is not given.
    """
    machine = machine or Machine.here()
    heap = int(machine.free_mib * _HOSTS_SHARE / hosts)
    heap = max(_SMALLEST_HEAP, min(executor_mib, heap))
    driver = max(_SMALLEST_HEAP, min(driver_mib, int(machine.free_mib * _DRIVER_SHARE)))
    return Scale(
        cores=max(1, min(cores, machine.cores // hosts)),
        executor_memory_mib=heap,
        # Spark's own least overhead on YARN.
        executor_overhead_mib=max(384, heap // 10),
        driver_memory_mib=driver,
    )


@dataclass(frozen=True)
class Machine:
    """Cores and free memory."""

    cores: int
    free_mib: int

    @classmethod
    def here(cls) -> Machine:
        """Measure this machine."""
        return cls(os.cpu_count() or 1, psutil.virtual_memory().available // 2**20)


def mib(text: str) -> int:
    """Read one of Spark's sizes as MiB; LaunchError where it is none."""
    try:
        return parse_size(text)
    except ValueError as error:
        raise LaunchError(str(error)) from None


def cap(settings: Mapping[str, str], scale: Scale) -> tuple[dict[str, str], list[str]]:
    """Hold the user's own sizes to this machine's; return the settings and what was changed."""
    limits: dict[str, Any] = {
        "spark.executor.memory": scale.executor_memory_mib,
        "spark.driver.memory": scale.driver_memory_mib,
    }
    capped = dict(settings)
    notes = []
    for key, limit in limits.items():
        if key in settings and mib(settings[key]) > limit:
            capped[key] = f"{limit}m"
            notes.append(f"{key} {settings[key]} is {limit}m here")
    if int(settings.get("spark.executor.cores", 0)) > scale.cores:
        capped["spark.executor.cores"] = str(scale.cores)
        notes.append(
            f"spark.executor.cores {settings['spark.executor.cores']} is {scale.cores} here"
        )
    return capped, notes
