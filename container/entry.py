"""Run a job in this image: ``python3 entry.py prepare INPUT OUTPUT …``, with Spark in local mode.

jobs/, transforms/ and schemas/ come from PYTHONPATH where ``bundle: true`` put them there, else
from the copy in the image.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

PROGRAM = Path("/opt/program")
# The rest is for Python, and for what the JVM needs beside its heap.
_HEAP_SHARE = 0.6
_SMALLEST_HEAP_MIB = 1024


def memory_mib() -> int:
    """Return the memory of this container, else of the machine."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        text = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        text = "max"
    return min(machine, int(text) if text.isdigit() else machine) // 2**20


def main(arguments: list[str]) -> int:
    """Prepare Spark's local mode, then run the job; return its exit code."""
    heap = max(_SMALLEST_HEAP_MIB, int(memory_mib() * _HEAP_SHARE))
    # Spark's own default, 1 GiB whatever the machine has, makes joins spill.
    settings = f"--master local[*] --driver-memory {heap}m pyspark-shell"
    os.environ.setdefault("PYSPARK_SUBMIT_ARGS", settings)
    # One host: nothing else needs to reach this process, and its name need not be known to DNS.
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    sys.path.append(str(PROGRAM))
    from jobs.main import main as run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
