"""Files that are made on the way to a request, kept by their content below dist/launch."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from launch.bundle import make_bundle
from launch.description.load import Description


def folder(description: Description) -> Path:
    """Return the folder for what is made on the way to a request."""
    path = description.root / "dist" / "launch"
    path.mkdir(parents=True, exist_ok=True)
    return path


def keep(description: Description, name: str, content: bytes) -> Path:
    """Keep a file that goes to S3: same content, same path; two commands at once do no harm."""
    path = folder(description) / hashlib.sha256(content).hexdigest()[:12] / name
    path.parent.mkdir(exist_ok=True)
    _write(path, content, path.parent)
    return path


def keep_folder(description: Description, name: str, files: Mapping[str, bytes]) -> Path:
    """Keep a folder that goes to S3, under the same rules."""
    digest = hashlib.sha256()
    for below, content in sorted(files.items()):
        digest.update(f"{below}\0{len(content)}\0".encode())
        digest.update(content)
    home = folder(description) / digest.hexdigest()[:12]
    home.mkdir(exist_ok=True)
    for below, content in files.items():
        path = home / name / below
        path.parent.mkdir(parents=True, exist_ok=True)
        # The draft lies outside: another command may be reading the folder.
        _write(path, content, home)
    return home / name


def packed_project(description: Description) -> bytes:
    """Return the zip of jobs/, transforms/ and schemas/."""
    with tempfile.TemporaryDirectory(dir=folder(description)) as draft:
        return make_bundle(Path(draft) / "bundle.zip", root=description.root).read_bytes()


def _write(path: Path, content: bytes, drafts: Path) -> None:
    with tempfile.NamedTemporaryFile(dir=drafts, delete=False) as draft:
        draft.write(content)
    os.replace(draft.name, path)
