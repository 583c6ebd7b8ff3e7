"""--compression: what Parquet files are packed with, on every writer, under the same names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from refusals import assert_refused

from jobs.config import PrepareConfig
from jobs.processing_job import processing_job
from schemas.errors import InputProblemsError

Command = Callable[..., Any]
Table = Callable[..., Path]
# As asked for, as a Parquet footer says it, and as the files' names say it.
CODECS = [
    (None, "SNAPPY", ".snappy.parquet"),
    ("snappy", "SNAPPY", ".snappy.parquet"),
    ("zstd", "ZSTD", ".zstd.parquet"),
    ("gzip", "GZIP", ".gz.parquet"),
    ("none", "UNCOMPRESSED", ".parquet"),
]
SAILS = pytest.param("prepare", ("--engine", "sail"), marks=pytest.mark.slow, id="sail")


def codecs_of(output: Path) -> set[tuple[str, str]]:
    """Collect the codecs in the footers, and the ends of the names that the manifest lists."""
    found = set()
    for entry in json.loads((output / "manifest.json").read_text())["files"]:
        if entry["split"] in ("train", "validation", "test"):
            row_group = pq.ParquetFile(output / entry["path"]).metadata.row_group(0)
            ending = entry["path"].partition(".")[2]
            found.add((row_group.column(0).compression, f".{ending}"))
    return found


@pytest.mark.parametrize(
    ("job", "options"),
    [
        pytest.param("prepare", (), id="spark"),
        pytest.param("prepare-tabular", ("--format", "parquet"), id="tabular"),
        SAILS,
    ],
)
@pytest.mark.parametrize(("asked", "codec", "ending"), CODECS)
def test_parquet_is_packed_as_asked(
    command: Command,
    table: Table,
    clean_csv: str,
    tmp_path: Path,
    job: str,
    options: tuple[str, ...],
    asked: str | None,
    codec: str,
    ending: str,
) -> None:
    given = ("--compression", asked) if asked else ()
    done = command(job, table(clean_csv), tmp_path / "out", "--target", "y", *options, *given)
    assert done.code == 0, done.err
    assert codecs_of(tmp_path / "out") == {(codec, ending)}
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["compression"] == (asked or "snappy")


@pytest.mark.parametrize("ending", ["zstd", "gz"])
def test_a_run_replaces_files_of_another_compression(
    command: Command, table: Table, clean_csv: str, tmp_path: Path, ending: str
) -> None:
    source = table(clean_csv)
    for asked in ({"zstd": "zstd", "gz": "gzip"}[ending], "snappy"):
        done = command("prepare", source, tmp_path / "out", "--target", "y", "--compression", asked)
        assert done.code == 0, done.err
    assert not list((tmp_path / "out").rglob(f"*.{ending}.parquet"))
    assert done.rows() == 60


@pytest.mark.parametrize(
    ("job", "options"), [("prepare", ("--format", "csv")), ("prepare-tabular", ())]
)
def test_csv_has_no_compression(
    command: Command, table: Table, clean_csv: str, tmp_path: Path, job: str, options: Any
) -> None:
    given = ("--target", "y", *options, "--compression", "zstd")
    done = command(job, table(clean_csv), tmp_path / "out", *given)
    assert done.code == 2
    assert "compression zstd is one of Parquet's, the format is csv" in done.err
    assert not (tmp_path / "out").exists()


def test_an_unknown_compression(command: Command, table: Table, tmp_path: Path) -> None:
    done = command("prepare", table("y\n1\n"), tmp_path / "out", "--compression", "lzo")
    assert_refused(done, "invalid choice: 'lzo'", "zstd")
    with pytest.raises(InputProblemsError, match="compression 'lzo' is none of snappy, zstd"):
        PrepareConfig("in", "out", compression="lzo")


def test_the_manifest_names_the_processing_job(
    command: Command,
    table: Table,
    clean_csv: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = tmp_path / "ml" / "config" / "processingjobconfig.json"
    config.parent.mkdir(parents=True)
    config.write_text('{"ProcessingJobName": "flights-prepare-1"}')
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path / "ml"))
    done = command("prepare-tabular", table(clean_csv), tmp_path / "out", "--target", "y")
    assert done.code == 0, done.err
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["processing_job"] == "flights-prepare-1"


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", '{"ProcessingJobName": 7}', None])
def test_elsewhere_there_is_no_processing_job(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    if text is not None:
        (tmp_path / "config").mkdir()
        (tmp_path / "config" / "processingjobconfig.json").write_text(text)
    assert processing_job() is None
