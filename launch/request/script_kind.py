"""``kind: sklearn`` and ``kind: container``: the SDK's ScriptProcessor, and what it sends along."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union

from launch.description.load import Description
from launch.description.model import ContainerJob, SklearnJob
from launch.errors import LaunchError
from launch.request.common import INPUT, make_input, processor_arguments, run_arguments
from launch.request.kept import keep_folder, packed_project

ScriptJob = Union[SklearnJob, ContainerJob]
PY_FILES = f"{INPUT}/py-files"


@dataclass(frozen=True)
class ScriptArtifacts:
    """The local files such a job needs, made or found before the SDK is asked.

    ``script`` is a file of its own; ``source`` a folder of which ``job.script`` is started.
    """

    job: ScriptJob
    script: Path | None
    source: Path | None
    py_files: Path | None

    @property
    def sources(self) -> list[Path]:
        """Return the files and folders that are uploaded from where they lie."""
        return [path for path in (self.script, self.source, self.py_files) if path]

    @property
    def copied(self) -> list[Path]:
        """Return nothing: the SDK copies none of them."""
        return []

    def run(self, description: Description, name: str, session: Any) -> None:
        """Let the SDK's processor make its uploads and its request."""
        from sagemaker.core.processing import Processor, ScriptProcessor

        job = self.job
        common = processor_arguments(description, job, session, environment=self._environment())
        common["image_uri"] = image_of(description, job)
        given = run_arguments(description, job, name)
        if self.py_files:
            given["inputs"].append(make_input("py-files", str(self.py_files), PY_FILES))
        starts = ["python3"] if isinstance(job, SklearnJob) else list(job.starts)
        if self.script:
            # As an address: the SDK takes what it is given for one.
            ScriptProcessor(command=starts, **common).run(code=self.script.as_uri(), **given)
            return
        if self.source and isinstance(job, ContainerJob):
            # ScriptProcessor takes one file; a folder becomes the same input as a whole.
            given["inputs"].append(make_input("code", str(self.source), f"{INPUT}/code"))
            starts.append(f"{INPUT}/code/{job.script}")
        Processor(entrypoint=starts or None, **common).run(**given)

    def _environment(self) -> dict[str, str]:
        """Put what is sent along on PYTHONPATH, before what the job itself has there."""
        given = dict(self.job.environment)
        if not self.py_files:
            return given
        names = sorted(path.name for path in self.py_files.iterdir())
        paths = [f"{PY_FILES}/{name}" for name in names]
        own = given.get("PYTHONPATH")
        return {**given, "PYTHONPATH": ":".join([*paths, own] if own else paths)}


def image_of(description: Description, job: ScriptJob) -> str:
    """Return the image's address: the job's own, or SageMaker's for scikit-learn."""
    if job.image_uri:
        return job.image_uri
    from sagemaker.core import image_uris

    assert isinstance(job, SklearnJob)
    try:
        found = image_uris.retrieve(
            "sklearn",
            description.target.region,
            version=job.framework_version,
            instance_type=job.instance_type,
        )
    except ValueError as error:
        raise LaunchError(f"the image cannot be named: {error}") from error
    return str(found)


def stage(description: Description, job: ScriptJob) -> ScriptArtifacts:
    """Pack bundle, packages and source folder; LaunchError names a file that is not there."""
    if isinstance(job, SklearnJob):
        return ScriptArtifacts(
            job=job,
            script=_file(description, "app", job.app),
            source=None,
            py_files=_py_files(description, job),
        )
    folder = f"{job.source_dir.rstrip('/')}/" if job.source_dir else ""
    script = _file(description, "script", f"{folder}{job.script}") if job.script else None
    py_files = _py_files(description, job) if job.bundle else None
    if not job.source_dir:
        return ScriptArtifacts(job, script, None, py_files)
    return ScriptArtifacts(job, None, _source(description, job.source_dir), py_files)


def _file(description: Description, setting: str, path: str) -> Path:
    found = description.root.resolve() / path
    if not found.is_file():
        raise LaunchError(f"{setting} {path} is not a file below {description.root}")
    return found


def _source(description: Description, source_dir: str) -> Path:
    """Copy a folder without what no container needs: hidden files, and what Python compiled."""
    root = description.root / source_dir
    files = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not _left_out(path.relative_to(root))
    }
    return keep_folder(description, "code", files)


def _left_out(path: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def _py_files(description: Description, job: ScriptJob) -> Path:
    """Make the folder of what PYTHONPATH names."""
    from launch.packages import fetch_packages

    files = {"bundle.zip": packed_project(description)}
    if isinstance(job, SklearnJob) and job.packages:
        fetched = fetch_packages(job.packages, python_version=job.python_version)
        files["packages.zip"] = fetched.read_bytes()
    return keep_folder(description, "py-files", files)
