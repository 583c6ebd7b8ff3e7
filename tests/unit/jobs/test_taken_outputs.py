"""An output that somebody else uses, or that cannot be written: refused, and left as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from run_command import Run

Table = Callable[..., Path]


@pytest.mark.parametrize(
    ("mine", "named"),
    [
        ("train/mine.csv", "train/mine.csv"),
        ("test/a/b.csv", "test/a/b.csv"),
        ("quarantine/x.json", "quarantine/x.json"),
        ("delta/mine.txt", "delta"),
    ],
)
def test_files_of_somebody_else_in_the_output_stay(
    command: Run, table: Table, clean_csv: str, tmp_path: Path, mine: str, named: str
) -> None:
    kept, source = table("precious", f"out/{mine}"), table(clean_csv)
    for job in ("prepare", "prepare-tabular"):
        done = command(job, source, tmp_path / "out", "--target", "y")
        assert done.code == 2
        assert f"already holds {named}, which prepare did not write" in done.err
    assert [p for p in (tmp_path / "out").rglob("*") if p.is_file()] == [kept]


@pytest.mark.parametrize(
    "text", ['{"name": "webpack"}', "[1]", "not json", '{"files": 3}', '{"files": ["a.js"]}',
             '{"job": "prepare", "files": [{"name": "a.js"}]}'],
)  # fmt: skip
def test_a_manifest_of_somebody_else_stays(
    command: Run, table: Table, clean_csv: str, tmp_path: Path, text: str
) -> None:
    kept = table(text, "out/manifest.json")
    done = command("prepare", table(clean_csv), tmp_path / "out", "--target", "y")
    assert done.code == 2
    assert "out/manifest.json was not written by prepare; choose another output" in done.err
    assert kept.read_text() == text


@pytest.mark.parametrize("output", ["plain", "plain/out"])
def test_an_output_that_cannot_be_written_is_named(
    command: Run, table: Table, clean_csv: str, tmp_path: Path, output: str
) -> None:
    plain = table("a regular file", "plain")
    done = command("prepare", table(clean_csv), tmp_path / output, "--target", "y")
    assert done.code == 2
    assert f"file:{tmp_path / output}" in done.err
    assert plain.read_text() == "a regular file"


def test_a_preprocessor_in_the_output_stays_unless_a_run_left_it(
    command: Run, table: Table, clean_csv: str, tmp_path: Path
) -> None:
    source, foreign = table(clean_csv), table("{}", "out/preprocessor.json")
    done = command("prepare", source, tmp_path / "out", "--target", "y")
    assert (done.code, foreign.read_text()) == (2, "{}")
    assert "already holds preprocessor.json, which prepare did not write" in done.err
    assert command("prepare-tabular", source, tmp_path / "first", "--target", "y").code == 0
    foreign.write_bytes((tmp_path / "first" / "preprocessor.json").read_bytes())
    done = command("prepare-tabular", source, tmp_path / "out", "--target", "y")
    assert done.code == 0, done.err
