"""Write the report's files: all of them whole, or none."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from schemas.errors import InputError


def check_output(directory: Path, names: Sequence[str]) -> None:
    """Raise InputError where the files cannot be written there; nothing is made yet."""
    there = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    if not there.is_dir():
        raise InputError(f"--output {directory}: {there} is a file; choose a directory")
    if not os.access(there, os.W_OK):
        raise InputError(f"--output {directory}: {there} cannot be written; choose another")
    for name in names:
        if (directory / name).is_dir():
            raise InputError(f"--output {directory}: {name} there is a directory; choose another")


def write_files(directory: Path, files: Mapping[str, str]) -> tuple[str, ...]:
    """Write texts under temporary names, then move all of them in place; return their paths."""
    drafts: dict[Path, Path] = {}
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            # Two runs into one directory must not write into each other's drafts.
            draft = directory / f".{name}.{secrets.token_hex(8)}.draft"
            drafts[draft] = directory / name
            # A name that is no UTF-8 can come from a file system; it is spelt out.
            draft.write_bytes(text.encode("utf-8", "backslashreplace"))
        for draft, path in drafts.items():
            os.replace(draft, path)
    except OSError as error:
        raise InputError(f"cannot write to {directory}: {error.strerror or error}") from None
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)
    return tuple(str(path) for path in drafts.values())
