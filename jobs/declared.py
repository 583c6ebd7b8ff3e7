"""What a table declares of itself: the names in its header, or its columns' types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from jobs.sample import contract_name
from jobs.source import Source
from schemas.contract import Column, Contract, ContractError
from schemas.names import name_problems
from schemas.types import normal_type


def check_header(source: Source, header: tuple[str, ...]) -> None:
    """Raise ContractError where names of a header stand twice or cannot be used."""
    problems = [f"{n!r} stands {count} times" for n, count in Counter(header).items() if count > 1]
    problems += name_problems(header)
    if problems:
        raise ContractError(f"the header of {source.files[0].path} cannot be used:", problems)


def contract_of_types(types: Mapping[str, str | None], source: Source) -> Contract:
    """Make a contract from the types a Parquet or Delta table declares."""
    columns, problems = [], list(name_problems(tuple(types)))
    for name, type_name in types.items():
        try:
            columns.append(Column(name, normal_type(str(type_name))))
        except ValueError:
            problems.append(
                f"column {name!r} is {type_name}; flatten it, or list it in a contract "
                'with "treat": "leave_out"'
            )
    if problems:
        raise ContractError(f"{source.path} has columns that cannot be used:", problems)
    return Contract(tuple(columns), name=contract_name(source.path))
