"""Fetch jars by their Maven coordinates, once, with the Ivy that pyspark ships.

Ivy is what ``spark.jars.packages`` uses too, so whatever Spark can resolve on a machine can be
resolved here, behind a proxy as well.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import subprocess
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from launch.errors import LaunchError
from launch.fetched import cache_root
from launch.java import java_home
from launch.truststore import trust_options

DELTA = ("io.delta:delta-spark_2.12:3.3.3",)
S3A = ("org.apache.hadoop:hadoop-aws:3.3.4",)
# Without what it depends on: that is all of Spark and Hadoop once more. 3.5.9 was never published.
MAGIC_COMMITTER = ("org.apache.spark:spark-hadoop-cloud_2.12:3.5.8",)
# The daemons of HDFS and YARN in one jar, and what it leaves to others.
YARN = (
    "org.apache.hadoop:hadoop-client-minicluster:3.3.4",
    "org.slf4j:slf4j-reload4j:2.0.7",
    "org.bouncycastle:bcpkix-jdk15on:1.70",
    "javax.xml.bind:jaxb-api:2.3.1",
    "com.sun.xml.bind:jaxb-impl:2.3.9",
)
# The largest set, S3A, is 275 MB.
TIMEOUT_SECONDS = 1200
_COORDINATE = re.compile(r"[\w.-]+:[\w.-]+:[\w.-]+")
_NAME = "[artifact]-[revision](-[classifier]).[ext]"


class JarError(LaunchError):
    """Jars that cannot be had, and what to do about it."""


def fetch_jars(
    coordinates: Sequence[str],
    *,
    without: Collection[str] = (),
    transitive: bool = True,
    sparks_too: bool = False,
) -> list[Path]:
    """Return the jars of ``group:artifact:version`` coordinates, sorted, from a folder per user.

    Only the first call for a set starts Java and needs the network. What the set depends on comes
    with it unless ``transitive`` is false.

    Args:
        coordinates: What to fetch.
        without: Artifacts to leave out, by name: ``hadoop-client-api``.
        transitive: Fetch what they depend on, too.
        sparks_too: Keep jars of which pyspark has some version. Two versions of a class on one
            class path are a fault that shows late, so they are left out otherwise.

    Raises:
        JarError: Coordinates that are malformed or do not exist, no network, no Java.
    """
    wrong = [text for text in coordinates if not _COORDINATE.fullmatch(text)]
    if wrong:
        raise JarError(f"Maven coordinates are group:artifact:version, not {', '.join(wrong)}")
    described = "\n".join([*sorted(set(coordinates)), f"transitive={transitive}"])
    folder = cache_folder() / hashlib.sha256(described.encode()).hexdigest()[:16]
    if not folder.is_dir():
        _resolve(sorted(set(coordinates)), transitive, folder)
    absent = set(without)
    if not sparks_too:
        absent |= {artifact_of(jar) for jar in (spark_home() / "jars").glob("*.jar")}
    return [jar for jar in sorted(folder.glob("*.jar")) if artifact_of(jar) not in absent]


def cache_folder() -> Path:
    """Return where fetched jars are kept: below XDG_CACHE_HOME, or ~/.cache."""
    return cache_root() / "jars"


def spark_home() -> Path:
    """Return the folder of the installed pyspark, which is a whole Spark; it is not imported."""
    spec = importlib.util.find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise JarError("pyspark is not installed: pip install 'pyspark>=3.5,<3.6'")
    return Path(spec.origin).parent


def artifact_of(jar: Path) -> str:
    """Return a jar's artifact name: ``slf4j-api-2.0.7.jar`` is ``slf4j-api``."""
    return re.sub(r"-\d[^/]*$", "", jar.stem) if "-" in jar.stem else jar.stem


def _resolve(coordinates: Sequence[str], transitive: bool, folder: Path) -> None:
    """Make ``folder`` with all jars: beside it first, so that it appears when it is whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".draft-") as name:
        draft = Path(name)
        (draft / "ivy.xml").write_text(_ivy_file(coordinates, transitive))
        output, code = _run_ivy(draft)
        names = {text: text.split(":")[1] for text in coordinates}
        missing = [text for text in names if not [*draft.glob(f"jars/{names[text]}-*.jar")]]
        if code != 0 or missing:
            raise JarError(_advice(missing or coordinates, output))
        try:
            os.replace(draft / "jars", folder)
        except OSError:
            # Another process was quicker; its jars are the same.
            if not folder.is_dir():
                raise


def _run_ivy(draft: Path) -> tuple[str, int]:
    """Run Ivy on ``ivy.xml`` of a folder; its own cache is there too, as it does not lock one."""
    try:
        java = java_home() / "bin" / "java"
    except LookupError as error:
        raise JarError(str(error)) from error
    jars = sorted((spark_home() / "jars").glob("ivy-*.jar"))
    if not jars:
        raise JarError(f"{spark_home()} has no jars/ivy-*.jar; install pyspark again")
    command = [str(java), *trust_options(draft), "-jar", str(jars[-1]), "-ivy", f"{draft}/ivy.xml"]
    command += ["-cache", f"{draft}/cache", "-confs", "default", "-types", "jar", "bundle"]
    command += ["-retrieve", f"{draft}/jars/{_NAME}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired as error:
        minutes = TIMEOUT_SECONDS // 60
        raise JarError(f"jars did not come within {minutes} minutes; try again") from error
    return done.stdout + done.stderr, done.returncode


def _ivy_file(coordinates: Sequence[str], transitive: bool) -> str:
    """Return the ivy.xml that asks for the coordinates; one set resolves its versions together."""
    lines = ['<ivy-module version="2.0"><info organisation="local" module="fetch"/>']
    lines.append('<configurations><conf name="default"/></configurations><dependencies>')
    for text in coordinates:
        group, artifact, version = map(quoteattr, text.split(":"))
        lines.append(
            f"<dependency org={group} name={artifact} rev={version}"
            f' conf="default->default" transitive="{str(transitive).lower()}"/>'
        )
    return "\n".join([*lines, "</dependencies></ivy-module>"])


def _advice(coordinates: Sequence[str], output: str) -> str:
    """Say why jars did not come: Ivy reports "not found" without a network, too."""
    names = ", ".join(coordinates)
    unreachable = re.search(r"Server access error.*\((.*)\)", output)
    if unreachable:
        return (
            f"cannot fetch {names}: {unreachable[1]}. Is there a network? Behind a proxy: "
            "export JAVA_TOOL_OPTIONS='-Dhttps.proxyHost=… -Dhttps.proxyPort=…'; its certificate "
            "is taken from SSL_CERT_FILE"
        )
    absent = re.findall(r":: (\S+)#(\S+);(\S+): (?:not found|.*)", output)
    if absent:
        names = ", ".join(":".join(found) for found in dict.fromkeys(absent))
        return f"no such jar: {names}. Are group, artifact and version right?"
    return f"cannot fetch {names}:\n" + "\n".join(output.strip().splitlines()[-15:])
