"""Texts are values of a type, and lines are cut, exactly as Spark does it."""

from __future__ import annotations

import random
import re
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from run_command import Run

from jobs.errors import UnsupportedError
from jobs.prepare_tabular.cast import WRONG, caster
from jobs.prepare_tabular.cut import cut
from schemas.conform import typed, wrong_text
from schemas.contract import CsvDialect

NUMBERS = "0 1 9 00 + - . e E , _ \t \x00 \x7f d f x NaN inf 1e5 128 32768 e308 e-400 ٣ 2147483648"
STARTS = ("", "2013-01-01", " 2013-01-31", "2013-01-01 10", "2013-01-01T1:09", "2013-01-01 10:59:9")
TIMES = (
    "2013-01-01 2013-02-30 0101-12-31 201-1-1 2013-1-01 T Z z : 10 9 24 60 59 :00 .5 .1234567 + - "
    "+02:00 -1:30 +0130 +18:01 +2 UTC \t x . \x00 05"
)
WORDS = "t TRUE yes n No f 0 1 a \t \x00 \ufffd ſ"
ALPHABETS = {
    **dict.fromkeys(("tinyint", "smallint", "int", "bigint", "float", "double"), NUMBERS),
    # Java takes minutes for a decimal of a large exponent.
    **dict.fromkeys(("decimal(5,2)", "decimal(38,30)"), "0 1 9 00 + - . e1 E-2 , \t \x00 \x7f d"),
    **dict.fromkeys(("date", "timestamp"), TIMES),
    **dict.fromkeys(("boolean", "string"), WORDS),
}  # fmt: skip
LONG = re.split(
    " ",
    "16777217.0000000001 16777217 33554434.9999999999999 1.00000017881393432617187499 "
    "1.00000017881393421514957253748434 7.0064923216240853546186479164495807e-46 1e-45 "
    "3.4028235677973366e38 1.005 -0.004 99.995 999.995 5e-31 4.9e-31 -9223372036854775808 "
    "9223372036854775807 1e400 1e-400 123456789012345678901234567890123456789",
)
LONG += ["9" * 5000, "0" * 5000 + "7", "1." + "0" * 800 + "1"]


def random_texts(alphabet: str, count: int, most: int) -> list[str]:
    draw = random.Random(7)
    parts = [*re.split(" ", alphabet), " "]
    starts = STARTS if alphabet is TIMES else ("",)
    texts = {
        draw.choice(starts) + "".join(draw.choices(parts, k=draw.randint(0, most)))
        for _ in range(count)
    }
    return sorted(texts) + LONG


def ours(text: str, type_name: str) -> Any:
    """Give a value as Spark's side of the test writes it; "unsure" where the table is refused."""
    try:
        value = caster(type_name)(text)
    except UnsupportedError:
        return "unsure"
    if value is WRONG:
        return None
    if type_name == "timestamp":
        return (value - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)
    if type_name in ("float", "double"):
        return np.float32(value).tobytes() if type_name == "float" else value.hex()
    return str(value).lower() if type_name == "boolean" else str(value)


def sparks(value: Any, type_name: str) -> Any:
    if value is None or type_name == "timestamp":
        return value
    if type_name in ("float", "double"):
        return np.float32(value).tobytes() if type_name == "float" else value.hex()
    return str(value)


@pytest.mark.parametrize("type_name", ALPHABETS)
def test_a_text_is_a_value_where_spark_says_so(spark: SparkSession, type_name: str) -> None:
    texts = random_texts(ALPHABETS[type_name], 3000, 4)
    value = typed(F.col("cell"), type_name, True)
    good = F.when(~wrong_text(F.col("cell"), value, type_name), value)
    if type_name == "timestamp":
        good = F.unix_micros(good)
    elif type_name not in ("float", "double"):
        good = good.cast("string")
    rows = spark.createDataFrame([(text,) for text in texts], "cell string").select("cell", good)
    differ, known = [], 0
    for text, expected in rows.collect():
        found = ours(text, type_name)
        known += found not in (None, "unsure")
        if found not in (sparks(expected, type_name), "unsure"):
            differ.append((text[:80], found, sparks(expected, type_name)))
    assert differ == []
    assert known > 5


@pytest.mark.parametrize("escape", ['"', "\\"])
def test_lines_are_cut_as_spark_cuts_them(spark: SparkSession, tmp_path: Path, escape: str) -> None:
    draw = random.Random(5)
    lines = ["".join(draw.choices('a"" ,,b\\\t', k=draw.randint(3, 12))) for _ in range(4000)]
    lines = [line for line in lines if line.strip()]
    path = tmp_path / "lines.csv"
    path.write_text("\n".join(["a,b,c", *lines]) + "\n")
    fields = [T.StructField(name, T.StringType()) for name in ("a", "b", "c", "raw")]
    reader = spark.read.schema(T.StructType(fields)).option("columnNameOfCorruptRecord", "raw")
    df = reader.csv(str(path), header=True, escape=escape, enforceSchema=False)
    dialect = CsvDialect(escape=escape)
    refused = 0
    for line, row in zip(lines, df.collect()):
        try:
            cells: list[Any] = cut(line, dialect)
        except UnsupportedError:
            refused += 1
            continue
        first = [cell or None for cell in [*cells, None, None][:3]]
        assert (line, first) == (line, list(row)[:3])
        assert (line, len(cells) != 3) == (line, row["raw"] is not None)
    assert refused < len(lines) / 3


def test_the_time_for_columns_grows_in_a_straight_line(command: Run, tmp_path: Path) -> None:
    """20,000 columns took four minutes: each was taken out of a frame with all the others."""

    def seconds(columns: int) -> float:
        names = ",".join(f"c{i}" for i in range(columns))
        rows = "".join(",".join("1" * columns) + f",{y % 5}\n" for y in range(3))
        (tmp_path / "t.csv").write_text(f"{names},y\n{rows}")
        began = time.process_time()
        done = command("prepare-tabular", tmp_path / "t.csv", tmp_path / "out", "--target", "y")
        assert "got no rows" in done.err  # three rows are too few, which shows at the end
        return time.process_time() - began

    seconds(10)
    assert seconds(8000) < 9 * seconds(2000)
