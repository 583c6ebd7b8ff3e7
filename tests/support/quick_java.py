"""A Java for tests, which starts many short programs: it compiles quickly and knows its classes.

Java's second compiler pays off after a minute; a test has ended by then. ``prepare`` on 2,000 rows
took 36 s of processor time as Java is, 19 s with the first compiler alone (two slow cores); on
another day 29 s with that compiler and 17 s with the archive of Spark's classes too (Java 17).
"""

from __future__ import annotations

import shlex
from pathlib import Path

from launch import class_archive
from launch.java import java_home

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "quick-java"


def quick_home(real: Path, folder: Path) -> Path:
    """Return a home of Java that is the real one but for ``bin/java``, which adds the options.

    A program of this name is what Spark's scripts, workers and YARN start, so that no setting of a
    test is needed, and none of a user's is changed; what a command line says later wins.
    """
    script = folder / "bin" / "java"
    told = shlex.join([class_archive.FIRST_COMPILER, *class_archive.options(real)])
    text = f'#!/bin/sh\nexec {shlex.quote(str(real / "bin" / "java"))} {told} "$@"\n'
    if script.exists() and script.read_text() == text:
        return folder
    script.parent.mkdir(parents=True, exist_ok=True)
    for part in (*real.iterdir(), *(real / "bin").iterdir()):
        link = folder / part.relative_to(real)
        if part.name not in ("bin", "java"):
            link.unlink(missing_ok=True)
            link.symlink_to(part)
    draft = script.with_suffix(".new")
    draft.write_text(text)
    draft.chmod(0o755)
    draft.replace(script)
    return folder


if __name__ == "__main__":
    if class_archive.make(java_home()) is None:
        print("notice: no archive of Spark's classes could be made; tests go on without it")
