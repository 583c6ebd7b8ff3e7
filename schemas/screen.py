"""Tell good rows from bad ones at little cost; :mod:`schemas.conform` says what is wrong with them.

Both agree on which rows are bad. This one is for the hot path: it looks at all cells of a kind
together instead of one by one, and keeps neither reasons nor the cells as they came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.utils import is_remote

from schemas.conform import (
    LARGEST,
    any_of,
    is_narrow,
    lost_by_cast,
    null_removed,
    typed,
    wrong_text,
)
from schemas.contract import Column, Contract
from schemas.names import RESERVED_PREFIX, quoted
from schemas.types import FLOATS, INTEGERS

FLAW = RESERVED_PREFIX + "flaw"
BAD = "bad"
_WHOLE = RESERVED_PREFIX + "whole"
# Rows of more columns have no code of their own generated, so nothing is to be gained by names, and
# each select copies them all.
_MOST_NAMED = 100
# A native engine's cast raises for text that cannot be read, where Spark's gives null, but for
# these; and pyspark 3.5 has try_cast in SQL text only.
_SAME_CAST = ("date", "timestamp")
_STRING, _INTEGER, _FLOAT, _OTHER = (
    f"{RESERVED_PREFIX}{kind}s" for kind in ("string", "integer", "float", "other")
)
# What no cell of a kind may hold.
_SIGNS = {_STRING: "\ufffd\x00", _INTEGER: ".\x00", _FLOAT: "dDfFxX\x00", _OTHER: "\x00"}


def with_cells(df: DataFrame, contract: Contract) -> tuple[DataFrame, dict[str, SparkColumn]]:
    """Bring the contract's columns under names that no typed column can have."""
    own = {name: f"{RESERVED_PREFIX}cell_{i}" for i, name in enumerate(contract.names)}
    renamed = df.select(*(F.col(quoted(n)).alias(own.get(n, n)) for n in df.columns))
    return renamed, {name: F.col(cell) for name, cell in own.items() if name in df.columns}


def screen(
    df: DataFrame,
    *,
    contract: Contract,
    cells: Mapping[str, SparkColumn],
    text: bool,
    empty_is_null: bool = False,
    flaw: SparkColumn | None = None,
    check: bool = True,
    typed_already: frozenset[str] = frozenset(),
) -> DataFrame:
    """Return the contract's typed columns, and FLAW, which is null for a row that keeps it.

    ``cells`` gives each used column in terms of ``df``, whose own names are reserved ones; with
    ``text`` they are strings, and ``empty_is_null`` says that an empty one is null whatever the
    null tokens. ``flaw`` names what is wrong with a row as a whole; every other breach is BAD.
    Without ``check`` the rows are known to be good, and FLAW is null.
    """
    native = text and is_remote()
    extra = ("",) if empty_is_null else ()
    names = [f"{RESERVED_PREFIX}text_{number}" for number in range(len(contract.used))]
    found = []
    for column, name in zip(contract.used, names):
        tokens = (*contract.tokens_of(column), *extra) if text else ()
        source, is_text = cells[column.name], text and column.name not in typed_already
        if not is_text:
            tokens = ()
        elif native:
            source, tokens = null_removed(source, tokens), ()
        found.append(_Cell(column, source, tokens, is_text, name if native else ""))
    whole = F.lit(None).cast("string") if flaw is None else flaw
    if not check and not native:
        return _typed(df, found)
    joined = _joined(found) if check and text else {}
    more = [whole.alias(_WHOLE), *(column.alias(name) for name, column in joined.items())]
    if native or len(found) <= _MOST_NAMED:
        # Each cell is named once: generated code repeats what has no name, and the JVM compiles no
        # method above 8,000 bytes (18 columns: 10,100 without this select, 7,100 with it).
        named = [cell.source.alias(name) for cell, name in zip(found, names)]
        df = df.select(*named, *more)
        found = [replace(cell, source=F.col(name)) for cell, name in zip(found, names)]
    else:
        df = df.select("*", *more)
    return _checked(df, found, joined) if check else _typed(df, found)


