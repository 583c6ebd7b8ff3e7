"""Parquet in and out, through pyarrow where it is installed: the types are Spark's."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobs.errors import UnsupportedError
from jobs.files import Files
from jobs.footers import check_footers
from jobs.prepare_tabular.conform import (
    INTEGER_TYPES,
    BadRow,
    Breach,
    bad_rows,
    typed_array,
)
from jobs.prepare_tabular.parquet_types import arrow_type, exactly, spark_name
from jobs.source import Source
from schemas.contract import Column, Contract, ContractError
from schemas.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

INSTALL = "pip install pyarrow"
_YEARS = "years before 1 or beyond 9999"
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def check_installed() -> None:
    """Raise InputError where there is no pyarrow, with what helps."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise InputError(
            f"parquet needs pyarrow, which is not installed: {INSTALL}, or use csv"
        ) from None


def types_of(files: Files, source: Source) -> dict[str, str | None]:
    """Return the columns of a Parquet source with Spark's names of their types."""
    check_installed()
    check_footers(files, source)
    from pyarrow import parquet

    with open(_local(source.files[0].path), "rb") as stream:
        schema = parquet.ParquetFile(stream).schema_arrow
    doubled = [
        f"{n!r} stands {count} times" for n, count in Counter(schema.names).items() if count > 1
    ]
    if doubled:
        raise ContractError(f"the columns of {source.files[0].path} cannot be used:", doubled)
    types: dict[str, str | None] = {field.name: spark_name(field.type) for field in schema}
    return {**types, **dict.fromkeys(source.partitions, "string")}


def cells_of(source: Source) -> int:
    """Return the number of cells in a Parquet source, by the files' footers."""
    from pyarrow import parquet

    count = 0
    for file in source.files:
        with open(_local(file.path), "rb") as stream:
            metadata = parquet.ParquetFile(stream).metadata
        count += metadata.num_rows * metadata.num_columns
    return count


def read_conformed(source: Source, contract: Contract) -> tuple[pd.DataFrame, list[BadRow]]:
    """Read all files: the rows that keep the contract, typed, and those that do not."""
    frames: list[pd.DataFrame] = []
    bad: list[BadRow] = []
    for file in source.files:
        frame, found = _read_file(file.path, source, contract)
        frames.append(frame)
        bad += found
    return pd.concat(frames, ignore_index=True), bad


def _read_file(path: str, source: Source, contract: Contract) -> tuple[pd.DataFrame, list[BadRow]]:
    from pyarrow import parquet

    stored = [c.name for c in contract.used if c.name not in source.partitions]
    try:
        with open(_local(path), "rb") as stream:
            # Spark's own timestamps of 96 bits go from 1677 to 2262 in nanoseconds, and wrap.
            file = parquet.ParquetFile(stream, coerce_int96_timestamp_unit="us")
            table = file.read(columns=stored)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it is this file
        raise InputError(f"a Parquet file is damaged: {path} ({error})") from None
    columns: dict[str, Any] = {}
    breaches = []
    for column in contract.used:
        if column.name in source.partitions:
            raise UnsupportedError("name=value directories of Parquet")
        cells = table.column(column.name).combine_chunks()
        columns[column.name] = _typed(cells, column)
        rule = contract.rule_of(column)
        if column.type in ("float", "double"):
            infinite = np.isinf(columns[column.name])
            breaches.append(Breach(rule, f"{column.name}: infinite", infinite))
        if not column.nullable:
            null = cells.is_null().to_numpy(zero_copy_only=False)
            breaches.append(Breach(rule, f"{column.name}: null", null))
    frame = pd.DataFrame(columns)
    if not breaches:
        return frame, []
    rows = np.flatnonzero(np.logical_or.reduce([breach.rows for breach in breaches]))
    few = frame.iloc[rows]
    # A float's own digits: as a double, 0.1 is 0.10000000149011612.
    floats = {str(n): few[n].astype(str).astype(float) for n in few if few[n].dtype == np.float32}
    raws = [
        {str(name): _json_value(cell) for name, cell in row.items()}
        for row in few.assign(**floats).astype(object).to_dict("records")
    ]
    return frame.drop(index=rows.tolist()), bad_rows(
        breaches, rows, raws, source_file=path, lines={}
    )


def _typed(cells: pa.Array, column: Column) -> Any:
    """Bring a column into the form that CSV is read into; see ``typed_array``."""
    import pyarrow as pa
    from pyarrow import compute

    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    kind = column.type
    if kind in ("float", "double"):
        if pa.types.is_floating(cells.type) and compute.any(compute.is_nan(cells)).as_py():
            raise UnsupportedError(f"column {column.name!r} of Parquet that holds NaN beside null")
        wanted = pa.float32() if kind == "float" else pa.float64()
        # A copy, because Arrow's own memory cannot be written to.
        return np.array(cells.cast(wanted, safe=False).to_numpy(zero_copy_only=False))
    if kind in INTEGER_TYPES:
        cells = exactly(cells, column)
        mask = cells.is_null().to_numpy(zero_copy_only=False)
        whole = cells.fill_null(0).to_numpy(zero_copy_only=False)
        return pd.arrays.IntegerArray(whole.astype(INTEGER_TYPES[kind].lower()), np.array(mask))
    if kind == "timestamp":
        cells = cells.cast(pa.timestamp("us", cells.type.tz), safe=False).cast(pa.int64())
    if kind.startswith("decimal"):
        cells = exactly(cells, column)
    coded = cells.dictionary_encode()
    try:
        values = coded.dictionary.to_pylist()
    except UnicodeDecodeError:
        raise UnsupportedError(f"column {column.name!r} of Parquet: texts not UTF-8") from None
    except OverflowError:
        raise UnsupportedError(f"column {column.name!r}: {_YEARS}") from None
    if kind == "timestamp":
        values = [_moment(micros) for micros in values]
    return typed_array(values, coded.indices.fill_null(-1).to_numpy(), kind)


def _moment(micros: int) -> datetime:
    try:
        return _EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        raise UnsupportedError(_YEARS) from None


def _json_value(cell: Any) -> Any:
    if cell is None or cell is pd.NA or cell != cell:
        return None
    if isinstance(cell, float) and math.isinf(cell):
        return "Infinity" if cell > 0 else "-Infinity"
    if isinstance(cell, datetime):
        return f"{cell.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
    if isinstance(cell, date):
        return cell.isoformat()
    return cell


def write_parquet(pdf: pd.DataFrame, path: str, *, types: Sequence[str], codec: str) -> None:
    """Write a split as Spark stores it: timestamps in microseconds UTC, NaN as null."""
    import pyarrow as pa
    from pyarrow import parquet

    columns = [
        pa.array(pdf[name], type=arrow_type(kind), from_pandas=True)
        for name, kind in zip(pdf.columns, types)
    ]
    parquet.write_table(pa.table(columns, names=list(pdf.columns)), path, compression=codec)


def _local(path: str) -> str:
    return path.removeprefix("file:")
