"""Look at an output as a stranger would: pyarrow and the standard library, no code of the jobs.

The campaign's tables have an ``id`` from 0 upwards and a ``mark`` that says which table it was, so
a result tells by itself whether it is whole and whose it is.
"""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

_TOLD = ("id", "mark")
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Seen:
    """What a reader found: the table it is of, or what is wrong; and files nobody names."""

    table: str
    wrong: str = ""
    strangers: tuple[str, ...] = ()


def look(output: Path, tables: dict[str, int]) -> Seen:
    """Read an output by its manifest; ``tables`` gives the rows of each table that was prepared."""
    path = output / "manifest.json"
    if not path.exists():
        return Seen("nothing", strangers=_files(output, set()))
    try:
        manifest = json.loads(path.read_text())
        wrong = _wrong(output, manifest, tables)
    except Exception as error:  # noqa: BLE001 - whatever it is, a reader could not read
        return Seen("", f"{type(error).__name__}: {error}")
    named = {file["path"] for file in manifest["files"]} | {"manifest.json", "preprocessor.json"}
    return Seen(Path(manifest["input"]["path"]).stem, wrong, _files(output, named))


def _files(output: Path, named: set[str]) -> tuple[str, ...]:
    # Hadoop's checksums (.crc) follow their files.
    found = {p.relative_to(output).as_posix() for p in output.rglob("*") if p.is_file()}
    return tuple(sorted(name for name in found - named if not name.endswith(".crc")))


def _wrong(output: Path, manifest: dict[str, Any], tables: dict[str, int]) -> str:
    table = Path(manifest["input"]["path"]).stem
    rows: dict[str, list[int]] = {split: [] for split in SPLITS}
    marks: set[int] = set()
    for file in manifest["files"]:
        path = output / file["path"]
        if path.stat().st_size != file["bytes"]:
            return f"{file['path']} has {path.stat().st_size} bytes, not {file['bytes']}"
        if file["split"] in SPLITS:
            found = _read(path)
            rows[file["split"]] += found["id"]
            marks.update(found.get("mark", []))
    counts = {split: len(ids) for split, ids in rows.items()}
    if counts != manifest["rows"]["published"]:
        return f"rows are {counts}, the manifest says {manifest['rows']['published']}"
    ids = sorted(number for split in SPLITS for number in rows[split])
    if ids != list(range(tables[table])):
        return f"{len(ids)} ids, {len(set(ids))} different, where 0 to {tables[table] - 1} were due"
    if marks and marks != {list(tables).index(table)}:
        return f"rows of the tables {sorted(marks)}, the manifest says {table}"
    named = manifest["preprocessor"]
    learned = hashlib.sha256((output / named["path"]).read_bytes()).hexdigest()
    return "" if learned == named["sha256"] else "the preprocessor is another run's"


def _read(path: Path) -> dict[str, list[int]]:
    """Read the columns that say which row of which table it is."""
    if path.suffix == ".csv":
        with path.open(newline="") as lines:
            rows = list(csv.DictReader(lines))
        names = [name for name in _TOLD if rows and name in rows[0]]
        return {"id": [], **{name: [int(row[name]) for row in rows] for name in names}}
    with path.open("rb") as stream:
        part: pa.Table = pq.ParquetFile(stream).read()
    return {name: part[name].to_pylist() for name in _TOLD if name in part.column_names}
