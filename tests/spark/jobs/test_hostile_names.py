"""Names, labels and paths that would do something if they were ever read as code."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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


@pytest.mark.parametrize("job", ["prepare", "prepare-tabular"])
def test_they_are_texts_and_nothing_else(
    command: Callable[..., Any], table: Callable[..., Path], tmp_path: Path, job: str
) -> None:
    source = table(hostile_table(), "in/it's a $(touch pwned) `table`.csv")
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    output = tmp_path / "out $(touch pwned) `x`; 'y' ${z}"
    done = command(job, source, output, "--target", "y", "--key", "id", "--format", "parquet")
    assert done.code == 0, done.err

    learned = json.loads((output / "preprocessor.json").read_text())
    steps = {step["name"]: step for step in learned["columns"] if step["name"] in HOSTILE}
    assert set(steps) == set(HOSTILE)
    for step in steps.values():
        assert set(step["labels"]) == set(HOSTILE)

    made = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    assert {path for path in made if output not in path.parents} == set()
    names = {path.relative_to(output).parts[0] for path in made}
    assert {n for n in names if not n.startswith((".", "preprocessor"))} == {
        *("train", "validation", "test", "manifest.json")
    }


@pytest.mark.parametrize("job", ["prepare", "prepare-tabular"])
@pytest.mark.parametrize("name", ["two\nlines", "nul\x00", ""])
def test_names_that_cannot_be_are_refused(
    command: Callable[..., Any], table: Callable[..., Path], tmp_path: Path, job: str, name: str
) -> None:
    rows = "".join(f"{i},{i % 3},a\n" for i in range(60))
    source = table(f'id,y,"{name}"\n{rows}')
    done = command(job, source, tmp_path / "out", "--target", "y")
    assert done.code == 2, done.err
    assert not (tmp_path / "out").exists()
