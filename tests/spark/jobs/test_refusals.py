"""What shows only while Spark reads or writes: exit code 2, no trace, nothing written."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from refusals import refused
from run_command import Run

from jobs.errors import MOST_CHARACTERS
from jobs.hadoop_files import HadoopFiles
from jobs.source import find_source

Table = Callable[..., Path]
CUT = "a compressed file ends too early; it was cut off"
DIFFERS = "the header of one file differs from the others (file://{}/b.csv)"
MANY = "somewhere in {}, a line has more than 20,480 fields"
LONG = "somewhere in {}, a field has more than 10,000,000 characters"

# Rows whose validation, with --key id and seed 42, holds labels alone that train does not have.
EMPTIED = [f"{{i}},{'new' if i in (18, 20, 25, 27, 44, 57) else 'a'},1" for i in range(60)]


@pytest.mark.parametrize(
    ("second", "name", "says"),
    [
        ("y,s,x,id\n1,a,0.5,7\n", "b.csv", (DIFFERS, "it has y, s, x, id; expected id, x, s, y")),
        ("id,x,s\n7,0.5,a\n", "b.csv", (DIFFERS, "it has 3 columns, expected 4")),
        ("id,x,s,y\n" + "," * 20_480, "b.csv", (MANY, "or use prepare-tabular")),
        (f'id,x,s,y\n9,1.5,"{"a" * (MOST_CHARACTERS + 1)}",1', "b.csv", (LONG,)),
        (
            "id,x,s,y\n" * 99,
            "b.csv.gz",
            ("a file is not compressed as its name says: file:{}/b.c",),
        ),
    ],
    ids=["names", "count", "fields", "characters", "no gzip"],
)
def test_a_file_beside_a_good_one_that_spark_cannot_read(
    refuses: Run, table: Table, clean_csv: str, second: str, name: str, says: tuple[str, ...]
) -> None:
    path = table(clean_csv, "in/a.csv").parent
    table(second, f"in/{name}")
    refuses(path, says=tuple(words.format(path) for words in says))


def test_damage_is_named_whatever_a_cluster_is_told_to_pass_over(
    refuses: Run, table: Table, clean_csv: str, spark: SparkSession
) -> None:
    table(clean_csv, "in/a.csv")
    path = table(gzip.compress(clean_csv.encode())[:-40], "in/b.csv.gz")
    spark.conf.set("spark.sql.files.ignoreCorruptFiles", "true")
    refuses(path.parent, says=(CUT, path))


def test_a_damaged_parquet_page_is_named(refuses: Run, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": list(range(99)), "y": list(range(99))}), path)
    data = path.read_bytes()
    path.write_bytes(data[:60] + b"\x00" * 60 + data[120:])
    refuses(path, says=(path, "Parquet"))


def test_parquet_that_does_not_fit_its_contract_or_other_files(
    refuses: Run, table: Table, tmp_path: Path
) -> None:
    pq.write_table(pa.table({"x": [1, 2], "y": [1, 2]}), tmp_path / "t.parquet")
    columns = [{"name": "x", "type": "string"}, {"name": "y", "type": "bigint"}]
    contract = table(json.dumps({"name": "orders", "columns": columns}), "c.json")
    words = ("t.parquet does not fit contract 'orders'", "column 'x' is bigint in the input")
    refuses(tmp_path / "t.parquet", "--contract", contract, says=words)
    pq.write_table(pa.table({"x": ["1"], "y": [1]}), tmp_path / "u.parquet")
    words = ("u.parquet has other columns than", "t.parquet: they differ in 'x'")
    refuses(tmp_path / "*.parquet", says=words)


@pytest.mark.parametrize("path", ["foo://bucket/t.csv", "http://localhost:1/t.csv"])
def test_a_file_system_that_hadoop_cannot_reach(spark: SparkSession, path: str) -> None:
    refused(find_source, f"^cannot read {path}: .", HadoopFiles(spark), path)


@pytest.mark.parametrize(
    ("rows", "options", "says"),
    [
        (["{i},,{i}"], "", "every column is null in every training row: s"),
        (["{i},a,"], "", "the target 'y' is null in all 60 rows that keep the contract"),
        (
            ["{i},a,1", "{i},b,1"],
            "--unseen error --max-labels 1",
            "'s' has labels without an index",
        ),
        (EMPTIED, "--unseen skip", "validation got no rows (54 rows in all; 6 left out: an unseen"),
        (
            ["{i},a,1"],
            "--format delta",
            "Delta needs its jars: spark-submit --packages io.delta:de",
        ),
    ],
    ids=["nulls", "no target", "unseen", "skipped", "delta"],
)
def test_a_table_that_comes_to_nothing(
    refuses: Run, table: Table, rows: list[str], options: str, says: str
) -> None:
    text = "".join(rows[i % len(rows)].format(i=i) + "\n" for i in range(60))
    refuses(table("id,s,y\n" + text), "--key", "id", *options.split(), says=says)


def test_a_text_too_long_for_a_label_is_refused(refuses: Run, table: Table, clean_csv: str) -> None:
    path = table(f"{clean_csv}900,1.5,{'é' * 500_001},1\n")
    says = "column 's' holds a text of more than 1,000,000 bytes, too long for a label; leave the"
    refuses(path, says=says)


def test_an_earlier_result_survives_every_stage_of_failure(
    command: Run, prepare: Run, table: Table, clean_csv: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = table(clean_csv)
    first = prepare(path, "--key", "id")
    before = {p: p.read_bytes() for p in first.output.rglob("*") if p.is_file()}
    strict = json.loads((first.output / "preprocessor.json").read_text())
    strict["columns"][2].update(labels=["a", "b"], unseen="error")
    preprocessor = table(json.dumps(strict), "strict.json")
    staged = "jobs.prepare.check_unchanged"

    def changed(*_: Any) -> None:
        monkeypatch.undo()
        table(clean_csv.replace("0.5,", "9.75,"))
        from jobs.task import check_unchanged

        check_unchanged(*_)

    failures = [
        (("--key", "nobody"), "key 'nobody' is not a column"),
        (("--weights", "0.9998,0.0001,0.0001"), "validation and test got no rows (60 rows in all)"),
        (("--preprocessor", preprocessor), "column 's' holds the label 'c', unseen in training"),
        (("--seed", "7"), "the input changed while it was read: 1 files, such as file:"),
    ]
    for options, says in failures:
        if says.startswith("the input"):
            monkeypatch.setattr(staged, changed)
        done = command("prepare", path, first.output, "--target", "y", *options)
        assert (done.code, done.out) == (2, "")
        assert says in done.err
        assert not any(trace in done.err for trace in ("Traceback", "\tat ", "java.", "Py4J"))
        assert {p: p.read_bytes() for p in first.output.rglob("*") if p.is_file()} == before
