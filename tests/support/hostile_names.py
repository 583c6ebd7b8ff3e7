"""Names, labels and paths that would do something if they were ever read as code."""

from __future__ import annotations

import csv
import io
from pathlib import Path

HOSTILE = [
    "x'; DROP TABLE t; --",
    '"quoted"',
    "`ticked`",
    "a`b``c",
    "${spark.app.name}",
    "$(touch pwned)",
    "`touch pwned`",
    "../../outside",
    "/etc/passwd",
    "__split=train",
    "split=evil/../../x",
    "<script>document.title='pwned'</script>",
    "{{7*7}}",
    "%s%n%x",
    "a.b.c",
    "s3://bucket/key",
    "C:\\x\\..\\y",
    "\u202egnp.exe",
    "a b\tc",
    "=1+1",
]


def hostile_table() -> str:
    """Write a table whose names and labels are all hostile, with 80 rows."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", "y", *HOSTILE])
    for i in range(80):
        labels = [HOSTILE[(i + number) % len(HOSTILE)] for number in range(len(HOSTILE))]
        writer.writerow([i, i % 3, *labels])
    return out.getvalue()


def assert_nothing_ran(home: Path, source: Path, output: Path) -> None:
    """Check that the files below ``home`` are the source and those that a run publishes."""
    files = {path for path in home.rglob("*") if path.is_file()} - {source}
    assert {path for path in files if output not in path.parents} == set()
    names = {path.relative_to(output).parts[0] for path in files}
    expected = {"train", "validation", "test", "manifest.json"}
    assert {name for name in names if not name.startswith((".", "preprocessor"))} == expected
