"""Check the image: does SageMaker have one of these versions in this region."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterator
from typing import Any

from launch.check.case import ContainerCase, SklearnCase, SparkCase
from launch.check.finding import Finding, error, note, warning

_VERSION = r"\d+(\.\d+)*"
# Any type without a GPU: whether the job's own has one is checked beside the instances.
_ANY_TYPE = "ml.m5.xlarge"
_KEYS = {
    "spark version": "framework_version",
    "sklearn version": "framework_version",
    "Python version": "py_version",
}
_FRAMEWORKS = {"Spark": "spark", "scikit-learn": "sklearn"}
_Options = tuple[tuple[str, Any], ...]


def version(case: SparkCase) -> Iterator[Finding]:
    """Check framework, Python and container version with the SDK's own table of images."""
    job = case.job
    if job.image_uri:
        return
    place, container = case.at("container_version"), job.container_version
    if container is None:
        yield note(
            place,
            f"without it, the image is whatever carries the tag {job.framework_version}-cpu "
            "that day",
            'py_version and container_version, such as py312 and "1.3"',
        )
    elif container.lower().startswith("v"):
        hint = f'"{container[1:]}"'
        yield error(place, f"{container!r}: the SDK writes the v itself, and makes vv of it", hint)
        return
    elif not re.fullmatch(_VERSION, container):
        yield error(place, f"{container!r} is no version of the container", 'such as "1.3"')
        return
    options: _Options = (("py_version", job.py_version),)
    if job.container_version:
        options = (*options, ("container_version", f"v{job.container_version}"))
    yield from _resolve(case, "Spark", job.framework_version, options)


def sklearn_version(case: SklearnCase) -> Iterator[Finding]:
    """Check the version with the same table."""
    if not case.job.image_uri:
        yield from _resolve(case, "scikit-learn", case.job.framework_version, ())


def own_image(case: SparkCase | SklearnCase | ContainerCase) -> Iterator[Finding]:
    """Check that an image of the user's own names one image, today and tomorrow."""
    uri, place = case.job.image_uri, case.at("image_uri")
    if not uri or "@sha256:" in uri:
        return
    tag = uri.rpartition("/")[2].partition(":")[2]
    if tag in ("", "latest"):
        shown = "the tag latest" if tag else "no tag, which means latest"
        yield warning(place, f"{shown}: a later run may get another image", "a tag of its own")


def _resolve(
    case: SparkCase | SklearnCase, what: str, version: str, options: _Options
) -> Iterator[Finding]:
    try:
        refused = _refusal(_FRAMEWORKS[what], case.target.region, version, options)
    except ImportError:
        place = case.at("framework_version")
        yield note(place, "could not be checked: the SDK is missing", "pip install '.[launch]'")
        return
    if refused:
        yield _finding(case, what, refused)


@functools.cache
def _refusal(framework: str, region: str, version: str, options: _Options) -> str:
    """Ask the SDK for an image; return what it says where it has none."""
    # 1.5 s, so that other commands need not wait for it.
    from sagemaker.core import image_uris

    try:
        image_uris.retrieve(
            framework, region, version=version, instance_type=_ANY_TYPE, **dict(options)
        )
    except ValueError as refused:
        return str(refused)
    return ""


def _finding(case: SparkCase | SklearnCase, image: str, text: str) -> Finding:
    """Take what the SDK says apart: what it does not know, and what it does."""
    found = re.match(r"Unsupported ([\w -]+): (\S+)\. .*: ([^:]+)\.$", text, re.DOTALL)
    if not found:
        return error(case.at("framework_version"), f"the SDK has no image: {text}")
    what, given, known = found[1], found[2], found[3].split(", ")
    place = case.at_target("region") if what == "region" else case.at(_KEYS.get(what, "image_uri"))
    near = difflib.get_close_matches(given, known, 1)
    hint = f"did you mean {near[0]}? " if what == "region" and near else ""
    return error(
        place, f"there is no {image} image for {what} {given}", f"{hint}known: {', '.join(known)}"
    )
