"""The names of column types that a contract may use, and the families they belong to.

The names are Spark SQL's own (``DataType.simpleString()``), so a contract reads like a schema.
"""

from __future__ import annotations

import re

INTEGERS = ("tinyint", "smallint", "int", "bigint")
FLOATS = ("float", "double")
OTHERS = ("string", "boolean", "date", "timestamp")
# What people write for them; a contract is stored under Spark's names.
ALIASES = {
    "byte": "tinyint",
    "short": "smallint",
    "integer": "int",
    "long": "bigint",
    "real": "float",
    "str": "string",
    "bool": "boolean",
    "datetime": "timestamp",
}
_DECIMAL = re.compile(r"decimal\((\d{1,2}),\s*(\d{1,2})\)")


def normal_type(name: str) -> str:
    """Give Spark's name of a column type, or raise ValueError saying which names there are.

    ``long`` becomes ``bigint``, ``decimal`` becomes ``decimal(10,0)`` as in Spark SQL.
    Arrays, structs, maps and binary are refused: no transform of this project takes them.
    """
    text = ALIASES.get(name.strip().lower(), name.strip().lower())
    if text in INTEGERS + FLOATS + OTHERS:
        return text
    if text == "decimal":
        return "decimal(10,0)"
    match = _DECIMAL.fullmatch(text)
    if match and 1 <= int(match[1]) <= 38 and int(match[2]) <= int(match[1]):
        return f"decimal({int(match[1])},{int(match[2])})"
    known = ", ".join((*INTEGERS, *FLOATS, "decimal(p,s)", *OTHERS))
    raise ValueError(f"type {name!r} is not supported; use one of {known}")


def is_numeric(type_name: str) -> bool:
    """Tell whether a type holds numbers: every integer, float, double and decimal."""
    return type_name in INTEGERS + FLOATS or type_name.startswith("decimal")


def widens_to(seen: str, wanted: str) -> bool:
    """Tell whether every value of type ``seen`` is a value of ``wanted`` (int to bigint, say)."""
    if seen == wanted:
        return True
    for family in (INTEGERS, FLOATS):
        if seen in family and wanted in family:
            return family.index(seen) < family.index(wanted)
    if seen.startswith("decimal") and wanted.startswith("decimal"):
        (digits, scale), (more, finer) = (_DECIMAL.fullmatch(t).groups() for t in (seen, wanted))  # type: ignore[union-attr]
        return int(finer) >= int(scale) and int(more) - int(finer) >= int(digits) - int(scale)
    return seen in INTEGERS[:3] and wanted == "double"
