"""Types of Arrow and of Spark, and values from one to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.contract import Column
from schemas.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

_NAMES = {
    "int8": "tinyint", "int16": "smallint", "int32": "int", "int64": "bigint", "float": "float",
    "double": "double", "bool": "boolean", "string": "string", "large_string": "string",
    "date32[day]": "date",
    # Spark has no unsigned integers, and takes the next size; a column of nothing is stored as int.
    "uint8": "smallint", "uint16": "int", "uint32": "bigint", "uint64": "decimal(20,0)",
    "null": "int",
}  # fmt: skip


def spark_name(kind: pa.DataType) -> str:
    """Return Spark's name of an Arrow type; Arrow's own where Spark has none."""
    text = str(kind)
    if text.startswith("dictionary<values="):
        text = text[len("dictionary<values=") :].split(",")[0]
    if text.startswith("timestamp["):
        return "timestamp"
    if text.startswith("decimal128("):
        return f"decimal({kind.precision},{kind.scale})"
    return _NAMES.get(text, text)


def arrow_type(type_name: str) -> pa.DataType:
    """Return Arrow's type for Spark's name of it."""
    import pyarrow as pa

    if type_name.startswith("decimal"):
        digits, scale = (int(part) for part in type_name[8:-1].split(","))
        return pa.decimal128(digits, scale)
    return {
        "tinyint": pa.int8(), "smallint": pa.int16(), "int": pa.int32(), "bigint": pa.int64(),
        "float": pa.float32(), "double": pa.float64(), "boolean": pa.bool_(),
        "string": pa.string(), "date": pa.date32(), "timestamp": pa.timestamp("us", "UTC"),
    }[type_name]  # fmt: skip


def exactly(cells: pa.Array, column: Column) -> pa.Array:
    """Cast whole numbers and decimals; InputError where one is beyond the column's type."""
    import pyarrow as pa

    wanted = arrow_type(column.type)
    try:
        if pa.types.is_integer(cells.type) and pa.types.is_decimal(wanted):
            # From a whole number Arrow takes no type that some of its kind would not fit.
            cells = cells.cast(pa.decimal128(38, wanted.scale))
        return cells.cast(wanted)
    except pa.ArrowInvalid as error:
        raise InputError(
            f"column {column.name!r} holds numbers that are no {column.type}, its type in training "
            f"or in the contract ({error}); fit again, or give a contract with a wider type"
        ) from None
