"""What prepare refuses because of a path: exit 2, the thing named, nothing written."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from refusals import assert_refused

Prepare = Callable[..., Any]
Table = Callable[..., Path]


def tree(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_a_path_that_is_not_there(prepare: Prepare, tmp_path: Path) -> None:
    missing = tmp_path / "nowhere.csv"
    assert_refused(prepare(missing), f"there is no file or directory {missing}")


def test_a_glob_that_matches_nothing(prepare: Prepare, table: Table, tmp_path: Path) -> None:
    table("x,y\n1,2\n")
    assert_refused(prepare(tmp_path / "*.parquet"), "there is no file", tmp_path / "*.parquet")


def test_an_empty_directory(prepare: Prepare, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert_refused(prepare(tmp_path / "empty"), tmp_path / "empty", "is an empty directory")


def test_a_directory_of_hidden_files_only(prepare: Prepare, table: Table, tmp_path: Path) -> None:
    table("x,y\n1,2\n", "in/_SUCCESS.csv")
    assert_refused(prepare(tmp_path / "in"), tmp_path / "in", "it holds no data file")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty: 0 bytes"),
        ("\n\n", "has no columns: its first line is empty"),
        ("id,x,y\n", "has a header and no rows: id, x, y"),
        ("id,x,y", "has a header and no rows: id, x, y"),
        ("\ufeffid,x,y\r\n", "has a header and no rows: id, x, y"),
    ],
)
def test_a_file_without_rows_or_columns(
    prepare: Prepare, table: Table, content: str, said: str
) -> None:
    path = table(content)
    assert_refused(prepare(path), path, said)


def test_a_header_without_rows_under_a_contract(prepare: Prepare, table: Table) -> None:
    path = table("x,y\n")
    columns = [{"name": "x", "type": "int"}, {"name": "y", "type": "int"}]
    contract = table(json.dumps({"columns": columns}), "contract.json")
    assert_refused(prepare(path, "--contract", contract), "the input has a header and no rows")


def test_a_directory_that_mixes_formats(prepare: Prepare, table: Table, tmp_path: Path) -> None:
    table("x,y\n1,2\n", "in/a.csv")
    table('{"x": 1, "y": 2}\n', "in/b.json")
    done = prepare(tmp_path / "in")
    assert_refused(done, tmp_path / "in", "mixes formats: csv (a.csv), json (b.json)")


@pytest.mark.parametrize(
    ("name", "head", "said"),
    [
        ("t.csv", b"\x1f\x8b\x08\x00", "is gzip-compressed; its name must end in .gz"),
        ("t.csv", b"\x28\xb5\x2f\xfd", "is zstd-compressed; its name must end in .zst"),
        ("t.csv", b"PAR1", "is a Parquet file"),
        ("t.csv", b"\xff\xfex\x00", "is UTF-16, not UTF-8"),
        ("t.json", b'{"x": "\xe9"}\n', "line 1: not UTF-8 (byte 0xe9); convert the file\n"),
        ("t.xlsx", b"PK\x03\x04", "is a zip archive"),
    ],
)
def test_a_file_that_is_not_what_its_name_says(
    prepare: Prepare, table: Table, name: str, head: bytes, said: str
) -> None:
    path = table(head + b"\x00" * 40, name)
    assert_refused(prepare(path), path, said)


def test_a_gzip_file_that_was_cut_off(
    prepare: Prepare, table: Table, clean_csv: str, tmp_path: Path
) -> None:
    table(clean_csv, "in/a.csv")
    cut = table(gzip.compress(clean_csv.encode())[:-40], "in/b.csv.gz")
    done = prepare(tmp_path / "in")
    assert_refused(done, "a compressed file ends too early; it was cut off", cut)


@pytest.mark.parametrize("job", ["prepare", "infer"])
def test_a_gzip_file_that_is_spoiled(
    command: Prepare, table: Table, tmp_path: Path, job: str
) -> None:
    """Its header is whole; zlib says "invalid code lengths set" of what follows."""
    header = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    path = table(header + b"D \x82<\xfd\xe6\xf1\xc2k0\xf9\x0e" * 9, "t.csv.gz")
    output = [tmp_path / "out"] if job == "prepare" else []
    done = command(job, path, *output, "--target", "y")
    assert done.code == 2
    assert f"error: a compressed file is damaged: file:{path}" in done.err


@pytest.mark.slow
def test_no_stack_trace_in_what_spark_submit_prints(
    submit: Callable[..., subprocess.CompletedProcess[str]], clean_csv: str, tmp_path: Path
) -> None:
    """A process of its own: the JVM writes to its own stderr, which no capture in here sees."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text(clean_csv)
    (tmp_path / "in" / "b.csv.gz").write_bytes(gzip.compress(clean_csv.encode())[:-40])
    done = submit("prepare", tmp_path / "in", tmp_path / "out", "--target", "y")
    assert done.returncode == 2
    assert "b.csv.gz" in done.stderr
    assert "error: " in done.stderr
    assert "Exception" not in done.stdout + done.stderr
    assert "\tat " not in done.stdout + done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("output", ["plain/out", "plain"])
