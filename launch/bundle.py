"""Pack what a cluster receives into one zip: ``python -m launch.bundle dist/bundle.zip``.

Its root holds jobs/, transforms/ and schemas/. Same content, same bytes, so that a bundle can be
compared, cached and traced by its hash.
"""

from __future__ import annotations

import sys
from pathlib import Path

from launch.zips import write_zip

PACKAGES = ("jobs", "schemas", "transforms")
ENDINGS = (".py", ".json")


def make_bundle(target: Path, *, root: Path | None = None) -> Path:
    """Write the bundle of the packages below ``root`` (this checkout) to ``target``."""
    root = root or Path(__file__).resolve().parent.parent
    found = [path for name in PACKAGES for path in (root / name).rglob("*")]
    members = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in found
        if path.suffix in ENDINGS and "__pycache__" not in path.parts
    }
    return write_zip(target, members)


if __name__ == "__main__":
    print(make_bundle(Path(sys.argv[1] if len(sys.argv) > 1 else "dist/bundle.zip")))
