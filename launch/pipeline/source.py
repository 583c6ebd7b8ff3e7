"""What a training job's container gets as code: the script, and packages its image lacks."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from launch.description.load import Description
from launch.description.pipelines import Training
from launch.errors import LaunchError
from launch.request.kept import keep

ARCHIVE = "sourcedir.tar.gz"


def keep_source(description: Description, training: Training) -> Path:
    """Make the archive that script mode unpacks to /opt/ml/code; same content, same path."""
    script = description.root / training.script
    if not script.is_file():
        raise LaunchError(f"train.script: {training.script} is not a file in {description.root}")
    files = {script.name: script.read_bytes()}
    if training.packages:
        from launch.packages import fetch_packages

        fetched = fetch_packages(training.packages, python_version=training.python_version)
        with zipfile.ZipFile(fetched) as packed:
            inside = [name for name in packed.namelist() if not name.endswith("/")]
            files |= {name: packed.read(name) for name in inside}
    return keep(description, ARCHIVE, pack(files))


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return a .tar.gz of files; same files, same bytes: no times, no owners."""
    out = io.BytesIO()
    with (
        gzip.GzipFile("", "wb", fileobj=out, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        for name, content in sorted(files.items()):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()
