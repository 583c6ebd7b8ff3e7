"""The last steps of the image's entrypoint, as a process of its own.

``python -I entrypoint.py MESSAGE COMMAND…`` runs the command; where it fails, writes into MESSAGE
what the image writes there, over whatever the job left, and ends with the command's exit code.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

# A guess at how long the image's Python takes to end after it wrote the message; a job's own
# process may put the real cause back in that time.
LAST_BREATH_SECONDS = 0.1


def image_message(command: list[str], code: int) -> str:
    """Word a failure as the image does: the command and its status, never the cause."""
    shown = " ".join(command)
    status = f"died with signal {-code}" if code < 0 else f"returned non-zero exit status {code}"
    return (
        "Algorithm Error: (caused by CalledProcessError): spark failed with a non-zero exit code: "
        f"Command '{shown}' {status}."
    )[:1024]


def main(message: str, command: list[str]) -> int:
    """Run the command; return its exit code, 128 + n where signal n ended it."""
    code = subprocess.run(command, check=False).returncode
    if code != 0:
        Path(message).write_text(image_message(command, code), encoding="utf-8")
        time.sleep(LAST_BREATH_SECONDS)
    return 128 - code if code < 0 else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
