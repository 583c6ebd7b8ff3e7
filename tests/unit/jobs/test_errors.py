"""From an exception to an exit code and a paragraph: what Java and Python say, in words."""

from __future__ import annotations

import gzip
from pathlib import Path
from types import SimpleNamespace

import pytest
from py4j.protocol import Py4JNetworkError
from refusals import refused

from jobs.errors import (
    FAILED,
    WRONG_INPUT,
    ConflictError,
    UnsupportedError,
    describe,
    naming_damage,
)
from jobs.local_files import LocalFiles
from jobs.source import find_source
from schemas.errors import InputError
from transforms.values import MOST_LABEL_BYTES, TOO_LONG, is_too_long

HEADER = """java.lang.IllegalArgumentException: CSV header does not conform to the schema.
 Header: y, s, x
 Schema: x, s, y
Expected: x but found: y
CSV file: file:///in/b.csv"""
COUNT = """Number of column in CSV header is not equal to number of fields in the schema:
 Header length: 3, schema size: 4
CSV file: file:///in/b.csv"""
UNSEEN = "column 's' holds the label 'new\nb', unseen in training"
DAMAGED = "a compressed file is damaged"
CUT = "a compressed file ends too early; it was cut off"
NOT_PACKED = "a file is not compressed as its name says"
BAD_PAGE = "a Parquet file is damaged"
MERGED = "the Parquet files have different types in one column"
NOT_WHOLE = "a file that should be Parquet is not, or was cut off"
LIMIT = (
    "a line has more than 20,480 fields, which Spark's CSV reader does not take; "
    "take the line out, or use prepare-tabular"
)
CHOOSE = "; choose --unseen keep, separate or skip"
LATE = "the engine did not finish in time; raise --engine-timeout"
ENDED = "Java ended while the job was at work, most likely for lack of memory"
DIFFERS = "the header of one file differs from the others (file:///in/b.csv): it has "


@pytest.mark.parametrize(
    ("said", "code", "message"),
    [
        (HEADER, WRONG_INPUT, DIFFERS + "y, s, x; expected x, s, y, in this order"),
        (COUNT, WRONG_INPUT, DIFFERS + "3 columns, expected 4"),
        ("Unexpected end of input stream", WRONG_INPUT, CUT),
        ("incorrect header check, file: s3a://b/t.gz", WRONG_INPUT, NOT_PACKED + " (s3a://b/t.gz)"),
        ("zlib: invalid code lengths set", WRONG_INPUT, DAMAGED),
        ("java.io.IOException: CRC mismatch", WRONG_INPUT, DAMAGED),
        ("x is not a Parquet file. Expected magic", WRONG_INPUT, NOT_WHOLE),
        # The headers of Parquet's pages are Thrift's.
        ("parquet.org.apache.thrift.transport.TTransportException: x", WRONG_INPUT, BAD_PAGE),
        ("Fail to merge schema field", WRONG_INPUT, MERGED),
        ("Index 20480 out of bounds", WRONG_INPUT, LIMIT),
        (UNSEEN, WRONG_INPUT, UNSEEN + CHOOSE),
        ("column 's' holds a null", WRONG_INPUT, "column 's' holds a null" + CHOOSE),
        ("x: column 's'" + TOO_LONG, WRONG_INPUT, "column 's'" + TOO_LONG),
        ("gRPC: DEADLINE_EXCEEDED", FAILED, LATE),
        ("first\n\tat x\nCaused by: the cause\n\t... 9 more", FAILED, "RuntimeError: the cause"),
    ],
)  # fmt: skip
def test_what_an_engine_says_is_told_in_words(said: str, code: int, message: str) -> None:
    assert describe(RuntimeError(said)) == (code, message)


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (InputError("yours to mend"), WRONG_INPUT, "yours to mend"),
        (UnsupportedError("json"), WRONG_INPUT, "the engine cannot do this: json; --engine sp"),
        (ConflictError("another run published"), FAILED, "another run published"),
        (Py4JNetworkError("Answer from Java side is empty"), FAILED, ENDED),
        (ConnectionRefusedError(111, "Connection refused"), FAILED, ENDED),
        (ConnectionError("no server answers"), FAILED, "ConnectionError: no server answers"),
    ],
)  # fmt: skip
def test_what_python_raises_is_told_in_words(error: Exception, code: int, message: str) -> None:
    assert describe(error)[0] == code
    assert describe(error)[1].startswith(message)


def test_a_connection_that_java_could_not_make_is_not_the_end_of_java() -> None:
    said = "java.net.ConnectException: Call to namenode:8020 failed: Connection refused"
    cause = SimpleNamespace(toString=lambda: said, getCause=lambda: None)
    error = type("Py4JJavaError", (Exception,), {"__module__": "py4j.protocol"})("calling o1.x")
    error.java_exception = cause
    assert describe(error)[1].startswith("Py4JJavaError")


def test_damage_is_looked_for_in_every_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n")
    (tmp_path / "b.csv.gz").write_bytes(b"no gzip")
    source = find_source(LocalFiles(), str(tmp_path))

    def meets(error: Exception) -> None:
        with naming_damage(LocalFiles(), source):
            raise error

    refused(meets, f"^{DAMAGED}: file:.*/b.csv.gz", RuntimeError("invalid block type"))
    refused(
        meets,
        f"^somewhere in {tmp_path}, a line has more",
        RuntimeError("Index 20480 out of bounds"),
    )
    refused(meets, "^mine$", InputError("mine"))
    for other in (UnsupportedError("json"), ValueError("a bug")):
        with pytest.raises(type(other)):
            meets(other)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b"x\n1\n"))
    refused(meets, f"{DAMAGED}, somewhere in {tmp_path}", RuntimeError("invalid block type"))


def test_a_label_is_measured_in_bytes() -> None:
    assert not is_too_long("😀" * (MOST_LABEL_BYTES // 4))
    assert is_too_long("😀" * (MOST_LABEL_BYTES // 4) + "a")
    assert not is_too_long("a" * MOST_LABEL_BYTES)
