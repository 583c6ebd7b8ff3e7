"""Leave the real cause of a failure where SageMaker reads it: /opt/ml/output/message.

The Spark image overwrites that file when spark-submit has failed, with the command and its exit
code, and ends at once. So a small process stays behind and puts the cause back in front. It gives
up after 60 s, and is gone with the container in any case.
"""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from pathlib import Path

# The first kilobyte of the file becomes ExitMessage; text that is no UTF-8 fails the job.
LIMIT_BYTES = 1024
_KEEPER = """
import os, sys, time
path, cause = sys.argv[1], sys.argv[2].encode()
end = time.monotonic() + 60
while time.monotonic() < end:
    try:
        with open(path, "rb") as file:
            now = file.read()
    except OSError:
        now = b""
    if now and not now.startswith(cause):
        text = (cause + b"\\n" + now)[:1024].decode("utf-8", "ignore")
        with open(path + ".draft", "wb") as file:
            file.write(text.encode())
        os.replace(path + ".draft", path)
        break
    time.sleep(0.002)
"""


def leave_message(error: BaseException, paragraph: str) -> None:
    """Write the cause for DescribeProcessingJob, on a processing host only.

    The message is the paragraph the user saw, the kind of error, and the line of ours that raised
    it. Nothing happens elsewhere, and a failure to write is no second error.
    """
    base = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
    if not (base / "config" / "processingjobconfig.json").is_file():
        return
    path = base / "output" / "message"
    text = f"{paragraph}\n({type(error).__name__} in {_line_of(error)})"
    # What no argument of a command and no UTF-8 can hold.
    text = shorten(text.replace("\0", "").encode("utf-8", "replace").decode("utf-8"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        subprocess.Popen(
            [sys.executable, "-c", _KEEPER, str(path), text],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError):
        return


def shorten(text: str) -> str:
    """Cut a text to the bytes SageMaker keeps, its end first; never within a character.

    The last line, which says where, is kept whole.
    """
    if len(text.encode()) <= LIMIT_BYTES:
        return text
    head, _, last = text.rpartition("\n")
    tail = "… \n" + last
    room = max(0, LIMIT_BYTES - len(tail.encode()))
    return head.encode()[:room].decode("utf-8", "ignore") + tail


def _line_of(error: BaseException) -> str:
    """Name the innermost line of this project in the error's traceback: ``jobs/read.py:66``."""
    ours = ("jobs", "schemas", "transforms")
    place = "?"
    for frame, line in traceback.walk_tb(error.__traceback__):
        path = Path(frame.f_code.co_filename)
        if path.parent.name in ours or path.name == "main.py":
            place = f"{path.parent.name}/{path.name}:{line}"
    return place
