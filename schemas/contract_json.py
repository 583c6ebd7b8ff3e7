"""Read and write contracts as JSON; every mistake in a file is reported at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from schemas.contract import (
    CONTRACT_VERSION,
    Column,
    Contract,
    ContractError,
    CsvDialect,
    contract_problems,
)
from schemas.json_text import parse_json
from schemas.types import normal_type


def contract_from_dict(data: Any, *, source: str = "contract") -> Contract:
    """Build a contract from parsed JSON and check it whole; ``source`` names it in messages."""
    if not isinstance(data, Mapping):
        raise ContractError(f"{source} is not a contract:", ["it must be a JSON object"])
    problems: list[str] = []
    version = data.get("contract_version", CONTRACT_VERSION)
    if version != CONTRACT_VERSION:
        problems.append(f"contract_version is {version!r}, this program reads {CONTRACT_VERSION}")
    known = {"contract_version", *Contract.__dataclass_fields__}
    problems += [
        f"unknown field {name!r}; known: {', '.join(sorted(known))}"
        for name in data
        if name not in known
    ]
    columns = _columns_from(data.get("columns"), problems)
    dialect = _dialect_from(data.get("csv", {}), problems)
    key = _texts(data.get("key", ()), "key", problems)
    tokens = _texts(data.get("null_tokens", ("",)), "null_tokens", problems)
    words = {}
    for name in ("name", "description", "target", "on_breach"):
        if isinstance(data.get(name), str):
            words[name] = data[name]
        elif data.get(name) is not None:
            problems.append(f"{name} must be a text, not {data[name]!r}")
    if columns:
        contract = Contract(columns=columns, key=key, null_tokens=tokens, csv=dialect, **words)
        problems += [p for p in contract_problems(contract) if p not in problems]
    if problems:
        raise ContractError(f"{source} is not a valid contract:", problems)
    return contract


def contract_from_json(text: str, *, source: str = "contract") -> Contract:
    """Parse and check a contract's JSON text; the message names the line of a syntax error."""
    return contract_from_dict(parse_json(text, source=source), source=source)


def contract_to_dict(contract: Contract) -> dict[str, Any]:
    """Return the contract as plain data, without the fields that hold their default."""
    out: dict[str, Any] = {"contract_version": CONTRACT_VERSION, "name": contract.name}
    if contract.description:
        out["description"] = contract.description
    out["target"] = contract.target
    out["key"] = list(contract.key)
    out["null_tokens"] = list(contract.null_tokens)
    out["on_breach"] = contract.on_breach
    if contract.csv != CsvDialect():
        out["csv"] = asdict(contract.csv)
    out["columns"] = [
        {
            "name": column.name,
            "type": column.type,
            "nullable": column.nullable,
            **{
                key: list(value) if isinstance(value, tuple) else value
                for key, value in asdict(column).items()
                if key not in ("name", "type", "nullable") and value is not None
            },
        }
        for column in contract.columns
    ]
    return out


def contract_to_json(contract: Contract) -> str:
    """Return the contract as JSON with one column a line, ending in a newline."""
    data = contract_to_dict(contract)
    columns = [json.dumps(column, ensure_ascii=False) for column in data.pop("columns")]
    head = json.dumps(data, ensure_ascii=False, indent=2)[:-2]
    return head + ',\n  "columns": [\n    ' + ",\n    ".join(columns) + "\n  ]\n}\n"


def _columns_from(data: Any, problems: list[str]) -> tuple[Column, ...]:
    if not isinstance(data, list) or not data:
        problems.append("columns must be a list with at least one column")
        return ()
    columns = []
    for number, entry in enumerate(data, start=1):
        if isinstance(entry, Mapping) and isinstance(entry.get("name"), str):
            before = len(problems)
            fields = _column_fields(entry, problems)
            # A malformed column keeps its name, so that target and key are still looked up.
            sound = len(problems) == before
            columns.append(Column(**fields) if sound else Column(entry["name"], "string"))
        else:
            problems.append(f"column {number} must be an object with a name")
    return tuple(columns)


def _column_fields(entry: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """Check one column's entry by itself, and bring its type and null tokens into form."""
    where, known = f"column {entry['name']!r}", Column.__dataclass_fields__
    for name, value in entry.items():
        if name not in known:
            problems.append(f"{where}: unknown field {name!r}; known: {', '.join(known)}")
        elif name == "nullable" and not isinstance(value, bool):
            problems.append(f"{where}: nullable must be true or false")
        elif name in ("treat", "on_breach", "description") and not isinstance(value, str):
            problems.append(f"{where}: {name} must be a text, not {value!r}")
    type_name = str(entry.get("type"))
    try:
        type_name = normal_type(type_name)
    except ValueError as error:
        if entry.get("treat") != "leave_out":
            problems.append(f"{where}: {error}")
    tokens = entry.get("null_tokens")
    if tokens is not None:
        tokens = _texts(tokens, f"{where}: null_tokens", problems)
    return {**entry, "type": type_name, "null_tokens": tokens}


def _dialect_from(data: Any, problems: list[str]) -> CsvDialect:
    fields = CsvDialect.__dataclass_fields__
    if not isinstance(data, Mapping) or any(name not in fields for name in data):
        problems.append(f"csv must be an object with only {', '.join(fields)}")
        return CsvDialect()
    for name, value in data.items():
        if not isinstance(value, bool if name == "multiline" else str):
            problems.append(f"csv.{name} has the wrong type: {value!r}")
            return CsvDialect()
    dialect = CsvDialect(**data)
    for name in ("delimiter", "quote", "escape"):
        if len(getattr(dialect, name)) != 1:
            problems.append(f"csv.{name} must be one character, not {getattr(dialect, name)!r}")
        elif getattr(dialect, name) in "\n\r\x00":
            problems.append(f"csv.{name} cannot be a line break or NUL")
    if dialect.delimiter in (dialect.quote, dialect.escape):
        problems.append("csv.delimiter must differ from csv.quote and csv.escape")
    try:
        "a".encode(dialect.encoding)
    except (LookupError, ValueError):  # ValueError: one of Python's own, such as undefined
        problems.append(f"csv.encoding {dialect.encoding!r} is not known; try UTF-8 or ISO-8859-1")
    return dialect


def _texts(data: Any, where: str, problems: list[str]) -> tuple[str, ...]:
    if isinstance(data, (list, tuple)) and all(isinstance(item, str) for item in data):
        return tuple(data)
    problems.append(f"{where} must be a list of texts, not {data!r}")
    return ()
