"""What a prepare run is to do: everything that is decided before a row is read."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from jobs.config import PrepareConfig
from jobs.errors import UnsupportedError, naming_damage
from jobs.files import Files
from jobs.session import check_delta
from jobs.source import Source, check_name, find_source
from schemas.contract import Contract
from schemas.contract_json import contract_from_json
from schemas.errors import InputError, InputProblemsError
from schemas.types import decimal_size, is_numeric, widens_to
from transforms.plan import ColumnPlan, plan_columns
from transforms.preprocessor import Preprocessor
from transforms.preprocessor_json import preprocessor_from_json

if TYPE_CHECKING:
    from jobs.engine import Engine
    from jobs.read import Table


# Spark's planning grows faster than the columns do: 20,001 of them were not done in five minutes.
MOST_COLUMNS = 10_000


class Opened(Protocol):
    """An input with its contract, whatever reads it."""

    @property
    def source(self) -> Source:
        """The files."""

    @property
    def inferred(self) -> bool:
        """Tell whether the contract was drafted from a sample."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know about it."""


class Described(Protocol):
    """What reports and manifests say of a task: a :class:`Task`, or one that needs no Spark."""

    @property
    def config(self) -> PrepareConfig:
        """The options."""

    @property
    def table(self) -> Opened:
        """The input."""

    @property
    def contract(self) -> Contract:
        """The input's contract, with the target and key that were chosen."""

    @property
    def applied(self) -> Preprocessor | None:
        """The preprocessor that was given."""

    @property
    def plans(self) -> tuple[ColumnPlan, ...]:
        """What each column gets."""

    @property
    def target(self) -> str:
        """The column that is to be learned."""


@dataclass(frozen=True)
class Task:
    """What is to be done, all of it decided before a row is read."""

    config: PrepareConfig
    table: Table
    plans: tuple[ColumnPlan, ...]
    applied: Preprocessor | None

    @property
    def contract(self) -> Contract:
        """The input's contract, with the target and key that were chosen."""
        return self.table.contract

    @property
    def target(self) -> str:
        """The column that is to be learned."""
        assert self.contract.target is not None
        return self.contract.target


def open_task(engine: Engine, config: PrepareConfig) -> Task:
    """Resolve input, contract, preprocessor and plan, and check that they fit together."""
    from jobs.read import open_table

    source, given = find_input(engine.files, config)
    with naming_damage(engine.files, source):
        table = open_table(engine, source, given)
    applied = given_preprocessor(engine.files, config)
    contract = chosen_contract(config, table.contract, applied, inferred=table.inferred)
    if len(contract.used) > MOST_COLUMNS:
        raise InputError(
            f"{config.input} has {len(contract.used):,} columns to use, Spark can plan for "
            f"{MOST_COLUMNS:,}; leave some out by a contract, or use prepare-tabular"
        )
    plans = plans_of(config, contract, applied)
    sizes = (decimal_size(column.type) for column in contract.used)
    if not engine.has_corrupt_records and any(size and size[0] > 15 for size in sizes):
        # Sail rounds twice on the way to a double (9 of 680 random values of 18 digits differ).
        raise UnsupportedError("decimals of more than 15 digits")
    if config.format == "delta":
        check_delta()
        _check_delta_names(plans)
    return Task(config, replace(table, contract=contract), plans, applied)


def find_input(files: Files, config: PrepareConfig) -> tuple[Source, Contract | None]:
    """Find the input's files, apart from the output, and read the contract that was given."""
    for path in (config.input, config.output, config.contract, config.preprocessor):
        check_name(path or "")
    source = find_source(files, config.input, format_name=config.input_format)
    _check_apart(files, config.output, source.roots, config.input)
    if not config.contract:
        return source, None
    return source, contract_from_json(files.read_text(config.contract), source=config.contract)


