"""Hold a table's columns against a contract, before any row is read."""

from __future__ import annotations

from schemas.contract import Contract, ContractError
from schemas.names import some
from schemas.types import normal_type, widens_to


def check_columns(contract: Contract, seen: dict[str, str | None], *, source: str) -> None:
    """Raise ContractError with every discrepancy between a table's columns and the contract.

    ``seen`` maps the column names found in ``source`` to their types; None where the format is
    text and has no types. Order does not matter; a wider type in the contract is no discrepancy.
    """
    problems = [
        f"column {name!r} is in the contract, not in the input"
        for name in contract.names
        if name not in seen
    ]
    for name, type_name in seen.items():
        if name not in contract.names:
            problems.append(f"column {name!r} is in the input, not in the contract")
        elif type_name is not None:
            wanted = contract.column(name).type
            if contract.column(name) in contract.used and not _fits(type_name, wanted):
                problems.append(f"column {name!r} is {type_name} in the input, should be {wanted}")
    if problems:
        problems.append(f"the input has: {some(tuple(seen))}")
        raise ContractError(f"{source} does not fit contract {contract.name!r}:", problems)


def _fits(seen: str, wanted: str) -> bool:
    try:
        return widens_to(normal_type(seen), wanted)
    except ValueError:
        return False
