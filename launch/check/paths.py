"""Check what the arguments point to: a path means one thing here and another on a cluster."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from launch.check.case import Case, SparkCase
from launch.check.finding import Finding, error, warning

_INPUT, _OUTPUT = "/opt/ml/processing/input", "/opt/ml/processing/output"


def arguments(case: SparkCase) -> Iterator[Finding]:
    """Check every argument that is a path of the hosts or of this machine."""
    for number, text in enumerate(case.job.arguments):
        place, value = case.at("arguments", number), value_of(text)
        local = local_path(value)
        if local is not None:
            yield from _on_hosts(case, place, value, local)
        elif value.startswith("/opt/ml"):
            yield error(
                place,
                f"Spark looks {value} up in the cluster's HDFS, where it is not",
                f"file://{value} for an input; s3://… for what Spark writes",
            )
        elif is_here(case, value):
            yield warning(
                place,
                f"{value} is a file of this machine; on the cluster it is looked up in HDFS",
                f"make it an input, and write file://{_INPUT}/NAME/{PurePosixPath(value).name}",
            )
        elif value.startswith(("/", "hdfs:")):
            yield warning(
                place,
                f"{value} is in the cluster's HDFS, which is empty at first and gone at the end",
                f"s3://…, or file://{_INPUT}/… for an input",
            )


def sharded_inputs(case: SparkCase) -> Iterator[Finding]:
    """Check that Spark does not read what each host has only a part of."""
    if case.job.instance_count == 1:
        return
    read = [path for text in case.job.arguments if (path := local_path(value_of(text))) is not None]
    for number, item in enumerate(case.job.inputs):
        if item.distribution == "sharded" and any(
            is_below(path, item.destination) for path in read
        ):
            yield error(
                case.at("inputs", number, "distribution"),
                "Spark lists the first host's part alone, and looks for those files on every "
                "host: rows are missing, or the job fails with FileNotFoundException",
                "replicated, or let Spark read the s3:// prefix itself",
            )


def prefixes(case: Case) -> Iterator[Finding]:
    """Check inputs from S3 for the trailing slash: SageMaker matches their prefix as text.

    Spark does not: it takes ``s3://bucket/raw`` for the folder, so arguments need none.
    """
    for number, item in enumerate(case.job.inputs):
        found = re.fullmatch(r"s3://[^/]+/(?:.*/)?([^/]+)", item.source)
        if found and "." not in found[1]:
            yield warning(
                case.at("inputs", number, "source"),
                f"every object whose key starts so is downloaded, those of "
                f"{found[1]}-old/ or {found[1]}2.csv too",
                f"{item.source}/ if it is a folder",
            )


def local_path(text: str) -> str | None:
    """Return the path of a ``file:`` address, and None for anything else."""
    found = re.match(r"file:(?://(?=/))?(/[^/].*)", text)
    return found[1] if found else None


def _on_hosts(case: SparkCase, place: str, value: str, path: str) -> Iterator[Finding]:
    if any(is_below(path, item.destination) for item in case.job.inputs):
        return
    if is_below(path, _OUTPUT) or any(is_below(path, item.source) for item in case.job.outputs):
        yield error(
            place,
            f"executors write {value} on their own hosts: the table is split over them, and "
            "_SUCCESS is on the first alone",
            "s3://…, which Spark writes itself; no entry in outputs is needed",
        )
    elif is_below(path, _INPUT):
        known = ", ".join(item.destination for item in case.job.inputs) or "none"
        hint = f"an input with that destination; there are: {known}"
        yield error(place, f"no input puts anything at {path}", hint)
    else:
        yield error(
            place,
            f"{value} is on the hosts' own disks, where nothing is put",
            f"an input, and file://{_INPUT}/…; or s3://…",
        )


def value_of(argument: str) -> str:
    """Return the value of ``--option=value``, or the argument itself."""
    return argument.partition("=")[2] if re.match(r"--?\w[\w-]*=", argument) else argument


def is_below(path: str, folder: str) -> bool:
    """Tell whether a path is a folder or lies in it."""
    return PurePosixPath(posixpath.normpath(path)).is_relative_to(folder)


def is_here(case: Case, value: str) -> bool:
    """Tell whether an argument names a file or folder of the project; a word is no folder."""
    path = case.description.root / value
    try:
        return path.is_file() or ("/" in value and "://" not in value and path.exists())
    except (OSError, ValueError):
        # Too long for a name, or with a character that no name has.
        return False