def check_unchanged(files: Files, config: PrepareConfig, source: Source) -> None:
    """Raise InputError where the files are not those of the beginning any more.

    They are listed once more; a Delta table is read in one version, whatever came after it.
    """
    if source.format == "delta":
        return
    now = find_source(files, config.input, format_name=config.input_format)
    if now.fingerprint != source.fingerprint:
        old, new = set(source.files), set(now.files)
        changed = sorted({file.path for file in old ^ new})
        raise InputError(
            f"the input changed while it was read: {len(changed)} files, such as {changed[0]}; "
            "run again when it is complete"
        )


def chosen_contract(
    config: PrepareConfig, contract: Contract, applied: Preprocessor | None, *, inferred: bool
) -> Contract:
    """Give the contract the target, the key, and the types of training where it was inferred."""
    if applied is not None and inferred:
        contract = _typed_as_before(contract, applied)
    target = config.target or (applied.target if applied else None)
    contract = contract.with_choices(target=target, key=config.key)
    if contract.target is None:
        raise InputError("no target: give --target COLUMN, or name it in the contract")
    return contract


def plans_of(
    config: PrepareConfig, contract: Contract, applied: Preprocessor | None
) -> tuple[ColumnPlan, ...]:
    """Plan each column by the options, or by the preprocessor that was given."""
    if applied is None:
        return plan_columns(contract, config.fit)
    kept = {column.name: column.type for column in contract.used}
    applied.check_fits(kept, source=config.input)
    return tuple(
        ColumnPlan(s.name, s.type, s.action, s.output, s.output_type, s.fill_method)
        for s in applied.steps
    )


def given_preprocessor(files: Files, config: PrepareConfig) -> Preprocessor | None:
    """Read the preprocessor that was given, fitted for the same target; None without one."""
    if not config.preprocessor:
        return None
    text = files.read_text(config.preprocessor)
    applied = preprocessor_from_json(text, source=config.preprocessor)
    if config.target not in (None, applied.target):
        raise InputError(
            f"{config.preprocessor} was fitted for target {applied.target!r}, "
            f"--target says {config.target!r}; leave --target out, or fit again"
        )
    return applied


def _typed_as_before(contract: Contract, applied: Preprocessor) -> Contract:
    """Give inferred columns the types of training: doubles may be whole numbers in this batch."""
    trained = {step.name: step.type for step in applied.steps}
    columns = []
    for column in contract.columns:
        before = trained.get(column.name, column.type)
        if widens_to(column.type, before) or (column.type == "bigint" and is_numeric(before)):
            column = replace(column, type=before)
        columns.append(column)
    return replace(contract, columns=tuple(columns))


def _check_apart(files: Files, output: str, roots: tuple[str, ...], given: str) -> None:
    out = _real(files, output)
    for root in roots:
        inside = _real(files, root)
        if out.startswith(inside):
            raise InputError(f"the output {output} lies inside the input {given}; choose another")
        if inside.startswith(out):
            raise InputError(f"the input {given} lies inside the output {output}; choose another")


def _real(files: Files, path: str) -> str:
    """Give a path's whole URI with a slash at its end, links of the local file system resolved."""
    full = files.full(path)
    if full.startswith("file:"):
        full = "file:" + os.path.realpath(full.removeprefix("file:"))
    return full.rstrip("/") + "/"


def _check_delta_names(plans: tuple[ColumnPlan, ...]) -> None:
    problems = [
        f"column {plan.output!r}: Delta takes no space and none of ,;{{}}()= in a name"
        for plan in plans
        if any(c in " ,;{}()\n\t=" for c in plan.output)
    ]
    lower = Counter(plan.output.lower() for plan in plans)
    problems += [
        f"column {plan.output!r}: to Delta it is the same as another one, in upper or lower case"
        for plan in plans
        if lower[plan.output.lower()] > 1
    ]
    problems += [
        f"column {plan.output!r}: the table's split column has this name"
        for plan in plans
        if plan.output.lower() == "split"
    ]
    if problems:
        raise InputProblemsError("these columns cannot go into a Delta table:", problems)
