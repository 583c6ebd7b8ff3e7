"""Lines cut at the delimiter are what Spark's CSV parser reads, or are known not to be."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py4j.protocol import Py4JError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from run_command import Run

from jobs.config import PrepareConfig
from jobs.engine import Engine, spark_engine
from jobs.lines import BLANK, HEADER
from jobs.rows import lines_hold
from jobs.task import Task, open_task
from schemas.screen import FLAW
from transforms.counts import Tally

pytestmark = pytest.mark.spark_only
COLUMNS = [
    {"name": "n", "type": "int"},
    {"name": "x", "type": "double"},
    {"name": "s", "type": "string"},
    {"name": "k", "type": "string"},
    {"name": "y", "type": "string", "nullable": False},
]
NAMES = [str(column["name"]) for column in COLUMNS]
GOOD = [["1", " 2 ", "", "NA"], ["0.5", "1e3", ""], ["a", "é", " b", "", "\u2028", "\\"]]
GOOD += [["", "?"], ["p", "q", "NA "]]
ODD = [b"", b" ", b"1.5", b"1d", b"a\x00", b"\x00", b"\xef\xbb\xbf", b"s", b"'#", b"\xff", b"\xc3"]
# Blank to Spark's reader; a line of tabs is one of empty cells to whoever cuts at tabs.
BLANKS = [b"", b" ", b"\t", b" \x00\t ", b"\t\t\t\t"]
Files = dict[str, bytes]


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, Files]:
    """Draw a delimiter and one to three CSV files without quotes."""
    mark = draw(st.sampled_from([",", "|", ";", "\t", "^", " "]))
    end = draw(st.sampled_from([b"\n", b"\r\n", b"\r"]))
    header = mark.join(NAMES).encode()
    files = {}
    for number in range(draw(st.integers(1, 3))):
        top = draw(st.sampled_from([header] * 8 + [mark.join(NAMES[::-1]).encode()]))
        if number == 0:
            top = header
        lines = [top]
        for kind in draw(st.lists(st.integers(0, 11), min_size=3, max_size=15)):
            cells = [draw(st.sampled_from(good)).encode() for good in GOOD]
            if kind > 8:
                # Of the first file's head, what is not UTF-8 is refused before any row is read.
                odd = ODD if number else ODD[:-2]
                cells[draw(st.integers(0, 4))] = draw(st.sampled_from(odd))
            if kind == 8:
                cells = (cells * 2)[: draw(st.integers(1, 9))]
            blank = draw(st.sampled_from(BLANKS)) if kind == 7 else None
            lines.append(mark.encode().join(cells) if blank is None else blank)
        if draw(st.integers(0, 9)) == 0:
            lines.insert(draw(st.integers(1, len(lines))), header)
        if number and draw(st.booleans()):
            lines.insert(0, b"")
        bom = draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"]))
        text = bom + end.join(lines) + draw(st.sampled_from([b"", end]))
        packed = draw(st.booleans())
        files[f"{number}.csv" + ".gz" * packed] = gzip.compress(text) if packed else text
    return mark, files


def open_files(
    engine: Engine, home: Path, files: Files, mark: str = ",", *, treat: str = "keep"
) -> Task:
    (home / "in").mkdir()
    for name, content in files.items():
        (home / "in" / name).write_bytes(content)
    columns = [{**c, "treat": treat} if c["name"] == "k" else c for c in COLUMNS]
    contract = {"columns": columns, "csv": {"delimiter": mark}, "null_tokens": ["", "NA"]}
    (home / "contract.json").write_text(json.dumps(contract))
    paths = {"input": "in", "output": "out", "contract": "contract.json"}
    config = PrepareConfig(target="y", **{k: str(home / v) for k, v in paths.items()})
    return open_task(engine, config)


def found_by(df: DataFrame) -> tuple[Counter[tuple[Any, ...]], dict[str, int]]:
    """Give the rows that are data, bad ones as (), and how many rows have which flaw."""
    cells = [F.col(name).cast("string") for name in df.columns[:-1]]
    rows = df.select(*cells, FLAW).collect()
    flaws = Counter(row[FLAW] for row in rows if row[FLAW] is not None)
    data = [row for row in rows if not (row[FLAW] or "").startswith((HEADER, BLANK))]
    return Counter(() if row[FLAW] else tuple(row) for row in data), dict(flaws)


def check_same(engine: Engine, task: Task) -> bool:
    """Hold lines against the parser; tell whether the lines held."""
    assert task.table.header_line is not None
    cut, flaws = found_by(task.table.screen(engine, lines=True))
    holds = lines_hold(task, Tally({}, flaws, {}), engine)
    if holds:
        parsed, _ = found_by(task.table.screen(engine))
        assert cut == parsed
        unchecked, _ = found_by(task.table.screen(engine, lines=True, check=False))
        assert not {row: n for row, n in cut.items() if row and unchecked[row] < n}
    return holds


@settings(max_examples=8)
@given(tables())
def test_lines_are_read_as_the_parser_reads_them(
    spark: SparkSession, drawn: tuple[str, Files]
) -> None:
    mark, files = drawn
    engine = spark_engine(spark)
    with tempfile.TemporaryDirectory() as home:
        check_same(engine, open_files(engine, Path(home), files, mark))


HEAD, ROW = b"n,x,s,k,y\n", b"1,0.5,a,,p\n"
TURNED, TURNED_ROW = b"y,x,s,k,n\n", b"7,0.5,a,,3\n"
CASES: list[tuple[str, Files, bool]] = [
    ("plain", {"a.csv": HEAD + ROW}, True),
    ("several, one packed", {"a.csv": HEAD + ROW, "b.csv.gz": gzip.compress(HEAD + ROW)}, True),
    ("marks of byte order", {"a.csv": b"\xef\xbb\xbf" + HEAD + ROW, "b.csv": HEAD + ROW}, True),
    ("blank lines", {"a.csv": HEAD + b"\n  \n" + ROW, "b.csv": b"\n \n" + HEAD + ROW}, True),
    ("ragged lines", {"a.csv": HEAD + ROW + b"1\n1,2,3\n" + b"1,2,3,4,5,6\n"}, True),
    ("not UTF-8", {"a.csv": HEAD + ROW, "b.csv": HEAD + b"1,1,\xff,,p\n1,1,a,\xff,p\n"}, True),
    ("the header among the rows", {"a.csv": HEAD + ROW + HEAD + ROW}, False),
    ("another header", {"a.csv": HEAD + ROW, "b.csv": TURNED + TURNED_ROW}, False),
    ("twice, and another", {"a.csv": HEAD + HEAD + ROW, "b.csv": TURNED + TURNED_ROW}, False),
    ("a quote", {"a.csv": HEAD + ROW * 7000 + b'1,1,"a,b",,p\n'}, False),
]


@pytest.mark.parametrize(("files", "holds"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_lines_hold(spark: SparkSession, tmp_path: Path, files: Files, holds: bool) -> None:
    engine = spark_engine(spark)
    assert check_same(engine, open_files(engine, tmp_path, files)) == holds


def test_a_long_line_where_a_column_is_left_out(spark: SparkSession, tmp_path: Path) -> None:
    engine = spark_engine(spark)
    files = {"a.csv": HEAD + ROW + b"1,2,3,4,5,6\n"}
    assert check_same(engine, open_files(engine, tmp_path, files, treat="leave_out"))


@pytest.mark.parametrize("first", [HEAD, HEAD + HEAD], ids=["once", "twice"])
def test_another_header_is_never_read_by_position(
    spark: SparkSession, tmp_path: Path, refuses: Run, first: bytes
) -> None:
    files = {"a.csv": first + ROW * 40, "b.csv": TURNED + TURNED_ROW * 40}
    task = open_files(spark_engine(spark), tmp_path, files)
    with pytest.raises(Py4JError, match="CSV header"):
        task.table.screen(spark_engine(spark)).collect()
    given = ("--contract", tmp_path / "contract.json")
    refuses(tmp_path / "in", *given, says="the header of one file differs from the others")
