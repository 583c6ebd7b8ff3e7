"""Check the files that would be sent: they exist, and a container can use them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from launch.check.case import Case, SklearnCase, SparkCase, jar_kind
from launch.check.finding import Finding, error, note, warning

SAMPLES = ("sample:flights",)
_COORDINATES = r"[\w.-]+:[\w.-]+:[\w.-]+"


def app(case: SparkCase | SklearnCase) -> Iterator[Finding]:
    """Check the script that Spark or python3 starts."""
    text, place = case.job.app, case.at("app")
    if text.startswith("s3://"):
        return
    path = case.description.root / text
    if not path.is_file():
        yield error(place, f"there is no file {text} in {case.description.root.name}/")
    elif not path.resolve().is_relative_to(case.description.root.resolve()):
        yield error(place, f"{text} is outside the project", "a file beside or below launch.yaml")
    elif path.suffix != ".py":
        yield error(place, f"{text}: this image's jobs start from a Python file", "jobs/main.py")


def inputs(case: Case) -> Iterator[Finding]:
    """Check that local inputs exist and hold something."""
    for number, item in enumerate(case.job.inputs):
        if item.source.startswith("s3://"):
            continue
        path, place = case.description.root / item.source, case.at("inputs", number, "source")
        if not path.exists():
            yield error(place, f"there is no file or folder {item.source}", nearby(path))
        elif path.is_dir() and not any(part.is_file() for part in path.rglob("*")):
            message = f"the folder {item.source} is empty: the job fails where it downloads it"
            yield error(place, message)


def data(case: Case) -> Iterator[Finding]:
    """Check the files that are copied to S3 first."""
    for number, item in enumerate(case.job.data):
        place = case.at("data", number, "source")
        if item.source.startswith("sample:"):
            if item.source not in SAMPLES:
                yield error(place, f"there is no {item.source}", f"known: {', '.join(SAMPLES)}")
        elif not (case.description.root / item.source).is_file():
            path = case.description.root / item.source
            yield error(place, f"there is no file {item.source}", nearby(path))


def jars(case: SparkCase) -> Iterator[Finding]:
    """Check each jar, and that those in S3 are not mixed with those to be uploaded."""
    for number, jar in enumerate(case.job.jars):
        place, kind = case.at("jars", number), jar_kind(jar)
        if kind == "maven" and not re.fullmatch(_COORDINATES, jar):
            yield error(place, f"{jar!r} is neither Maven coordinates nor s3://", "group:name:1.0")
        elif kind == "local" and not (case.description.root / jar).is_file():
            yield error(place, f"there is no file {jar}", nearby(case.description.root / jar))
        elif not jar.split("?")[0].endswith(".jar") and kind != "maven":
            yield error(place, f"{jar} is no jar", "a name that ends in .jar")
        if re.search(r"_2\.1[13]\b", jar):
            yield warning(place, f"{jar} is built for another Scala; Spark's is 2.12", "name_2.12")
    kinds = {jar_kind(jar) == "s3" for jar in case.job.jars}
    if len(kinds) == 2:
        yield error(
            case.at("jars"),
            "s3:// and other jars in one list: the container then takes the folder of the "
            "uploaded ones for a jar, and finds none of them",
            "all on s3://, or none",
        )


def delta(case: SparkCase) -> Iterator[Finding]:
    """Say that the jars of Delta come along, or that they cannot."""
    if not case.job.adds_delta:
        return
    if any(jar_kind(jar) == "s3" for jar in case.job.jars):
        yield error(
            case.at("jars"),
            "the arguments ask for Delta, whose jars would be uploaded; they cannot stand in one "
            "list with s3:// jars",
            "add delta-spark's and delta-storage's jars on s3://, or name all by coordinates",
        )
    else:
        place = case.at("arguments")
        yield note(place, "the arguments ask for Delta: its jars are added, the image has none")


def nearby(path: Path) -> str:
    """Say which part of a path is the first that is missing."""
    missing = path
    while not missing.parent.exists():
        missing = missing.parent
    return f"{missing.parent.name}/ has no {missing.name}; paths start beside launch.yaml"
