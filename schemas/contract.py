"""The contract of a dataset: its columns, its key and target, and what a breach leads to.

A contract is a JSON file that a person can read and correct (``jobs/main.py infer`` writes the
first draft). It is checked as a whole: every mistake in it is reported at once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from schemas.errors import InputProblemsError
from schemas.names import name_problems, some
from schemas.types import is_numeric

CONTRACT_VERSION = 1
RULES = ("fail", "drop", "quarantine")
TREATMENTS = ("numeric", "category", "keep", "leave_out")


class ContractError(InputProblemsError):
    """Say everything that is wrong with a contract, or with a table held against it."""


@dataclass(frozen=True)
class CsvDialect:
    """How a CSV file is written. The defaults are RFC 4180 with a header line."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'
    encoding: str = "UTF-8"
    multiline: bool = False


@dataclass(frozen=True)
class Column:
    """One column: its type, whether it may be null, what it is for, what a breach leads to.

    ``treat`` is ``numeric`` (filled, scaled), ``category`` (string-indexed), ``keep`` (left as it
    is) or ``leave_out`` (not published); None means by type: see docs/columns.md.
    ``on_breach`` and ``null_tokens`` are the table's where they are None.
    """

    name: str
    type: str
    nullable: bool = True
    treat: str | None = None
    on_breach: str | None = None
    null_tokens: tuple[str, ...] | None = None
    description: str | None = None


@dataclass(frozen=True)
class Contract:
    """What a table must look like. Made by ``contract_from_dict``, which checks it."""

    columns: tuple[Column, ...]
    name: str = "table"
    description: str | None = None
    target: str | None = None
    key: tuple[str, ...] = ()
    null_tokens: tuple[str, ...] = ("",)
    on_breach: str = "quarantine"
    csv: CsvDialect = field(default_factory=CsvDialect)

    def column(self, name: str) -> Column:
        """Return the column of that name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """The column names, in the contract's order."""
        return tuple(column.name for column in self.columns)

    @property
    def used(self) -> tuple[Column, ...]:
        """The columns that are read: all but those left out, which the key may still need."""
        return tuple(c for c in self.columns if c.treat != "leave_out" or c.name in self.key)

    def tokens_of(self, column: Column) -> tuple[str, ...]:
        """The texts that mean null in this column (text formats only)."""
        return self.null_tokens if column.null_tokens is None else column.null_tokens

    def rule_of(self, column: Column) -> str:
        """What happens to a row that breaks this column's terms."""
        return column.on_breach or self.on_breach

    def with_choices(
        self, *, target: str | None = None, key: tuple[str, ...] | None = None
    ) -> Contract:
        """Return a copy with target and key as given on the command line, checked again."""
        changed = replace(self, target=target or self.target, key=key or self.key)
        problems = contract_problems(changed)
        if problems:
            raise ContractError(f"the options do not fit contract {self.name!r}:", problems)
        return changed


def contract_problems(contract: Contract) -> list[str]:
    """List what does not fit together in a contract whose parts are well-formed."""
    names = contract.names
    problems = [
        f"column {name!r} is listed {count} times"
        for name, count in Counter(names).items()
        if count > 1
    ]
    problems += name_problems(names)
    if contract.on_breach not in RULES:
        problems.append(f"on_breach {contract.on_breach!r} is none of {', '.join(RULES)}")
    for column in contract.columns:
        where = f"column {column.name!r}"
        if column.on_breach not in (None, *RULES):
            problems.append(f"{where}: on_breach {column.on_breach!r} is none of {RULES}")
        if column.treat not in (None, *TREATMENTS):
            problems.append(f"{where}: treat {column.treat!r} is none of {TREATMENTS}")
        if column.treat == "numeric" and column.type == "string":
            problems.append(
                f"{where}: a string cannot be treated as numeric; give it a number type"
            )
        if column.treat == "category" and column.type in ("float", "double", "timestamp"):
            problems.append(f"{where}: a {column.type} cannot be treated as a category")
        if column.treat == "category" and column.type.startswith("decimal"):
            problems.append(f"{where}: a decimal cannot be treated as a category")
    for role, chosen in (("target", (contract.target,)), ("key", contract.key)):
        problems += [
            f"{role} {name!r} is not a column; there are: {some(names)}"
            for name in chosen
            if name is not None and name not in names
        ]
    if any(c.name == contract.target and c.treat == "leave_out" for c in contract.columns):
        problems.append(f"target {contract.target!r} cannot be left out")
    return problems


def default_treatment(contract: Contract, column: Column) -> str:
    """Say what a column is for: its own ``treat``, or the treatment of its kind.

    The target and the key are kept as they are, numbers are numeric, strings are categories;
    boolean, date and timestamp are kept.
    """
    if column.name == contract.target:
        return "keep"
    if column.treat is not None:
        return column.treat
    if column.name in contract.key:
        return "keep"
    if is_numeric(column.type):
        return "numeric"
    return "category" if column.type == "string" else "keep"
