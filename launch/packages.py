"""Fetch pure-Python packages once, and pack them into a zip that Python imports from as it is."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from launch.errors import LaunchError
from launch.fetched import cache_root
from launch.zips import write_zip

TIMEOUT_SECONDS = 300
_COMPILED = (".so", ".pyd", ".dylib")
# What installing leaves behind: programs with a path of this machine, and notes on where from.
_LEFT_OUT = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")


class PackageError(LaunchError):
    """Packages that cannot be sent, and what to do about it."""


def fetch_packages(requirements: Sequence[str], *, python_version: str) -> Path:
    """Return a zip of pinned packages, from a folder per user; only the first call fetches.

    What they depend on does not come along: most of it is in the image, and often compiled.

    Args:
        requirements: NAME==VERSION each.
        python_version: Of the image, such as ``3.10``: the wheels must be made for it.

    Raises:
        PackageError: No such package or version, no network, or one with compiled code.
    """
    described = "\n".join([*sorted(set(requirements)), python_version])
    key = hashlib.sha256(described.encode()).hexdigest()[:16]
    target = cache_root() / "packages" / key / "packages.zip"
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".draft-") as draft:
            installed = Path(draft) / "installed"
            _install(sorted(set(requirements)), python_version, installed)
            _refuse_compiled(installed)
            # Beside it first, so that it appears when it is whole.
            os.replace(write_zip(Path(draft) / "packages.zip", _members(installed)), target)
    return target


def _install(requirements: Sequence[str], python_version: str, target: Path) -> None:
    """Let uv unpack the wheels for the image's Python; nothing is built or run."""
    command = [_uv(), "pip", "install", "--target", str(target), "--no-deps", "--only-binary"]
    command += [":all:", "--python-platform", "x86_64-manylinux2014", "--no-config"]
    command += ["--python-version", python_version, "--link-mode", "copy", "--quiet"]
    try:
        done = subprocess.run(
            [*command, *requirements], capture_output=True, text=True, timeout=TIMEOUT_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        minutes = TIMEOUT_SECONDS // 60
        text = f"packages: they did not come within {minutes} minutes; is there a network?"
        raise PackageError(text) from error
    if done.returncode != 0:
        said = "\n".join(done.stderr.strip().splitlines()[-10:])
        raise PackageError(
            f"packages: cannot fetch {', '.join(requirements)} as wheels for Python "
            f"{python_version}. Are names and versions right, and is there a network?\n{said}"
        )


def _uv() -> str:
    """Return the program that fetches: of this environment, else on the PATH."""
    try:
        from uv import find_uv_bin

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
    if not found:
        raise PackageError("packages are fetched by uv, which is not here: pip install uv")
    return found


def _refuse_compiled(folder: Path) -> None:
    """Raise PackageError where a package has machine code: Python imports none from a zip."""
    native = {path for path in folder.rglob("*") if path.suffix in _COMPILED}
    impure = {
        path.parent.name.partition("-")[0]
        for path in folder.glob("*.dist-info/WHEEL")
        if "root-is-purelib: false" in path.read_text(encoding="utf-8").lower()
    }
    names = sorted(impure | {path.relative_to(folder).parts[0] for path in native})
    if names:
        raise PackageError(
            f"packages: {', '.join(names)} has compiled code, which cannot be sent along; it must "
            "be in the image: use kind: container with an image of your own"
        )


def _members(folder: Path) -> dict[str, bytes]:
    """Return what to pack by its name in the zip: files, and folders.

    Before Python 3.13, a folder without ``__init__.py`` is importable from a zip only where it has
    an entry of its own; ``skops.io.old`` is such a one.
    """
    found = {}
    for path in folder.rglob("*"):
        below = path.relative_to(folder)
        left_out = path.name in _LEFT_OUT and ".dist-info" in below.parts[0]
        if left_out or below.parts[0] in ("bin", ".lock") or "__pycache__" in below.parts:
            continue
        name = below.as_posix()
        found[f"{name}/" if path.is_dir() else name] = b"" if path.is_dir() else path.read_bytes()
    return found
