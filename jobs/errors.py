"""From an exception to an exit code and one readable paragraph."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from schemas.errors import InputError
from transforms.values import TOO_LONG

if TYPE_CHECKING:
    from jobs.files import Files
    from jobs.source import Source

DONE, FAILED, WRONG_INPUT = 0, 1, 2
# Of a field of CSV in Spark: one of 50 MB took a driver of 1 GB down.
MOST_CHARACTERS = 10_000_000


class UnsupportedError(Exception):
    """An engine, or what reaches its files, cannot do this; Spark can."""


class ConflictError(Exception):
    """Another run published while this one was at work; its result stands, nothing of this does."""


_FILE = re.compile(
    r"(?:CSV file|file|path)[:=]? ?((?:file|hdfs|s3a?|s3n):/+[^\s,;]+)", re.IGNORECASE
)
_HEADER = re.compile(r"Header: (?P<header>.*)\n\s*Schema: (?P<schema>.*)\n")
_COUNT = re.compile(r"Header length: (?P<header>\d+), schema size: (?P<schema>\d+)")
# What Spark says when the bytes of an input file are at fault, and what that means.
_BAD_BYTES = {
    "Unexpected end of input stream": "a compressed file ends too early; it was cut off",
    "incorrect header check": "a file is not compressed as its name says",
    "not in gzip format": "a file is not compressed as its name says",
    "not a gzip file": "a file is not compressed as its name says",
    "Not a gzipped file": "a file is not compressed as its name says",
    "incomplete deflate stream": "a compressed file ends too early; it was cut off",
    "unexpected end of file": "a compressed file ends too early; it was cut off",
    "Parquet argument error": "a Parquet file is damaged",
    "Fail to merge schema field": "the Parquet files have different types in one column",
    "ended before the end-of-stream marker": "a compressed file ends too early; it was cut off",
    "FAILED_TO_UNCOMPRESS": "a compressed page of a Parquet file is damaged",
    "not BZip2": "a file is not compressed as its name says",
    "Invalid data stream": "a file is not compressed as its name says",
    "unknown compression method": "a file is not compressed as its name says",
    # What zlib says, to Java and to Python.
    "invalid block type": "a compressed file is damaged",
    "invalid distance": "a compressed file is damaged",
    "invalid code lengths": "a compressed file is damaged",
    "missing end-of-block": "a compressed file is damaged",
    "invalid literal/length": "a compressed file is damaged",
    "invalid stored block": "a compressed file is damaged",
    "invalid bit length": "a compressed file is damaged",
    "invalid window size": "a compressed file is damaged",
    "too many length or distance": "a compressed file is damaged",
    "incorrect length check": "a compressed file is damaged",
    "incorrect data check": "a compressed file is damaged",
    "header crc mismatch": "a compressed file is damaged",
    "unknown header flags": "a compressed file is damaged",
    "while decompressing data": "a compressed file is damaged",
    "CRC": "a compressed file is damaged",
    "MalformedInputException": "a compressed file is damaged",
    "is not a Parquet file": "a file that should be Parquet is not, or was cut off",
    "could not read page": "a Parquet file is damaged",
    "parquet.org.apache.thrift": "a Parquet file is damaged",
    "Parquet column cannot be converted": "the Parquet files have different types in one column",
    "SchemaColumnConvertNotSupportedException": "the Parquet files have different column types",
}


# What Spark's CSV reader says of a line that it does not take; 20,480 fields are its default.
_LIMITS = {
    "Length of parsed input": f"a field has more than {MOST_CHARACTERS:,} characters",
    "Index 20480 out of bounds": "a line has more than 20,480 fields",
}
_BEYOND = "which Spark's CSV reader does not take; take the line out, or use prepare-tabular"


def describe(error: BaseException) -> tuple[int, str]:
    """Return the exit code for an error, and the paragraph that explains it."""
    own = _own(error)
    if own is not None:
        return own
    text = _java_text(error)
    place = _FILE.search(text)
    where = f" ({place[1]})" if place else ""
    wrong = _wrong_header(text, where) or _wrong_bytes(text, where) or _wrong_cell(text)
    if wrong is not None:
        return WRONG_INPUT, wrong
    if "DEADLINE_EXCEEDED" in text:
        return FAILED, "the engine did not finish in time; raise --engine-timeout"
    # Python's own connection; one that Java could not make, to HDFS say, is a Py4JJavaError.
    is_cut_off = isinstance(error, ConnectionError) and error.errno is not None
    if is_cut_off or type(error).__name__ == "Py4JNetworkError":
        return FAILED, (
            "Java ended while the job was at work, most likely for lack of memory; give it more, "
            "such as spark-submit --driver-memory 4g"
        )
    return FAILED, f"{type(error).__name__}: {_root_cause(text)}"


def _wrong_header(text: str, where: str) -> str | None:
    differs = f"the header of one file differs from the others{where}: it has"
    header = _HEADER.search(text)
    if header:
        return f"{differs} {header['header']}; expected {header['schema']}, in this order"
    count = _COUNT.search(text)
    return f"{differs} {count['header']} columns, expected {count['schema']}" if count else None


def _wrong_bytes(text: str, where: str) -> str | None:
    for sign, meaning in _BAD_BYTES.items():
        if sign in text:
            return meaning + where
    for sign, meaning in _LIMITS.items():
        if sign in text:
            return f"{meaning}{where}, {_BEYOND}"
    return None


def _wrong_cell(text: str) -> str | None:
    unseen = re.search(
        r"column '.*?' holds (?:a null|the label .*?, unseen in training)", text, re.DOTALL
    )
    if unseen:
        return unseen[0] + "; choose --unseen keep, separate or skip"
    long = re.search(f"column '.*?'{re.escape(TOO_LONG)}", text, re.DOTALL)
    return long[0] if long else None


def _own(error: BaseException) -> tuple[int, str] | None:
    """Describe what was raised in Python, where it says all there is to say."""
    if isinstance(error, InputError):
        return WRONG_INPUT, str(error)
    if isinstance(error, UnsupportedError):
        return WRONG_INPUT, f"the engine cannot do this: {error}; --engine spark can"
    if isinstance(error, ConflictError):
        return FAILED, str(error)
    if isinstance(error, PermissionError) and error.filename:
        return WRONG_INPUT, f"{error.filename}: permission denied; this user may not reach it"
    return None


@contextmanager
def naming_damage(files: Files, source: Source) -> Iterator[None]:
    """Turn Spark's word of damaged bytes into an InputError that names the file.

    Spark does not say which one it was. The files are read to their end, one by one, the first
    1,000 of them: slow, but only on the way to a failure.
    """
    try:
        yield
    except (InputError, UnsupportedError):
        raise
    except Exception as error:
        _, message = describe(error)
        if message.endswith(_BEYOND):
            raise InputError(f"somewhere in {source.path}, {message}") from error
        if message not in _BAD_BYTES.values():
            raise
        for file in source.files[:1000]:
            wrong = files.check_readable(file.path)
            if wrong:
                raise InputError(f"{message}: {file.path} ({wrong})") from error
        raise InputError(f"{message}, somewhere in {source.path}") from error


def _java_text(error: BaseException) -> str:
    """Give everything the JVM said, causes included."""
    java = getattr(error, "java_exception", None)
    parts = [str(error)]
    while java is not None:
        parts.append(str(java.toString()))
        java = java.getCause()
    return "\n".join(parts)


def _root_cause(text: str) -> str:
    """Pick the line that says most: the last cause, without class names and stack frames."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(("at ", "... "))]
    causes = [line for line in lines if line.startswith("Caused by:")] or lines[:1]
    return causes[-1].removeprefix("Caused by:").strip() if causes else "unknown error"