def _typed(df: DataFrame, used: Sequence[_Cell]) -> DataFrame:
    values = [cell.value.alias(cell.column.name) for cell in used]
    return df.select(*values, F.lit(None).cast("string").alias(FLAW))


def _checked(df: DataFrame, used: Sequence[_Cell], joined: Iterable[str]) -> DataFrame:
    values = [cell.value.alias(cell.column.name) for cell in used]
    breaches = [breach for cell in used for breach in cell.breaches()]
    breaches += [F.col(kind).contains(sign) for kind in joined for sign in _SIGNS[kind]]
    bad = F.lit(None).cast("string")
    if breaches:
        bad = F.when(any_of(breaches), F.lit(BAD))
    found = F.coalesce(F.col(_WHOLE), bad)
    names = [F.col(quoted(cell.column.name)) for cell in used]
    # Two selects, so that no cell is parsed twice.
    return df.select("*", *values).select(*names, found.alias(FLAW))


@dataclass(frozen=True)
class _Cell:
    """A column of the contract and where its cells come from; ``is_text`` before any cast."""

    column: Column
    source: SparkColumn
    null_texts: tuple[str, ...]
    is_text: bool
    # Where the engine is a native one: what the source is named.
    name: str = ""

    @property
    def _plain(self) -> bool:
        """Tell whether an empty string is all that may stand for null: no cast reads one."""
        return set(self.null_texts) <= {""}

    @cached_property
    def text(self) -> SparkColumn:
        """The cell as far as casts and checks need it; each token is a call into the JVM."""
        return self.source if self._plain else null_removed(self.source, self.null_texts)

    @property
    def value(self) -> SparkColumn:
        """The cell in its type."""
        if not self.is_text:
            return self.source.cast(self.column.type)
        if self.column.type == "string":
            return null_removed(self.source, self.null_texts)
        if self.name and self.column.type not in _SAME_CAST:
            return F.expr(f"try_cast({quoted(self.name)} as {self.column.type})")
        return typed(self.text, self.column.type, True)

    @property
    def _present(self) -> SparkColumn:
        if self._plain and self.null_texts:
            return self.source != ""
        return self.text.isNotNull()

    def breaches(self) -> list[SparkColumn]:
        """List what can only be told cell by cell; null counts as false."""
        value, out = F.col(quoted(self.column.name)), []
        if not self.column.nullable:
            out.append(value.isNull())
        if self.column.type in FLOATS:
            # NaN is larger than every number to Spark; in a typed table it stands for null.
            too_large = F.abs(value) > F.lit(LARGEST)
            is_number = not (self.is_text or self.name)
            out.append(F.abs(value) == float("inf") if is_number else too_large)
        if is_narrow(self.column.type) and not (self.is_text or self.name):
            out.append(lost_by_cast(self.source, value, self.column.type))
        if self.is_text and self.column.type in ("date", "timestamp"):
            out.append(self._present & wrong_text(self.text, value, self.column.type))
        elif self.is_text and self.column.type != "string":
            out.append(value.isNull() & self._present)
        return out


def _joined(used: Sequence[_Cell]) -> dict[str, SparkColumn]:
    """Join the texts of a kind, to tell from all at once what a cast lets through: see wrong_text.

    To be named in a select: what stands behind an ``or`` is computed again each time it is met, and
    floats are searched for seven signs (300 columns: a third of the time of the first read).
    """
    kinds: dict[str, list[SparkColumn]] = {}
    for cell in used:
        if not cell.is_text or (cell.name and cell.column.type != "string"):
            # A native engine's try_cast lets none of it through.
            continue
        kind = _FLOAT if cell.column.type in FLOATS else _OTHER
        kind = _INTEGER if cell.column.type in INTEGERS else kind
        kind = _STRING if cell.column.type == "string" else kind
        if cell.column.type not in ("date", "timestamp"):
            kinds.setdefault(kind, []).append(cell.text)
    return {kind: F.concat_ws("", *texts) for kind, texts in kinds.items()}
