"""What Sail cannot read as Spark does ends on Spark, with a notice and the same result."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from twins import WITH_NULLS, assert_equal, write_files

from jobs import prepare
from jobs.config import PrepareConfig
from jobs.engine import Engine, on_engine
from jobs.engine_choice import Choice
from jobs.errors import describe
from schemas.errors import InputError

FALLBACKS = {
    "a NUL": ("7,5,\x00,2013-01-01,900,1\n", "rows that break the contract"),
    "two NULs": ("7,5,\x00b\x00,2013-01-01,900,1\n", "rows that break the contract"),
    "a quote": ('7,5,"b",2013-01-01,900,1\n', "CSV with quotes"),
    "a ragged line": ("7,5,b\n", "."),
    "a bad cell": ("7,five,b,2013-01-01,900,1\n", "."),
    "a bad date": ("7,5,b,2013-02-30,900,1\n", "rows that break the contract"),
}


@pytest.mark.parametrize("name", FALLBACKS)
def test_what_sail_cannot_do_spark_does(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    line, why = FALLBACKS[name]
    # The line stands behind the first 64 kB, where the lines' dialect is looked at.
    text = WITH_NULLS + 12 * WITH_NULLS[WITH_NULLS.index("\n") + 1 :] + line
    (tmp_path / "t.csv").write_text(text)
    check_fallback(spark, tmp_path, capsys, why)


def test_a_wrong_header_in_one_file_is_read_by_spark(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_files(tmp_path / "t.csv", WITH_NULLS, 3)
    path = tmp_path / "t.csv" / "sub1" / "part-1.csv"
    path.write_text(path.read_text().replace("x,n", "n,x"))
    config = PrepareConfig(str(tmp_path / "t.csv"), str(tmp_path / "out"), target="y")
    said = []
    for name in ("sail", "spark"):
        with pytest.raises(Exception, match="header") as raised:
            on_engine(Choice(name, ""), partial(run_on, config))
        said.append(describe(raised.value))
    assert said[0] == said[1]
    assert "engine sail gave up" in capsys.readouterr().err


def test_malformed_utf_8_near_the_start_is_the_users_to_mend(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t.csv").write_bytes(WITH_NULLS.encode() + b"7,5,\xff,2013-01-01,900,1\n")
    config = PrepareConfig(str(tmp_path / "t.csv"), str(tmp_path / "out"), target="y")
    with pytest.raises(InputError, match="line 302: not UTF-8"):
        on_engine(Choice("sail", ""), partial(run_on, config))
    assert "starting over" not in capsys.readouterr().err


def test_decimals_that_sail_rounds_twice_are_read_by_spark(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """907116.4250812675 as decimal(30,10) is another double there than in Spark."""
    cells = pa.array([Decimal("907116.4250812675")] * 60, pa.decimal128(30, 10))
    numbers = pa.array(range(60))
    pq.write_table(pa.table({"id": numbers, "m": cells, "y": numbers}), tmp_path / "t.parquet")
    config = PrepareConfig(str(tmp_path / "t.parquet"), str(tmp_path / "out"), target="y")
    on_engine(Choice("sail", ""), partial(run_on, config))
    assert re.search("sail gave up .*more than 15 digits", capsys.readouterr().err)
    assert pq.read_table(tmp_path / "out/train")["m"][0].as_py() == 907116.4250812675


def check_fallback(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str], why: str
) -> None:
    types = {"x": "double", "n": "int", "s": "string", "d": "date", "id": "int", "y": "int"}
    contract = {
        "contract_version": 1,
        "name": "t",
        "on_breach": "quarantine",
        "columns": [{"name": name, "type": type_} for name, type_ in types.items()],
    }
    (tmp_path / "c.json").write_text(json.dumps(contract))
    for name in ("spark", "sail"):
        config = PrepareConfig(
            str(tmp_path / "t.csv"),
            str(tmp_path / f"out_{name}"),
            target="y",
            contract=str(tmp_path / "c.json"),
        )
        on_engine(Choice(name, ""), partial(run_on, config))
    assert re.search(f"note: engine sail gave up .*{why}", capsys.readouterr().err)
    assert_equal(tmp_path / "out_sail", tmp_path / "out_spark")


def run_on(config: PrepareConfig, engine: Engine) -> prepare.Prepared:
    return prepare.run(engine, config)
