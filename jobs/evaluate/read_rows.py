"""Read the test rows from CSV or Parquet files into one table."""

from __future__ import annotations

import os
import re
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from schemas.errors import InputError
from schemas.names import some

_CSV, _PARQUET = "csv", "parquet"
_ENDINGS = {".csv": _CSV, ".csv.gz": _CSV, ".parquet": _PARQUET}
# As prepare writes CSV: nothing between two commas is null; NA may be a country or a name.
_NULLS = ["", "NaN"]
# pandas keeps an index without a name in such a column; it is no feature.
_INDEX = re.compile("__index_level_[0-9]+__")

# Given the names of the columns, says which are needed as they are written, not as numbers.
Exact = Callable[[tuple[str, ...]], Collection[str]]


def _none(names: tuple[str, ...]) -> Collection[str]:  # noqa: ARG001
    return ()


def read_rows(path: Path, *, header: bool, exact: Exact = _none) -> pd.DataFrame:
    """Read a file, or all CSV or all Parquet files of a directory, in the order of their names.

    Columns are put together by name; where there is no header they are called 0, 1, … Those that
    ``exact`` picks are text in CSV, and integers of Parquet stay integers beside nulls. InputError
    for files that are damaged, of two formats, or have other columns than the first, and for what
    may not be read.
    """
    files, format_name = _find(path)
    tables = [_read(file, format_name, header, exact) for file in files]
    first = [str(name) for name in tables[0].columns]
    for file, table in zip(files, tables):
        table.columns = pd.Index([str(name) for name in table.columns])
        if set(table.columns) != set(first):
            other = set(table.columns) ^ set(first)
            raise InputError(
                f"{file} has other columns than {files[0].name}: {some(tuple(sorted(other)))}; "
                "all test files must have the same"
            )
    tables = [table[first] for table in tables if len(table)] or tables[:1]
    rows = pd.concat(tables, ignore_index=True)
    if rows.empty:
        raise InputError(f"--test {path} has no rows; nothing can be measured")
    return rows


def _find(path: Path) -> tuple[list[Path], str]:
    if not path.exists():
        raise InputError(f"--test {path} does not exist; give a CSV or Parquet file or directory")
    found = [path] if path.is_file() else sorted(_files_below(path))
    kinds = {
        file: kind
        for file in found
        if file.is_file()
        for ending, kind in _ENDINGS.items()
        if file.name.endswith(ending)
    }
    if not kinds:
        seen = "" if path.is_file() else f"; it holds {_listing(path)}"
        raise InputError(f"--test {path} has no *.csv, *.csv.gz or *.parquet file{seen}")
    if (path / "train").is_dir() and (path / "test").is_dir():
        raise InputError(f"--test {path} holds training rows too; give --test {path / 'test'}")
    if len(set(kinds.values())) > 1:
        raise InputError(f"--test {path} holds CSV and Parquet files; keep one of the two there")
    return sorted(kinds), next(iter(kinds.values()))


def _files_below(path: Path) -> Iterator[Path]:
    """Yield the files that are not hidden; OSError where a directory cannot be listed."""

    def refuse(error: OSError) -> None:  # Path.rglob would leave the directory's rows out
        raise error

    for directory, below, names in os.walk(path, onerror=refuse):
        below[:] = [name for name in below if not _hidden(name)]
        yield from (Path(directory, name) for name in names if not _hidden(name))


def _hidden(part: str) -> bool:
    return part.startswith((".", "_"))


def _listing(path: Path) -> str:
    names = tuple(sorted(file.name for file in path.iterdir()))
    return some(names) if names else "nothing"


def _read(file: Path, format_name: str, header: bool, exact: Exact) -> pd.DataFrame:
    try:
        if format_name == _PARQUET:
            return _read_parquet(file, exact)
        return _read_csv(file, header, exact)
    except InputError:
        raise
    except ImportError:
        raise InputError(
            f"{file.name}: reading Parquet needs pyarrow, which this Python does not have; publish "
            "CSV instead (prepare --format csv), or pip install pyarrow"
        ) from None
    except Exception as error:  # noqa: BLE001 - of pandas or pyarrow; it is this file
        first = (str(error).splitlines() or [""])[0]
        raise InputError(
            f"cannot read {file} as {format_name}: {type(error).__name__}: {first[:300]}"
        ) from None


def _read_parquet(file: Path, exact: Exact) -> pd.DataFrame:
    """Read the file's own columns, also those that pandas would make its index."""
    parquet = import_module("pyarrow.parquet")  # an image may lack it
    with parquet.ParquetFile(file) as content:
        _check_different(file, content.schema_arrow.names)
        table = content.read()
    table = table.drop([name for name in table.column_names if _INDEX.fullmatch(name)])
    rows = table.to_pandas(ignore_metadata=True)
    for name in exact(tuple(table.column_names)):
        if name in table.column_names and table.column(name).null_count:
            rows[name] = table.column(name).to_pandas(integer_object_nulls=True)
    return rows


def _read_csv(file: Path, header: bool, exact: Exact) -> pd.DataFrame:
    options: dict[str, Any] = {"encoding": "utf-8-sig", "keep_default_na": False}
    if _pandas_rounds():
        options["float_precision"] = "round_trip"
    try:
        top = pd.read_csv(file, header=None, nrows=1, dtype=str, **options)
    except pd.errors.EmptyDataError:
        raise InputError(f"{file} is empty: not even a header") from None
    names = [str(cell) for cell in top.iloc[0]]
    if header:
        _check_header(file, names)
        names = [name or f"Unnamed: {number}" for number, name in enumerate(names)]  # as pandas
    else:
        names = [str(number) for number in range(len(names))]
    texts = exact(tuple(names))
    keys: list[Any] = names if header else list(range(len(names)))
    with warnings.catch_warnings():
        # A row longer than the header is cut with a warning; it is an error here.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            file,
            header=0 if header else None,
            index_col=False,
            dtype={key: str for key, name in zip(keys, names) if name in texts},
            na_values=_NULLS,
            low_memory=False,
            **options,
        )


def _pandas_rounds() -> bool:
    """Tell whether this pandas reads a double to its last bit only when asked; 3.1 always does."""
    return tuple(int(part) for part in pd.__version__.split(".")[:2]) < (3, 1)


def _check_header(file: Path, names: list[str]) -> None:
    doubled = sorted(name for name, count in Counter(names).items() if count > 1)
    if len(doubled) < len(names) and all(_is_number(name) for name in names):
        raise InputError(
            f"{file} starts with numbers, not with names of columns; where it has no header, add "
            "--no-header"
        )
    _check_different(file, names)


def _check_different(file: Path, names: list[str]) -> None:
    doubled = sorted(name for name, count in Counter(names).items() if count > 1)
    if doubled:
        raise InputError(f"{file} has columns of the same name: {some(tuple(doubled))}")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
