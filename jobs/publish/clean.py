"""The clean command: show or remove what killed runs left in an output."""

from __future__ import annotations

import os
import secrets
import time

from jobs.files import File, Files
from jobs.local_files import LocalFiles, is_bare, is_local
from jobs.publish import left_overs
from jobs.publish.layout import DIRECTORIES, MANIFEST
from schemas.errors import InputError


def run(path: str, *, dry_run: bool, debug: bool = False) -> str:
    """Clean an output; return what to print. InputError where nothing was published there."""
    files = _files(path, debug)
    output = files.full(path).rstrip("/")
    if not files.is_directory(output):
        raise InputError(f"there is no output {path}")
    now = int(time.time() * 1000)
    found = left_overs.find(files, output, now=now)
    if not found and not found.at_work and not _is_output(files, output):
        raise InputError(f"{path} holds nothing that prepare wrote")
    if found and not dry_run:
        # This machine's clock may be wrong, and then runs at work elsewhere look dead.
        now = _clock_of(files, output)
        found = left_overs.find(files, output, now=now)
    lines = [f"at work: {place}" for place in found.at_work]
    lines += [_line(file, now) for file in found.files]
    lines += [f"{place}/" for place in found.directories]
    if not dry_run:
        left_overs.remove(files, output, found)
    return "\n".join([*lines, _summary(found, dry_run)])


def _clock_of(files: Files, output: str) -> int:
    """Ask a store for its time, in ms since 1970, by a file that is written and removed."""
    probe = f"{output}/_clean-{secrets.token_hex(4)}"
    files.write_text(probe, "")
    try:
        return files.newest(probe)
    finally:
        files.remove(probe)


def _files(path: str, debug: bool) -> Files:
    # A path without a scheme lies where Hadoop's settings say, as it does for prepare.
    elsewhere = is_bare(path) and (
        "PYSPARK_GATEWAY_PORT" in os.environ or os.environ.get("HADOOP_CONF_DIR")
    )
    if is_local(path) and not elsewhere:
        return LocalFiles()
    from jobs.hadoop_files import HadoopFiles
    from jobs.session import get_session

    return HadoopFiles(get_session("clean", debug=debug))


def _is_output(files: Files, output: str) -> bool:
    return any(files.exists(f"{output}/{name}") for name in (MANIFEST, *DIRECTORIES))


def _line(file: File, now: int) -> str:
    hours = max(0, now - file.modified) / 3_600_000
    return f"{file.path}  {file.size:,} bytes, {hours:,.1f} hours old"


def _summary(found: left_overs.LeftOvers, dry_run: bool) -> str:
    if not found:
        return "nothing was left behind"
    verb = "would be removed" if dry_run else "removed"
    files, places = len(found.files), len(found.directories)
    return f"{verb}: {files:,} files with {found.bytes:,} bytes, {places:,} staging directories"
