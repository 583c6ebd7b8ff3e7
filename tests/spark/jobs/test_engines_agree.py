"""One table, three engines: the same rows, splits, numbers and bytes. More: tests/nightly/jobs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from run_command import Run
from twins import assert_equal, contract_of_every_type, csv_of_every_type, parquet_of_every_type

Table = Callable[..., Path]


@pytest.mark.parametrize("engine", ["sail", "one machine"])
def test_every_type_null_and_odd_value_is_published_bit_for_bit(
    publish: Run, tmp_path: Path, engine: str
) -> None:
    source = tmp_path / "t.parquet"
    # One machine's frames do not tell NaN from null.
    pq.write_table(parquet_of_every_type(nan=engine == "sail"), source, row_group_size=100)
    options = ("--unseen", "separate", "--min-frequency", "40")
    spark = publish("spark", source, *options)
    assert_equal(publish(engine, source, *options).output, spark.output)
    assert sum(spark.manifest["rows"]["published"].values()) == 300


def test_every_odd_text_and_bad_row_of_csv_is_published_bit_for_bit(
    publish: Run, table: Table, tmp_path: Path
) -> None:
    """In a second file too, whose bytes that are not UTF-8 make bad rows and no refusal."""
    contract = table(json.dumps(contract_of_every_type()), "contract.json")
    first, second = csv_of_every_type()
    table(first, "in/a.csv")
    table(second, "in/b.csv")
    options = ("--contract", contract, "--scale")
    spark = publish("spark", tmp_path / "in", *options)
    alone = publish("one machine", tmp_path / "in", *options)
    assert_equal(alone.output, spark.output)
    rows = spark.manifest["rows"]
    assert (rows["read"], sum(rows["quarantined"].values())) == (406, 6)
