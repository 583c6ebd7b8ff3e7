"""Column names: which can be used, how they are quoted, how messages list them."""

from __future__ import annotations

# Internal columns start so; a table that has such a column is refused by name.
RESERVED_PREFIX = "__prepare_"


def quoted(name: str) -> str:
    """Quote a column name for ``F.col``: dots, spaces and back-ticks are part of the name."""
    return "`" + name.replace("`", "``") + "`"


def name_problems(names: tuple[str, ...]) -> list[str]:
    """List the column names no engine or file format here can carry."""
    problems = []
    for number, name in enumerate(names, start=1):
        if not name.strip():
            problems.append(f"column {number} has no name: give the header a name there")
        elif "\x00" in name or "\ufffd" in name or "\n" in name or "\r" in name:
            problems.append(
                f"column {number}, {name!r}: the name has a NUL, line break or bad byte"
            )
        elif name.startswith(RESERVED_PREFIX):
            problems.append(f"column {name!r}: names starting with {RESERVED_PREFIX} are reserved")
    return problems


def some(names: tuple[str, ...], most: int = 12) -> str:
    """List names for a message, cut after ``most``."""
    shown = ", ".join(repr(name) for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
