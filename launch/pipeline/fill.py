"""Put parts that are known later into a request: parameters, and what other steps made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# A literal text of a request, and the parts that take its place.
Parts = Mapping[str, tuple[Any, ...]]


def fill(data: Any, parts: Parts) -> Any:
    """Return a request in which every literal is replaced; where two fit, the longer one."""
    if isinstance(data, dict):
        return {key: fill(value, parts) for key, value in data.items()}
    if isinstance(data, list):
        return [fill(value, parts) for value in data]
    if not isinstance(data, str) or not parts:
        return data
    literals = "|".join(_pattern(text) for text in sorted(parts, key=len, reverse=True))
    found: list[Any] = []
    for piece in re.split(f"({literals})", data):
        found.extend(parts.get(piece, (piece,)) if piece else ())
    return joined(found, data)


def _pattern(literal: str) -> str:
    """Return what finds a literal; ``s3://b/raw`` is not found in ``s3://b/raw-2/``."""
    whole = literal.startswith("s3://") and not literal.endswith("/")
    return re.escape(literal) + (r"(?![\w.-])" if whole else "")


def joined(values: list[Any], unchanged: str = "") -> Any:
    """Return parts as one text, one value, or the SDK's Join of both."""
    if all(isinstance(value, str) for value in values):
        return "".join(values) or unchanged
    if len(values) == 1:
        return values[0]
    from sagemaker.core.workflow.functions import Join

    together: list[Any] = []
    for value in (value for value in values if value != ""):
        if together and isinstance(value, str) and isinstance(together[-1], str):
            together[-1] += value
        else:
            together.append(value)
    return Join(on="", values=together)


def without_last_slash(value: Any) -> Any:
    """Return an address, or a Join that makes one, without the slash at its end."""
    if isinstance(value, str):
        return value.rstrip("/")
    last = value.values[-1]
    return joined([*value.values[:-1], last.rstrip("/")]) if isinstance(last, str) else value
