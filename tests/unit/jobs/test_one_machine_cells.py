"""Cells without Spark: texts of a type, lines that are cut into them, columns of Parquet."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from run_command import Run
from texts_of_types import BAD, GOOD

from jobs.errors import UnsupportedError
from jobs.prepare_tabular.cast import WRONG, caster
from jobs.prepare_tabular.cut import cut
from schemas.contract import CsvDialect

JOB = "prepare-tabular"
NOT_UTF8 = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff"]).buffers())
LONG_AGO = pa.array([-800_000], pa.int32()).cast(pa.date32())
PLAIN = {"id": list(range(60)), "y": [i % 7 for i in range(60)]}


@pytest.mark.parametrize("type_name", GOOD)
def test_a_text_is_a_value_where_spark_says_so(type_name: str) -> None:
    def value(text: str) -> Any:
        found = caster(type_name)(text)
        return found.timestamp() if isinstance(found, datetime) else found

    if type_name == "float":
        assert value("0.1") == pytest.approx(0.1, rel=1e-7)
    else:
        assert {text: value(text) for text in GOOD[type_name]} == GOOD[type_name]
    for text in BAD[type_name]:
        assert caster(type_name)(text) is WRONG, text


@pytest.mark.parametrize(
    ("type_name", "text"),
    [
        ("timestamp", "2013-01-01 10:00:00 Europe/Berlin"),
        ("timestamp", "0000-01-01"),
        ("timestamp", "0001-01-01 00:00:00+01:00"),
        ("date", "10000-01-01"),
        ("decimal(5,2)", "\u0663"),
    ],
)
def test_what_python_cannot_hold_is_left_to_spark(type_name: str, text: str) -> None:
    with pytest.raises(UnsupportedError, match="years|time zone|digits of"):
        caster(type_name)(text)


def test_timestamps_have_their_zone() -> None:
    found = caster("timestamp")("2013-01-01 12:00:00+02:00")
    assert found == datetime(2013, 1, 1, 10, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("a,b", ["a", "b"]),
        ('"a,b",c', ["a,b", "c"]),
        ('"say ""hi""",', ['say "hi"', ""]),
        ('5" pipe,x', ['5" pipe', "x"]),
    ],
)
def test_a_line_is_cut_at_delimiters_outside_quotes(line: str, cells: list[str]) -> None:
    assert cut(line, CsvDialect()) == cells
    with pytest.raises(UnsupportedError, match="text behind a closing quote"):
        cut('1,"a"b,2', CsvDialect())


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"s": NOT_UTF8}, "column 's' of Parquet: texts not UTF-8; use spark-submit"),
        ({"d": LONG_AGO}, "column 'd': years before 1 or beyond 9999; use spark-submit"),
        ({"x": pa.array([float("nan")])}, "column 'x' of Parquet that holds NaN beside null"),
        ({"m": pa.array([Decimal("1.5")], pa.decimal256(40, 2))}, "column 'm' is decimal256"),
    ],
)  # fmt: skip
def test_parquet_that_is_left_to_spark(
    refuses: Run, tmp_path: Path, columns: dict[str, Any], says: str
) -> None:
    pq.write_table(pa.table({**columns, "y": [1]}), tmp_path / "t.parquet")
    refuses(tmp_path / "t.parquet", job=JOB, says=says)
    twice = pa.Table.from_arrays([pa.array([1])] * 3, ["x", "x", "y"])
    pq.write_table(twice, tmp_path / "t.parquet")
    refuses(
        tmp_path / "t.parquet", job=JOB, says=("t.parquet cannot be used", "'x' stands 2 times")
    )


@pytest.mark.parametrize("kind", [pa.int32(), pa.decimal128(7, 2)], ids=str)
def test_whole_numbers_beyond_the_type_of_training_are_refused(
    prepare: Run, refuses: Run, tmp_path: Path, kind: pa.DataType
) -> None:
    def file(cells: pa.Array) -> Path:
        pq.write_table(pa.table({"x": cells, **PLAIN}), tmp_path / "t.parquet")
        return tmp_path / "t.parquet"

    wrap = Decimal if pa.types.is_decimal(kind) else int
    trained = prepare(
        file(pa.array([wrap(i) for i in PLAIN["id"]], kind)), output="trained", job=JOB
    ).output
    learned = ("--preprocessor", trained / "preprocessor.json")
    prepare(file(pa.array([99_000 + i for i in PLAIN["id"]])), *learned, output="fits", job=JOB)
    beyond = file(pa.array([2**40 + i for i in PLAIN["id"]]))
    refuses(
        beyond,
        *learned,
        job=JOB,
        target=None,
        says=("column 'x' holds numbers that are no ", "fit again"),
    )