def test_an_output_that_cannot_be_written(
    prepare: Prepare, table: Table, clean_csv: str, tmp_path: Path, output: str
) -> None:
    path = table(clean_csv)
    (tmp_path / "plain").write_text("a regular file")
    done = prepare(path, output=output)
    assert done.code == 2
    assert f"file:{tmp_path / output}" in done.err
    assert "java." not in done.err
    assert (tmp_path / "plain").read_text() == "a regular file"


@pytest.mark.parametrize("output", ["in/out", "in", "in/../in/deeper/out"])
def test_an_output_inside_the_input(
    prepare: Prepare, table: Table, clean_csv: str, tmp_path: Path, output: str
) -> None:
    table(clean_csv, "in/a.csv")
    done = prepare(tmp_path / "in", output=output)
    assert done.code == 2
    assert "lies inside the input" in done.err
    assert str(tmp_path / output) in done.err
    assert sorted(os.listdir(tmp_path / "in")) == ["a.csv"]


@pytest.mark.parametrize("source", ["out/raw", "out/raw/a.csv", "out/raw/*.csv"])
def test_an_input_inside_the_output(
    prepare: Prepare, table: Table, clean_csv: str, tmp_path: Path, source: str
) -> None:
    table(clean_csv, "out/raw/a.csv")
    done = prepare(tmp_path / source)
    assert done.code == 2
    assert f"the input {tmp_path / source} lies inside the output {tmp_path / 'out'}" in done.err
    assert tree(tmp_path / "out") == {"raw/a.csv": clean_csv.encode()}


@pytest.mark.parametrize("mine", ["train/mine.csv", "test/deep/mine.csv", "quarantine/mine.json"])
def test_an_output_that_holds_files_of_somebody_else(
    prepare: Prepare, table: Table, clean_csv: str, tmp_path: Path, mine: str
) -> None:
    path = table(clean_csv)
    table("precious", f"out/{mine}")
    done = prepare(path)
    assert done.code == 2
    assert f"already holds {mine}, which prepare did not write" in done.err
    assert tree(tmp_path / "out") == {mine: b"precious"}


@pytest.mark.parametrize("text", ['{"name": "webpack"}', "[1]", "not json", '{"files": 3}'])
def test_an_output_with_a_manifest_of_somebody_else(
    prepare: Prepare, table: Table, clean_csv: str, tmp_path: Path, text: str
) -> None:
    path = table(clean_csv)
    table(text, "out/manifest.json")
    done = prepare(path)
    assert done.code == 2
    assert "out/manifest.json was not written by prepare" in done.err
    assert tree(tmp_path / "out") == {"manifest.json": text.encode()}
