"""Put a host's tree at /opt/ml for one process and its children, where the system allows it.

A mount namespace of its own (``unshare --mount``) hides this from everything else. Without
administrator's rights it takes a user namespace, which some systems forbid.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from launch.emulate.opt_ml import Host

# $1: an empty folder; $2: the host's tree; the rest: the command. Where /opt has no ml, nothing is
# made on this machine: a folder that shows what is in /opt, and ml besides, stands in its place.
_SCRIPT = """
set -e
stand_in=$1 tree=$2; shift 2
if [ ! -d /opt/ml ]; then
    mkdir -p "$stand_in/ml"
    for item in /opt/* /opt/.[!.]*; do
        name="$stand_in/${item#/opt/}"
        if [ -L "$item" ]; then [ -L "$name" ] || cp -P "$item" "$name"
        elif [ -d "$item" ]; then mkdir -p "$name"; mount --rbind "$item" "$name"
        elif [ -e "$item" ]; then : > "$name"; mount --bind "$item" "$name"
        fi
    done
    mount --rbind "$stand_in" /opt
fi
mount --bind "$tree" /opt/ml
exec "$@"
"""
_NAMESPACES = (["--mount"], ["--user", "--map-root-user", "--mount"])
_TRY_SECONDS = 20


def find_mount(host: Host) -> list[str] | None:
    """Return the words before a command that show it this host's /opt/ml; None where none work."""
    unshare = shutil.which("unshare")
    if unshare is None or not Path("/opt").is_dir():
        return None
    for namespaces in _NAMESPACES:
        words = _words(unshare, namespaces, host)
        try:
            done = subprocess.run(
                [*words, "test", "-d", "/opt/ml/config"], capture_output=True, timeout=_TRY_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return words
    return None


def _words(unshare: str, namespaces: list[str], host: Host) -> list[str]:
    stand_in = host.root / "opt-stand-in"
    own = ["--propagation", "private", "/bin/sh", "-c", _SCRIPT, "sh"]
    return [unshare, *namespaces, *own, str(stand_in), str(host.opt_ml)]
