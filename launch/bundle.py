"""Pack what a cluster receives into one zip: ``python -m launch.bundle dist/bundle.zip``.

Its root holds jobs/, transforms/ and schemas/. Same content, same bytes: names are sorted, times
and rights are fixed, so that a bundle can be compared, cached and traced by its hash.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

PACKAGES = ("jobs", "schemas", "transforms")
ENDINGS = (".py", ".json")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def make_bundle(target: Path, *, root: Path | None = None) -> Path:
    """Write the bundle of the packages below ``root`` (this checkout) to ``target``."""
    root = root or Path(__file__).resolve().parent.parent
    found = [path for name in PACKAGES for path in (root / name).rglob("*")]
    members = sorted(
        path.relative_to(root).as_posix()
        for path in found
        if path.suffix in ENDINGS and "__pycache__" not in path.parts
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as bundle:
        for member in members:
            entry = zipfile.ZipInfo(member, date_time=_EPOCH)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            bundle.writestr(entry, (root / member).read_bytes())
    return target


if __name__ == "__main__":
    print(make_bundle(Path(sys.argv[1] if len(sys.argv) > 1 else "dist/bundle.zip")))
