"""Open the input with its contract, and read it whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from jobs.config import PrepareConfig
from jobs.declared import check_header, contract_of_types
from jobs.errors import UnsupportedError, naming_damage
from jobs.files import Files
from jobs.prepare_tabular import parquet
from jobs.prepare_tabular.conform import BadRow, conform_piece, typed_array
from jobs.prepare_tabular.csv_cells import read_pieces
from jobs.sample import contract_name, header_of, infer_from
from jobs.source import Source
from jobs.task import chosen_contract, find_input, given_preprocessor, plans_of
from schemas.check_columns import check_columns
from schemas.contract import Contract
from transforms.plan import ColumnPlan
from transforms.preprocessor import Preprocessor


@dataclass(frozen=True)
class TabularTable:
    """The input with its contract, and the names in its header."""

    source: Source
    contract: Contract
    inferred: bool
    notes: tuple[str, ...]
    header: tuple[str, ...]


@dataclass(frozen=True)
class TabularTask:
    """What is to be done, all of it decided before a row is read."""

    config: PrepareConfig
    table: TabularTable
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


@dataclass(frozen=True)
class Rows:
    """All rows of the input: those that keep the contract, typed, and the bad ones."""

    good: pd.DataFrame
    bad: tuple[BadRow, ...]


def open_tabular(files: Files, config: PrepareConfig) -> TabularTask:
    """Resolve input, contract, preprocessor and plan, and check that they fit together."""
    source, given = find_input(files, config)
    if source.format not in ("csv", "parquet"):
        raise UnsupportedError(f"{source.format} input")
    with naming_damage(files, source):
        table = (_open_csv if source.format == "csv" else _open_parquet)(files, source, given)
    applied = given_preprocessor(files, config)
    contract = chosen_contract(config, table.contract, applied, inferred=table.inferred)
    plans = plans_of(config, contract, applied)
    return TabularTask(config, replace(table, contract=contract), plans, applied)


def _open_csv(files: Files, source: Source, given: Contract | None) -> TabularTable:
    if given is None:
        inferred = infer_from(files, source, contract_name(source.path))
        contract = inferred.contract
        return TabularTable(source, contract, True, inferred.notes, contract.names)
    header = header_of(files, source, given)
    check_header(source, header)
    check_columns(given, dict.fromkeys(header), source=source.path)
    return TabularTable(source, given, False, (), header)


def _open_parquet(files: Files, source: Source, given: Contract | None) -> TabularTable:
    types = parquet.types_of(files, source)
    contract = given or contract_of_types(types, source)
    check_columns(contract, dict(types), source=source.path)
    return TabularTable(source, contract, given is None, (), tuple(types))


def read_rows(files: Files, task: TabularTask) -> Rows:
    """Read the whole input, and hold each row against the contract."""
    table = task.table
    if table.source.format == "parquet":
        good, bad = parquet.read_conformed(table.source, table.contract)
        return Rows(good, tuple(bad))
    frames: list[pd.DataFrame] = []
    found: list[BadRow] = []
    dialect = table.contract.csv
    for piece in read_pieces(files, table.source, names=table.header, dialect=dialect):
        good, bad = conform_piece(piece, table.contract)
        frames.append(good)
        found += bad
    return Rows(_together(frames, table.contract), tuple(found))


def _together(frames: Sequence[pd.DataFrame], contract: Contract) -> pd.DataFrame:
    if not frames:
        none = np.zeros(0, dtype=np.int64)
        return pd.DataFrame({c.name: typed_array((), none, c.type) for c in contract.used})
    return pd.concat(frames, ignore_index=True)
