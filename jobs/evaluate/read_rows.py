"""Read the test rows from CSV or Parquet files into one table."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pandas as pd

from schemas.errors import InputError
from schemas.names import some

_CSV, _PARQUET = "csv", "parquet"
_ENDINGS = {".csv": _CSV, ".csv.gz": _CSV, ".parquet": _PARQUET}
# As prepare writes CSV: nothing between two commas is null; NA may be a country or a name.
_NULLS = ["", "NaN"]


def read_rows(path: Path, *, header: bool) -> pd.DataFrame:
    """Read a file, or all CSV or all Parquet files of a directory, in the order of their names.

    Columns are put together by name; where there is no header they are called 0, 1, … InputError
    for files that are damaged, of two formats, or have other columns than the first.
    """
    files, format_name = _find(path)
    tables = [_read(file, format_name, header=header) for file in files]
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
    found = [path] if path.is_file() else sorted(path.rglob("*"))
    kinds = {
        file: kind
        for file in found
        if file.is_file() and not any(_hidden(part) for part in file.relative_to(path).parts)
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


def _hidden(part: str) -> bool:
    return part.startswith((".", "_"))


def _listing(path: Path) -> str:
    names = tuple(sorted(file.name for file in path.iterdir()))
    return some(names) if names else "nothing"


def _read(file: Path, format_name: str, *, header: bool) -> pd.DataFrame:
    try:
        if format_name == _PARQUET:
            return pd.read_parquet(file)
        return _read_csv(file, header=header)
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


def _read_csv(file: Path, *, header: bool) -> pd.DataFrame:
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
    with warnings.catch_warnings():
        # A row longer than the header is cut with a warning; it is an error here.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            file,
            header=0 if header else None,
            index_col=False,
            na_values=_NULLS,
            low_memory=False,
            **options,
        )


def _pandas_rounds() -> bool:
    """Tell whether this pandas reads a double to its last bit only when asked; 3.1 always does."""
    return tuple(int(part) for part in pd.__version__.split(".")[:2]) < (3, 1)


def _check_header(file: Path, names: list[str]) -> None:
    doubled = sorted({name for name in names if names.count(name) > 1})
    if len(doubled) < len(names) and all(_is_number(name) for name in names):
        raise InputError(
            f"{file} starts with numbers, not with names of columns; where it has no header, add "
            "--no-header"
        )
    if doubled:
        raise InputError(f"{file} has columns of the same name: {some(tuple(doubled))}")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
