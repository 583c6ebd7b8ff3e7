"""Compare the footers of Parquet files: Spark goes by one and says nothing of the others."""

from __future__ import annotations

import re

from jobs.files import Files
from jobs.source import Source
from schemas.errors import InputError, InputProblemsError

# Footers are read one by one from the driver, about 5 ms each: so many, spread over all files.
MOST_FILES = 100
# What Spark 3.5 has no type for, in Java's words and in Arrow's.
_UNREADABLE = re.compile(r"\(TIME\(|TIMESTAMP\(NANOS|\(Time\(|Timestamp\(.*nanoseconds")


def check_footers(files: Files, source: Source) -> None:
    """Raise InputError where files differ in their columns, or a column has no type in Spark."""
    step = -(-len(source.files) // MOST_FILES)
    first, expected = source.files[0], files.parquet_schema(source.files[0].path)
    problems = [
        f"column {name!r} is {text}; store it as timestamp with microseconds, or as a number"
        for name, text in expected.items()
        if _UNREADABLE.search(text)
    ]
    if problems:
        raise InputProblemsError(f"{source.path} has columns that Spark cannot read:", problems)
    for file in source.files[step::step]:
        seen = files.parquet_schema(file.path)
        if seen != expected:
            differ = sorted({name for name, _ in seen.items() ^ expected.items()})
            raise InputError(
                f"{file.path} has other columns than {first.path}: they differ in "
                + ", ".join(repr(name) for name in differ[:8])
            )
