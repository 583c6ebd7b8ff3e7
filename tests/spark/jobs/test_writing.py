"""How the published files are written: CSV that reads back, Parquet packed as asked."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from run_command import Done, Run
from twins import CODECS

from jobs.config import PrepareConfig
from jobs.engine import spark_engine
from jobs.publish.layout import SPLIT_COLUMN
from jobs.publish.spark_output import Output

Table = Callable[..., Path]
FORMULAS = ["=cmd|' /C calc'!A1", "+1", "plain", "-2", "@x"]


def csv_rows(done: Done) -> dict[str, dict[str, str]]:
    found = {}
    for entry in done.manifest["files"]:
        if entry["split"]:
            with (done.output / entry["path"]).open(newline="") as part:
                found.update({row["id"]: row for row in csv.DictReader(part)})
    return found


def test_csv_tells_null_from_empty_and_keeps_blanks(prepare: Run, table: Table) -> None:
    texts = ("plain", "", 'say "hi", now', "two\nlines", " pad ", None)
    rows = [{"id": i, " s ": texts[i % 6], "y": i % 7} for i in range(60)]
    kept = {"name": " s ", "type": "string", "treat": "keep"}
    columns = [{"name": "id", "type": "int"}, kept, {"name": "y", "type": "int"}]
    contract = table(json.dumps({"columns": columns, "null_tokens": []}), "c.json")
    source = table("".join(json.dumps(row) + "\n" for row in rows), "t.jsonl")
    options = ("--key", "id", "--format", "csv", "--fill", "none", "--contract", contract)
    done = prepare(source, *options)
    found = csv_rows(done)
    assert [found[str(i)][" s "] for i in range(60)] == [texts[i % 6] or "" for i in range(60)]
    lines = [path.read_text() for path in done.output.glob("*/part-*.csv")]
    assert {text.splitlines()[0] for text in lines} == {"id, s ,y"}
    assert {'1,"",1', "5,,5"} <= set("".join(lines).splitlines())  # an empty text, and null


def test_formulas_are_escaped_on_request(prepare: Run, table: Table) -> None:
    rows = "".join(f'{i},"{FORMULAS[i % 5]}",{i}\n' for i in range(60))
    options = ("--key", "=n,id", "--format", "csv", "--escape-formulas")
    found = csv_rows(prepare(table("id,=n,y\n" + rows), *options))
    escaped = {"plain" if cell == "plain" else f"'{cell}" for cell in FORMULAS}
    assert {row["'=n"] for row in found.values()} == escaped


@pytest.mark.parametrize(("asked", "codec", "ending"), CODECS)
def test_parquet_is_packed_as_asked(
    spark: SparkSession, tmp_path: Path, asked: str | None, codec: str, ending: str
) -> None:
    config = PrepareConfig("in", str(tmp_path / "out"), compression=asked)
    output = Output(spark_engine(spark), config.output, "20130101T000000Z-0123abcd")
    df = spark.range(9).selectExpr("id", f"'train' as {SPLIT_COLUMN}").coalesce(1)
    assert output.stage(df, "parquet", config.codec) == {"train": 9}
    ((path, published),) = output.staged_files(config.ending).items()
    assert published.path == f"train/part-00000-{output.run_id}.{ending}"
    footer = pq.ParquetFile(path.removeprefix("file:")).metadata
    assert footer.row_group(0).column(0).compression == codec
