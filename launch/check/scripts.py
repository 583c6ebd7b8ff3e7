"""Check jobs of the kinds sklearn and container: image, code, paths, and what comes back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Union

from launch.bundle import PACKAGES
from launch.check.case import ContainerCase, SklearnCase
from launch.check.files import nearby
from launch.check.finding import Finding, error, note, warning
from launch.check.paths import is_below, is_here, value_of
from launch.check.request import most
from launch.description.variables import RUN
from launch.image.instances import is_arm, is_gpu, nearest, processing_types

ScriptCase = Union[SklearnCase, ContainerCase]
_ROOT = "/opt/ml/processing"
_ECR = re.compile(
    r"\d{12}\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
    r"/[a-z0-9][a-z0-9._/-]*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)


def instance_type(case: ScriptCase) -> Iterator[Finding]:
    """Check that the API knows the instance type, and that the image has a use for it."""
    name, place = case.job.instance_type, case.at("instance_type")
    own = case.job.image_uri
    if is_arm(name) and not own:
        yield error(place, f"{name} has ARM processors; this image is for x86", "an m5 or m6i")
    elif name not in processing_types():
        near = ", ".join(nearest(name, processing_types()))
        hint = f"did you mean {near}?" if near else "such as ml.m5.xlarge"
        yield error(place, f"processing jobs have no instance type {name}", hint)
    elif is_arm(name):
        yield note(place, f"{name} has ARM processors: the image must be built for them")
    elif is_gpu(name) and isinstance(case, SklearnCase):
        yield warning(place, f"{name} has a GPU, which scikit-learn leaves idle and you pay for")


def image_address(case: ScriptCase) -> Iterator[Finding]:
    """Check that an image of the user's own is where SageMaker pulls from."""
    uri, place = case.job.image_uri, case.at("image_uri")
    if not uri:
        return
    found = _ECR.fullmatch(uri)
    form = f"ACCOUNT.dkr.ecr.{case.target.region}.amazonaws.com/NAME:TAG"
    if not found:
        yield error(place, f"{uri} is no address in ECR, and SageMaker pulls from there", form)
    elif found["region"] != case.target.region:
        message = f"the image is in {found['region']}, the job in {case.target.region}"
        yield warning(place, message, "a copy in the job's region starts sooner, and costs less")


def code(case: ContainerCase) -> Iterator[Finding]:
    """Check that the script and its folder exist, inside the project."""
    job, root = case.job, case.description.root
    if job.source_dir:
        folder = root / job.source_dir
        if not folder.is_dir():
            yield error(
                case.at("source_dir"), f"there is no folder {job.source_dir}", nearby(folder)
            )
            return
        if not folder.resolve().is_relative_to(root.resolve()):
            yield error(case.at("source_dir"), f"{job.source_dir} is outside the project")
            return
        root = folder
    if not job.script:
        if not job.command:
            place = case.at("command")
            yield note(place, "neither command nor script: the image's own entrypoint runs")
        return
    path = root / job.script
    if not path.is_file():
        where = job.source_dir or f"{root.name}/"
        yield error(case.at("script"), f"there is no file {job.script} in {where}")
    elif not path.resolve().is_relative_to(root.resolve()):
        yield error(case.at("script"), f"{job.script} is outside {root.name}/")


def arguments(case: ScriptCase) -> Iterator[Finding]:
    """Check every argument that is a path of the host, or of this machine."""
    inputs = [item.destination for item in case.job.inputs]
    outputs = [item.source for item in case.job.outputs]
    if isinstance(case, SklearnCase) or case.job.script:
        inputs.append(f"{_ROOT}/input/code")
    if isinstance(case, SklearnCase) or case.job.bundle:
        inputs.append(f"{_ROOT}/input/py-files")
    for number, text in enumerate(case.job.arguments):
        place, value = case.at("arguments", number), value_of(text)
        path = value.removeprefix("file://")
        if is_below(path, _ROOT):
            known = [folder for folder in (*inputs, *outputs) if _touch(path, folder)]
            if not known and is_below(path, f"{_ROOT}/input"):
                hint = f"an input with that destination; there are: {', '.join(inputs) or 'none'}"
                yield error(place, f"no input puts anything at {path}", hint)
            elif not known:
                hint = "an entry in inputs or outputs with that folder"
                message = f"nothing comes to {path}, and nothing from it is kept"
                yield warning(place, message, hint)
        elif value.startswith("hdfs:"):
            yield error(place, f"{value}: there is no HDFS on this host", "an input, or s3://…")
        elif is_here(case, value):
            message = f"{value} is a file of this machine; the host has none of that name"
            yield warning(place, message, f"make it an input, and write {_ROOT}/input/NAME/…")


def outputs(case: ScriptCase) -> Iterator[Finding]:
    """Warn of an output folder that nothing names, and of one prefix for the outputs of all runs.

    SageMaker's upload replaces objects of equal names and deletes none.
    """
    job = case.job
    said = "\n".join((*job.arguments, *job.environment.values(), *getattr(job, "command", ())))
    for number, output in enumerate(job.outputs):
        folder = output.source.rstrip("/")
        if folder not in said and not _in_code(case, folder):
            yield warning(
                case.at("outputs", number, "source"),
                f"no argument, no variable and none of the code sent names {folder}: it may stay "
                "empty, and an empty output is uploaded without a word",
                "name it in arguments, or take the output out",
            )
        if RUN not in output.destination:
            yield warning(
                case.at("outputs", number, "destination"),
                "every run uploads to this prefix, and what an earlier one left stays there: files "
                "of two runs are read as one table",
                f"{output.destination.rstrip('/')}/{RUN}/",
            )


def entrypoint(case: ContainerCase) -> Iterator[Finding]:
    """Check the number and length of the words that the container starts with."""
    job = case.job
    words = [*job.starts, *([f"{_ROOT}/input/code/{job.script}"] if job.script else [])]
    room = most("ContainerEntrypoint")
    if len(words) > room:
        yield error(case.at("command"), f"{len(words)} words with the script; {room} fit")
    room = most("ContainerEntrypointString")
    if any(len(word) > room for word in words):
        yield error(case.at("script"), f"its path on the host is longer than {room} characters")


def network_isolation(case: ScriptCase) -> Iterator[Finding]:
    """Refuse addresses in S3 that an isolated container would read by itself."""
    if not case.job.network_isolation:
        return
    for number, text in enumerate(case.job.arguments):
        if value_of(text).startswith(("s3://", "s3a://")):
            message = f"{value_of(text)}: an isolated container reaches no S3"
            hint = "an input or output of the job, which SageMaker itself copies"
            yield error(case.at("arguments", number), message, hint)


def _touch(path: str, folder: str) -> bool:
    """Tell whether one of two paths holds the other."""
    return is_below(path, folder) or is_below(folder, path)


def _in_code(case: ScriptCase, text: str) -> bool:
    """Tell whether a file that is sent holds a text."""
    root, wanted = case.description.root, text.encode()
    paths = [root / name for name in _sent(case)]
    files = (file for path in paths for file in (sorted(path.rglob("*.py")) or [path]))
    return any(wanted in file.read_bytes() for file in files if file.is_file())


def _sent(case: ScriptCase) -> list[str]:
    """Name the files and folders of code that the job takes along."""
    if isinstance(case, SklearnCase):
        return [case.job.app, *PACKAGES]
    own = case.job.source_dir or case.job.script
    return [*([own] if own else []), *(PACKAGES if case.job.bundle else ())]
